/* SPDX-License-Identifier: MIT
 *
 * Closing a connection: RFC 9293 3.6, TIME-WAIT with RFC 1337 and RFC 6191, and ends of which only one knows
 * that there is a connection (3.5.1).
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/tcp_opening.h"
#include "tests/test_list.h"

static void shut_down(tcp_case *c, bool client)
{
    sim_host_enter(client ? c->pair.a : c->pair.b);
    EXPECT_OK(CAsyncSocket_ShutDown(client ? &c->client.socket : &c->server.socket, CAsyncSocket_sends));
}

/* Case i of 3 stacks and 8 by 8 losses among the next packets of both sides. */
static void begin_losing(tcp_case *c, uint64_t i, drop_mask *a, drop_mask *b)
{
    static const char *const stacks[] = {"rfc", "linux", "freebsd"};
    const sim_stack *stack = sim_stack_named(stacks[i / 64]);
    tcp_case_begin_with(c, stack, stack, NULL);
    tcp_case_drop(c, true, i & 7, a);
    tcp_case_drop(c, false, i >> 3 & 7, b);
}

/* 3.6 case 3, and all that loss makes of it: any of the first three packets of either side. */
static void close_from_both_sides_in_every_order_is_told_once_each(void)
{
    for (uint64_t i = 0; i < 3 * 64; i++) {
        tcp_case c;
        drop_mask a, b;
        begin_losing(&c, i, &a, &b);
        shut_down(&c, true);
        shut_down(&c, false);
        tcp_case_run(&c, 60 * S);
        recorder *ends[2] = {&c.client, &c.server};
        for (unsigned k = 0; k < 2; k++) {
            EXPECT_EQ_INT(recorder_count(ends[k], FD_CLOSE), 1);
            EXPECT_EQ_INT(recorder_error(ends[k], FD_CLOSE), 0);
        }
        tcp_case_close_client(&c);
        tcp_case_close_server(&c);
        EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
        EXPECT_EQ_INT(c.pair.world->connections.count, 0);
        fixture_world_destroy(c.pair.world);
    }
}

/* Case 1 and 2, and a half-closed connection in between, with the same losses. */
static void close_one_after_the_other_in_every_order_is_told_once_each(void)
{
    for (uint64_t i = 0; i < 3 * 64; i++) {
        tcp_case c;
        drop_mask a, b;
        begin_losing(&c, i, &a, &b);
        shut_down(&c, true);
        tcp_case_send_text(&c, false, "the rest");
        tcp_case_run(&c, 30 * S);
        EXPECT_EQ_STR(tcp_case_receive_text(&c, true), "the rest");
        EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
        tcp_case_close_server(&c);
        tcp_case_run(&c, 30 * S);
        EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
        EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 1);
        EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), 0);
        tcp_case_close_client(&c);
        EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
        EXPECT_EQ_INT(c.pair.world->connections.count, 0);
        fixture_world_destroy(c.pair.world);
    }
}

/* ---- FIN-WAIT-2 ---- */

/* The peer never closes: a connection without a program is not kept for ever, one with a program is. */
static void half_closed_connection_is_kept_for_its_program_only(void)
{
    for (unsigned orphan = 0; orphan < 2; orphan++) {
        tcp_case c;
        tcp_case_begin(&c);
        if (orphan != 0)
            tcp_case_close_client(&c);
        else
            shut_down(&c, true);
        tcp_case_run(&c, 59 * S);
        EXPECT_EQ_INT(any_tcp_of(c.pair.a)->state, SIMP_TCP_FIN_WAIT_2);
        tcp_case_run(&c, 3600 * S);
        EXPECT_EQ_INT(any_tcp_of(c.pair.a) == NULL, orphan != 0);
    }
}

/* ---- TIME-WAIT ---- */

