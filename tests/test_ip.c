/* SPDX-License-Identifier: MIT
 *
 * IP between hosts: routes, fragments, ICMP errors, broadcast, IPv6, names.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/routed.h"
#include "tests/test_list.h"
#include "tests/wire_log.h"

#define S UINT64_C(1000000000)

static void exchange_over_router(const char *wildcard, const char *to)
{
    static char text[46];
    world_pair pair = fixture_world_pair(NULL);
    routed n = routed_build(pair.world);
    recorder left, right;
    UINT port = 0;
    char buf[16];
    routed_open(n.a, &left, 0, wildcard);
    routed_open(n.b, &right, 4000, wildcard);
    sim_host_enter(n.a);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&left.socket, "ping", 4, 4000, to, 0), 4);
    routed_run(n.world, 1 * S);
    sim_host_enter(n.b);
    EXPECT_EQ_INT(CAsyncSocket_ReceiveFrom(&right.socket, buf, sizeof buf, text, sizeof text, &port, 0), 4);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&right.socket, "pong!", 5, port, text, 0), 5);
    routed_run(n.world, 1 * S);
    sim_host_enter(n.a);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&left.socket, buf, sizeof buf, 0), 5);
}

static void datagrams_cross_a_router(void) { exchange_over_router(NULL, "10.2.0.2"); }
static void datagrams_cross_a_router_over_ipv6(void) { exchange_over_router("::", "fd02::2"); }
static void datagrams_reach_a_host_by_name(void) { exchange_over_router(NULL, "right"); }

/* A forwarded packet is seen once, where it was made. */
static void forwarded_packet_is_seen_once(void)
{
    world_pair pair = fixture_world_pair(NULL);
    routed n = routed_build(pair.world);
    recorder left, right;
    wire_log log;
    routed_open(n.a, &left, 0, NULL);
    routed_open(n.b, &right, 4000, NULL);
    wire_log_start(&log, n.world);
    sim_host_enter(n.a);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&left.socket, "ping", 4, 4000, "10.2.0.2", 0), 4);
    routed_run(n.world, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&log), "left UDP 4");
}

static void connect_without_a_route_fails_at_once(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder r;
    recorder_construct(&r);
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&r.socket, "192.0.2.1", 80), WSAENETUNREACH);
}

/* The router knows no way on: with a stack that lets soft errors end an attempt (RFC 5461). */
static void connect_beyond_the_router_learns_of_no_route(void)
{
    world_pair pair = fixture_world_pair(NULL);
    routed n = routed_build(pair.world);
    recorder r;
    recorder_construct(&r);
    EXPECT_CODE(sim_host_set_stack(n.a, sim_stack_named("linux")), 0);
    sim_host_enter(n.a);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&r.socket, "192.0.2.1", 80), WSAEWOULDBLOCK);
    routed_run(n.world, 1 * S);
    EXPECT_EQ_INT(recorder_error(&r, FD_CONNECT), WSAENETUNREACH);
    sim_host_enter(n.a);
    EXPECT_ERROR(CAsyncSocket_Connect(&r.socket, "10.2.0.77", 80), WSAEWOULDBLOCK);
    routed_run(n.world, 1 * S);
    EXPECT_EQ_INT(recorder_error(&r, FD_CONNECT), WSAEHOSTUNREACH);
}

static void expired_ttl_is_reported_to_the_sender(void)
{
    world_pair pair = fixture_world_pair(NULL);
    routed n = routed_build(pair.world);
    recorder left;
    int ttl = 1;
    char buf[4];
    routed_open(n.a, &left, 0, NULL);
    routed_run(n.world, 1 * S);
    sim_host_enter(n.a);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&left.socket, IP_TTL, &ttl, sizeof ttl, IPPROTO_IP));
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&left.socket, "ping", 4, 4000, "10.2.0.2", 0), 4);
    routed_run(n.world, 1 * S);
    sim_host_enter(n.a);
    EXPECT_EQ_INT(recorder_count(&left, FD_READ), 1);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&left.socket, buf, sizeof buf, 0), WSAENETRESET);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&left.socket, buf, sizeof buf, 0), WSAEWOULDBLOCK);
}

