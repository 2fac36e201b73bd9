/* SPDX-License-Identifier: MIT
 *
 * The congestion window: RFC 5681, 6928, 3465 and 3042, CUBIC (RFC 9438), and Nagle's rule as Minshall
 * changed it.  The client's segments are dropped; ACKs come from the test.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

enum { MSS = 1460 };

typedef struct sender {
    tcp_case c;
    drop_mask all;
    simp_tcp *t;
    uint32_t base; /* the first byte of the stream */
} sender;

/* So many segments wait; what the windows allow was sent into nothing. */
static void begin(sender *s, const sim_stack *stack, int segments)
{
    tcp_case_begin_with(&s->c, stack, NULL, NULL);
    s->t = tcp_case_connection(&s->c, true);
    s->base = s->t->una;
    tcp_case_arrive(&s->c, true, tcp_case_forge(&s->c, true, SIMP_ACK)); /* the window, now scaled */
    tcp_case_drop(&s->c, true, UINT64_MAX, &s->all);
    if (segments > 0)
        EXPECT_EQ_INT(tcp_case_send(&s->c, true, 0, segments * MSS), segments * MSS);
}

static void ack(sender *s, unsigned segments)
{
    sim_packet *packet = tcp_case_forge(&s->c, true, SIMP_ACK);
    packet->tcp.ack = s->base + segments * MSS;
    tcp_case_arrive(&s->c, true, packet);
}

static sim_stack without_sack(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.sack = false;
    return stack;
}

/* ---- slow start and avoidance, RFC 5681 3.1 ---- */

static void connection_begins_with_ten_segments(void)
{
    sender s;
    begin(&s, NULL, 40);
    EXPECT_EQ_INT(s.t->max - s.base, 10 * MSS);
}

/* Equation 2: a segment an ACK, also when it acknowledges two. */
static void slow_start_adds_a_segment_per_ack(void)
{
    sender s;
    begin(&s, NULL, 40);
    ack(&s, 1);
    EXPECT_EQ_INT(s.t->cwnd, 11 * MSS);
    ack(&s, 3);
    EXPECT_EQ_INT(s.t->cwnd, 12 * MSS);
    EXPECT_EQ_INT(s.t->max - s.base, 15 * MSS);
}

/* RFC 3465 2.2 and 2.3: a stack with a larger L counts bytes, but not after a time-out. */
static void larger_l_counts_the_bytes_of_an_ack(void)
{
    sender s;
    sim_stack stack = *sim_stack_named("rfc");
    stack.slow_start_max = 2;
    begin(&s, &stack, 40);
    ack(&s, 2);
    EXPECT_EQ_INT(s.t->cwnd, 12 * MSS);
    ack(&s, 6);
    EXPECT_EQ_INT(s.t->cwnd, 14 * MSS);
    tcp_case_run(&s.c, 1500 * MS);
    EXPECT_EQ_INT(s.t->cwnd, MSS);
    ack(&s, 9);
    EXPECT_EQ_INT(s.t->cwnd, 2 * MSS);
}

/* Equation 3: about a segment a round trip. */
static void avoidance_adds_a_segment_per_round_trip(void)
{
    sender s;
    begin(&s, NULL, 40);
    s.t->ssthresh = 10 * MSS;
    for (unsigned i = 2; i <= 10; i += 2)
        ack(&s, i);
    EXPECT_TRUE(s.t->cwnd > 10 * MSS + MSS * 9 / 10 && s.t->cwnd <= 11 * MSS);
}

/* A program that sends little learns nothing about the path. */
static void window_that_was_not_used_does_not_grow(void)
{
    sender s;
    begin(&s, NULL, 2);
    ack(&s, 2);
    EXPECT_EQ_INT(s.t->cwnd, 10 * MSS);
}

/* 4.1: after a time-out's length of silence the initial window holds again. */
static void idle_connection_begins_with_the_initial_window_again(void)
{
    sender s;
    begin(&s, NULL, 40);
    for (unsigned i = 1; i <= 40; i++)
        ack(&s, i);
    EXPECT_EQ_INT(s.t->una, s.t->max);
    uint32_t grown = s.t->cwnd;
    EXPECT_TRUE(grown > 20 * MSS);
    tcp_case_run(&s.c, 900 * MS);
    EXPECT_EQ_INT(tcp_case_send(&s.c, true, 0, 1), 1);
    EXPECT_EQ_INT(s.t->cwnd, grown);
    sim_packet *packet = tcp_case_forge(&s.c, true, SIMP_ACK);
    tcp_case_arrive(&s.c, true, packet);
    tcp_case_run(&s.c, 1100 * MS);
    EXPECT_EQ_INT(tcp_case_send(&s.c, true, 0, 1), 1);
    EXPECT_EQ_INT(s.t->cwnd, 10 * MSS);
}

/* ---- loss ---- */