/* On a, of a connection from its port 5000 to the listener of b, which b's program closed as the second. */
static simp_tcp *begin_time_wait(tcp_opening *o, recorder *server, const sim_stack *stack)
{
    recorder client;
    sim_stack b = stack != NULL ? *stack : *sim_stack_named("rfc");
    tcp_opening_begin(o, &b, 5, SIM_MS(1));
    EXPECT_CODE(sim_host_set_stack(o->pair.a, stack), 0);
    tcp_opening_connect(o, &client);
    tcp_opening_run(o, 1 * S);
    EXPECT_TRUE_FATAL(tcp_opening_accept(o, server));
    sim_host_enter(o->pair.b);
    CAsyncSocket_Close(&server->socket);
    tcp_opening_run(o, 1 * S);
    sim_host_enter(o->pair.a);
    CAsyncSocket_Close(&client.socket);
    tcp_opening_run(o, 1 * S);
    simp_tcp *t = any_tcp_of(o->pair.b);
    EXPECT_TRUE_FATAL(t != NULL && t->state == SIMP_TCP_TIME_WAIT);
    tcp_opening_drop(o, UINT64_MAX, UINT64_MAX);
    tcp_opening_clear(o);
    return t;
}

static forged_segment segment_for(const simp_tcp *t, uint8_t flags, uint32_t seq)
{
    return (forged_segment){.from = "10.0.0.1",
                            .to = "10.0.0.2",
                            .from_port = t->key.remote_port,
                            .to_port = t->key.local_port,
                            .seq = seq,
                            .ack = t->max,
                            .window = 8000,
                            .flags = flags};
}

/* RFC 1337: or an old duplicate would be followed by a RST that ends the wait. */
static void reset_does_not_end_time_wait(void)
{
    tcp_opening o;
    recorder server;
    const simp_tcp *t = begin_time_wait(&o, &server, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        forged_segment reset = segment_for(t, SIMP_RST, t->rcv_nxt + i);
        forged_segment_arrive(o.pair.b, &reset);
    }
    tcp_opening_run(&o, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&o.log), "");
    EXPECT_TRUE(any_tcp_of(o.pair.b) == t);
}

/* MUST-13: 2 MSL, and again from the last FIN on, which is acknowledged. */
static void fin_again_begins_time_wait_anew(void)
{
    tcp_opening o;
    recorder server;
    const simp_tcp *t = begin_time_wait(&o, &server, NULL);
    tcp_opening_run(&o, 200 * S);
    forged_segment fin = segment_for(t, SIMP_FIN | SIMP_ACK, t->rcv_nxt - 1);
    forged_segment_arrive(o.pair.b, &fin);
    tcp_opening_run(&o, 239 * S);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b ACK lost");
    EXPECT_TRUE(any_tcp_of(o.pair.b) == t);
    tcp_opening_run(&o, 2 * S);
    EXPECT_TRUE(any_tcp_of(o.pair.b) == NULL);
}

/* MAY-2: a SYN beyond what the old connection had begins a new one, whose numbers lie beyond the old ones. */
static void later_syn_reopens_time_wait(void)
{
    tcp_opening o;
    recorder server;
    simp_tcp *t = begin_time_wait(&o, &server, NULL);
    t->max = t->una = t->nxt = t->send_end = t->max + 100000000; /* as if it had sent fast */
    uint32_t last = t->max;
    forged_segment syn = segment_for(t, SIMP_SYN, t->rcv_nxt);
    forged_segment_arrive(o.pair.b, &syn);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b ACK lost"); /* not beyond: an old duplicate */
    tcp_opening_clear(&o);
    syn.seq++;
    forged_segment_arrive(o.pair.b, &syn);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b SYN ACK lost");
    EXPECT_TRUE(simp_seq_before(last, segment_log_last(&o.segments, o.pair.b)->tcp.seq));
}

/* RFC 6191, SHLD-4: a later timestamp says more than the sequence number; an earlier one, too. */
static void timestamp_decides_who_reopens_time_wait(void)
{
    static const struct {
        int stamp, seq;
        const char *answer;
    } cases[] = {{1, -500000, "b SYN ACK lost"},
                 {-1, 500000, "b ACK lost"},
                 {0, 1, "b SYN ACK lost"},
                 {0, -1, "b ACK lost"}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sim_stack stack = *sim_stack_named("rfc");
        stack.timestamps = SIM_FEATURE_ON;
        tcp_opening o;
        recorder server;
        const simp_tcp *t = begin_time_wait(&o, &server, &stack);
        forged_segment syn = segment_for(t, SIMP_SYN, t->rcv_nxt + (uint32_t)cases[i].seq);
        syn.stamp = t->extras->stamp_recent + (uint32_t)cases[i].stamp;
        forged_segment_arrive(o.pair.b, &syn);
        tcp_opening_run(&o, 1 * MS);
        EXPECT_EQ_STR(wire_log_text(&o.log), cases[i].answer);
    }
}