/* One failure for each datagram to the dead port, and what is queued is intact. */
static void unreachable_port_fails_one_receive_each(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder sender, other;
    char buf[8];
    char text[46];
    UINT port = 0;
    routed_open(pair.a, &sender, 0, NULL);
    routed_open(pair.b, &other, 4000, NULL);
    sim_host_enter(pair.a);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&sender.socket, "x", 1, 9, "10.0.0.2", 0), 1);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&sender.socket, "x", 1, 9, "10.0.0.2", 0), 1);
    EXPECT_OK(CAsyncSocket_GetSockName(&sender.socket, text, sizeof text, &port));
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&other.socket, "data", 4, port, "10.0.0.1", 0), 4);
    routed_run(pair.world, 1 * S);
    sim_host_enter(pair.a);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&sender.socket, buf, sizeof buf, 0), WSAECONNRESET);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&sender.socket, buf, sizeof buf, 0), WSAECONNRESET);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&sender.socket, buf, sizeof buf, 0), 4);
}

/* ---- fragments ---- */

typedef struct big_case {
    world_pair pair;
    recorder sender, receiver;
    char sent[60000], got[60000];
} big_case;

static void send_big(big_case *c, drop_mask *mask, const char *wildcard, const char *to)
{
    c->pair = fixture_world_pair(NULL);
    sim_link *six;
    EXPECT_CODE(sim_link_create(c->pair.world, "six", NULL, &six), 0);
    EXPECT_CODE(sim_host_attach(c->pair.a, six, "fd00::1/64"), 0);
    EXPECT_CODE(sim_host_attach(c->pair.b, six, "fd00::2/64"), 0);
    int large = 100000;
    for (size_t i = 0; i < sizeof c->sent; i++)
        c->sent[i] = (char)(i * 31 + i / 256);
    routed_open(c->pair.a, &c->sender, 0, wildcard);
    routed_open(c->pair.b, &c->receiver, 4000, wildcard);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&c->receiver.socket, SO_RCVBUF, &large, sizeof large, SOL_SOCKET));
    sim_link_set_script(c->pair.link, c->pair.a, drop_by_mask, mask);
    sim_host_enter(c->pair.a);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&c->sender.socket, c->sent, sizeof c->sent, 4000, to, 0),
                  (int)sizeof c->sent);
    routed_run(c->pair.world, 100 * S);
    sim_host_enter(c->pair.b);
}

static void large_datagram_arrives_in_one_piece_over(const char *wildcard, const char *to)
{
    static big_case c;
    memset(&c, 0, sizeof c);
    drop_mask none = {0};
    send_big(&c, &none, wildcard, to);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.receiver.socket, c.got, sizeof c.got, 0), (int)sizeof c.got);
    EXPECT_EQ_MEM(c.got, c.sent, sizeof c.got);
}

static void large_datagram_arrives_in_one_piece(void)
{
    large_datagram_arrives_in_one_piece_over(NULL, "10.0.0.2");
}
static void large_datagram_arrives_over_ipv6(void)
{
    large_datagram_arrives_in_one_piece_over("::", "fd00::2");
}

static void lost_fragment_loses_the_datagram(void)
{
    static big_case c;
    memset(&c, 0, sizeof c);
    drop_mask third = {.mask = 4};
    send_big(&c, &third, NULL, "10.0.0.2");
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&c.receiver.socket, c.got, sizeof c.got, 0), WSAEWOULDBLOCK);
    EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
}

static void datagram_beyond_the_maximum_is_refused(void)
{
    static char huge[65508];
    world_pair pair = fixture_world_pair(NULL);
    recorder sender;
    routed_open(pair.a, &sender, 0, NULL);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&sender.socket, huge, sizeof huge, 4000, "10.0.0.2", 0),
                       WSAEMSGSIZE);
}

/* ---- groups ---- */

static void broadcast_needs_its_option_and_reaches_all(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_link *segment;
    sim_host *hosts[3];
    static const char *const names[] = {"s0", "s1", "s2"}, *const addresses[] = {"10.9.0.1/24", "10.9.0.2/24",
                                                                                 "10.9.0.3/24"};
    recorder sockets[3];
    int on = 1;
    EXPECT_CODE_FATAL(sim_segment_create(pair.world, "segment", NULL, &segment), 0);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_CODE_FATAL(sim_host_create(pair.world, names[i], &hosts[i]), 0);
        EXPECT_CODE_FATAL(sim_host_attach(hosts[i], segment, addresses[i]), 0);
        routed_open(hosts[i], &sockets[i], 4000, NULL);
    }
    sim_host_enter(hosts[0]);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&sockets[0].socket, "all", 3, 4000, NULL, 0), WSAEACCES);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&sockets[0].socket, SO_BROADCAST, &on, sizeof on, SOL_SOCKET));
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&sockets[0].socket, "all", 3, 4000, NULL, 0), 3);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&sockets[0].socket, "all", 3, 4000, "10.9.0.255", 0), 3);
    routed_run(pair.world, 1 * S);
    for (unsigned i = 1; i < 3; i++) {
        char buf[8];
        sim_host_enter(hosts[i]);
        EXPECT_EQ_INT(CAsyncSocket_Receive(&sockets[i].socket, buf, sizeof buf, 0), 3);
        EXPECT_EQ_INT(CAsyncSocket_Receive(&sockets[i].socket, buf, sizeof buf, 0), 3);
        EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&sockets[i].socket, buf, sizeof buf, 0), WSAEWOULDBLOCK);
    }
}

