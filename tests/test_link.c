/* SPDX-License-Identifier: MIT
 *
 * Links: nonsense is refused, and each impairment does what it says, no more and no less.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/link_stream.h"
#include "tests/test_list.h"
#include "tests/wire_log.h"

#define MS UINT64_C(1000000)

/* ---- refusals ---- */

static void options_without_sense_are_refused_with_reasons(void)
{
    static const sim_link_options nonsense[] = {
        {.latency_ns = -1},
        {.jitter_ns = -1},
        {.latency_ns = SIM_MS(1), .jitter_ns = SIM_MS(2)},
        {.loss_ppm = 1000001},
        {.loss_ppm = -1},
        {.duplicate_ppm = 1000001},
        {.reorder_ppm = 2000000, .reorder_delay_ns = 1},
        {.reorder_ppm = 10},
        {.rate_bps = -1},
        {.rate_bps = SIM_MBIT(1), .queue_bytes = 0},
        {.rate_bps = SIM_MBIT(1), .queue_bytes = 1499},
        {.queue_bytes = 100000},
        {.mtu = 1279},
        {.mtu = 65536},
        {.mtu = -1},
    };
    world_pair pair = fixture_world_pair(NULL);
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        sim_link *link = NULL;
        int code = sim_link_create(pair.world, "nonsense", &nonsense[i], &link);
        expect_report(EXPECT_SITE(false), code == WSAEINVAL, "row %zu: got %d, expected 10022", i, code);
        EXPECT_TRUE(link == NULL);
        const sim_error *error = sim_world_error(pair.world);
        EXPECT_TRUE(error->what[0] != '\0' && error->why[0] != '\0' && error->fix[0] != '\0');
        EXPECT_TRUE(strstr(error->what, "nonsense") != NULL);
        EXPECT_CODE(sim_link_set_options(pair.link, NULL, &nonsense[i]), WSAEINVAL);
    }
}

static void attachment_without_sense_is_refused(void)
{
    static const char *const addresses[] = {"",
                                            " ",
                                            "10.0.0.3",
                                            "10.0.0.3/33",
                                            "10.0.0/24",
                                            "fd00::3/129",
                                            "x/24",
                                            "0.0.0.0/0",
                                            "224.0.0.1/24",
                                            "10.0.0.1/24",
                                            "10.0.1.1/24 10.0.1.1/24"};
    world_pair pair = fixture_world_pair(NULL);
    sim_link *segment;
    sim_host *host;
    EXPECT_CODE_FATAL(sim_segment_create(pair.world, "segment", NULL, &segment), 0);
    EXPECT_CODE_FATAL(sim_host_attach(pair.a, segment, "10.0.0.1/24"), 0);
    EXPECT_CODE_FATAL(sim_host_create(pair.world, "c", &host), 0);
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        int code = sim_host_attach(host, segment, addresses[i]);
        expect_report(EXPECT_SITE(false), code == WSAEINVAL || code == WSAEADDRINUSE, "'%s': got %d",
                      addresses[i], code);
    }
    EXPECT_CODE(sim_host_attach(host, pair.link, "10.0.0.9/24"), WSAEINVAL); /* it has its two ends */
}

/* The good address before the bad one is free again. */
static void failed_attachment_leaves_no_address_behind(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_link *segment;
    EXPECT_CODE_FATAL(sim_segment_create(pair.world, "segment", NULL, &segment), 0);
    EXPECT_CODE(sim_host_attach(pair.a, segment, "10.0.1.1/24 10.0.1.2/99"), WSAEINVAL);
    EXPECT_CODE(sim_host_attach(pair.a, segment, "10.0.1.1/24 10.0.1.1/24"), WSAEADDRINUSE);
    EXPECT_CODE(sim_host_attach(pair.b, segment, "10.0.1.1/24"), 0);
    EXPECT_CODE(sim_host_attach(pair.a, segment, "10.0.1.2/24"), 0);
}

/* ---- impairments: datagrams from a to b ---- */

/* Sends count datagrams in IP packets of 1000 bytes, gap apart, through a link with options. */
static void send_stream(link_stream *s, const sim_link_options *options, unsigned count, uint64_t gap_ns)
{
    link_stream_open(s, options);
    link_stream_send(s, count, gap_ns);
    link_stream_finish(s);
}

static void latency_delays_by_exactly_that(void)
{
    link_stream c;
    send_stream(&c, &(sim_link_options){.latency_ns = SIM_US(2500)}, 3, 10 * MS);
    EXPECT_EQ_INT(c.count, 3);
    for (unsigned i = 0; i < c.count; i++)
        EXPECT_EQ_INT(c.at_ns[i], i * 10 * MS + 2500000);
}

/* 1000 bytes at 8 Mbit/s are 1 ms; the line is busy, so they queue up. */
static void rate_spaces_packets_by_their_length(void)
{
    link_stream c;
    send_stream(&c,
                &(sim_link_options){.latency_ns = SIM_MS(5), .rate_bps = SIM_MBIT(8), .queue_bytes = 100000},
                10, 0);
    EXPECT_EQ_INT(c.count, 10);
    for (unsigned i = 0; i < c.count; i++)
        EXPECT_EQ_INT(c.at_ns[i], (i + 1) * MS + 5 * MS);
}

