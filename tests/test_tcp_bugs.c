/* SPDX-License-Identifier: MIT
 *
 * Regressions found by random runs: each one a behaviour that a long or unlucky run came across.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"
#include "tests/wire_log.h"

#define S UINT64_C(1000000000)

typedef struct bug_case {
    world_pair pair;
    recorder client, server;
} bug_case;

static void begin(bug_case *c)
{
    memset(c, 0, sizeof *c);
    c->pair = fixture_world_pair(NULL);
    world_pair_connect(&c->pair, &c->client, &c->server);
}

static void run_for(bug_case *c, uint64_t ns)
{
    sim_world_run(c->pair.world, sim_world_now(c->pair.world) + ns);
}

static void set_option(recorder *r, int option, int value)
{
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r->socket, option, &value, sizeof value, SOL_SOCKET));
}

/* Sends until the receiver's window is closed and both buffers are full; returns how many bytes. */
static int fill(bug_case *c)
{
    static char block[30000];
    int total = 0, n;
    for (int round = 0; round < 8; round++) {
        sim_host_enter(c->pair.a);
        while ((n = CAsyncSocket_Send(&c->client.socket, block, sizeof block, 0)) > 0)
            total += n;
        run_for(c, S);
    }
    return total;
}

static int drain(bug_case *c)
{
    static char block[200000];
    int total = 0, n;
    for (int round = 0; round < 50; round++) {
        sim_host_enter(c->pair.b);
        while ((n = CAsyncSocket_Receive(&c->server.socket, block, sizeof block, 0)) > 0)
            total += n;
        run_for(c, S);
    }
    return total;
}

static void closed_window_for_an_hour_keeps_the_connection(void)
{
    bug_case c;
    begin(&c);
    int sent = fill(&c);
    run_for(&c, 3600 * S);
    EXPECT_EQ_INT(drain(&c), sent);
    sim_host_enter(c.pair.b);
    char byte;
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, 0), WSAEWOULDBLOCK);
}

static void fin_before_a_closed_window_waits_for_an_hour(void)
{
    bug_case c;
    begin(&c);
    static char block[65536];
    sim_host_enter(c.pair.a);
    int n, sent = 0;
    for (int round = 0; round < 60; round++) { /* the last bytes go as probes */
        sim_host_enter(c.pair.a);
        if ((n = CAsyncSocket_Send(&c.client.socket, block, 65536 - sent, 0)) > 0)
            sent += n;
        run_for(&c, S);
    }
    sim_host_enter(c.pair.a);
    CAsyncSocket_Close(&c.client.socket);
    run_for(&c, 3600 * S);
    EXPECT_EQ_INT(drain(&c), 65536);
    sim_host_enter(c.pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, block, 1, 0), 0);
}

static sim_verdict drop_all(void *context, const sim_packet_view *packet)
{
    (void)context;
    (void)packet;
    return SIM_DROP;
}

static void closed_window_of_a_vanished_peer_ends_the_connection(void)
{
    bug_case c;
    begin(&c);
    sim_host_enter(c.pair.a);
    CAsyncSocket_AsyncSelect(&c.client.socket, FD_CLOSE);
    fill(&c);
    sim_link_set_script(c.pair.link, NULL, drop_all, NULL);
    run_for(&c, 3600 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 1);
    sim_link_set_script(c.pair.link, NULL, NULL, NULL);
}

static void urgent_byte_beyond_16_bits_leaves_other_bytes_alone(void)
{
    bug_case c;
    begin(&c);
    static char block[150000];
    sim_host_enter(c.pair.a);
    set_option(&c.client, SO_SNDBUF, 200000);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, block, sizeof block, 0), sizeof block);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "!", 1, MSG_OOB), 1);
    EXPECT_EQ_INT(drain(&c), sizeof block);
    sim_host_enter(c.pair.b);
    char byte = 0;
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, MSG_OOB), 1);
    EXPECT_EQ_INT(byte, '!');
}

static void many_urgent_bytes_are_received_once(void)
{
    bug_case c;
    begin(&c);
    for (int i = 0; i < 40; i++) {
        char byte = (char)('A' + i);
        sim_host_enter(c.pair.a);
        EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, &byte, 1, MSG_OOB), 1);
        run_for(&c, S);
        sim_host_enter(c.pair.b);
        EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, MSG_OOB), 1);
        EXPECT_EQ_INT(byte, 'A' + i);
        EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, 0), WSAEWOULDBLOCK);
    }
}

