/* SPDX-License-Identifier: MIT
 *
 * What impairments do to a stream of datagrams: copies, queues, delays, reordering, gates.
 */
#include <string.h>

#include "simnet/packet/packet.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/link_stream.h"
#include "tests/test_list.h"

#define MS UINT64_C(1000000)

static link_stream s;

/* count datagrams gap apart, through one impairment. */
static void send_through(const sim_impairment *what, unsigned count, uint64_t gap_ns)
{
    link_stream_open(&s, NULL);
    link_stream_add(&s, what);
    link_stream_send(&s, count, gap_ns);
    link_stream_finish(&s);
}

/* ---- copies ---- */

static void copies_arrive_as_often_and_as_late_as_asked(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_DUPLICATE,
                           .which = {.nth = 2},
                           .duplicate = {.copies = 3, .delay = {.base_ns = SIM_MS(5)}}};
    send_through(&what, 3, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 1 1 1");
    EXPECT_EQ_INT(s.at_ns[5], 6 * MS);
    EXPECT_EQ_INT(s.counters.duplicated, 1);
}

/* A copy meets what stands behind the one that made it: here half of all arrivals are lost. */
static void copies_are_impaired_independently(void)
{
    link_stream_open(&s, NULL);
    link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_DUPLICATE, .which = {.every = 1}});
    link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .chance_ppm = SIM_PERCENT(50)});
    link_stream_send(&s, 1000, 0);
    link_stream_finish(&s);
    unsigned by_count[3] = {0};
    for (uint32_t i = 0; i < 1000; i++)
        by_count[link_stream_arrivals(&s, i)]++;
    EXPECT_EQ_INT(s.counters.lost + s.count, 2000);
    EXPECT_TRUE(by_count[0] > 180 && by_count[0] < 320);
    EXPECT_TRUE(by_count[1] > 420 && by_count[1] < 580);
    EXPECT_TRUE(by_count[2] > 180 && by_count[2] < 320);
}

/* The tenth packet is followed by one of the nine before it, of which those from 4 on are young enough. */
static void replayed_packet_is_an_old_one(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_REPLAY, .which = {.nth = 10}, .replay = {SIM_MS(5)}};
    send_through(&what, 10, MS);
    EXPECT_EQ_INT(s.count, 11);
    EXPECT_EQ_INT(s.number[9], 9);
    EXPECT_TRUE(s.number[10] >= 4 && s.number[10] < 9);
    EXPECT_EQ_INT(s.counters.replayed, 1);
}

static void nothing_old_enough_is_not_replayed(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_REPLAY, .replay = {SIM_US(1)}};
    send_through(&what, 3, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2");
    EXPECT_EQ_INT(s.counters.replayed, 0);
}

/* ---- delay ---- */

static void delay_of_an_addressed_packet_lets_others_pass_if_it_reorders(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_DELAY,
                           .which = {.nth = 1},
                           .delay = {.by = {.base_ns = SIM_US(1500)}, .reorders = true}};
    send_through(&what, 3, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "1 0 2");
    EXPECT_EQ_INT(s.at_ns[1], 1500000);
}

static void delay_that_keeps_order_holds_up_the_others(void)
{
    sim_impairment what = {
        .kind = SIM_IMPAIR_DELAY, .which = {.nth = 1}, .delay = {.by = {.base_ns = SIM_MS(5)}}};
    send_through(&what, 3, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2");
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ_INT(s.at_ns[i], 5 * MS);
}

/* Exponential above its least: none below, the mean 10 ms above it, within five standard errors. */
static void exponential_delay_has_a_least_and_a_mean(void)
{
    sim_impairment what = {
        .kind = SIM_IMPAIR_DELAY,
        .delay = {.by = {SIM_MS(20), SIM_MS(10), SIM_EXPONENTIAL, NULL, 0}, .reorders = true}};
    uint64_t sum = 0;
    send_through(&what, 4000, 0);
    EXPECT_EQ_INT(s.count, 4000);
    for (unsigned i = 0; i < s.count; i++) {
        sum += s.at_ns[i];
        if (s.at_ns[i] < 20 * MS)
            EXPECT_EQ_INT(s.at_ns[i], 20 * MS);
    }
    EXPECT_TRUE(sum / 4000 > 29200000 && sum / 4000 < 30800000);
}

/* Neighbours are alike: sums of differences between neighbours are smaller than between strangers. */
static void correlated_delay_changes_slowly(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_DELAY,
                           .delay = {.by = {SIM_MS(100), SIM_MS(10), SIM_NORMAL, NULL, 0},
                                     .correlation_ppm = SIM_PERCENT(95),
                                     .reorders = true}};
    static uint64_t delay[1000];
    double near = 0, far = 0;
    send_through(&what, 1000, 0);
    for (unsigned i = 0; i < s.count; i++)
        delay[s.number[i]] = s.at_ns[i];
    for (unsigned i = 100; i < 1000; i++) {
        double one = (double)delay[i] - (double)delay[i - 1],
               hundred = (double)delay[i] - (double)delay[i - 100];
        near += one * one;
        far += hundred * hundred;
    }
    EXPECT_TRUE(far > 5 * near);
}

