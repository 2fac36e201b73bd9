/* SPDX-License-Identifier: MIT
 *
 * Strategies that draw among orders: how evenly, and what each is good for.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "tests/expect.h"
#include "tests/order_chains.h"
#include "tests/test_list.h"

enum { ORDERS_MAX = 128, TEXT_MAX = 16 };

typedef struct census {
    char orders[ORDERS_MAX][TEXT_MAX];
    unsigned counts[ORDERS_MAX];
    unsigned distinct;
} census;

static void count_order(census *c, const char *order)
{
    unsigned i = 0;
    while (i < c->distinct && strcmp(c->orders[i], order) != 0)
        i++;
    if (i == ORDERS_MAX)
        return;
    if (i == c->distinct)
        snprintf(c->orders[c->distinct++], TEXT_MAX, "%s", order);
    c->counts[i]++;
}

/* After 20 runs from which the strategy may learn. */
static census take_census(const char *strategy, const sim_scenario *scenario, unsigned runs)
{
    enum { LEARNING = 20 };
    sim_order_options options = {.mode = SIM_CAUSAL, .strategy = strategy};
    sim_order *order = NULL;
    census c = {.distinct = 0};
    if (!EXPECT_CODE(sim_order_create(&options, &order), 0))
        return c;
    for (unsigned seed = 0; seed < runs + LEARNING; seed++) {
        sim_result result;
        sim_scenario_run(scenario, &(sim_run_options){.seed = seed, .order = order}, &result);
        EXPECT_EQ_STR(result.message, "");
        if (seed >= LEARNING)
            count_order(&c, order_chains_last());
    }
    sim_order_destroy(order);
    return c;
}

/* Pearson's, when all of that many orders are equally likely. */
static unsigned chi_square(const census *c, unsigned orders, unsigned runs)
{
    unsigned long long sum = (unsigned long long)(orders - c->distinct) * runs * runs;
    for (unsigned i = 0; i < c->distinct; i++) {
        long long difference = (long long)c->counts[i] * orders - runs;
        sum += (unsigned long long)(difference * difference);
    }
    return (unsigned)(sum / orders / runs);
}

/* 2 chains of 3: 20 orders; 2 of 4: 70; 3 of 2: 90.  Chi-square of 19, 69 and 89 degrees of freedom exceeds
 * 52, 120 and 146 by chance once in 10 000. */
static void urw_is_uniform_over_orders_of_independent_chains(void)
{
    enum { RUNS = 6000 };
    census two = take_census("urw", order_chains(2, 3, ""), RUNS);
    EXPECT_EQ_INT(two.distinct, 20);
    EXPECT_TRUE(chi_square(&two, 20, RUNS) < 52);
    census longer = take_census("urw", order_chains(2, 4, ""), RUNS);
    EXPECT_EQ_INT(longer.distinct, 70);
    EXPECT_TRUE(chi_square(&longer, 70, RUNS) < 120);
    census three = take_census("urw", order_chains(3, 2, ""), RUNS);
    EXPECT_EQ_INT(three.distinct, 90);
    EXPECT_TRUE(chi_square(&three, 90, RUNS) < 146);
    /* Else the test would show nothing: a random walk is far from it. */
    census walk = take_census("random", order_chains(2, 3, ""), RUNS);
    EXPECT_TRUE(chi_square(&walk, 20, RUNS) > 500);
}

/* What takes place elsewhere takes none of the chances. */
static void surw_is_uniform_at_a_resource_whatever_the_noise(void)
{
    enum { RUNS = 6000 };
    order_chains_plan plan = {.hosts = 2, .datagrams = 3, .noise = 30};
    census c = take_census("surw", order_chains_of(&plan), RUNS);
    EXPECT_EQ_INT(c.distinct, 20);
    EXPECT_TRUE(chi_square(&c, 20, RUNS) < 52);
}

/* Where all events race, each step is drawn anew: a first step of a or b, in equal shares. */
static void pos_draws_all_orders(void)
{
    enum { RUNS = 4000 };
    census c = take_census("pos", order_chains(2, 3, ""), RUNS);
    EXPECT_EQ_INT(c.distinct, 20);
    unsigned a_first = 0;
    for (unsigned i = 0; i < c.distinct; i++)
        a_first += c.orders[i][0] == 'a' ? c.counts[i] : 0;
    EXPECT_TRUE(a_first > RUNS / 2 - 130 && a_first < RUNS / 2 + 130);
}

static unsigned runs_to_bug(const char *strategy, const sim_scenario *scenario, uint64_t runs_max)
{
    sim_explore_options options = {.strategy = strategy, .mode = SIM_CAUSAL, .runs_max = runs_max};
    sim_explore_result result;
    EXPECT_CODE(sim_explore(scenario, &options, &result), 0);
    unsigned runs = result.failure_count == 0 ? 0 : (unsigned)result.runs;
    sim_explore_result_fini(&result);
    return runs;
}

/* Six arrivals, the first and last swapped: any order is as good as another, and none is a delay or two. */
static void exact_orders_are_for_those_who_draw(void)
{
    static const char *const draw[] = {"random", "urw", "surw", "pos", "pct-3", "late", "portfolio"};
    for (size_t i = 0; i < sizeof draw / sizeof *draw; i++) {
        unsigned runs = runs_to_bug(draw[i], order_chains(5, 1, "edcba"), 5000);
        if (runs == 0)
            EXPECT_EQ_STR("5000 runs, none of which failed", draw[i]);
    }
    EXPECT_EQ_INT(runs_to_bug("delay-2-all", order_chains(5, 1, "edcba"), 5000), 0);
    EXPECT_EQ_INT(runs_to_bug("delay-2", order_chains(5, 1, "edcba"), 5000), 0);
}

/* A host that waits until the other has sent 36 datagrams. */
static void starvation_is_for_those_who_hold(void)
{
    static const char *const hold[] = {"hold", "delay-1", "delay-2", "delay-1-all", "pct-2", "portfolio"};
    static char bad[37];
    memset(bad, 'b', sizeof bad - 1);
    for (size_t i = 0; i < sizeof hold / sizeof *hold; i++) {
        unsigned runs = runs_to_bug(hold[i], order_chains(2, 40, bad), 300);
        if (runs == 0)
            EXPECT_EQ_STR("300 runs, none of which failed", hold[i]);
    }
    EXPECT_EQ_INT(runs_to_bug("random", order_chains(2, 40, bad), 300), 0);
    EXPECT_EQ_INT(runs_to_bug("pos", order_chains(2, 40, bad), 300), 0);
}

const test_case test_strategy_sampling[] = {TEST(urw_is_uniform_over_orders_of_independent_chains),
                                            TEST(surw_is_uniform_at_a_resource_whatever_the_noise),
                                            TEST(pos_draws_all_orders),
                                            TEST(exact_orders_are_for_those_who_draw),
                                            TEST(starvation_is_for_those_who_hold),
                                            TEST_END};
