/* SPDX-License-Identifier: MIT
 *
 * Impairments as data: what is refused, which packets they concern, when, and what is told of them.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/link_stream.h"
#include "tests/test_list.h"

#define MS UINT64_C(1000000)

/* ---- refusals ---- */

static const uint64_t falling[] = {3, 2};
static const int32_t one_quantile[] = {0}, unsorted[] = {5, 4};

/* Each contradicts itself or the link, which has an mtu of 1500. */
static const sim_impairment nonsense[] = {
    {0},
    {.kind = (sim_impairment_kind)99},
    {.kind = SIM_IMPAIR_DROP, .chance_ppm = -1},
    {.kind = SIM_IMPAIR_DROP, .chance_ppm = 1000001},
    {.kind = SIM_IMPAIR_DROP, .name = ""},
    {.kind = SIM_IMPAIR_DROP, .from_ns = 5, .until_ns = 5},
    {.kind = SIM_IMPAIR_DROP, .scope = {.kind = (sim_packet_kind)99}},
    {.kind = SIM_IMPAIR_DROP, .scope = {.source = "a"}},
    {.kind = SIM_IMPAIR_DROP, .scope = {.destination = "10.0.0.0/33"}},
    {.kind = SIM_IMPAIR_DROP, .scope = {.flags_set = 2, .flags_clear = 3}},
    {.kind = SIM_IMPAIR_DROP, .scope = {.kind = SIM_PACKET_UDP, .connection = 1}},
    {.kind = SIM_IMPAIR_DROP, .scope = {.kind = SIM_PACKET_DATA, .protocol = 17}},
    {.kind = SIM_IMPAIR_DROP, .scope = {.kind = SIM_PACKET_UDP, .protocol = 6}},
    {.kind = SIM_IMPAIR_DROP, .scope = {.connections_ppm = 1000001}},
    {.kind = SIM_IMPAIR_DROP, .which = {.list = falling, .list_len = 2}},
    {.kind = SIM_IMPAIR_DROP, .which = {.list_len = 2}},
    {.kind = SIM_IMPAIR_DROP, .which = {.nth = 5, .every = 2}},
    {.kind = SIM_IMPAIR_GILBERT},
    {.kind = SIM_IMPAIR_GILBERT, .gilbert = {1000000, 4000}},
    {.kind = SIM_IMPAIR_GILBERT, .gilbert = {20000, 999}},
    {.kind = SIM_IMPAIR_GILBERT, .gilbert = {800000, 2000}}, /* at most 2 / 3 in bursts of 2 */
    {.kind = SIM_IMPAIR_GILBERT, .gilbert = {20000, 2000}, .chance_ppm = 1},
    {.kind = SIM_IMPAIR_GILBERT_ELLIOTT},
    {.kind = SIM_IMPAIR_GILBERT_ELLIOTT, .gilbert_elliott = {10, 0, 1000, 0}},
    {.kind = SIM_IMPAIR_GILBERT_ELLIOTT, .gilbert_elliott = {10, 10, 1000, 2000}},
    {.kind = SIM_IMPAIR_GILBERT_ELLIOTT, .gilbert_elliott = {10, 10, 1000001, 0}},
    {.kind = SIM_IMPAIR_FOUR_STATE},
    {.kind = SIM_IMPAIR_FOUR_STATE, .four_state = {.p13_ppm = 10}},
    {.kind = SIM_IMPAIR_FOUR_STATE, .four_state = {10, 10, 10, 0, 0}},
    {.kind = SIM_IMPAIR_FOUR_STATE, .four_state = {600000, 10, 0, 0, 600000}},
    {.kind = SIM_IMPAIR_BIT_ERROR},
    {.kind = SIM_IMPAIR_BIT_ERROR, .bit_error = {INT64_C(1000000000000)}},
    {.kind = SIM_IMPAIR_DUPLICATE, .duplicate = {.copies = 101}},
    {.kind = SIM_IMPAIR_DUPLICATE, .duplicate = {.delay = {.base_ns = -1}}},
    {.kind = SIM_IMPAIR_REPLAY},
    {.kind = SIM_IMPAIR_MTU},
    {.kind = SIM_IMPAIR_MTU, .mtu = {67, SIM_MTU_BLACK_HOLE}},
    {.kind = SIM_IMPAIR_MTU, .mtu = {1500, SIM_MTU_BLACK_HOLE}},
    {.kind = SIM_IMPAIR_MTU, .mtu = {1400, (sim_mtu_answer)9}},
    {.kind = SIM_IMPAIR_QUEUE},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.burst_bytes = 10000}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = -1}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .bytes_max = 1499}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .bytes_max = 1503, .overhead_bytes = 4}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .burst_bytes = 1499}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .peak_bps = 2000}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .peak_bps = 1000, .burst_bytes = 3000}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .victim = SIM_QUEUE_RANDOM}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .mark_drops_others = true}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000, .packets_max = 5, .mark_packets = 5}},
    {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = 1000}, .chance_ppm = 1},
    {.kind = SIM_IMPAIR_DELAY},
    {.kind = SIM_IMPAIR_DELAY, .delay = {.by = {.base_ns = 5}, .correlation_ppm = 10}},
    {.kind = SIM_IMPAIR_DELAY, .delay = {.by = {.spread_ns = 5}, .correlation_ppm = 1000000}},
    {.kind = SIM_IMPAIR_DELAY, .delay = {.by = {.base_ns = 5, .distribution = (sim_distribution)7}}},
    {.kind = SIM_IMPAIR_DELAY, .delay = {.by = {5, 5, SIM_TABLE, NULL, 0}}},
    {.kind = SIM_IMPAIR_DELAY, .delay = {.by = {5, 5, SIM_TABLE, one_quantile, 1}}},
    {.kind = SIM_IMPAIR_DELAY, .delay = {.by = {5, 5, SIM_TABLE, unsorted, 2}}},
    {.kind = SIM_IMPAIR_REORDER},
    {.kind = SIM_IMPAIR_REORDER, .reorder = {.packets = 3}}, /* the last one would wait for ever */
    {.kind = SIM_IMPAIR_REORDER, .reorder = {.packets = -1, .delay_ns = 5}},
    {.kind = SIM_IMPAIR_FLAP},
    {.kind = SIM_IMPAIR_FLAP, .flap = {.up = {.base_ns = 5}}},
    {.kind = SIM_IMPAIR_RESET, .reset = {(sim_reset_toward)5}},
};