/* ---- reordering ---- */

static void packet_is_displaced_by_so_many(void)
{
    sim_impairment what = {
        .kind = SIM_IMPAIR_REORDER, .which = {.nth = 2}, .reorder = {.packets = 3, .delay_ns = SIM_S(1)}};
    send_through(&what, 6, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 2 3 4 1 5");
    EXPECT_EQ_INT(s.at_ns[4], 4 * MS); /* right behind the third one */
    EXPECT_EQ_INT(s.counters.reordered, 1);
}

static void displaced_packet_waits_no_longer_than_its_time(void)
{
    sim_impairment what = {
        .kind = SIM_IMPAIR_REORDER, .which = {.nth = 2}, .reorder = {.packets = 3, .delay_ns = SIM_MS(7)}};
    send_through(&what, 3, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 2 1");
    EXPECT_EQ_INT(s.at_ns[2], 8 * MS);
}

/* ---- queues ---- */

/* 1000 bytes at 8 Mbit/s take 1 ms; with 250 bytes of overhead 1.25 ms. */
static void queue_charges_overhead(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE,
                           .queue = {.rate_bps = SIM_MBIT(8), .overhead_bytes = 250}};
    send_through(&what, 4, 0);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ_INT(s.at_ns[i], (i + 1) * 1250000);
}

static void queue_charges_a_minimum(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE,
                           .queue = {.rate_bps = SIM_MBIT(8), .cost_min_bytes = 2000}};
    send_through(&what, 3, 0);
    EXPECT_EQ_INT(s.at_ns[2], 6 * MS);
}

static void queue_of_packets_drops_the_newcomer(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = SIM_MBIT(8), .packets_max = 3}};
    send_through(&what, 5, 0);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2");
    EXPECT_EQ_INT(s.counters.overflowed, 2);
}

static void queue_of_bytes_drops_the_newcomer(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = SIM_MBIT(8), .bytes_max = 3999}};
    send_through(&what, 5, 0);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2");
}

/* The fourth would wait 3 ms for those before it. */
static void queue_of_time_drops_who_would_wait_longer(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE,
                           .queue = {.rate_bps = SIM_MBIT(8), .wait_max_ns = SIM_MS(2)}};
    send_through(&what, 5, 0);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2");
}

/* Who waits behind the head may be the victim; the head is on the line, and never is. */
static void random_victim_is_not_always_the_newcomer(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE,
                           .queue = {.rate_bps = SIM_MBIT(8), .packets_max = 10, .victim = SIM_QUEUE_RANDOM}};
    send_through(&what, 40, 0);
    EXPECT_EQ_INT(s.count, 10);
    EXPECT_EQ_INT(s.counters.overflowed, 30);
    EXPECT_TRUE(s.lost_late > 10 && s.lost_late < 30);
    EXPECT_EQ_INT(s.number[0], 0);
    EXPECT_TRUE(link_stream_is_ordered(&s));
    EXPECT_TRUE(s.number[9] > 20);
    for (unsigned i = 0; i < 10; i++)
        EXPECT_EQ_INT(s.at_ns[i], (i + 1) * MS); /* the line was never idle */
}

/* A full bucket of 3000 bytes lets three packets go at once, then one per ms. */
static void token_bucket_lets_a_burst_pass(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = SIM_MBIT(8), .burst_bytes = 3000}};
    send_through(&what, 6, 0);
    static const uint64_t wanted[] = {0, 0, 0, 1 * MS, 2 * MS, 3 * MS};
    for (unsigned i = 0; i < 6; i++)
        EXPECT_EQ_INT(s.at_ns[i], wanted[i]);
}

/* With a peak of 16 Mbit/s the burst takes 0.5 ms a packet, while tokens come in at half that rate: after 2
 * ms 3000 + 2000 bytes were to be had, 4000 of them gone. */
static void peak_rate_spaces_the_burst(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE,
                           .queue = {.rate_bps = SIM_MBIT(8), .burst_bytes = 3000, .peak_bps = SIM_MBIT(16)}};
    send_through(&what, 7, 0);
    static const uint64_t wanted[] = {500000, 1000000, 1500000, 2000000, 2500000, 3500000, 4500000};
    for (unsigned i = 0; i < 7; i++)
        EXPECT_EQ_INT(s.at_ns[i], wanted[i]);
}

