/* SPDX-License-Identifier: MIT
 *
 * Faults of streams in a world: storms of WSAEWOULDBLOCK, a slow reader, no buffers, resets in the middle of
 * a send, and half-open connections.
 */
#include <string.h>

#include "castanet/sim_fault.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

/* ---- a transfer from client (host a) to server (host b), whose thread has the faults ---- */

enum { TOTAL = 200000 };

typedef struct transfer {
    CAsyncSocket client, listener, server; /* of a, b, b */
    sim_fault *fault;
    sim_world *world;
    size_t sent, received, most; /* most: that one receive gave */
    unsigned receives_empty, sends_full, on_receive, on_send;
    int client_closed, server_closed; /* the error of OnClose; -1: not called */
    uint64_t done_ns;
    int sends, send_results[16];
    size_t piece;
} transfer;

static transfer *now_running(void) { return cas_thread_context(cas_thread_current()); }

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 7 + i / 251); }

static void push(transfer *t)
{
    uint8_t piece[4096];
    while (t->sent < TOTAL) {
        size_t len = TOTAL - t->sent < t->piece ? TOTAL - t->sent : t->piece;
        for (size_t i = 0; i < len; i++)
            piece[i] = byte_at(t->sent + i);
        int n = CAsyncSocket_Send(&t->client, piece, (int)len, 0);
        if (t->sends < 16)
            t->send_results[t->sends] = n;
        t->sends++;
        if (n == SOCKET_ERROR) {
            t->sends_full++;
            return;
        }
        t->sent += (size_t)n;
    }
    CAsyncSocket_ShutDown(&t->client, CAsyncSocket_sends);
}

/* The first one comes with the connection; sending begins a little later, when it has been accepted. */
static void on_send(CAsyncSocket *self, int error)
{
    (void)self;
    (void)error;
    if (now_running()->on_send++ > 0)
        push(now_running());
}

static void begin(void *argument) { push(argument); }

static void on_client_close(CAsyncSocket *self, int error)
{
    (void)self;
    now_running()->client_closed = error;
}

/* One receive a notification, as a careful program does it. */
static void on_receive(CAsyncSocket *self, int error)
{
    transfer *t = now_running();
    uint8_t buf[8192];
    (void)error;
    t->on_receive++;
    int n = CAsyncSocket_Receive(self, buf, sizeof buf, 0);
    if (n == SOCKET_ERROR) {
        int code = CAsyncSocket_GetLastError();
        EXPECT_TRUE(code == WSAEWOULDBLOCK || code == WSAECONNRESET);
        t->receives_empty++;
        return;
    }
    for (int i = 0; i < n; i++) {
        if (!expect_eq_int(EXPECT_SITE(false), buf[i], byte_at(t->received + (size_t)i), "byte", "sent"))
            return;
    }
    t->received += (size_t)n;
    t->most = (size_t)n > t->most ? (size_t)n : t->most;
}

static void on_server_close(CAsyncSocket *self, int error)
{
    transfer *t = now_running();
    t->server_closed = error;
    if (error == 0) {
        size_t before = 0;
        while (t->received > before) { /* what is left, in pieces */
            before = t->received;
            on_receive(self, 0);
        }
        CAsyncSocket_Close(self);
    }
    t->done_ns = sim_world_now(t->world);
}

static void on_accept(CAsyncSocket *self, int error)
{
    static const CAsyncSocketVtbl reading = {.OnReceive = on_receive, .OnClose = on_server_close};
    transfer *t = now_running();
    (void)error;
    CAsyncSocket_Construct(&t->server, &reading);
    EXPECT_OK(CAsyncSocket_Accept(self, &t->server, NULL, NULL));
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t->server, FD_READ | FD_CLOSE));
}