static void impairment_without_sense_is_refused_with_reasons(void)
{
    world_pair pair = fixture_world_pair(NULL);
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        sim_stage *stage = NULL;
        int code = sim_link_add(pair.link, NULL, &nonsense[i], &stage);
        const sim_error *error = sim_world_error(pair.world);
        expect_report(EXPECT_SITE(false), code == WSAEINVAL && stage == NULL,
                      "row %zu: got %d, expected 10022", i, code);
        EXPECT_TRUE(error->what[0] != '\0' && error->why[0] != '\0' && error->fix[0] != '\0');
        EXPECT_TRUE(strstr(error->what, "a-b") != NULL);
    }
}

static void impairment_of_a_link_without_that_end_is_refused(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_host *stranger;
    sim_link *empty;
    EXPECT_CODE_FATAL(sim_host_create(pair.world, "c", &stranger), 0);
    EXPECT_CODE_FATAL(sim_link_create(pair.world, "empty", NULL, &empty), 0);
    EXPECT_CODE(sim_link_add(pair.link, stranger, &(sim_impairment){.kind = SIM_IMPAIR_DROP}, NULL),
                WSAEINVAL);
    EXPECT_CODE(sim_link_add(empty, NULL, &(sim_impairment){.kind = SIM_IMPAIR_DROP}, NULL), WSAEINVAL);
}

static void window_that_is_over_is_refused(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_world_run(pair.world, 10 * MS);
    EXPECT_CODE(
        sim_link_add(pair.link, NULL, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .until_ns = 10 * MS}, NULL),
        WSAEINVAL);
}

static void name_twice_on_a_link_is_refused_and_free_again_after_removal(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_impairment what = {.kind = SIM_IMPAIR_DROP, .name = "storm"};
    sim_stage *first, *second;
    EXPECT_CODE_FATAL(sim_link_add(pair.link, NULL, &what, &first), 0);
    EXPECT_CODE(sim_link_add(pair.link, pair.a, &what, &second), WSAEADDRINUSE);
    sim_stage_remove(first);
    EXPECT_CODE(sim_link_add(pair.link, NULL, &what, &second), 0);
}

/* ---- which packets ---- */