/* 3000 packets at 3 Mbit/s: no nanosecond is lost or won. */
static void queue_does_not_drift(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 3000000}};
    send_through(&what, 3000, 0);
    EXPECT_EQ_INT(s.at_ns[2999], UINT64_C(8000) * 3000 * 1000 / 3);
}

static void removed_queue_lets_all_go(void)
{
    link_stream_open(&s, NULL);
    sim_stage *stage = link_stream_add(
        &s, &(sim_impairment){.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000}});
    link_stream_send(&s, 4, MS);
    EXPECT_EQ_INT(s.count, 0);
    sim_stage_remove(stage);
    link_stream_finish(&s);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 3");
    EXPECT_EQ_INT(s.at_ns[3], 4 * MS);
}

/* These datagrams are not ECN capable: no mark, and dropped where asked. */
static void threshold_drops_what_cannot_be_marked_only_when_asked(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = SIM_MBIT(8), .mark_packets = 2}};
    send_through(&what, 4, 0);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 3");
    EXPECT_EQ_INT(s.counters.marked, 0);
    what.queue.mark_drops_others = true;
    send_through(&what, 4, 0);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1");
    EXPECT_EQ_INT(s.counters.overflowed, 2);
}

/* ---- gates ---- */

/* Latency 4 ms; sent at 0 ... 7 ms; the block holds in [3 ms, 6 ms): what would arrive or leave then is
 * lost. */
static void block_kills_what_is_in_flight(void)
{
    link_stream_open(&s, &(sim_link_options){.latency_ns = SIM_MS(4)});
    link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_BLOCK, .from_ns = 3 * MS, .until_ns = 6 * MS});
    link_stream_send(&s, 8, MS);
    link_stream_finish(&s);
    EXPECT_EQ_STR(link_stream_text(&s), "2 6 7"); /* 0 and 1 would arrive at 4 and 5 ms */
    EXPECT_EQ_INT(s.lost_late, 2);
    EXPECT_EQ_INT(s.counters.blocked, 5);
}

/* One that addresses single packets, or a share of them, says nothing of those that left before. */
static void block_of_one_packet_leaves_those_in_flight_alone(void)
{
    link_stream_open(&s, &(sim_link_options){.latency_ns = SIM_MS(4)});
    link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_BLOCK, .from_ns = 2 * MS, .which = {.nth = 2}});
    link_stream_send(&s, 6, MS);
    link_stream_finish(&s);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 4 5");
}

static void block_may_spare_what_is_in_flight(void)
{
    link_stream_open(&s, &(sim_link_options){.latency_ns = SIM_MS(4)});
    link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_BLOCK,
                                          .from_ns = 3 * MS,
                                          .until_ns = 6 * MS,
                                          .block = {.spares_in_flight = true}});
    link_stream_send(&s, 8, MS);
    link_stream_finish(&s);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 6 7");
    EXPECT_EQ_INT(s.lost_late, 0);
}

static void held_packets_arrive_together_when_the_hold_ends(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_HOLD, .from_ns = MS, .until_ns = 10 * MS};
    send_through(&what, 4, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 3");
    for (unsigned i = 1; i < 4; i++)
        EXPECT_EQ_INT(s.at_ns[i], 10 * MS);
    EXPECT_EQ_INT(s.counters.held, 3);
}

static void held_packets_may_keep_their_gaps(void)
{
    sim_impairment what = {
        .kind = SIM_IMPAIR_HOLD, .from_ns = MS, .until_ns = 10 * MS, .hold = {.keeps_gaps = true}};
    send_through(&what, 4, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 3");
    for (unsigned i = 1; i < 4; i++)
        EXPECT_EQ_INT(s.at_ns[i], (10 + i - 1) * MS);
}

/* Latency 5 ms: what was sent before the hold comes to it in flight. */
static void hold_catches_what_is_in_flight_and_ends_by_removal(void)
{
    link_stream_open(&s, &(sim_link_options){.latency_ns = SIM_MS(5)});
    link_stream_send(&s, 2, MS);
    sim_stage *stage = link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_HOLD});
    link_stream_send(&s, 2, 10 * MS);
    EXPECT_EQ_INT(s.count, 0);
    sim_stage_remove(stage);
    link_stream_finish(&s);
    EXPECT_EQ_INT(s.count, 4);
    EXPECT_EQ_INT(s.at_ns[0], 22 * MS);
    EXPECT_EQ_INT(s.at_ns[3], 22 * MS);
}

/* An addressed hold keeps one packet, and the others pass it. */
static void one_packet_may_be_held(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_HOLD, .which = {.nth = 2}, .until_ns = 20 * MS};
    send_through(&what, 4, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 2 3 1");
    EXPECT_EQ_INT(s.at_ns[3], 20 * MS);
}

static void link_that_is_down_loses_all(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_DOWN, .from_ns = 2 * MS, .until_ns = 4 * MS};
    send_through(&what, 6, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 4 5");
    EXPECT_EQ_INT(s.counters.down, 2);
}

