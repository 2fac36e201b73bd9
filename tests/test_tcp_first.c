/* SPDX-License-Identifier: MIT
 *
 * What new TCPs get wrong.  Each test runs twice: with 1 ms on the way, and with 1.5 s, more than the first
 * time-out, so that every segment has been sent again before its answer can come.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/tcp_opening.h"
#include "tests/test_list.h"

static const sim_link_options slow_link = {.latency_ns = SIM_MS(1500)};
enum { NEAR_NS = SIM_MS(1) };
#define FAR_NS SIM_MS(1500)

static void begin(tcp_case *c, bool slow)
{
    tcp_case_begin_with(c, NULL, NULL, slow ? &slow_link : NULL);
    tcp_case_clear(c);
}

static void twice(void (*body)(bool slow))
{
    body(false);
    body(true);
}

static uint64_t timeout_of(tcp_case *c) { return simp_tcp_timeout(tcp_case_connection(c, true)); }

/* A bare ACK as the peer sends it on reception of something out of order. */
static void duplicate_ack(tcp_case *c)
{
    sim_packet *ack = tcp_case_forge(c, true, SIMP_ACK);
    ack->tcp.ack = tcp_case_connection(c, true)->una;
    tcp_case_arrive(c, true, ack);
}

/* RFC 6298 5.3: only an ACK of new data restarts the timer. */
static void timer_against_duplicates(bool slow)
{
    tcp_case c;
    drop_mask mask;
    begin(&c, slow);
    tcp_case_drop(&c, true, 1, &mask);
    uint64_t rto = timeout_of(&c);
    tcp_case_send_text(&c, true, "x");
    for (unsigned i = 0; i < 2; i++) { /* a third one would bring the segment back at once */
        tcp_case_run(&c, rto / 3);
        duplicate_ack(&c);
    }
    tcp_case_run(&c, rto);
    const logged_segment *first = segment_log_text_from(&c.segments, c.pair.a, 0);
    const logged_segment *second = segment_log_text_from(&c.segments, c.pair.a, 1);
    EXPECT_TRUE_FATAL(second != NULL);
    EXPECT_EQ_INT(second->at_ns - first->at_ns, rto);
}

static void duplicate_ack_does_not_restart_the_timer(void) { twice(timer_against_duplicates); }

/* RFC 6582 3.2: each ACK in recovery brings one hole back, and none waits for the timer. */
static void two_holes(bool slow, bool sack)
{
    tcp_case c;
    drop_mask mask;
    sim_stack stack = *sim_stack_named("rfc");
    stack.sack = sack;
    tcp_case_begin_with(&c, &stack, &stack, slow ? &slow_link : NULL);
    if (slow) /* or the time-out is shorter than the round trip: it must be learned first */
        for (unsigned i = 0; i < 5; i++) {
            tcp_case_send_text(&c, true, "x");
            tcp_case_run(&c, 20 * S);
            tcp_case_receive_text(&c, false);
        }
    tcp_case_clear(&c);
    tcp_case_drop(&c, true, 1 << 2 | 1 << 5, &mask);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 9 * 1460), 9 * 1460);
    tcp_case_run(&c, slow ? 60 * S : 900 * MS);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 9 * 1460);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 1460 lost"), 2);
    unsigned rescue = sack ? 1 : 0; /* RFC 6675 NextSeg (4) */
    if (!slow)
        EXPECT_TRUE(wire_log_matching(&c.log, "a ACK 1460") - 9 <= rescue);
}

static void two_holes_sack(bool slow) { two_holes(slow, true); }
static void two_holes_newreno(bool slow) { two_holes(slow, false); }
static void partial_ack_in_a_burst_brings_the_next_hole_back(void)
{
    twice(two_holes_sack);
    twice(two_holes_newreno);
}