/* Eight datagrams, of which the impairment drops some. */
static const char *survivors(link_stream *s, const sim_impairment *what)
{
    link_stream_open(s, NULL);
    link_stream_add(s, what);
    link_stream_send(s, 8, MS);
    link_stream_finish(s);
    return link_stream_text(s);
}

static bool is_third(void *context, const sim_packet_view *packet)
{
    ++*(unsigned *)context;
    return packet->ordinal == 3 && packet->payload_len == 972;
}

static void packets_are_addressed_by_number(void)
{
    static const uint64_t list[] = {1, 4, 8};
    static link_stream s;
    EXPECT_EQ_STR(survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP}), "");
    EXPECT_EQ_STR(survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.nth = 3}}),
                  "0 1 3 4 5 6 7");
    EXPECT_EQ_STR(survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.every = 3}}),
                  "0 1 3 4 6 7");
    EXPECT_EQ_STR(survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.mask = 0x85}}),
                  "1 3 4 5 6");
    EXPECT_EQ_STR(
        survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.list = list, .list_len = 3}}),
        "1 2 4 5 6");
    EXPECT_EQ_STR(
        survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.every = 2, .hits_max = 2}}),
        "0 2 4 5 6 7");
    EXPECT_EQ_INT(s.counters.lost, 2);
}

/* 64 packets on, the mask begins anew. */
static void mask_rotates(void)
{
    static link_stream s;
    link_stream_open(&s, NULL);
    sim_stage *stage = link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.mask = 2}});
    link_stream_send(&s, 130, 0);
    link_stream_finish(&s);
    EXPECT_EQ_INT(s.counters.lost, 3);
    EXPECT_EQ_INT(link_stream_arrivals(&s, 1) + link_stream_arrivals(&s, 65) + link_stream_arrivals(&s, 129),
                  0);
    EXPECT_EQ_INT(sim_stage_read(stage).seen, 130);
    EXPECT_EQ_INT(sim_stage_read(stage).hit, 3);
}

static void predicate_decides_about_the_scope(void)
{
    static link_stream s;
    unsigned asked = 0;
    sim_impairment what = {.kind = SIM_IMPAIR_DROP, .scope = {.predicate = is_third, .context = &asked}};
    EXPECT_EQ_STR(survivors(&s, &what), "0 1 3 4 5 6 7");
    EXPECT_EQ_INT(asked, 8);
}

static void scope_compares_addresses_ports_and_protocol(void)
{
    static const struct {
        sim_scope scope;
        bool fits;
    } rows[] = {
        {{.source = "10.0.0.1"}, true},
        {{.source = "10.0.0.2"}, false},
        {{.destination = "10.0.0.0/30"}, true},
        {{.destination = "10.0.0.4/30"}, false},
        {{.destination = "::/0"}, true}, /* no bit counts */
        {{.destination_port = 4000}, true},
        {{.source_port = 4000}, false},
        {{.protocol = 17}, true},
        {{.protocol = 6}, false},
        {{.kind = SIM_PACKET_UDP}, true},
        {{.kind = SIM_PACKET_DATA}, false},
        {{.kind = SIM_PACKET_FRAGMENT}, false},
        {{.flags_clear = 1}, false}, /* only TCP has flags */
        {{.connection = 1}, false},
    };
    static link_stream s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *rest = survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .scope = rows[i].scope});
        expect_report(EXPECT_SITE(false), (rest[0] == '\0') == rows[i].fits, "row %zu: '%s' arrived", i,
                      rest);
    }
}

/* Direction b to a is not concerned, and a to b is. */
static void direction_limits_an_impairment(void)
{
    static link_stream s;
    link_stream_open(&s, NULL);
    sim_stage *back;
    EXPECT_CODE_FATAL(sim_link_add(s.pair.link, s.pair.b, &(sim_impairment){.kind = SIM_IMPAIR_DROP}, &back),
                      0);
    link_stream_send(&s, 3, MS);
    link_stream_finish(&s);
    EXPECT_EQ_INT(s.count, 3);
    EXPECT_EQ_INT(sim_stage_read(back).seen, 0);
}

/* ---- when ---- */

/* Sent at 0, 1 ... 7 ms; the window is [2 ms, 5 ms). */
static void window_of_time_begins_and_ends_by_itself(void)
{
    static link_stream s;
    EXPECT_EQ_STR(
        survivors(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .from_ns = 2 * MS, .until_ns = 5 * MS}),
        "0 1 5 6 7");
}