/* 8000 bits at 3 Mbit/s are no whole number of nanoseconds: the remainder is carried, not dropped. */
static void rate_does_not_drift(void)
{
    link_stream c;
    send_stream(&c, &(sim_link_options){.rate_bps = 3000000, .queue_bytes = 10000000}, 3000, 0);
    EXPECT_EQ_INT(c.count, 3000);
    EXPECT_EQ_INT(c.at_ns[2999], UINT64_C(8000) * 3000 * 1000 / 3);
}

static void full_queue_drops_the_newcomers(void)
{
    link_stream c;
    send_stream(&c, &(sim_link_options){.rate_bps = SIM_MBIT(8), .queue_bytes = 4000}, 10, 0);
    EXPECT_EQ_INT(c.count, 4);
    EXPECT_EQ_INT(c.counters.overflowed, 6);
    EXPECT_EQ_INT(c.counters.packets, 10);
}

/* 4000 draws at 10 %: mean 400, standard deviation 19; 5 of them on either side. */
static void loss_loses_its_share(void)
{
    link_stream c;
    send_stream(&c, &(sim_link_options){.loss_ppm = SIM_PERCENT(10)}, 4000, 0);
    EXPECT_TRUE(c.counters.lost > 400 - 95 && c.counters.lost < 400 + 95);
    EXPECT_EQ_INT(c.count + c.counters.lost, 4000);
    EXPECT_EQ_INT(sim_world_choice_count(c.pair.world), c.counters.lost);
    sim_choice first = sim_world_choice(c.pair.world, 0);
    EXPECT_EQ_STR(first.label, "link a-b a> loss");
    EXPECT_EQ_INT(first.value, 1);
    EXPECT_EQ_INT(first.bound, 2);
}

static void loss_of_everything_lets_nothing_through(void)
{
    link_stream c;
    send_stream(&c, &(sim_link_options){.loss_ppm = SIM_PERCENT(100)}, 100, 0);
    EXPECT_EQ_INT(c.count, 0);
    EXPECT_EQ_INT(c.counters.lost, 100);
}

static void duplicates_arrive_twice(void)
{
    link_stream c;
    send_stream(&c, &(sim_link_options){.duplicate_ppm = SIM_PERCENT(100)}, 50, MS);
    EXPECT_EQ_INT(c.counters.duplicated, 50);
    EXPECT_EQ_INT(c.count, 100);
}

static void jitter_stays_in_its_window_and_keeps_order(void)
{
    link_stream c;
    send_stream(&c, &(sim_link_options){.latency_ns = SIM_MS(5), .jitter_ns = SIM_MS(5)}, 1000, MS);
    uint64_t most = 0;
    EXPECT_EQ_INT(c.count, 1000);
    EXPECT_TRUE(link_stream_is_ordered(&c));
    for (unsigned i = 0; i < c.count; i++) {
        uint64_t delay = c.at_ns[i] - i * MS;
        most = delay > most ? delay : most;
    }
    EXPECT_TRUE(most > 9 * MS && most <= 10 * MS);
}

static void jitter_may_reorder_when_told(void)
{
    link_stream c;
    send_stream(&c,
                &(sim_link_options){.latency_ns = SIM_MS(5), .jitter_ns = SIM_MS(5), .jitter_reorders = true},
                1000, MS);
    EXPECT_EQ_INT(c.count, 1000);
    EXPECT_TRUE(c.at_ns[0] <= 10 * MS);
    EXPECT_FALSE(link_stream_is_ordered(&c));
}

static void reordered_packets_let_others_pass(void)
{
    link_stream c;
    sim_link_options options = {
        .latency_ns = SIM_MS(5), .reorder_ppm = SIM_PERCENT(10), .reorder_delay_ns = SIM_MS(3)};
    send_stream(&c, &options, 1000, MS);
    EXPECT_TRUE(c.counters.reordered > 50 && c.counters.reordered < 150);
    EXPECT_EQ_INT(c.count, 1000);
    EXPECT_FALSE(link_stream_is_ordered(&c));
}

/* Two links with the same options and other names are other streams; a fault switched on shifts no other. */
static void streams_do_not_disturb_each_other(void)
{
    link_stream plain, duplicated;
    send_stream(&plain, &(sim_link_options){.loss_ppm = SIM_PERCENT(10)}, 500, 0);
    send_stream(
        &duplicated,
        &(sim_link_options){.loss_ppm = SIM_PERCENT(10), .duplicate_ppm = 1, .latency_ns = 5, .jitter_ns = 5},
        500, 0);
    EXPECT_EQ_INT(duplicated.counters.lost, plain.counters.lost);
    EXPECT_EQ_INT(sim_world_choice(duplicated.pair.world, 7).ordinal,
                  sim_world_choice(plain.pair.world, 7).ordinal);
}

const test_case test_link[] = {TEST(options_without_sense_are_refused_with_reasons),
                               TEST(attachment_without_sense_is_refused),
                               TEST(failed_attachment_leaves_no_address_behind),
                               TEST(latency_delays_by_exactly_that),
                               TEST(rate_spaces_packets_by_their_length),
                               TEST(rate_does_not_drift),
                               TEST(full_queue_drops_the_newcomers),
                               TEST(loss_loses_its_share),
                               TEST(loss_of_everything_lets_nothing_through),
                               TEST(duplicates_arrive_twice),
                               TEST(jitter_stays_in_its_window_and_keeps_order),
                               TEST(jitter_may_reorder_when_told),
                               TEST(reordered_packets_let_others_pass),
                               TEST(streams_do_not_disturb_each_other),
                               TEST_END};