/* With faults on the host's thread; the rule, unless NULL, is the sender's. */
static void start(transfer *t, world_pair *pair, const sim_fault_options *options, const sim_fault_rule *rule)
{
    static const CAsyncSocketVtbl listening = {.OnAccept = on_accept};
    static const CAsyncSocketVtbl sending = {.OnSend = on_send, .OnClose = on_client_close};
    sim_error why = {0};
    if (t->piece == 0)
        t->piece = 4096;
    t->client_closed = t->server_closed = -1;
    *pair = fixture_world_pair(NULL);
    t->world = pair->world;
    sim_host *faulty = rule != NULL ? pair->a : pair->b;
    int error = sim_fault_install(sim_host_thread(faulty), options, &t->fault, &why);
    expect_report(EXPECT_SITE(true), error == 0, "%s; %s; %s", why.what, why.why, why.fix);
    if (rule != NULL)
        EXPECT_CODE_FATAL(sim_fault_add_rule(t->fault, rule, NULL), 0);
    CAsyncSocket_Construct(&t->listener, &listening);
    CAsyncSocket_Construct(&t->client, &sending);
    sim_host_enter(pair->b);
    cas_thread_set_context(cas_thread_current(), t);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&t->listener, 80, SOCK_STREAM, FD_ACCEPT, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&t->listener, 5));
    sim_host_enter(pair->a);
    cas_thread_set_context(cas_thread_current(), t);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&t->client, 0, SOCK_STREAM, FD_WRITE | FD_CLOSE, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&t->client, "b", 80), WSAEWOULDBLOCK);
    EXPECT_CODE(sim_host_run(pair->a, SIM_MS(10), begin, t), 0);
}

static sim_fault_counters finish(transfer *t, const world_pair *pair)
{
    sim_fault_counters c;
    sim_world_run(pair->world, (uint64_t)SIM_S(60));
    sim_fault_counters_read(t->fault, &c);
    return c;
}

/* ---- storms ---- */

static void storm_of_empty_receives_loses_nothing(void)
{
    transfer t = {0};
    world_pair pair;
    start(&t, &pair, &(sim_fault_options){.receive_would_block_ppm = SIM_PERCENT(20), .storm_calls_max = 50},
          NULL);
    sim_fault_counters c = finish(&t, &pair);
    EXPECT_EQ_INT(t.received, TOTAL);
    EXPECT_EQ_INT(t.server_closed, 0);
    EXPECT_EQ_INT(t.receives_empty, c.receive_would_blocks);
    /* A storm has 25 further calls on average, one that stands alone has none. */
    EXPECT_TRUE(c.storm_calls > 0 && c.storm_calls < c.receive_would_blocks);
    EXPECT_TRUE(c.storm_calls > 5 * (c.receive_would_blocks - c.storm_calls));
}

static void storm_of_full_sends_loses_nothing(void)
{
    transfer t = {0};
    world_pair pair;
    sim_fault_options storms = {.send_would_block_ppm = SIM_PERCENT(20), .storm_calls_max = 50};
    sim_fault_rule never = {
        .call = SIM_FAULT_LISTEN, .nth = 1, .error = WSAENETDOWN}; /* it is the other host's */
    start(&t, &pair, &storms, &never);
    sim_fault_counters c = finish(&t, &pair);
    EXPECT_EQ_INT(t.received, TOTAL);
    EXPECT_TRUE(t.sends_full >= c.send_would_blocks);
    EXPECT_TRUE(c.storm_calls > 0 && c.storm_calls < c.send_would_blocks);
}

/* ---- a slow reader ---- */

static void slow_reader_takes_its_time_and_everything(void)
{
    transfer t = {0};
    world_pair pair;
    start(&t, &pair, &(sim_fault_options){.slow_receive_bytes = 500, .slow_receive_ns = SIM_MS(10)}, NULL);
    sim_world_run(pair.world, SIM_MS(500)); /* from 11 ms on, 500 bytes each 10 ms */
    EXPECT_EQ_INT(t.received, 24500);
    sim_fault_counters c = finish(&t, &pair);
    EXPECT_EQ_INT(t.received, TOTAL);
    EXPECT_EQ_INT(t.most, 500);
    EXPECT_EQ_INT(t.server_closed, 0);
    EXPECT_TRUE(c.slow_receives > 0);
}

/* ---- no buffers, by rule: the program tries again ---- */

static void send_without_buffers_fails_as_often_as_told(void)
{
    transfer t = {.piece = 1000};
    world_pair pair;
    sim_fault_rule rule = {.call = SIM_FAULT_SEND, .nth = 3, .count = 1, .error = WSAENOBUFS};
    start(&t, &pair, NULL, &rule);
    finish(&t, &pair);
    EXPECT_EQ_INT(t.send_results[1], 1000);
    EXPECT_EQ_INT(t.send_results[2], SOCKET_ERROR);
    EXPECT_EQ_INT(t.received, 2000); /* nobody tells the program when to try again */
    EXPECT_EQ_INT(t.client_closed, -1);
}

/* ---- resets ---- */