static void removal_ends_an_impairment_at_once(void)
{
    static link_stream s;
    link_stream_open(&s, NULL);
    sim_stage *stage = link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP});
    link_stream_send(&s, 2, MS);
    sim_stage_remove(stage);
    sim_stage_remove(NULL);
    link_stream_send(&s, 2, MS);
    link_stream_finish(&s);
    EXPECT_EQ_STR(link_stream_text(&s), "2 3");
}

/* ---- what is told ---- */

static void fault_that_never_happened_is_reported_with_reasons(void)
{
    static link_stream s;
    link_stream_open(&s, NULL);
    sim_stage *silent = link_stream_add(&s,
                                        &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.nth = 100}});
    sim_stage *blind = link_stream_add(
        &s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .name = "blind", .scope = {.kind = SIM_PACKET_SYN}});
    sim_stage *active = link_stream_add(&s, &(sim_impairment){.kind = SIM_IMPAIR_DROP, .which = {.nth = 1}});
    link_stream_send(&s, 3, MS);
    const sim_error *error = sim_world_error(s.pair.world);
    EXPECT_CODE(sim_stage_expect_hit(active), 0);
    EXPECT_CODE(sim_stage_expect_hit(silent), WSAEINVAL);
    EXPECT_EQ_STR(error->what, "link a-b: the impairment drop never did anything");
    EXPECT_EQ_STR(error->why, "packets were in its scope, but none was chosen or named");
    EXPECT_CODE(sim_stage_expect_hit(blind), WSAEINVAL);
    EXPECT_EQ_STR(error->what, "link a-b: the impairment blind never did anything");
    EXPECT_EQ_STR(error->why, "no packet was in its scope during its window of time");
}

/* The label names link, direction and impairment; the number is that of the packet. */
static void chance_is_a_choice_numbered_by_packet(void)
{
    static link_stream s;
    link_stream_open(&s, NULL);
    sim_impairment what = {.kind = SIM_IMPAIR_DROP, .chance_ppm = SIM_PERCENT(20)};
    link_stream_add(&s, &what);
    link_stream_add(&s, &what);
    link_stream_send(&s, 200, 0);
    link_stream_finish(&s);
    unsigned first = 0, second = 0;
    for (size_t i = 0; i < sim_world_choice_count(s.pair.world); i++) {
        sim_choice choice = sim_world_choice(s.pair.world, i);
        first += strcmp(choice.label, "link a-b a> drop") == 0;
        second += strcmp(choice.label, "link a-b a> drop 2") == 0;
        EXPECT_EQ_INT(link_stream_arrivals(&s, (uint32_t)choice.ordinal - 1), 0);
    }
    EXPECT_EQ_INT(first + second, s.counters.lost);
    EXPECT_TRUE(first > 20 && second > 15);
}

/* The losses of one impairment are the same packets, whatever others do before or behind it. */
static void faults_do_not_shift_one_another(void)
{
    static link_stream plain, busy;
    sim_impairment loss = {.kind = SIM_IMPAIR_DROP, .name = "mine", .chance_ppm = SIM_PERCENT(10)};
    link_stream_open(&plain, NULL);
    link_stream_add(&plain, &loss);
    link_stream_send(&plain, 500, 0);
    link_stream_finish(&plain);
    link_stream_open(&busy,
                     &(sim_link_options){.loss_ppm = SIM_PERCENT(30), .duplicate_ppm = SIM_PERCENT(30)});
    sim_stage *mine = link_stream_add(&busy, &loss);
    link_stream_add(&busy, &(sim_impairment){.kind = SIM_IMPAIR_GILBERT, .gilbert = {SIM_PERCENT(20), 4000}});
    link_stream_send(&busy, 500, 0);
    link_stream_finish(&busy);
    for (size_t i = 0; i < sim_world_choice_count(busy.pair.world); i++) {
        sim_choice choice = sim_world_choice(busy.pair.world, i);
        if (strcmp(choice.label, "link a-b a> mine") == 0)
            EXPECT_EQ_INT(link_stream_arrivals(&plain, (uint32_t)choice.ordinal - 1), 0);
    }
    EXPECT_TRUE(sim_stage_read(mine).hit > 20);
}

/* ---- named and drawn parameters ---- */

