/* SPDX-License-Identifier: MIT
 *
 * Sockets of both families, RFC 3493 3.7 and 5.3; addresses of one link, RFC 4007; which source, RFC 6724.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/routed.h"
#include "tests/test_list.h"

#define S UINT64_C(1000000000)

enum { PORT = 40000 };

static const char *const v4_address = "10.0.0.2", *const mapped = "::ffff:10.0.0.2";

/* An IPv6 socket that is not for IPv6 only; not bound. */
static void open_dual(sim_host *host, recorder *r, int type)
{
    int off = 0;
    recorder_construct(r);
    sim_host_enter(host);
    EXPECT_OK_FATAL(CAsyncSocket_Socket(&r->socket, type, CASYNCSOCKET_DEFAULT_EVENTS, 0, PF_INET6));
    EXPECT_OK_FATAL(CAsyncSocket_SetSockOpt(&r->socket, IPV6_V6ONLY, &off, sizeof off, IPPROTO_IPV6));
}

static void bind_dual(recorder *r, UINT port)
{
    SOCKADDR_IN6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    EXPECT_OK_FATAL(CAsyncSocket_BindAddr(&r->socket, (SOCKADDR *)&any, sizeof any));
}

static void datagrams_of_both_families_come_to_a_dual_socket(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder dual, four, six;
    char c, text[46];
    UINT port;
    open_dual(pair.b, &dual, SOCK_DGRAM);
    bind_dual(&dual, PORT);
    routed_open(pair.a, &four, 0, NULL);
    routed_open(pair.a, &six, 0, "::");
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&four.socket, "4", 1, PORT, v4_address, 0), 1);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&six.socket, "6", 1, PORT, "fd00::2", 0), 1);
    routed_run(pair.world, S);
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(CAsyncSocket_ReceiveFrom(&dual.socket, &c, 1, text, sizeof text, &port, 0), 1);
    EXPECT_EQ_STR(text, "::ffff:10.0.0.1");
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&dual.socket, "!", 1, port, text, 0), 1); /* and may be answered */
    EXPECT_EQ_INT(CAsyncSocket_ReceiveFrom(&dual.socket, &c, 1, text, sizeof text, &port, 0), 1);
    EXPECT_EQ_STR(text, "fd00::1");
    routed_run(pair.world, S);
    EXPECT_EQ_INT(recorder_count(&four, FD_READ), 1);
}

static void dual_socket_connects_to_a_mapped_address(void)
{
    world_pair pair = fixture_world_pair(NULL);
    CAsyncSocket listener;
    recorder client;
    char text[46];
    UINT port;
    sim_host_enter(pair.b);
    CAsyncSocket_Construct(&listener, NULL);
    EXPECT_OK(CAsyncSocket_Create(&listener, PORT, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener, 5));
    open_dual(pair.a, &client, SOCK_STREAM);
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, mapped, PORT), WSAEWOULDBLOCK);
    routed_run(pair.world, S);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), 0);
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_GetPeerName(&client.socket, text, sizeof text, &port));
    EXPECT_EQ_STR(text, mapped);
    EXPECT_OK(CAsyncSocket_GetSockName(&client.socket, text, sizeof text, &port));
    EXPECT_EQ_STR(text, "::ffff:10.0.0.1");
    sim_host_enter(pair.b);
    CAsyncSocket_Close(&listener);
}

static void dual_listener_takes_ipv4_connections(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder listener, server, client;
    char text[46];
    UINT port;
    open_dual(pair.b, &listener, SOCK_STREAM);
    bind_dual(&listener, PORT);
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5));
    recorder_construct(&client);
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, v4_address, PORT), WSAEWOULDBLOCK);
    routed_run(pair.world, S);
    recorder_construct(&server);
    sim_host_enter(pair.b);
    EXPECT_OK(CAsyncSocket_Accept(&listener.socket, &server.socket, NULL, NULL));
    EXPECT_OK(CAsyncSocket_GetPeerName(&server.socket, text, sizeof text, &port));
    EXPECT_EQ_STR(text, "::ffff:10.0.0.1");
}