/* Nobody listens any more: the wait goes on. */
static void syn_without_a_listener_leaves_time_wait_alone(void)
{
    tcp_opening o;
    recorder server;
    const simp_tcp *t = begin_time_wait(&o, &server, NULL);
    sim_host_enter(o.pair.b);
    CAsyncSocket_Close(&o.listener.socket);
    forged_segment syn = segment_for(t, SIMP_SYN, t->rcv_nxt + 500000);
    forged_segment_arrive(o.pair.b, &syn);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b ACK lost");
    EXPECT_TRUE(any_tcp_of(o.pair.b) == t);
}

/* ---- half-open, 3.5.1 ---- */

/* Figure 11: the end that knows nothing resets what the other one sends. */
static void text_for_a_forgotten_connection_is_reset(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    EXPECT_CODE(sim_host_forget_connection(c.pair.a, c.client.socket.m_hSocket), 0);
    tcp_case_send_text(&c, false, "hello?");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK 6, a RST");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_TRUE(recorder_error(&c.server, FD_CLOSE) != 0);
}

/* Figure 10: the end that knows nothing connects again from the same port.  Its SYN is challenged, its RST
 * ends the old connection, and its next SYN begins the new one. */
static void syn_from_a_restarted_peer_recovers(void)
{
    tcp_opening o;
    recorder first, second, server, again;
    tcp_opening_begin(&o, NULL, 5, SIM_MS(1));
    recorder_construct(&first);
    recorder_construct(&second);
    sim_host_enter(o.pair.a);
    EXPECT_OK(CAsyncSocket_Create(&first.socket, 5000, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&first.socket, "10.0.0.2", OPENING_PORT), WSAEWOULDBLOCK);
    tcp_opening_run(&o, 1 * S);
    EXPECT_TRUE_FATAL(tcp_opening_accept(&o, &server));
    EXPECT_CODE(sim_host_forget_connection(o.pair.a, first.socket.m_hSocket), 0);
    tcp_opening_clear(&o);
    sim_host_enter(o.pair.a);
    CAsyncSocket_Close(&first.socket);
    EXPECT_OK(CAsyncSocket_Create(&second.socket, 5000, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&second.socket, "10.0.0.2", OPENING_PORT), WSAEWOULDBLOCK);
    tcp_opening_run(&o, 5 * S);
    EXPECT_EQ_STR(wire_log_text(&o.log), "a SYN, b ACK, a RST, a SYN, b SYN ACK, a ACK");
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&second, FD_CONNECT), 0);
    EXPECT_EQ_INT(recorder_count(&second, FD_CONNECT), 1);
    EXPECT_TRUE(tcp_opening_accept(&o, &again));
}

/* ---- ABORT, 3.10.5 ---- */

/* SO_LINGER 0: a RST from SYN-RECEIVED on; before it nobody knows of the connection. */
static void abort_resets_what_the_peer_knows_of(void)
{
    tcp_case c;
    struct linger hard = {1, 0};
    tcp_case_begin(&c);
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&c.client.socket, SO_LINGER, &hard, sizeof hard, SOL_SOCKET));
    tcp_case_send_text(&c, true, "last words");
    tcp_case_close_client(&c);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 10, a RST ACK");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_TRUE(any_tcp_of(c.pair.a) == NULL && any_tcp_of(c.pair.b) == NULL);
}

const test_case test_tcp_close[] = {TEST(close_from_both_sides_in_every_order_is_told_once_each),
                                    TEST(close_one_after_the_other_in_every_order_is_told_once_each),
                                    TEST(half_closed_connection_is_kept_for_its_program_only),
                                    TEST(reset_does_not_end_time_wait),
                                    TEST(fin_again_begins_time_wait_anew),
                                    TEST(later_syn_reopens_time_wait),
                                    TEST(timestamp_decides_who_reopens_time_wait),
                                    TEST(syn_without_a_listener_leaves_time_wait_alone),
                                    TEST(text_for_a_forgotten_connection_is_reset),
                                    TEST(syn_from_a_restarted_peer_recovers),
                                    TEST(abort_resets_what_the_peer_knows_of),
                                    TEST_END};