static void reset_in_the_middle_of_a_send_ends_both_sides(void)
{
    transfer t = {.piece = 1000};
    world_pair pair;
    sim_fault_rule rule = {.call = SIM_FAULT_SEND, .nth = 3, .reset = true};
    start(&t, &pair, NULL, &rule);
    sim_fault_counters c = finish(&t, &pair);
    EXPECT_EQ_INT(t.send_results[1], 1000);
    EXPECT_EQ_INT(t.send_results[2], 500);
    EXPECT_EQ_INT(t.send_results[3], SOCKET_ERROR); /* the fourth finds it out */
    EXPECT_EQ_INT(t.client_closed, WSAECONNABORTED);
    EXPECT_EQ_INT(t.server_closed, WSAECONNABORTED);
    EXPECT_TRUE(t.received <= 2500);
    EXPECT_EQ_INT(c.resets, 1);
    EXPECT_EQ_INT(c.failed[SIM_FAULT_SEND], 0);
}

static void connection_that_was_forgotten_is_half_open(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    world_pair_connect(&pair, &client, &server);
    sim_host_enter(pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_AsyncSelect(&client.socket, CASYNCSOCKET_DEFAULT_EVENTS));
    EXPECT_CODE(sim_host_forget_connection(pair.b, server.socket.m_hSocket), 0);
    world_pair_settle(&pair);
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 0); /* nobody says a word ... */
    sim_host_enter(pair.b);
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&server.socket, "x", 1, 0), WSAECONNABORTED);
    sim_host_enter(pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "x", 1, 0), 1);
    world_pair_settle(&pair);
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 1); /* ... until somebody sends (RFC 9293 3.5.1) */
    EXPECT_EQ_INT(recorder_error(&client, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_INT(server.total, 0);
    EXPECT_CODE(sim_host_forget_connection(pair.b, server.socket.m_hSocket), WSAENOTCONN);
}

static void reset_of_a_connection_is_told_at_both_ends(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder end[2];
    sim_host *const host[2] = {pair.a, pair.b};
    world_pair_connect(&pair, &end[0], &end[1]);
    for (unsigned i = 0; i < 2; i++) {
        sim_host_enter(host[i]);
        EXPECT_OK_FATAL(CAsyncSocket_AsyncSelect(&end[i].socket, FD_CLOSE));
    }
    EXPECT_CODE(sim_host_reset_connection(pair.a, 1000), WSAENOTCONN);
    EXPECT_CODE(sim_host_reset_connection(pair.a, end[0].socket.m_hSocket), 0);
    world_pair_settle(&pair);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ_INT(recorder_count(&end[i], FD_CLOSE), 1);
        EXPECT_EQ_INT(recorder_error(&end[i], FD_CLOSE), WSAECONNABORTED);
    }
}

/* ---- refusals ---- */

static void stream_faults_without_sense_are_refused(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_fault *fault;
    sim_error why = {0};
    cas_thread *thread = sim_host_thread(pair.a);
    EXPECT_CODE(sim_fault_install(thread, &(sim_fault_options){.slow_receive_ns = -1}, &fault, &why),
                WSAEINVAL);
    EXPECT_CODE(sim_fault_install(thread, &(sim_fault_options){.storm_calls_max = 3}, &fault, &why),
                WSAEINVAL);
    EXPECT_TRUE(why.what[0] != '\0' && why.why[0] != '\0' && why.fix[0] != '\0');
    EXPECT_CODE_FATAL(sim_fault_install(thread, NULL, &fault, &why), 0);
    sim_fault_rule rules[] = {{.call = SIM_FAULT_RECEIVE, .nth = 1, .reset = true},
                              {.call = SIM_FAULT_SEND, .nth = 1, .reset = true, .error = WSAENETDOWN},
                              {.call = SIM_FAULT_SEND, .nth = 0, .reset = true}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        EXPECT_CODE(sim_fault_add_rule(fault, &rules[i], &why), WSAEINVAL);
}

const test_case test_fault_stream[] = {TEST(storm_of_empty_receives_loses_nothing),
                                       TEST(storm_of_full_sends_loses_nothing),
                                       TEST(slow_reader_takes_its_time_and_everything),
                                       TEST(send_without_buffers_fails_as_often_as_told),
                                       TEST(reset_in_the_middle_of_a_send_ends_both_sides),
                                       TEST(connection_that_was_forgotten_is_half_open),
                                       TEST(reset_of_a_connection_is_told_at_both_ends),
                                       TEST(stream_faults_without_sense_are_refused),
                                       TEST_END};