/* The default of Winsock: IPv6 only. */
static void socket_for_ipv6_only_refuses_mapped_addresses(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder six, four, stream;
    routed_open(pair.b, &six, PORT, "::");
    routed_open(pair.a, &four, 0, NULL);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&four.socket, "4", 1, PORT, v4_address, 0), 1);
    routed_run(pair.world, S);
    EXPECT_EQ_INT(recorder_count(&six, FD_READ), 0);
    EXPECT_EQ_INT(sim_host_drops(pair.b, SIM_DROP_NO_PORT), 1);
    sim_host_enter(pair.b);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&six.socket, "6", 1, PORT, "::ffff:10.0.0.1", 0), WSAENETUNREACH);
    recorder_construct(&stream);
    EXPECT_OK(CAsyncSocket_Create(&stream.socket, 0, SOCK_STREAM, 0, "::"));
    EXPECT_ERROR(CAsyncSocket_Connect(&stream.socket, "::ffff:10.0.0.1", PORT), WSAENETUNREACH);
    recorder_construct(&stream);
    EXPECT_ERROR(CAsyncSocket_Create(&stream.socket, 0, SOCK_STREAM, 0, mapped), WSAEADDRNOTAVAIL);
}

/* A broadcast is IPv4's; who is for IPv6 only does not hear it. */
static void broadcast_comes_to_dual_sockets_and_not_to_ipv6_only(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder dual, six, four;
    int on = 1;
    open_dual(pair.b, &dual, SOCK_DGRAM);
    bind_dual(&dual, PORT);
    routed_open(pair.b, &six, PORT + 1, "::");
    routed_open(pair.a, &four, 0, NULL);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&four.socket, SO_BROADCAST, &on, sizeof on, SOL_SOCKET));
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&four.socket, "4", 1, PORT, "255.255.255.255", 0), 1);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&four.socket, "4", 1, PORT + 1, "255.255.255.255", 0), 1);
    routed_run(pair.world, S);
    EXPECT_EQ_INT(recorder_count(&dual, FD_READ), 1);
    EXPECT_EQ_INT(recorder_count(&six, FD_READ), 0);
}

/* ---- addresses of one link ---- */

/* "ha" is on both switches, with the same link-local address on each; so is fe80::2, which is another host
 * there. */
typedef struct zones {
    sim_world *world;
    sim_host *a, *b, *c;
    sim_link *one, *two;
} zones;

static zones build_zones(void)
{
    zones z = {.world = fixture_world_pair(NULL).world};
    EXPECT_CODE_FATAL(sim_segment_create(z.world, "one", NULL, &z.one), 0);
    EXPECT_CODE_FATAL(sim_segment_create(z.world, "two", NULL, &z.two), 0);
    EXPECT_CODE_FATAL(sim_host_create(z.world, "ha", &z.a), 0);
    EXPECT_CODE_FATAL(sim_host_create(z.world, "hb", &z.b), 0);
    EXPECT_CODE_FATAL(sim_host_create(z.world, "hc", &z.c), 0);
    EXPECT_CODE_FATAL(sim_host_attach(z.a, z.one, "fe80::1/64 fd01::1/64"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(z.a, z.two, "fe80::1/64 fd02::1/64 fd02:0:0:1::1/64"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(z.b, z.one, "fe80::2/64 fd01::2/64"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(z.c, z.two, "fe80::2/64 fd02::2/64"), 0);
    return z;
}

/* One octet from ha to the text; the host that hears it, 'b' or 'c', or '.'. */
static char heard_by(zones *z, const char *to)
{
    recorder from, b, c;
    routed_open(z->b, &b, PORT, "::");
    routed_open(z->c, &c, PORT, "::");
    routed_open(z->a, &from, 0, "::");
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&from.socket, "x", 1, PORT, to, 0), 1);
    routed_run(z->world, S);
    char who = recorder_count(&b, FD_READ) == 1 ? 'b' : recorder_count(&c, FD_READ) == 1 ? 'c' : '.';
    sim_host_enter(z->a);
    CAsyncSocket_Close(&from.socket);
    sim_host_enter(z->b);
    CAsyncSocket_Close(&b.socket);
    sim_host_enter(z->c);
    CAsyncSocket_Close(&c.socket);
    return who;
}

static void scope_identifier_chooses_the_link(void)
{
    zones z = build_zones();
    EXPECT_EQ_INT(heard_by(&z, "fe80::2%2"), 'b');
    EXPECT_EQ_INT(heard_by(&z, "fe80::2%3"), 'c');
    EXPECT_EQ_INT(heard_by(&z, "fe80::2"), 'b');
    EXPECT_EQ_INT(heard_by(&z, "ff02::1%3"), 'c');
    EXPECT_EQ_INT(heard_by(&z, "ff02::1%2"), 'b');
}

/* What arrives says on which link its sender is, and may be answered. */
static void sender_on_a_link_is_answered_on_that_link(void)
{
    zones z = build_zones();
    recorder a, c;
    SOCKADDR_IN6 from;
    int len = sizeof from;
    char octet;
    routed_open(z.a, &a, PORT, "::");
    routed_open(z.c, &c, 0, "::");
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&c.socket, "x", 1, PORT, "fe80::1", 0), 1);
    routed_run(z.world, S);
    sim_host_enter(z.a);
    EXPECT_EQ_INT(CAsyncSocket_ReceiveFromAddr(&a.socket, &octet, 1, (SOCKADDR *)&from, &len, 0), 1);
    EXPECT_EQ_INT(from.sin6_scope_id, sim_host_interface_index(z.a, z.two));
    EXPECT_EQ_INT(CAsyncSocket_SendToAddr(&a.socket, "y", 1, (SOCKADDR *)&from, len, 0), 1);
    routed_run(z.world, S);
    EXPECT_EQ_INT(recorder_count(&c, FD_READ), 1);
}

