/* SPDX-License-Identifier: MIT
 *
 * Between TCP, its program and IP: RFC 9293 3.9, addresses above all.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_opening.h"
#include "tests/test_list.h"

#define S UINT64_C(1000000000)
enum { NEAR_NS = 1000000 };

typedef struct source_log {
    sim_observer observer;
    const sim_host *host;
    unsigned count;
    simp_ip source;
    bool is_one; /* all packets of the host had this source */
    uint8_t ttl;
} source_log;

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    source_log *log = (source_log *)observer;
    (void)world;
    (void)fate;
    if (from != log->host)
        return;
    log->is_one = log->count == 0 || (log->is_one && simp_ip_equal(log->source, packet->source));
    log->source = packet->source;
    log->ttl = packet->ttl;
    log->count++;
}

/* A second link between the hosts: a is 10.0.1.77 there, and b 10.0.1.78. */
static void add_link(tcp_opening *o)
{
    sim_link *second;
    sim_link_options options = {.latency_ns = NEAR_NS};
    EXPECT_CODE_FATAL(sim_link_create(o->pair.world, "second", &options, &second), 0);
    EXPECT_CODE_FATAL(sim_host_attach(o->pair.a, second, "10.0.1.77/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(o->pair.b, second, "10.0.1.78/24"), 0);
}

static void begin(tcp_opening *o, source_log *log)
{
    tcp_opening_begin(o, NULL, 5, NEAR_NS);
    add_link(o);
    memset(log, 0, sizeof *log);
    log->observer.on_sent = on_sent;
    log->host = o->pair.a;
    sim_world_add_observer(o->pair.world, &log->observer);
}

static void connect_from(tcp_opening *o, recorder *client, const char *local, const char *to, int ttl)
{
    recorder_construct(client);
    sim_host_enter(o->pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, local));
    if (ttl != 0)
        EXPECT_OK(CAsyncSocket_SetSockOpt(&client->socket, IP_TTL, &ttl, sizeof ttl, IPPROTO_IP));
    EXPECT_ERROR(CAsyncSocket_Connect(&client->socket, to, OPENING_PORT), WSAEWOULDBLOCK);
}

static void expect_source(tcp_opening *o, source_log *log, recorder *client, const char *text)
{
    char peer[46];
    UINT port;
    simp_ip wanted;
    recorder server;
    tcp_opening_run(o, 1 * S);
    EXPECT_TRUE_FATAL(tcp_opening_accept(o, &server));
    EXPECT_OK(CAsyncSocket_GetPeerName(&server.socket, peer, sizeof peer, &port));
    EXPECT_EQ_STR(peer, text);
    sim_host_enter(o->pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client->socket, "text", 4, 0), 4);
    CAsyncSocket_Close(&client->socket);
    tcp_opening_run(o, 1 * S);
    EXPECT_TRUE(log->count >= 4);
    EXPECT_TRUE(log->is_one); /* MUST-45 */
    EXPECT_TRUE(simp_ip_parse(text, &wanted) && simp_ip_equal(log->source, wanted));
}

/* MUST-44: the address is IP's choice when the program names none. */
static void address_of_an_attempt_is_asked_of_ip(void)
{
    tcp_opening o;
    source_log log;
    recorder client;
    begin(&o, &log);
    connect_from(&o, &client, NULL, "10.0.0.2", 0);
    expect_source(&o, &log, &client, "10.0.0.1");
}

/* MUST-43: the program names it. */
static void address_of_an_attempt_is_the_one_of_bind(void)
{
    tcp_opening o;
    source_log log;
    recorder client;
    begin(&o, &log);
    connect_from(&o, &client, "10.0.1.77", "10.0.0.2", 0);
    expect_source(&o, &log, &client, "10.0.1.77");
}