static void take_urgent(CAsyncSocket *self, int error)
{
    (void)error;
    char byte;
    ((recorder *)self)->total++;
    CAsyncSocket_Receive(self, &byte, 1, MSG_OOB);
}

static void urgent_byte_after_shut_down_is_not_notified_for_ever(void)
{
    static const CAsyncSocketVtbl vtbl = {.OnOutOfBandData = take_urgent};
    bug_case c;
    begin(&c);
    sim_host_enter(c.pair.b);
    c.server.socket.vtbl = &vtbl;
    CAsyncSocket_AsyncSelect(&c.server.socket, FD_OOB);
    EXPECT_OK(CAsyncSocket_ShutDown(&c.server.socket, CAsyncSocket_receives));
    sim_host_enter(c.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "!", 1, MSG_OOB), 1);
    for (int i = 0; i < 1000; i++)
        sim_world_step(c.pair.world);
    EXPECT_TRUE(c.server.total <= 1);
}

static void receive_buffer_zero_still_receives(void)
{
    bug_case c;
    begin(&c);
    sim_host_enter(c.pair.b);
    CAsyncSocket listener;
    UINT port;
    char text[46];
    recorder client, server;
    CAsyncSocket_Construct(&listener, NULL);
    recorder_construct(&client);
    recorder_construct(&server);
    int zero = 0;
    EXPECT_OK(CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_SetSockOpt(&listener, SO_RCVBUF, &zero, sizeof zero, SOL_SOCKET));
    EXPECT_OK(CAsyncSocket_Listen(&listener, 5));
    EXPECT_OK(CAsyncSocket_GetSockName(&listener, text, sizeof text, &port));
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client.socket, "10.0.0.2", port);
    run_for(&c, S);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "x", 1, 0), 1);
    sim_host_enter(c.pair.b);
    EXPECT_OK(CAsyncSocket_Accept(&listener, &server.socket, NULL, NULL));
    run_for(&c, 600 * S);
    sim_host_enter(c.pair.b);
    char byte;
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, &byte, 1, 0), 1);
}

/* The server's end is in TIME-WAIT and still open when the same client port connects once more. */
static void time_wait_reopened_under_an_open_socket_keeps_it_usable(void)
{
    bug_case c;
    begin(&c);
    CAsyncSocket listener, first, second;
    recorder accepted;
    sim_host_enter(c.pair.b);
    CAsyncSocket_Construct(&listener, NULL);
    recorder_construct(&accepted);
    EXPECT_OK(CAsyncSocket_Create(&listener, 80, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener, 5));
    sim_host_enter(c.pair.a);
    CAsyncSocket_Construct(&first, NULL);
    CAsyncSocket_Construct(&second, NULL);
    EXPECT_OK(CAsyncSocket_Create(&first, 5000, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&first, "10.0.0.2", 80);
    run_for(&c, S);
    EXPECT_EQ_INT(CAsyncSocket_Send(&first, "late", 4, 0), 4);
    run_for(&c, S);
    sim_host_enter(c.pair.b);
    EXPECT_OK(CAsyncSocket_Accept(&listener, &accepted.socket, NULL, NULL));
    EXPECT_OK(CAsyncSocket_ShutDown(&accepted.socket, CAsyncSocket_sends));
    run_for(&c, S);
    sim_host_enter(c.pair.a);
    CAsyncSocket_Close(&first);
    run_for(&c, S);
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_Create(&second, 5000, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&second, "10.0.0.2", 80);
    run_for(&c, S);
    sim_host_enter(c.pair.b);
    char bytes[8];
    EXPECT_EQ_INT(CAsyncSocket_Receive(&accepted.socket, bytes, sizeof bytes, 0), 4);
}

static void connect_from_both_sides_closed_at_once_leaves_nothing(void)
{
    bug_case c;
    begin(&c);
    sim_host_enter(c.pair.a);
    CAsyncSocket_Close(&c.client.socket);
    sim_host_enter(c.pair.b);
    CAsyncSocket_Close(&c.server.socket);
    EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
    CAsyncSocket a, b;
    CAsyncSocket_Construct(&a, NULL);
    CAsyncSocket_Construct(&b, NULL);
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_Create(&a, 1000, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&a, "10.0.0.2", 1000);
    sim_host_enter(c.pair.b);
    EXPECT_OK(CAsyncSocket_Create(&b, 1000, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&b, "10.0.0.1", 1000);
    run_for(&c, 1500000); /* the SYNs have crossed: SYN-RECEIVED on both sides */
    CAsyncSocket_Close(&b);
    sim_host_enter(c.pair.a);
    CAsyncSocket_Close(&a);
    EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
    /* Nothing holds the four-tuple any more. */
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_Create(&a, 1000, SOCK_STREAM, 0, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&a, "10.0.0.2", 1000), WSAEWOULDBLOCK);
}

static void keepalive_switched_on_later_finds_a_vanished_peer(void)
{
    bug_case c;
    begin(&c);
    sim_host_enter(c.pair.a);
    CAsyncSocket_AsyncSelect(&c.client.socket, FD_CLOSE);
    set_option(&c.client, SO_KEEPALIVE, 1);
    sim_link_set_script(c.pair.link, NULL, drop_all, NULL);
    run_for(&c, 3 * 3600 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 1);
}

static void keepalive_switched_off_stops_the_probes(void)
{
    bug_case c;
    begin(&c);
    sim_host_enter(c.pair.a);
    set_option(&c.client, SO_KEEPALIVE, 1);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "x", 1, 0), 1);
    run_for(&c, S);
    sim_host_enter(c.pair.a);
    set_option(&c.client, SO_KEEPALIVE, 0);
    EXPECT_EQ_INT(sim_world_run(c.pair.world, sim_world_now(c.pair.world) + 24 * 3600 * S), SIM_STOP_IDLE);
}

