/* SPDX-License-Identifier: MIT
 *
 * Faults of the program's own (buggify), and states that runs should reach (sometimes).
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_probe.h"
#include "castanet/sim_schedule.h"
#include "tests/expect.h"
#include "tests/test_list.h"

/* ---- buggify ---- */

enum { RUNS = 2000, VISITS = 40 };

typedef struct shares {
    unsigned active, fired; /* runs in which it ever said yes; how often it did */
} shares;

static shares count(int64_t active_ppm, int64_t fires_ppm)
{
    shares s = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        sim_world *world;
        unsigned fired = 0;
        EXPECT_CODE_FATAL(sim_world_create(&(sim_world_options){.seed = seed}, &world), 0);
        for (unsigned i = 0; i < VISITS; i++)
            fired += active_ppm < 0 ? sim_world_buggify(world, "slow disk")
                                    : sim_world_buggify_at(world, "slow disk", active_ppm, fires_ppm);
        EXPECT_EQ_INT(sim_world_choice_count(world), fired);
        s.active += fired != 0;
        s.fired += fired;
        sim_world_destroy(world);
    }
    return s;
}

/* Six standard deviations of 2 000 runs, and of the visits of those that are active. */
static void a_quarter_of_the_runs_and_of_their_visits(void)
{
    shares s = count(-1, 0);
    EXPECT_TRUE(s.active > 500 - 6 * 20 && s.active < 500 + 6 * 20);
    EXPECT_TRUE(s.fired > s.active * VISITS / 4 - 6 * 62 && s.fired < s.active * VISITS / 4 + 6 * 62);
}

static void shares_can_be_set(void)
{
    shares never = count(0, SIM_PERCENT(100)), always = count(SIM_PERCENT(100), SIM_PERCENT(100));
    EXPECT_EQ_INT(never.fired, 0);
    EXPECT_EQ_INT(always.fired, RUNS * VISITS);
}

static void nothing_fires_after_healing(void)
{
    sim_world *world;
    EXPECT_CODE_FATAL(sim_world_create(NULL, &world), 0);
    EXPECT_TRUE(sim_world_buggify_at(world, "x", SIM_PERCENT(100), SIM_PERCENT(100)));
    sim_world_heal(world);
    EXPECT_FALSE(sim_world_buggify_at(world, "x", SIM_PERCENT(100), SIM_PERCENT(100)));
    EXPECT_FALSE(sim_world_buggify(world, NULL));
    sim_world_destroy(world);
}

/* ---- in a search ---- */

/* Four visits, 1 s apart; the program has a bug where the second and the fourth go wrong. */
static void visit(void *argument)
{
    sim_world *world = argument;
    if (sim_world_buggify(world, "valve"))
        sim_world_sometimes(world, true, "a valve was stuck");
    sim_world_sometimes(world, sim_world_now(world) > (uint64_t)SIM_S(100), "it is late");
}

static void build(sim_world *world, void *state)
{
    (void)state;
    for (int i = 1; i <= 4; i++)
        sim_world_at(world, (uint64_t)SIM_S(i), visit, world);
}

static void check(sim_world *world, void *state)
{
    unsigned mask = 0;
    (void)state;
    for (size_t i = 0; i < sim_world_choice_count(world); i++)
        mask |= 1u << sim_world_choice(world, i).ordinal;
    if (mask == (1u << 2 | 1u << 4))
        sim_world_fail(world, "two valves were stuck");
}

static const char *const probes[] = {"a valve was stuck", "the tank is empty", NULL};

static const sim_scenario dive = {.name = "dive", .build = build, .check = check, .probes = probes};

static sim_explore_result explore(const sim_scenario *scenario, const char *strategy, uint64_t runs_max)
{
    sim_explore_result found;
    EXPECT_CODE_FATAL(sim_explore(scenario,
                                  &(sim_explore_options){
                                      .strategy = strategy, .seed = 1, .runs_max = runs_max, .goes_on = true},
                                  &found),
                      0);
    return found;
}