/* MUST-43: a listener with an address waits for connections to that one. */
static void listener_with_an_address_hears_of_it_only(void)
{
    tcp_opening o;
    recorder listener;
    tcp_opening_begin(&o, NULL, 5, NEAR_NS);
    add_link(&o);
    recorder_construct(&listener);
    sim_host_enter(o.pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener.socket, 81, SOCK_STREAM, FD_ACCEPT, "10.0.1.78"));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener.socket, 5));
    for (unsigned i = 0; i < 2; i++) {
        recorder client;
        recorder_construct(&client);
        sim_host_enter(o.pair.a);
        EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
        CAsyncSocket_Connect(&client.socket, i == 0 ? "10.0.0.2" : "10.0.1.78", 81);
        tcp_opening_run(&o, 1 * S);
        EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), i == 0 ? WSAECONNREFUSED : 0);
        EXPECT_EQ_INT(recorder_count(&listener, FD_ACCEPT), i);
    }
}

/* MUST-46: nobody is there to connect to. */
static void attempt_to_a_group_is_refused_at_once(void)
{
    static const char *const groups[] = {"224.0.0.1", "255.255.255.255", "10.0.0.255"};
    tcp_opening o;
    tcp_opening_begin(&o, NULL, 5, NEAR_NS);
    for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        recorder client;
        recorder_construct(&client);
        sim_host_enter(o.pair.a);
        EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
        EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, groups[i], 9), WSAENETUNREACH);
        CAsyncSocket_Close(&client.socket);
    }
    tcp_opening_run(&o, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&o.log), "");
}

/* MUST-49 */
static void time_to_live_is_what_the_program_sets(void)
{
    tcp_opening o;
    source_log log;
    recorder client;
    begin(&o, &log);
    connect_from(&o, &client, NULL, "10.0.0.2", 7);
    tcp_opening_run(&o, 1 * S);
    EXPECT_EQ_INT(log.ttl, 7);
}

static unsigned errors_in(const wire_log *log)
{
    unsigned count = 0;
    for (unsigned i = 0; i < log->count; i++)
        count += strncmp(log->line[i], "r ICMP", 6) == 0;
    return count;
}

/* MUST-56: segments die at the router for a while, and it says so each time. */
static void soft_errors_do_not_end_a_connection(void)
{
    tcp_opening o;
    recorder client, server;
    sim_host *router;
    sim_link *near, *far;
    sim_link_options options = {.latency_ns = NEAR_NS};
    tcp_opening_begin(&o, NULL, 5, NEAR_NS);
    EXPECT_CODE_FATAL(sim_host_create(o.pair.world, "r", &router), 0);
    EXPECT_CODE_FATAL(sim_link_create(o.pair.world, "near", &options, &near), 0);
    EXPECT_CODE_FATAL(sim_link_create(o.pair.world, "far", &options, &far), 0);
    EXPECT_CODE_FATAL(sim_host_attach(o.pair.a, near, "10.9.0.1/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(router, near, "10.9.0.254/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(router, far, "10.8.0.254/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(o.pair.b, far, "10.8.0.2/24"), 0);
    sim_host_set_forwarding(router, true);
    EXPECT_CODE(sim_host_add_route(o.pair.a, "10.8.0.0/24", "10.9.0.254"), 0);
    EXPECT_CODE(sim_host_add_route(o.pair.b, "10.9.0.0/24", "10.8.0.254"), 0);
    connect_from(&o, &client, "10.9.0.1", "10.8.0.2", 0);
    tcp_opening_run(&o, 1 * S);
    EXPECT_TRUE_FATAL(tcp_opening_accept(&o, &server));
    tcp_opening_clear(&o);
    for (unsigned i = 0; i < 2; i++) {
        int ttl = i == 0 ? 1 : 64;
        sim_host_enter(o.pair.a);
        EXPECT_OK(CAsyncSocket_SetSockOpt(&client.socket, IP_TTL, &ttl, sizeof ttl, IPPROTO_IP));
        EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "text", 4, 0), 4);
        tcp_opening_run(&o, 10 * S);
        EXPECT_EQ_INT(errors_in(&o.log), 4); /* after 0, 1, 3 and 7 s, then no more */
    }
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 0);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
}

const test_case test_tcp_interface[] = {
    TEST(soft_errors_do_not_end_a_connection),

    TEST(address_of_an_attempt_is_asked_of_ip),      TEST(address_of_an_attempt_is_the_one_of_bind),
    TEST(listener_with_an_address_hears_of_it_only), TEST(attempt_to_a_group_is_refused_at_once),
    TEST(time_to_live_is_what_the_program_sets),     TEST_END};