/* MUST-18, Karn: what was sent again gives no sample, so the next segment waits as long as the last one. */
static void sticky_backoff(bool slow)
{
    tcp_case c;
    drop_mask mask;
    begin(&c, slow);
    tcp_case_drop(&c, true, 3, &mask);
    uint64_t rto = timeout_of(&c);
    tcp_case_send_text(&c, true, "x");
    tcp_case_run(&c, 30 * S);
    EXPECT_EQ_INT(timeout_of(&c), 4 * rto);
    tcp_case_clear(&c);
    tcp_case_drop(&c, true, 1, &mask);
    tcp_case_send_text(&c, true, "y");
    tcp_case_run(&c, 30 * S);
    EXPECT_EQ_INT(segment_log_text_from(&c.segments, c.pair.a, 1)->at_ns -
                      segment_log_text_from(&c.segments, c.pair.a, 0)->at_ns,
                  4 * rto);
    tcp_case_send_text(&c, true, "z"); /* acknowledged at once: that counts */
    tcp_case_run(&c, 30 * S);
    EXPECT_TRUE(timeout_of(&c) < 8 * rto);
    EXPECT_EQ_INT(tcp_case_connection(&c, true)->backoff, 0);
}

static void backoff_stays_until_a_valid_sample(void) { twice(sticky_backoff); }

/* RFC 9293 3.10.7.1: "In no case does receipt of a RST give rise to a RST"; nor to anything else outside of
 * the window. */
static void reset_unanswered(bool slow)
{
    tcp_opening o;
    recorder client;
    tcp_opening_begin(&o, NULL, 5, slow ? FAR_NS : NEAR_NS);
    tcp_opening_connect(&o, &client);
    tcp_opening_run(&o, 30 * S);
    const simp_tcp *t = tcp_of(o.pair.a, &client);
    tcp_opening_clear(&o);
    forged_segment bad = {.from = "10.0.0.2", .to = "10.0.0.1", .from_port = 80, .flags = SIMP_RST};
    forged_segment_arrive(o.pair.a, &bad); /* no such port */
    bad.flags |= SIMP_ACK;
    forged_segment_arrive(o.pair.a, &bad);
    bad.to_port = t->key.local_port; /* a connection, but not its window */
    bad.seq = t->rcv_nxt - 1;
    forged_segment_arrive(o.pair.a, &bad);
    bad.seq = t->rcv_edge;
    forged_segment_arrive(o.pair.a, &bad);
    forged_segment_arrive(o.pair.b, &(forged_segment){.from = "10.0.0.1",
                                                      .to = "10.0.0.2",
                                                      .from_port = 5,
                                                      .to_port = OPENING_PORT,
                                                      .flags = SIMP_RST | SIMP_ACK});
    tcp_opening_run(&o, 30 * S);
    EXPECT_EQ_STR(wire_log_text(&o.log), "");
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 0);
}

static void reset_is_never_answered(void) { twice(reset_unanswered); }

static void no_connection_is_left(tcp_case *c)
{
    EXPECT_EQ_INT(sim_world_run(c->pair.world, SIM_FOREVER), SIM_STOP_IDLE);
    EXPECT_EQ_INT(c->pair.world->connections.count, 0);
}

/* Both close at once, and the ACKs are lost: FIN and ACK come again. */
static void fin_in_closing(bool slow)
{
    tcp_case c;
    drop_mask a, b;
    begin(&c, slow);
    tcp_case_drop(&c, true, 1 << 1, &a);
    tcp_case_drop(&c, false, 1 << 0 | 1 << 1, &b);
    tcp_case_close_client(&c);
    tcp_case_close_server(&c);
    no_connection_is_left(&c);
    EXPECT_TRUE(wire_log_matching(&c.log, "b FIN ACK") >= 1);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a RST ACK") + wire_log_matching(&c.log, "b RST ACK"), 0);
}

static void fin_is_sent_again_in_closing(void) { twice(fin_in_closing); }

static void fin_in_last_ack(bool slow)
{
    tcp_case c;
    drop_mask mask;
    begin(&c, slow);
    tcp_case_close_client(&c);
    tcp_case_run(&c, 20 * S);
    tcp_case_clear(&c);
    tcp_case_drop(&c, false, 3, &mask);
    tcp_case_close_server(&c);
    no_connection_is_left(&c);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "b FIN ACK lost"), 2);
    EXPECT_TRUE(wire_log_matching(&c.log, "b FIN ACK") >= 1);
    EXPECT_TRUE(wire_log_matching(&c.log, "a ACK") >= 1);
}

static void fin_is_sent_again_in_last_ack(void) { twice(fin_in_last_ack); }