static void placements_concern_them_too(void)
{
    sim_explore_result found = explore(&dive, "faults-1", 0);
    EXPECT_EQ_INT(found.end, SIM_EXPLORE_COMPLETE);
    EXPECT_EQ_INT(found.runs, 1 + 4);
    EXPECT_EQ_INT(found.failure_count, 0);
    sim_explore_result_fini(&found);
    found = explore(&dive, "faults-2", 0);
    EXPECT_EQ_INT(found.runs, 1 + 4 + 6);
    EXPECT_EQ_INT_FATAL(found.failure_count, 1);
    EXPECT_EQ_STR(found.failures[0].result.message, "two valves were stuck");
    const sim_journal *journal = found.failures[0].journal;
    sim_schedule *schedule = NULL;
    char line[64];
    EXPECT_CODE_FATAL(sim_schedule_record(&dive, &(sim_order_options){.mode = SIM_WINDOWED}, 1,
                                          journal->values, journal->count, &schedule),
                      0);
    EXPECT_EQ_INT(sim_schedule_fact_count(schedule), 2);
    EXPECT_EQ_STR(sim_schedule_fact(schedule, 0, line, sizeof line), "buggify valve#2");
    EXPECT_EQ_STR(sim_schedule_fact(schedule, 1, line, sizeof line), "buggify valve#4");
    sim_rerun rerun;
    EXPECT_CODE(sim_schedule_replay(schedule, &dive, &rerun), 0);
    EXPECT_TRUE(rerun.same);
    sim_schedule_destroy(schedule);
    sim_explore_result_fini(&found);
}

/* The first run of a portfolio has no faults; a swarm leaves them their own odds in the first half. */
static void search_without_faults_has_none(void)
{
    sim_explore_result found = explore(&dive, NULL, 1);
    EXPECT_TRUE(strstr(found.statement, "never reached: ") != NULL);
    EXPECT_TRUE(strstr(found.statement, "a valve was stuck") != NULL);
    sim_explore_result_fini(&found);
}

static void statement_tells_what_was_never_reached(void)
{
    sim_explore_result found = explore(&dive, "faults-1", 0);
    const char *line = strstr(found.statement, "\nnever reached: ");
    EXPECT_TRUE_FATAL(line != NULL);
    EXPECT_TRUE(strstr(line, "the tank is empty") != NULL); /* listed, and no code comes to it */
    EXPECT_TRUE(strstr(line, "it is late") != NULL);        /* not listed, and not true when it was met */
    EXPECT_TRUE(strstr(line, "a valve was stuck") == NULL);
    sim_explore_result_fini(&found);
    sim_scenario scenario = dive;
    scenario.build = check; /* nothing happens */
    scenario.probes = NULL;
    found = explore(&scenario, "faults-1", 0);
    EXPECT_TRUE(strstr(found.statement, "never reached") == NULL);
    sim_explore_result_fini(&found);
}

static void orders_count_what_was_reached(void)
{
    sim_order *order = NULL;
    sim_result result;
    uint64_t reached = 0, met = 0;
    EXPECT_CODE_FATAL(
        sim_order_create(&(sim_order_options){.mode = SIM_WINDOWED, .strategy = "swarm"}, &order), 0);
    for (uint64_t seed = 1; seed <= 400; seed++)
        sim_scenario_run(&dive, &(sim_run_options){.seed = seed, .order = order}, &result);
    EXPECT_EQ_INT(sim_order_probe_count(order), 3);
    for (size_t i = 0; i < sim_order_probe_count(order); i++) {
        sim_order_probe probe = sim_order_probe_at(order, i);
        met += probe.met;
        reached += strcmp(probe.name, "a valve was stuck") == 0 ? probe.reached : 0;
    }
    EXPECT_EQ_INT(met, 3 * 400);
    /* Active in a quarter of the nine runs in ten that have faults, and the two visits of the first half fire
     * once with 7/16: 39 runs, give or take 6 times 6. */
    EXPECT_TRUE(reached > 3 && reached < 75);
    EXPECT_EQ_STR(sim_order_probe_at(order, 3).name, "");
    sim_order_destroy(order);
}

const test_case test_probe[] = {TEST(a_quarter_of_the_runs_and_of_their_visits),
                                TEST(shares_can_be_set),
                                TEST(nothing_fires_after_healing),
                                TEST(placements_concern_them_too),
                                TEST(search_without_faults_has_none),
                                TEST(statement_tells_what_was_never_reached),
                                TEST(orders_count_what_was_reached),
                                TEST_END};
