/* SPDX-License-Identifier: MIT
 *
 * PCT keeps its promise, and does no more than it can: a bug of depth d is found with a probability of at
 * least 1 / (n k^(d-1)), and one of depth d + 1 not at all where only priorities and d - 1 falls could.
 */
#include <string.h>

#include "castanet/sim_explore.h"
#include "tests/expect.h"
#include "tests/order_chains.h"
#include "tests/test_list.h"

enum { RUNS = 2500 };

static unsigned hits_of(const char *strategy, const sim_scenario *scenario, unsigned runs)
{
    sim_order_options options = {.mode = SIM_CAUSAL, .strategy = strategy};
    sim_order *order = NULL;
    unsigned hits = 0;
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    for (unsigned seed = 0; seed < runs; seed++) {
        sim_result result;
        EXPECT_CODE_FATAL(
            sim_scenario_run(scenario, &(sim_run_options){.seed = seed, .order = order}, &result), 0);
        hits += result.outcome == SIM_FAILED;
    }
    sim_order_destroy(order);
    return hits;
}

/* Were there 4 standard deviations less than expected?  By chance that is 1 of 30 000, and the seeds are
 * fixed; that of a count is at most the square root of its mean. */
static void expect_at_least(unsigned hits, unsigned expected)
{
    unsigned lack = hits < expected ? expected - hits : 0;
    if (lack * lack > 16 * expected)
        EXPECT_EQ_INT(hits, expected);
}

/* The bugs, of two hosts a and b; n = 2, or 3 where a third one makes noise that races with nothing, and
 * k = 8 for 2 * 4 steps, 16 for more:
 *   depth 1  "b"         the first of b before the first of a
 *   depth 2  "aaab"      the first of b after the third of a, and before the fourth
 *   depth 3  "aaabaaab"  the same, and the next of b only when a, which sends six, has ended
 *   depth 4  "abbabb"    and once more, b being the one that has ended */
static void promise_is_kept_on_chains_of_known_depth(void)
{
    static const struct {
        const char *strategy, *bad;
        unsigned datagrams, noise, k_to_depth; /* k^(d-1) */
    } cases[] = {
        {"pct-2", "b", 4, 0, 1},         {"pct-3", "b", 4, 8, 1},
        {"tapct-2", "b", 4, 8, 1},       {"pct-2", "ab", 4, 0, 8},
        {"pct-2", "aaab", 4, 0, 8},      {"pct-2", "bbba", 8, 0, 16},
        {"pct-2", "aaab", 4, 8, 16},     {"tapct-2", "aaab", 4, 0, 8},
        {"tapct-2", "aaab", 4, 8, 8},    {"pct-3", "aaabab", 4, 0, 64},
        {"pct-3", "aabaab", 4, 0, 64},   {"pct-3", "aaabaaab", 6, 0, 256},
        {"tapct-3", "aaabab", 4, 0, 64}, {"tapct-3", "aaabab", 4, 8, 64},
        {"pct-3", "aaabab", 4, 8, 256},  {"tapct-3", "aaabaaab", 6, 0, 256},
        {"pct-4", "abbabb", 4, 0, 512},  {"tapct-4", "abbabb", 4, 0, 512},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        order_chains_plan plan = {
            .hosts = 2, .datagrams = cases[i].datagrams, .bad = cases[i].bad, .noise = cases[i].noise};
        unsigned chains = cases[i].noise == 0 ? 2 : 3;
        unsigned hits = hits_of(cases[i].strategy, order_chains_of(&plan), RUNS);
        EXPECT_TRUE(hits > 0);
        expect_at_least(hits, RUNS / (chains * cases[i].k_to_depth));
    }
}

static void greater_depth_is_out_of_reach(void)
{
    EXPECT_EQ_INT(hits_of("pct-2", order_chains(2, 6, "aaaba"), RUNS), 0);
    EXPECT_EQ_INT(hits_of("pct-3", order_chains(2, 6, "aaabab"), RUNS), 0);
}

/* 40 datagrams that race with nothing: k is 64 for PCT, and stays 16 where only races count. */
static void noise_takes_no_moments_where_only_races_count(void)
{
    order_chains_plan plan = {.hosts = 2, .datagrams = 6, .bad = "aaabaaab", .noise = 40};
    unsigned plain = hits_of("pct-3", order_chains_of(&plan), RUNS);
    unsigned aware = hits_of("tapct-3", order_chains_of(&plan), RUNS);
    expect_at_least(aware, RUNS / (3 * 256));
    EXPECT_TRUE(aware > 2 * plain);
}

/* One host waits until the other has sent 36 datagrams: a random walk does that once in 2^36 runs. */
static void starvation_is_found_at_once(void)
{
    static char bad[37];
    memset(bad, 'b', sizeof bad - 1);
    EXPECT_TRUE(hits_of("pct-2", order_chains(2, 40, bad), 200) >= 40);
    EXPECT_TRUE(hits_of("tapct-2", order_chains(2, 40, bad), 200) >= 40);
    EXPECT_EQ_INT(hits_of("random", order_chains(2, 40, bad), 200), 0);
}

const test_case test_strategy_pct[] = {
    TEST(promise_is_kept_on_chains_of_known_depth), TEST(greater_depth_is_out_of_reach),
    TEST(noise_takes_no_moments_where_only_races_count), TEST(starvation_is_found_at_once), TEST_END};