/* The peer's data and our lost FIN cross: neither hinders the other. */
static void lost_fin_then_data(bool slow)
{
    tcp_case c;
    drop_mask mask;
    begin(&c, slow);
    tcp_case_drop(&c, true, 1, &mask);
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_ShutDown(&c.client.socket, CAsyncSocket_sends));
    EXPECT_EQ_INT(tcp_case_send(&c, false, 0, 5000), 5000);
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 0);
    tcp_case_run(&c, 60 * S);
    EXPECT_EQ_INT(tcp_case_receive(&c, true, 0), 5000);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.server, FD_CLOSE), 0);
    tcp_case_close_server(&c);
    tcp_case_run(&c, 60 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), 0);
}

static void first_fin_lost_then_data_reaches_both_ends(void) { twice(lost_fin_then_data); }

static void expect_talk(tcp_opening *o, recorder *client, recorder *server)
{
    char buf[8];
    sim_host_enter(o->pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Send(&server->socket, "hello", 5, 0), 5);
    tcp_opening_run(o, 30 * S);
    sim_host_enter(o->pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&client->socket, buf, sizeof buf, 0), 5);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client->socket, "you", 3, 0), 3);
    tcp_opening_run(o, 30 * S);
    sim_host_enter(o->pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server->socket, buf, sizeof buf, 0), 3);
    EXPECT_EQ_INT(recorder_count(client, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(client, FD_CONNECT), 0);
    EXPECT_EQ_INT(recorder_count(&o->listener, FD_ACCEPT), 1);
    EXPECT_EQ_INT(recorder_count(client, FD_CLOSE) + recorder_count(server, FD_CLOSE), 0);
}

static void handshake_losing(bool slow, uint64_t from_a, uint64_t from_b)
{
    tcp_opening o;
    recorder client, server;
    tcp_opening_begin(&o, NULL, 5, slow ? FAR_NS : NEAR_NS);
    tcp_opening_drop(&o, from_a, from_b);
    tcp_opening_connect(&o, &client);
    tcp_opening_run(&o, 60 * S);
    EXPECT_TRUE_FATAL(tcp_opening_accept(&o, &server));
    expect_talk(&o, &client, &server);
}

static void without_syn_ack(bool slow) { handshake_losing(slow, 0, 1); }
static void lost_syn_ack_is_sent_again(void) { twice(without_syn_ack); }

/* The client believes in the connection, the server does not yet: its SYN,ACK comes again, and is
 * acknowledged again. */
static void without_last_ack(bool slow) { handshake_losing(slow, 2, 0); }
static void lost_last_ack_with_the_server_speaking_first(void) { twice(without_last_ack); }

static void window_update_lost(bool slow)
{
    tcp_case c;
    drop_mask mask;
    begin(&c, slow);
    int sent = 0, n;
    for (unsigned i = 0; i < 8; i++) {
        while ((n = tcp_case_send(&c, true, sent, 30000)) > 0)
            sent += n;
        tcp_case_run(&c, 20 * S);
    }
    EXPECT_EQ_INT(tcp_case_connection(&c, true)->wnd, 0);
    tcp_case_drop(&c, false, 1, &mask);
    int got = tcp_case_receive(&c, false, 0);
    EXPECT_EQ_INT(mask.seen, 1); /* the update, and it is lost */
    for (unsigned i = 0; i < 8; i++) {
        tcp_case_run(&c, 60 * S);
        got += tcp_case_receive(&c, false, got);
    }
    EXPECT_EQ_INT(got, sent);
}

static void lost_window_update_is_found_by_a_probe(void) { twice(window_update_lost); }

/* MUST-34, 35: the peer takes back what it offered.  Of 8 segments in flight only the first arrives; its ACK
 * closes the window. */