/* RFC 6298 5.4 to 5.6, RFC 5681 3.1: one segment comes again; a second time-out does not halve once more. */
static void time_out_leaves_one_segment_and_half_the_flight(void)
{
    sender s;
    begin(&s, NULL, 40);
    tcp_case_clear(&s.c);
    tcp_case_run(&s.c, 1500 * MS);
    EXPECT_EQ_STR(wire_log_text(&s.c.log), "a ACK 1460 lost");
    EXPECT_EQ_INT(s.t->cwnd, MSS);
    EXPECT_EQ_INT(s.t->ssthresh, 5 * MSS);
    tcp_case_run(&s.c, 2000 * MS);
    EXPECT_EQ_STR(wire_log_text(&s.c.log), "a ACK 1460 lost, a ACK 1460 lost");
    EXPECT_EQ_INT(s.t->ssthresh, 5 * MSS);
}

/* What is sent again is not mixed with what is new, nor with a FIN: who watches the line would take its ACK
 * for that of a segment it never saw (found by castanet_swarm, seed 9). */
static void fin_does_not_ride_on_a_retransmission(void)
{
    sender s;
    begin(&s, NULL, 2);
    tcp_case_run(&s.c, 1500 * MS);
    EXPECT_OK(CAsyncSocket_ShutDown(&s.c.client.socket, CAsyncSocket_sends));
    tcp_case_clear(&s.c);
    ack(&s, 1);
    EXPECT_EQ_STR(wire_log_text(&s.c.log), "a ACK 1460 lost, a FIN ACK lost");
    tcp_case_clear(&s.c);
    tcp_case_run(&s.c, 3 * S);
    EXPECT_EQ_STR(wire_log_text(&s.c.log), "a FIN ACK 1460 lost"); /* now it was sent before */
}

/* RFC 3042, RFC 5681 3.2 and RFC 6582 3.2 without SACK, step by step. */
static void three_duplicate_acks_begin_fast_recovery(void)
{
    sender s;
    sim_stack stack = without_sack();
    begin(&s, &stack, 40);
    ack(&s, 0);
    ack(&s, 0);
    EXPECT_EQ_INT(s.t->max - s.base, 12 * MSS); /* limited transmit */
    tcp_case_clear(&s.c);
    ack(&s, 0);
    EXPECT_EQ_STR(wire_log_text(&s.c.log), "a ACK 1460 lost");
    EXPECT_EQ_INT(s.c.segments.segment[0].tcp.seq, s.base);
    EXPECT_EQ_INT(s.t->ssthresh, 5 * MSS);
    EXPECT_EQ_INT(s.t->cwnd, (5 + 3) * MSS);
    for (unsigned i = 0; i < 5; i++)
        ack(&s, 0);
    EXPECT_EQ_INT(s.t->cwnd, (5 + 8) * MSS); /* step 4: inflated by what has left the network */
    EXPECT_EQ_INT(s.t->max - s.base, 13 * MSS);
    tcp_case_clear(&s.c);
    ack(&s, 4); /* partial: the next hole, deflated by 4, inflated by 1 */
    EXPECT_EQ_INT(s.c.segments.segment[0].tcp.seq, s.base + 4 * MSS);
    EXPECT_EQ_INT(s.t->cwnd, (13 - 4 + 1) * MSS);
    ack(&s, 12); /* all that was sent when it began */
    EXPECT_FALSE(s.t->recovering);
    EXPECT_TRUE(s.t->cwnd <= 5 * MSS);
}

/* RFC 6582 3.2 step 2: after a time-out duplicates of what was sent before it do not count. */
static void duplicates_after_a_time_out_do_not_begin_recovery(void)
{
    sender s;
    sim_stack stack = without_sack();
    begin(&s, &stack, 40);
    tcp_case_run(&s.c, 1500 * MS);
    for (unsigned i = 0; i < 5; i++)
        ack(&s, 0);
    EXPECT_FALSE(s.t->recovering);
    ack(&s, 4);
    for (unsigned i = 0; i < 5; i++)
        ack(&s, 4);
    EXPECT_FALSE(s.t->recovering);
}

/* ---- CUBIC, RFC 9438 ---- */

static sim_stack cubic(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.congestion_control = SIM_CUBIC;
    return stack;
}

static void cubic_takes_three_tenths_away(void)
{
    sender s;
    sim_stack stack = cubic();
    begin(&s, &stack, 40);
    tcp_case_run(&s.c, 1500 * MS);
    EXPECT_EQ_INT(s.t->ssthresh, 7 * MSS); /* 4.6: 0.7 of the 10 in flight */
}

/* W(t) = 0.4 (t - K)^3 + W_max with W_max 100 segments and K = cbrt(100 * 0.3 / 0.4) = 4.217 s, at a round
 * trip of 100 ms: 4.2 looks one round trip ahead.  After 57 of them Reno would be back at 100, and from then
 * on it is faster (4.3). */