static void connected_broadcast_needs_no_option(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder sender, receiver;
    char buf[8];
    routed_open(pair.b, &receiver, 4000, NULL);
    routed_open(pair.a, &sender, 0, NULL);
    EXPECT_OK(CAsyncSocket_Connect(&sender.socket, "10.0.0.255", 4000));
    EXPECT_EQ_INT(CAsyncSocket_Send(&sender.socket, "all", 3, 0), 3);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&sender.socket, "all", 3, 4000, "10.0.0.255", 0), WSAEACCES);
    routed_run(pair.world, 1 * S);
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&receiver.socket, buf, sizeof buf, 0), 3);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&receiver.socket, buf, sizeof buf, 0), WSAEWOULDBLOCK);
}

/* Scenarios SKT-01 to SKT-11. */
static void kinds_of_sockets_are_checked_in_order(void)
{
    enum { STRANGE = 0xDEAD };
    static const struct {
        int family, type, protocol, error;
    } rows[] = {
        {STRANGE, SOCK_STREAM, 0, WSAEAFNOSUPPORT},
        {AF_INET, STRANGE, 0, WSAESOCKTNOSUPPORT},
        {AF_INET, SOCK_STREAM, STRANGE, WSAEPROTONOSUPPORT},
        {STRANGE, STRANGE, 0, WSAESOCKTNOSUPPORT},
        {STRANGE, 0, STRANGE, WSAEAFNOSUPPORT},
        {AF_INET, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT},
        {AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT},
        {AF_INET, 0, IPPROTO_TCP, 0},
        {AF_INET, 0, IPPROTO_UDP, 0},
        {AF_INET, 0, 0, 0},
        {AF_INET, SOCK_STREAM, 0, 0},
        {AF_INET, SOCK_DGRAM, 0, 0},
        {AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, 0},
        {AF_UNSPEC, SOCK_STREAM, 0, WSAEINVAL},
    };
    world_pair pair = fixture_world_pair(NULL);
    sim_host_enter(pair.a);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CAsyncSocket s;
        CAsyncSocket_Construct(&s, NULL);
        BOOL made = CAsyncSocket_Socket(&s, rows[i].type, 0, rows[i].protocol, rows[i].family);
        int error = made ? 0 : CAsyncSocket_GetLastError();
        expect_report(EXPECT_SITE(false), error == rows[i].error, "row %zu: got %d, expected %d", i, error,
                      rows[i].error);
        CAsyncSocket_Destruct(&s);
    }
}

static void loopback_connects_a_host_with_itself(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder listener, client;
    recorder_construct(&listener);
    recorder_construct(&client);
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 80, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5));
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    CAsyncSocket_Connect(&client.socket, "localhost", 80);
    routed_run(pair.world, 1 * S);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), 0);
    EXPECT_EQ_INT(recorder_count(&listener, FD_ACCEPT), 1);
    sim_link_counters counters;
    sim_link_counters_read(pair.link, NULL, &counters);
    EXPECT_EQ_INT(counters.packets, 0);
}

const test_case test_ip[] = {TEST(datagrams_cross_a_router),
                             TEST(datagrams_cross_a_router_over_ipv6),
                             TEST(datagrams_reach_a_host_by_name),
                             TEST(forwarded_packet_is_seen_once),
                             TEST(connect_without_a_route_fails_at_once),
                             TEST(connect_beyond_the_router_learns_of_no_route),
                             TEST(expired_ttl_is_reported_to_the_sender),
                             TEST(unreachable_port_fails_one_receive_each),
                             TEST(large_datagram_arrives_in_one_piece),
                             TEST(large_datagram_arrives_over_ipv6),
                             TEST(lost_fragment_loses_the_datagram),
                             TEST(datagram_beyond_the_maximum_is_refused),
                             TEST(broadcast_needs_its_option_and_reaches_all),
                             TEST(connected_broadcast_needs_no_option),
                             TEST(kinds_of_sockets_are_checked_in_order),
                             TEST(loopback_connects_a_host_with_itself),
                             TEST_END};