/* Karn: a time-out that was backed off stays so until a round trip was measured. */
static void latency_above_the_first_timeout_is_learned(void)
{
    bug_case c;
    begin(&c);
    static wire_log log;
    sim_link_options slow = {.latency_ns = SIM_S(2)};
    sim_link_set_options(c.pair.link, NULL, &slow);
    for (int i = 0; i < 20; i++) {
        sim_host_enter(c.pair.a);
        EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "x", 1, 0), 1);
        run_for(&c, 8 * S);
    }
    wire_log_start(&log, c.pair.world);
    sim_host_enter(c.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "x", 1, 0), 1);
    run_for(&c, 20 * S);
    EXPECT_EQ_STR(wire_log_text(&log), "a ACK 1, b ACK");
    sim_world_remove_observer(c.pair.world, &log.observer);
}

static void detached_attempt_is_reported_after_attach(void)
{
    bug_case c;
    begin(&c);
    sim_host_enter(c.pair.a);
    recorder r;
    recorder_construct(&r);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    CAsyncSocket_Connect(&r.socket, "10.0.0.2", 9);
    SOCKET handle = CAsyncSocket_Detach(&r.socket);
    EXPECT_OK(CAsyncSocket_Attach(&r.socket, handle, CASYNCSOCKET_DEFAULT_EVENTS));
    run_for(&c, S);
    EXPECT_EQ_INT(recorder_count(&r, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&r, FD_CONNECT), WSAECONNREFUSED);
}

const test_case test_tcp_bugs[] = {TEST(closed_window_for_an_hour_keeps_the_connection),
                                   TEST(fin_before_a_closed_window_waits_for_an_hour),
                                   TEST(closed_window_of_a_vanished_peer_ends_the_connection),
                                   TEST(urgent_byte_beyond_16_bits_leaves_other_bytes_alone),
                                   TEST(many_urgent_bytes_are_received_once),
                                   TEST(urgent_byte_after_shut_down_is_not_notified_for_ever),
                                   TEST(receive_buffer_zero_still_receives),
                                   TEST(connect_from_both_sides_closed_at_once_leaves_nothing),
                                   TEST(keepalive_switched_on_later_finds_a_vanished_peer),
                                   TEST(keepalive_switched_off_stops_the_probes),
                                   TEST(latency_above_the_first_timeout_is_learned),
                                   TEST(detached_attempt_is_reported_after_attach),
                                   TEST(time_wait_reopened_under_an_open_socket_keeps_it_usable),
                                   TEST_END};
