/* SPDX-License-Identifier: MIT
 *
 * Timestamps, RFC 7323: who offers them, what they echo, what PAWS drops, and the round trips they tell.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

#define DAY (86400 * S)

static void begin(tcp_case *c)
{
    const sim_stack *stack = sim_stack_named("freebsd"); /* timestamps on, no quick ACKs */
    tcp_case_begin_with(c, stack, stack, NULL);
}

/* The handshake of two stacks: whether each SYN carries the option. */
static void expect_offer(const char *client, const char *server, bool offered, bool accepted)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder ends[2];
    segment_log log;
    EXPECT_CODE(sim_host_set_stack(pair.a, sim_stack_named(client)), 0);
    EXPECT_CODE(sim_host_set_stack(pair.b, sim_stack_named(server)), 0);
    segment_log_start(&log, pair.world);
    world_pair_connect(&pair, &ends[0], &ends[1]);
    EXPECT_EQ_INT(segment_log_from(&log, pair.a, 0)->tcp.has_timestamps, offered);
    EXPECT_EQ_INT(segment_log_from(&log, pair.b, 0)->tcp.has_timestamps, accepted);
    EXPECT_EQ_INT(segment_log_from(&log, pair.a, 1)->tcp.has_timestamps, accepted);
}

static void default_stack_accepts_timestamps_and_does_not_offer_them(void)
{
    expect_offer("rfc", "rfc", false, false);
    expect_offer("linux", "rfc", true, true);
    expect_offer("rfc", "linux", false, false);
    expect_offer("linux", "linux", true, true);
}

/* 3.2: once agreed, on every segment but a RST; and they take their room (RFC 6691). */
static void agreed_timestamps_are_on_every_segment(void)
{
    tcp_case c;
    begin(&c);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 4000), 4000);
    tcp_case_run(&c, 1 * S);
    EXPECT_TRUE(c.segments.count > 3);
    for (unsigned i = 0; i < c.segments.count; i++)
        EXPECT_TRUE(c.segments.segment[i].tcp.has_timestamps);
    EXPECT_EQ_INT(segment_log_text_from(&c.segments, c.pair.a, 0)->length, 1448);
}

static void clock_of_timestamps_ticks_with_virtual_time(void)
{
    tcp_case c;
    begin(&c);
    tcp_case_send_text(&c, true, "one");
    tcp_case_run(&c, 1 * S);
    tcp_case_send_text(&c, true, "two");
    const logged_segment *one = segment_log_text_from(&c.segments, c.pair.a, 0);
    const logged_segment *two = segment_log_text_from(&c.segments, c.pair.a, 1);
    EXPECT_EQ_INT(two->tcp.ts_value - one->tcp.ts_value, 1000);
}

/* ---- which one is echoed: 4.3 ---- */

static void arrive(tcp_case *c, uint32_t seq, int len, uint32_t stamp)
{
    sim_packet *packet = tcp_case_forge(c, false, SIMP_ACK);
    packet->tcp.seq = seq;
    packet->tcp.ts_value = stamp;
    tcp_case_fill(c, packet, 0, len);
    tcp_case_arrive(c, false, packet);
}

/* Case A: segments in order, and the ACK of both is delayed: the first counts. */
static void delayed_ack_echoes_the_first_segment_it_covers(void)
{
    tcp_case c;
    begin(&c);
    const simp_tcp *t = tcp_case_connection(&c, false);
    uint32_t seq = t->rcv_nxt, stamp = t->extras->stamp_recent;
    arrive(&c, seq, 100, stamp + 10);
    arrive(&c, seq + 100, 100, stamp + 20);
    const logged_segment *ack = segment_log_last(&c.segments, c.pair.b);
    EXPECT_EQ_INT(ack->tcp.ack, seq + 200);
    EXPECT_EQ_INT(ack->tcp.ts_echo, stamp + 10);
}

/* Case B: behind a gap the last segment in order is echoed; what fills the gap is. */
static void ack_behind_a_gap_echoes_the_last_in_order(void)
{
    tcp_case c;
    begin(&c);
    const simp_tcp *t = tcp_case_connection(&c, false);
    uint32_t seq = t->rcv_nxt, stamp = t->extras->stamp_recent;
    arrive(&c, seq, 100, stamp + 10);
    arrive(&c, seq + 200, 100, stamp + 30);
    EXPECT_EQ_INT(segment_log_last(&c.segments, c.pair.b)->tcp.ts_echo, stamp + 10);
    arrive(&c, seq + 300, 100, stamp + 40);
    EXPECT_EQ_INT(segment_log_last(&c.segments, c.pair.b)->tcp.ts_echo, stamp + 10);
    arrive(&c, seq + 100, 100, stamp + 20);
    EXPECT_EQ_INT(segment_log_last(&c.segments, c.pair.b)->tcp.ts_echo, stamp + 20);
}