static void stream_connects_on_its_link(void)
{
    zones z = build_zones();
    CAsyncSocket listener;
    recorder client;
    sim_host_enter(z.c);
    CAsyncSocket_Construct(&listener, NULL);
    EXPECT_OK(CAsyncSocket_Create(&listener, PORT, SOCK_STREAM, 0, "::"));
    EXPECT_OK(CAsyncSocket_Listen(&listener, 5));
    for (unsigned zone = 2; zone <= 3; zone++) {
        recorder_construct(&client);
        sim_host_enter(z.a);
        EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, "::"));
        EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, zone == 2 ? "fe80::2%2" : "fe80::2%3", PORT),
                     WSAEWOULDBLOCK);
        routed_run(z.world, S);
        EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), zone == 2 ? WSAECONNREFUSED : 0);
    }
    sim_host_enter(z.c);
    CAsyncSocket_Close(&listener);
}

/* RFC 4291 2.5.6. */
static void router_passes_nothing_link_local_on(void)
{
    routed n = routed_build(fixture_world_pair(NULL).world);
    sim_packet packet = routed_datagram("fe80::9", 1000, "fd02::2", PORT);
    routed_arrive(n.r, &packet, 1);
    EXPECT_EQ_INT(sim_host_drops(n.r, SIM_DROP_NOT_OURS), 1);
}

/* RFC 6724 5: the scope first, then the longest prefix in common. */
static void source_fits_the_destination(void)
{
    static const struct {
        const char *to, *source;
    } rows[] = {{"fd02::2", "fd02::1"},
                {"fd02:0:0:1::2", "fd02:0:0:1::1"},
                {"fe80::2%3", "fe80::1"},
                {"fd01::2", "fd01::1"},
                {"fd09::9", "fd01::1"}};
    zones z = build_zones();
    EXPECT_CODE(sim_host_add_route(z.a, "::/0", "fe80::2"),
                0); /* a gateway that has a link-local address only */
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        recorder r;
        char text[46];
        UINT port;
        routed_open(z.a, &r, 0, "::");
        EXPECT_OK(CAsyncSocket_Connect(&r.socket, rows[i].to, PORT));
        EXPECT_OK(CAsyncSocket_GetSockName(&r.socket, text, sizeof text, &port));
        EXPECT_EQ_STR(text, rows[i].source);
        CAsyncSocket_Close(&r.socket);
    }
}

const test_case test_ip_dual[] = {
    TEST(scope_identifier_chooses_the_link),
    TEST(sender_on_a_link_is_answered_on_that_link),
    TEST(stream_connects_on_its_link),
    TEST(router_passes_nothing_link_local_on),
    TEST(source_fits_the_destination),
    TEST(datagrams_of_both_families_come_to_a_dual_socket),
    TEST(dual_socket_connects_to_a_mapped_address),
    TEST(dual_listener_takes_ipv4_connections),
    TEST(socket_for_ipv6_only_refuses_mapped_addresses),
    TEST(broadcast_comes_to_dual_sockets_and_not_to_ipv6_only),
    TEST_END,
};
