/* SPDX-License-Identifier: MIT
 *
 * Explicit congestion notification, RFC 3168 6.1: agreement, marks, echoes, and what the sender does.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

enum { MSS = 1460, BOTH = SIMP_ECE | SIMP_CWR };

static sim_stack with_ecn(sim_feature feature)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.ecn = feature;
    return stack;
}

static void begin(tcp_case *c)
{
    sim_stack on = with_ecn(SIM_FEATURE_ON);
    tcp_case_begin_with(c, &on, &on, NULL);
    EXPECT_TRUE(tcp_case_connection(c, true)->ecn);
}

/* ---- agreement, 6.1.1 ---- */

static void expect_agreement(sim_feature client, sim_feature server, int syn, int answer)
{
    sim_stack a = with_ecn(client), b = with_ecn(server);
    world_pair pair = fixture_world_pair(NULL);
    recorder ends[2];
    segment_log log;
    EXPECT_CODE(sim_host_set_stack(pair.a, &a), 0);
    EXPECT_CODE(sim_host_set_stack(pair.b, &b), 0);
    segment_log_start(&log, pair.world);
    world_pair_connect(&pair, &ends[0], &ends[1]);
    EXPECT_EQ_INT(segment_log_from(&log, pair.a, 0)->tcp.flags & BOTH, syn);
    EXPECT_EQ_INT(segment_log_from(&log, pair.b, 0)->tcp.flags & BOTH, answer);
    for (unsigned i = 0; i < log.count; i++)
        EXPECT_EQ_INT(log.segment[i].traffic_class & SIMP_ECN_MASK, SIMP_NOT_ECT); /* 6.1.1: never a SYN */
}

static void syn_offers_with_both_flags_and_is_answered_with_one(void)
{
    expect_agreement(SIM_FEATURE_ON, SIM_FEATURE_ON, BOTH, SIMP_ECE);
    expect_agreement(SIM_FEATURE_ON, SIM_FEATURE_PASSIVE, BOTH, SIMP_ECE);
    expect_agreement(SIM_FEATURE_ON, SIM_FEATURE_OFF, BOTH, 0);
    expect_agreement(SIM_FEATURE_PASSIVE, SIM_FEATURE_ON, 0, 0);
}

/* 6.1.1.1: the offer may be why it was lost. */
static void syn_that_is_sent_again_does_not_offer(void)
{
    sim_stack on = with_ecn(SIM_FEATURE_ON);
    world_pair pair = fixture_world_pair(NULL);
    recorder ends[2];
    segment_log log;
    drop_mask first = {.mask = 1};
    EXPECT_CODE(sim_host_set_stack(pair.a, &on), 0);
    sim_link_set_script(pair.link, pair.a, drop_by_mask, &first);
    segment_log_start(&log, pair.world);
    world_pair_connect(&pair, &ends[0], &ends[1]);
    EXPECT_EQ_INT(segment_log_from(&log, pair.a, 0)->tcp.flags & BOTH, BOTH);
    EXPECT_EQ_INT(segment_log_from(&log, pair.a, 1)->tcp.flags & BOTH, 0);
    EXPECT_EQ_INT(segment_log_from(&log, pair.b, 0)->tcp.flags & BOTH, 0);
}

/* ---- marks ---- */

/* 6.1.2 data is ECT(0), 6.1.4 a bare ACK and 6.1.5 a retransmission are not. */
static void only_new_text_is_capable(void)
{
    tcp_case c;
    drop_mask mask;
    begin(&c);
    tcp_case_drop(&c, true, 1, &mask);
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 5 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 5 lost, a ACK 5, b ACK");
    EXPECT_EQ_INT(c.segments.segment[0].traffic_class, SIMP_ECT_0);
    EXPECT_EQ_INT(c.segments.segment[1].traffic_class, SIMP_NOT_ECT);
    EXPECT_EQ_INT(c.segments.segment[2].traffic_class, SIMP_NOT_ECT);
}

/* 6.1.6: what is dropped on purpose is no congestion. */
static void probe_of_a_closed_window_is_not_capable(void)
{
    tcp_case c;
    begin(&c);
    sim_packet *shut = tcp_case_forge(&c, true, SIMP_ACK);
    shut->tcp.window = 0;
    tcp_case_arrive(&c, true, shut);
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 1500 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 1, b ACK, a ACK 4, b ACK");
    EXPECT_EQ_INT(c.segments.segment[0].traffic_class, SIMP_NOT_ECT);
    EXPECT_EQ_INT(c.segments.segment[2].traffic_class, SIMP_ECT_0);
}

static void without_agreement_nothing_is_capable(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_send_text(&c, true, "hello");
    EXPECT_EQ_INT(c.segments.segment[0].traffic_class, SIMP_NOT_ECT);
}

/* ---- the receiver, 6.1.3 ---- */

static void marked_arrive(tcp_case *c, uint8_t flags, uint8_t mark)
{
    sim_packet *packet = tcp_case_forge(c, false, (uint8_t)(SIMP_ACK | flags));
    packet->traffic_class = mark;
    packet->tcp.ack = tcp_case_connection(c, false)->una;
    tcp_case_fill(c, packet, 0, MSS);
    tcp_case_arrive(c, false, packet);
}