static void profiles_have_the_values_of_their_lines(void)
{
    sim_link_options o;
    world_pair pair = fixture_world_pair(NULL);
    EXPECT_CODE_FATAL(sim_link_profile("3g", &o), 0);
    EXPECT_EQ_INT(o.latency_ns, SIM_MS(250));
    EXPECT_EQ_INT(o.rate_bps, 750000);
    EXPECT_EQ_INT(o.loss_ppm, 15000);
    EXPECT_CODE(sim_link_profile("5g", &o), WSAEINVAL);
    EXPECT_CODE(sim_link_profile(NULL, &o), WSAEINVAL);
    unsigned count = 0;
    for (const char *name; (name = sim_link_profile_name(count)) != NULL; count++) {
        EXPECT_CODE(sim_link_profile(name, &o), 0);
        EXPECT_CODE(sim_link_set_options(pair.link, NULL, &o), 0);
    }
    EXPECT_EQ_INT(count, 10);
}

/* Drawn options lie between the bounds, differ between seeds, and make sense to a link. */
static void drawn_options_lie_between_their_bounds(void)
{
    static const sim_link_options least = {.latency_ns = SIM_MS(1)}, most = {.latency_ns = SIM_MS(100),
                                                                             .jitter_ns = SIM_MS(200),
                                                                             .rate_bps = SIM_MBIT(10),
                                                                             .queue_bytes = 100000,
                                                                             .loss_ppm = SIM_PERCENT(30),
                                                                             .jitter_reorders = true};
    int64_t first = 0;
    bool differs = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        world_pair pair = fixture_world_pair(
            &(sim_world_options){.seed = seed, .memory = &fixture_memory()->base});
        sim_link_options o;
        EXPECT_CODE_FATAL(sim_link_options_draw(pair.world, "wan", &least, &most, &o), 0);
        EXPECT_TRUE(o.latency_ns >= SIM_MS(1) && o.latency_ns <= SIM_MS(100));
        EXPECT_TRUE(o.loss_ppm >= 0 && o.loss_ppm <= SIM_PERCENT(30));
        EXPECT_CODE(sim_link_set_options(pair.link, NULL, &o), 0);
        first = seed == 1 ? o.latency_ns : first;
        differs = differs || o.latency_ns != first;
        EXPECT_EQ_STR(sim_world_choice(pair.world, 0).label, "user wan latency_ns");
        fixture_world_destroy(pair.world);
    }
    EXPECT_TRUE(differs);
}

static void drawn_impairment_lies_between_its_bounds(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_impairment least = {.kind = SIM_IMPAIR_GILBERT, .gilbert = {1000, 1000}},
                   most = {.kind = SIM_IMPAIR_GILBERT, .gilbert = {100000, 9000}}, out = {0};
    EXPECT_CODE(sim_impairment_draw(pair.world, "bursts", &least, &most, &out), 0);
    EXPECT_TRUE(out.gilbert.loss_ppm >= 1000 && out.gilbert.loss_ppm <= 100000);
    EXPECT_TRUE(out.gilbert.burst_milli >= 1000 && out.gilbert.burst_milli <= 9000);
    EXPECT_CODE(sim_impairment_draw(pair.world, "bursts", &most, &least, &out), WSAEINVAL);
    most.kind = SIM_IMPAIR_DROP;
    EXPECT_CODE(sim_impairment_draw(pair.world, "bursts", &least, &most, &out), WSAEINVAL);
}

const test_case test_impairment[] = {TEST(impairment_without_sense_is_refused_with_reasons),
                                     TEST(impairment_of_a_link_without_that_end_is_refused),
                                     TEST(window_that_is_over_is_refused),
                                     TEST(name_twice_on_a_link_is_refused_and_free_again_after_removal),
                                     TEST(packets_are_addressed_by_number),
                                     TEST(mask_rotates),
                                     TEST(predicate_decides_about_the_scope),
                                     TEST(scope_compares_addresses_ports_and_protocol),
                                     TEST(direction_limits_an_impairment),
                                     TEST(window_of_time_begins_and_ends_by_itself),
                                     TEST(removal_ends_an_impairment_at_once),
                                     TEST(fault_that_never_happened_is_reported_with_reasons),
                                     TEST(chance_is_a_choice_numbered_by_packet),
                                     TEST(faults_do_not_shift_one_another),
                                     TEST(profiles_have_the_values_of_their_lines),
                                     TEST(drawn_options_lie_between_their_bounds),
                                     TEST(drawn_impairment_lies_between_its_bounds),
                                     TEST_END};