/* ---- PAWS, 5.3 ---- */

static void segment_with_an_older_stamp_is_answered_and_dropped(void)
{
    tcp_case c;
    begin(&c);
    const simp_tcp *t = tcp_case_connection(&c, false);
    uint32_t seq = t->rcv_nxt;
    arrive(&c, seq, 100, t->extras->stamp_recent - 1);
    EXPECT_EQ_INT(t->rcv_nxt, seq);
    EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK");
    arrive(&c, seq, 100, t->extras->stamp_recent);
    EXPECT_EQ_INT(t->rcv_nxt, seq + 100);
}

/* 3.2. */
static void segment_without_the_agreed_stamp_is_dropped_silently(void)
{
    tcp_case c;
    begin(&c);
    const simp_tcp *t = tcp_case_connection(&c, false);
    uint32_t seq = t->rcv_nxt;
    sim_packet *bare = tcp_case_forge(&c, false, SIMP_ACK);
    tcp_case_fill(&c, bare, 0, 100);
    bare->tcp.has_timestamps = false;
    tcp_case_arrive(&c, false, bare);
    EXPECT_EQ_INT(t->rcv_nxt, seq);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
}

/* 5.2: whoever resets may have lost the stamps. */
static void reset_is_exempt(void)
{
    tcp_case c;
    begin(&c);
    sim_packet *reset = tcp_case_forge(&c, false, SIMP_RST | SIMP_ACK);
    reset->tcp.has_timestamps = false;
    tcp_case_arrive(&c, false, reset);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
}

/* 5.5: half the space of a clock of 1 ms is 24 days; after so long an idle time the kept stamp is void. */
static void stamp_of_24_days_ago_says_nothing(void)
{
    tcp_case c;
    begin(&c);
    const simp_tcp *t = tcp_case_connection(&c, false);
    uint32_t seq = t->rcv_nxt, old = t->extras->stamp_recent;
    tcp_case_run(&c, 23 * DAY);
    arrive(&c, seq, 100, old - 1);
    EXPECT_EQ_INT(t->rcv_nxt, seq);
    tcp_case_run(&c, 2 * DAY);
    arrive(&c, seq, 100, old - 1);
    EXPECT_EQ_INT(t->rcv_nxt, seq + 100);
    EXPECT_EQ_INT(t->extras->stamp_recent, old - 1);
}

/* ---- round trips ---- */

/* RFC 6298 3: with timestamps the ACK of a retransmission is a sample, and the doubling ends; without them it
 * stays until something is acknowledged that was sent once. */
static void sample_of_a_retransmission_ends_the_doubling(void)
{
    for (unsigned stamps = 0; stamps < 2; stamps++) {
        tcp_case c;
        drop_mask mask;
        sim_stack stack = *sim_stack_named("freebsd");
        stack.timestamps = stamps ? SIM_FEATURE_ON : SIM_FEATURE_OFF;
        tcp_case_begin_with(&c, &stack, &stack, NULL);
        tcp_case_drop(&c, true, 1, &mask);
        tcp_case_send_text(&c, true, "hello");
        tcp_case_run(&c, 2 * S);
        EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 5"), 1);
        EXPECT_EQ_INT(tcp_case_connection(&c, true)->backoff, stamps ? 0 : 1);
    }
}

/* 4.1: each ACK of something new is measured, whatever else is timed. */
static void every_ack_is_a_sample(void)
{
    tcp_case c;
    sim_stack stack = *sim_stack_named("freebsd");
    tcp_case_begin_with(&c, &stack, &stack, &(sim_link_options){.latency_ns = SIM_MS(50)});
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 20000), 20000);
    tcp_case_run(&c, 5 * S);
    uint64_t srtt = tcp_case_connection(&c, true)->srtt_ns;
    EXPECT_TRUE(srtt >= 100 * MS && srtt < 130 * MS);
}

const test_case test_tcp_timestamps[] = {TEST(default_stack_accepts_timestamps_and_does_not_offer_them),
                                         TEST(agreed_timestamps_are_on_every_segment),
                                         TEST(clock_of_timestamps_ticks_with_virtual_time),
                                         TEST(delayed_ack_echoes_the_first_segment_it_covers),
                                         TEST(ack_behind_a_gap_echoes_the_last_in_order),
                                         TEST(segment_with_an_older_stamp_is_answered_and_dropped),
                                         TEST(segment_without_the_agreed_stamp_is_dropped_silently),
                                         TEST(reset_is_exempt),
                                         TEST(stamp_of_24_days_ago_says_nothing),
                                         TEST(sample_of_a_retransmission_ends_the_doubling),
                                         TEST(every_ack_is_a_sample),
                                         TEST_END};