static void mark_is_told_in_every_ack_until_the_peer_has_reduced(void)
{
    tcp_case c;
    begin(&c);
    marked_arrive(&c, 0, SIMP_CE);
    for (unsigned i = 0; i < 3; i++)
        marked_arrive(&c, 0, SIMP_ECT_0);
    EXPECT_EQ_INT(c.segments.count, 2);
    EXPECT_EQ_INT(c.segments.segment[0].tcp.flags & BOTH, SIMP_ECE);
    EXPECT_EQ_INT(c.segments.segment[1].tcp.flags & BOTH, SIMP_ECE);
    marked_arrive(&c, SIMP_CWR, SIMP_ECT_0);
    marked_arrive(&c, 0, SIMP_ECT_0);
    EXPECT_EQ_INT(c.segments.segment[2].tcp.flags & BOTH, 0);
    marked_arrive(&c, SIMP_CWR, SIMP_CE); /* marked again on its way */
    marked_arrive(&c, 0, SIMP_ECT_0);
    EXPECT_EQ_INT(c.segments.segment[3].tcp.flags & BOTH, SIMP_ECE);
}

/* ---- the sender, 6.1.2 ---- */

static void echo_arrives(tcp_case *c, uint32_t ack)
{
    sim_packet *packet = tcp_case_forge(c, true, SIMP_ACK | SIMP_ECE);
    packet->tcp.ack = ack;
    tcp_case_arrive(c, true, packet);
}

static void echo_halves_the_window_once_a_round_trip(void)
{
    tcp_case c;
    drop_mask all;
    begin(&c);
    tcp_case_drop(&c, true, UINT64_MAX, &all);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 40 * MSS), 40 * MSS);
    const simp_tcp *t = tcp_case_connection(&c, true);
    uint32_t base = t->una;
    echo_arrives(&c, base + 2 * MSS); /* slow start adds a segment first */
    EXPECT_EQ_INT(t->cwnd, 4 * MSS);  /* half of the 8 that are in flight */
    echo_arrives(&c, base + 4 * MSS);
    echo_arrives(&c, base + 6 * MSS);
    EXPECT_EQ_INT(t->ssthresh, 4 * MSS);
    EXPECT_FALSE(t->recovering);
    sim_packet *plain = tcp_case_forge(&c, true, SIMP_ACK);
    plain->tcp.ack = base + 8 * MSS;
    tcp_case_arrive(&c, true, plain); /* room for two again */
    const logged_segment *next = segment_log_text_from(&c.segments, c.pair.a, 10);
    const logged_segment *further = segment_log_text_from(&c.segments, c.pair.a, 11);
    EXPECT_TRUE_FATAL(next != NULL && further != NULL);
    EXPECT_EQ_INT(next->tcp.flags & SIMP_CWR, SIMP_CWR); /* the first new segment says so, and no other */
    EXPECT_EQ_INT(further->tcp.flags & SIMP_CWR, 0);
    uint32_t before = t->cwnd;
    echo_arrives(&c, base + 10 * MSS); /* all that was in flight when it was obeyed: the next one counts */
    EXPECT_TRUE(t->cwnd < before);
}

static void echo_that_was_not_agreed_on_is_ignored(void)
{
    tcp_case c;
    drop_mask all;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, UINT64_MAX, &all);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 40 * MSS), 40 * MSS);
    const simp_tcp *t = tcp_case_connection(&c, true);
    echo_arrives(&c, t->una + 2 * MSS);
    EXPECT_EQ_INT(t->cwnd, 11 * MSS);
}

/* ---- both, over a line that marks ---- */

/* 600 KB over a line whose queue drops at 25 packets, and marks at 10 what is capable; how many were lost. */
static uint64_t lost_on_a_narrow_line(sim_feature ecn, sim_link_counters *counters)
{
    enum { BYTES = 600000 };
    tcp_case c;
    sim_stack stack = with_ecn(ecn);
    tcp_case_begin_with(&c, &stack, &stack, &(sim_link_options){.latency_ns = SIM_MS(5)});
    const sim_impairment line = {.kind = SIM_IMPAIR_QUEUE,
                                 .queue = {.rate_bps = SIM_MBIT(8), .packets_max = 25, .mark_packets = 10}};
    EXPECT_CODE(sim_link_add(c.pair.link, c.pair.a, &line, NULL), 0);
    int sent = 0, got = 0;
    for (unsigned round = 0; round < 2000 && got < BYTES; round++) {
        int left = BYTES - sent, n = left > 0 ? tcp_case_send(&c, true, sent, left) : 0;
        sent += n > 0 ? n : 0;
        tcp_case_run(&c, 5 * MS);
        got += tcp_case_receive(&c, false, got);
    }
    EXPECT_EQ_INT(got, BYTES);
    EXPECT_CODE(sim_link_counters_read(c.pair.link, c.pair.a, counters), 0);
    return counters->overflowed;
}

/* What the mark is for: the sender slows down before anything is lost. */
static void marks_keep_a_queue_from_overflowing(void)
{
    sim_link_counters with, without;
    EXPECT_TRUE(lost_on_a_narrow_line(SIM_FEATURE_OFF, &without) > 0);
    EXPECT_EQ_INT(without.marked, 0);
    EXPECT_EQ_INT(lost_on_a_narrow_line(SIM_FEATURE_ON, &with), 0);
    EXPECT_TRUE(with.marked > 0);
}

const test_case test_tcp_ecn[] = {TEST(syn_offers_with_both_flags_and_is_answered_with_one),
                                  TEST(syn_that_is_sent_again_does_not_offer),
                                  TEST(only_new_text_is_capable),
                                  TEST(probe_of_a_closed_window_is_not_capable),
                                  TEST(without_agreement_nothing_is_capable),
                                  TEST(mark_is_told_in_every_ack_until_the_peer_has_reduced),
                                  TEST(echo_halves_the_window_once_a_round_trip),
                                  TEST(echo_that_was_not_agreed_on_is_ignored),
                                  TEST(marks_keep_a_queue_from_overflowing),
                                  TEST_END};