static void cubic_follows_its_curve(void)
{
    static const struct {
        unsigned tenths; /* of a second after the loss */
        unsigned segments;
    } curve[] = {{10, 88}, {20, 96}, {30, 99}, {40, 100}, {50, 100}, {60, 103}, {70, 113}};
    sender s;
    sim_stack stack = cubic();
    begin(&s, &stack, 0);
    s.t->srtt_ns = 100 * MS;
    EXPECT_EQ_INT(simp_cubic_reduce(s.t, 100 * MSS), 70 * MSS);
    s.t->cwnd = s.t->ssthresh = 70 * MSS;
    unsigned at = 0;
    for (unsigned tenth = 0; tenth <= 70; tenth++) {
        for (unsigned i = 0; i < 50; i++)
            simp_cubic_acked(s.t, s.t->cwnd / 50); /* a window's worth of ACKs in a round trip */
        if (tenth == curve[at].tenths) {
            int difference = (int)(s.t->cwnd / MSS) - (int)curve[at].segments;
            EXPECT_TRUE(difference >= -2 && difference <= 2);
            at++;
        }
        sim_world_run(s.c.pair.world, sim_world_now(s.c.pair.world) + 100 * MS);
    }
    EXPECT_EQ_INT(at, 7);
}

/* 4.7: who loses again below the last maximum leaves room to others. */
static void cubic_that_shrinks_twice_aims_lower(void)
{
    sender s;
    sim_stack stack = cubic();
    begin(&s, &stack, 0);
    s.t->srtt_ns = 100 * MS;
    simp_cubic_reduce(s.t, 100 * MSS);
    EXPECT_EQ_INT(simp_cubic_reduce(s.t, 80 * MSS), 56 * MSS);
    s.t->cwnd = s.t->ssthresh = 56 * MSS; /* W_max is 80 * 1.7 / 2 = 68, K = cbrt(12 / 0.4) = 3.1 s */
    for (unsigned tenth = 0; tenth < 31; tenth++) {
        for (unsigned i = 0; i < 50; i++)
            simp_cubic_acked(s.t, s.t->cwnd / 50);
        sim_world_run(s.c.pair.world, sim_world_now(s.c.pair.world) + 100 * MS);
    }
    EXPECT_TRUE(s.t->cwnd >= 66 * MSS && s.t->cwnd <= 74 * MSS); /* Reno's estimate is at 56 + 0.53 * 31 */
}

/* 4.3: with a short round trip Reno would be faster, and CUBIC does no worse. */
static void cubic_is_no_slower_than_reno(void)
{
    sender s;
    sim_stack stack = cubic();
    begin(&s, &stack, 0);
    s.t->srtt_ns = 1 * MS;
    s.t->cwnd = s.t->ssthresh = simp_cubic_reduce(s.t, 10 * MSS);
    for (unsigned trip = 0; trip < 17; trip++) {
        simp_cubic_acked(s.t, s.t->cwnd);
        sim_world_run(s.c.pair.world, sim_world_now(s.c.pair.world) + 1 * MS);
    }
    /* alpha 9/17 until the 10 segments of before are reached, then 1: 6 trips, then 11. */
    EXPECT_TRUE(s.t->cwnd >= 19 * MSS && s.t->cwnd <= 22 * MSS);
}

/* ---- Nagle ---- */

/* Minshall: a short segment waits only for another short one. */
static void short_segment_behind_full_ones_goes_at_once_with_minshall(void)
{
    for (unsigned minshall = 0; minshall < 2; minshall++) {
        sender s;
        sim_stack stack = *sim_stack_named("rfc");
        stack.nagle = minshall ? SIM_NAGLE_MINSHALL : SIM_NAGLE_RFC;
        begin(&s, &stack, 2);
        tcp_case_clear(&s.c);
        tcp_case_send_text(&s.c, true, "short");
        EXPECT_EQ_STR(wire_log_text(&s.c.log), minshall ? "a ACK 5 lost" : "");
        tcp_case_send_text(&s.c, true, "again");
        EXPECT_EQ_STR(wire_log_text(&s.c.log), minshall ? "a ACK 5 lost" : "");
    }
}

const test_case test_tcp_congestion[] = {TEST(connection_begins_with_ten_segments),
                                         TEST(slow_start_adds_a_segment_per_ack),
                                         TEST(larger_l_counts_the_bytes_of_an_ack),
                                         TEST(avoidance_adds_a_segment_per_round_trip),
                                         TEST(window_that_was_not_used_does_not_grow),
                                         TEST(idle_connection_begins_with_the_initial_window_again),
                                         TEST(time_out_leaves_one_segment_and_half_the_flight),
                                         TEST(fin_does_not_ride_on_a_retransmission),
                                         TEST(three_duplicate_acks_begin_fast_recovery),
                                         TEST(duplicates_after_a_time_out_do_not_begin_recovery),
                                         TEST(cubic_takes_three_tenths_away),
                                         TEST(cubic_follows_its_curve),
                                         TEST(cubic_that_shrinks_twice_aims_lower),
                                         TEST(cubic_is_no_slower_than_reno),
                                         TEST(short_segment_behind_full_ones_goes_at_once_with_minshall),
                                         TEST_END};