static void shrunk_window(bool slow)
{
    tcp_case c;
    drop_mask a, b;
    begin(&c, slow);
    tcp_case_drop(&c, true, UINT64_MAX - 1, &a);
    tcp_case_drop(&c, false, UINT64_MAX, &b);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 8 * 1460), 8 * 1460);
    tcp_case_run(&c, 10 * MS);
    simp_tcp *t = tcp_case_connection(&c, true);
    sim_packet *ack = tcp_case_forge(&c, true, SIMP_ACK);
    ack->tcp.ack = t->una + 1460;
    ack->tcp.window = 0;
    tcp_case_arrive(&c, true, ack);
    EXPECT_EQ_INT(t->wnd, 0);
    tcp_case_clear(&c);
    tcp_case_run(&c, 20 * S);
    const logged_segment *probe = segment_log_text_from(&c.segments, c.pair.a, 0);
    EXPECT_TRUE_FATAL(probe != NULL); /* SHLD-15: nothing new; SHLD-16, MUST-36: old data, one octet */
    EXPECT_EQ_INT(probe->length, 1);
    EXPECT_EQ_INT(probe->tcp.seq, t->una);
    tcp_case_drop(&c, true, 0, &a);
    tcp_case_drop(&c, false, 0, &b);
    tcp_case_run(&c, 120 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0); /* SHLD-17 */
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 8 * 1460);
}

static void window_shrunk_by_the_peer_is_probed(void) { twice(shrunk_window); }

static void early_fin(bool slow)
{
    tcp_case c;
    drop_mask mask;
    begin(&c, slow);
    tcp_case_drop(&c, true, 1, &mask);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 1460), 1460);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 1460, 100), 100);
    tcp_case_close_client(&c);
    tcp_case_run(&c, slow ? 1600 * MS : 10 * MS);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_READ) + recorder_count(&c.server, FD_CLOSE), 0);
    tcp_case_run(&c, 60 * S);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.server, FD_CLOSE), 0);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 1560);
}

static void fin_before_its_text_waits_for_it(void) { twice(early_fin); }

/* One SYN,ACK for each, the same one, and one connection. */
static void duplicate_syn(bool slow)
{
    tcp_opening o;
    tcp_opening_begin(&o, NULL, 5, slow ? FAR_NS : NEAR_NS);
    forged_segment syn = {.from = "10.0.0.1",
                          .to = "10.0.0.2",
                          .from_port = 5000,
                          .to_port = OPENING_PORT,
                          .seq = 100,
                          .window = 8000,
                          .flags = SIMP_SYN};
    tcp_opening_drop(&o, UINT64_MAX, 0); /* host a would reset what it knows nothing of */
    forged_segment_arrive(o.pair.b, &syn);
    forged_segment_arrive(o.pair.b, &syn);
    tcp_opening_run(&o, 500 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log),
                  slow ? "b SYN ACK, b SYN ACK" : "b SYN ACK, b SYN ACK, a RST lost, a RST lost");
    const logged_segment *first = segment_log_from(&o.segments, o.pair.b, 0);
    EXPECT_EQ_INT(segment_log_from(&o.segments, o.pair.b, 1)->tcp.seq, first->tcp.seq);
    EXPECT_EQ_INT(first->tcp.ack, 101);
    syn.flags = SIMP_ACK;
    syn.seq = 101;
    syn.ack = first->tcp.seq + 1;
    forged_segment_arrive(o.pair.b, &syn);
    tcp_opening_run(&o, 10 * MS);
    recorder server, none;
    EXPECT_EQ_INT(recorder_count(&o.listener, FD_ACCEPT), 1);
    EXPECT_TRUE(tcp_opening_accept(&o, &server));
    EXPECT_FALSE(tcp_opening_accept(&o, &none));
}

static void duplicate_syn_in_syn_received_is_answered_again(void) { twice(duplicate_syn); }

const test_case test_tcp_first[] = {TEST(duplicate_ack_does_not_restart_the_timer),
                                    TEST(partial_ack_in_a_burst_brings_the_next_hole_back),
                                    TEST(backoff_stays_until_a_valid_sample),
                                    TEST(reset_is_never_answered),
                                    TEST(fin_is_sent_again_in_closing),
                                    TEST(fin_is_sent_again_in_last_ack),
                                    TEST(first_fin_lost_then_data_reaches_both_ends),
                                    TEST(lost_syn_ack_is_sent_again),
                                    TEST(lost_last_ack_with_the_server_speaking_first),
                                    TEST(lost_window_update_is_found_by_a_probe),
                                    TEST(window_shrunk_by_the_peer_is_probed),
                                    TEST(fin_before_its_text_waits_for_it),
                                    TEST(duplicate_syn_in_syn_received_is_answered_again),
                                    TEST_END};