/* 3 ms up, 2 ms down: of each five packets the last two are lost. */
static void flapping_link_goes_up_and_down_in_turn(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_FLAP,
                           .flap = {.up = {.base_ns = SIM_MS(3)}, .down = {.base_ns = SIM_MS(2)}}};
    send_through(&what, 12, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 5 6 7 10 11");
}

static void flapping_link_may_hold_instead(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_FLAP,
                           .flap = {.up = {.base_ns = SIM_MS(3)},
                                    .down = {.base_ns = SIM_MS(2)},
                                    .begins_down = true,
                                    .holds = true}};
    send_through(&what, 7, MS);
    EXPECT_EQ_STR(link_stream_text(&s), "0 1 2 3 4 5 6");
    EXPECT_EQ_INT(s.at_ns[0], 2 * MS);
    EXPECT_EQ_INT(s.at_ns[5], 7 * MS);
}

/* Times drawn anew: after 5000 ms about a third of all was lost, as up is twice as long as down. */
static void flapping_times_are_drawn(void)
{
    sim_impairment what = {.kind = SIM_IMPAIR_FLAP,
                           .flap = {.up = {0, SIM_MS(10), SIM_EXPONENTIAL, NULL, 0},
                                    .down = {0, SIM_MS(5), SIM_EXPONENTIAL, NULL, 0}}};
    send_through(&what, 5000, MS);
    EXPECT_TRUE(s.counters.down > 1200 && s.counters.down < 2200);
}

/* What stands at the end is asked once: a packet is in one counter. */
static void counters_add_up(void)
{
    link_stream_open(&s, &(sim_link_options){.latency_ns = SIM_MS(4), .loss_ppm = SIM_PERCENT(10)});
    link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_DUPLICATE, .chance_ppm = SIM_PERCENT(10)});
    link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_QUEUE,
                                          .queue = {.rate_bps = SIM_MBIT(8), .packets_max = 10}});
    link_stream_add(
        &s, &(sim_impairment){.kind = SIM_IMPAIR_FLAP,
                              .flap = {.up = {.base_ns = SIM_MS(30)}, .down = {.base_ns = SIM_MS(2)}}});
    link_stream_send(&s, 3000, MS);
    link_stream_finish(&s);
    const sim_link_counters *c = &s.counters;
    EXPECT_EQ_INT(c->packets + c->duplicated, c->lost + c->overflowed + c->down + c->delivered);
    EXPECT_EQ_INT(c->delivered, s.count);
    EXPECT_TRUE(c->lost > 0 && c->duplicated > 0 && c->down > 0);
}

const test_case test_impairment_flow[] = {TEST(copies_arrive_as_often_and_as_late_as_asked),
                                          TEST(copies_are_impaired_independently),
                                          TEST(replayed_packet_is_an_old_one),
                                          TEST(nothing_old_enough_is_not_replayed),
                                          TEST(delay_of_an_addressed_packet_lets_others_pass_if_it_reorders),
                                          TEST(delay_that_keeps_order_holds_up_the_others),
                                          TEST(exponential_delay_has_a_least_and_a_mean),
                                          TEST(correlated_delay_changes_slowly),
                                          TEST(packet_is_displaced_by_so_many),
                                          TEST(displaced_packet_waits_no_longer_than_its_time),
                                          TEST(queue_charges_overhead),
                                          TEST(queue_charges_a_minimum),
                                          TEST(queue_of_packets_drops_the_newcomer),
                                          TEST(queue_of_bytes_drops_the_newcomer),
                                          TEST(queue_of_time_drops_who_would_wait_longer),
                                          TEST(random_victim_is_not_always_the_newcomer),
                                          TEST(token_bucket_lets_a_burst_pass),
                                          TEST(peak_rate_spaces_the_burst),
                                          TEST(queue_does_not_drift),
                                          TEST(removed_queue_lets_all_go),
                                          TEST(threshold_drops_what_cannot_be_marked_only_when_asked),
                                          TEST(block_kills_what_is_in_flight),
                                          TEST(block_of_one_packet_leaves_those_in_flight_alone),
                                          TEST(block_may_spare_what_is_in_flight),
                                          TEST(held_packets_arrive_together_when_the_hold_ends),
                                          TEST(held_packets_may_keep_their_gaps),
                                          TEST(hold_catches_what_is_in_flight_and_ends_by_removal),
                                          TEST(one_packet_may_be_held),
                                          TEST(link_that_is_down_loses_all),
                                          TEST(flapping_link_goes_up_and_down_in_turn),
                                          TEST(flapping_link_may_hold_instead),
                                          TEST(flapping_times_are_drawn),
                                          TEST(counters_add_up),
                                          TEST_END};
