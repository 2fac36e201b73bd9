/* SPDX-License-Identifier: MIT
 *
 * Hunts survive what a program does: it may fail, crash, leave, hang or eat memory, and its schedule is kept.
 */
#define _DEFAULT_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "castanet/sim.h"
#include "tests/expect.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"
#include "tool/hunt.h"

/* ---- a scenario that ends badly for one of 32 decisions ---- */

enum { UNLUCKY = 17, CHANCES = 32 };

static bool is_unlucky(sim_world *world) { return sim_world_choose(world, "luck", CHANCES) == UNLUCKY; }

static void fail(sim_world *world, void *state)
{
    (void)state;
    if (is_unlucky(world))
        sim_world_fail(world, "unlucky with seed %d", (int)sim_world_seed(world));
}

static void die(sim_world *world, void *state)
{
    (void)state;
    if (is_unlucky(world))
        raise(SIGKILL);
}

static void leave(sim_world *world, void *state)
{
    (void)state;
    if (!is_unlucky(world))
        return;
    fprintf(stderr, "I leave\n");
    exit(3);
}

static void hang(sim_world *world, void *state)
{
    (void)state;
    while (is_unlucky(world))
        pause();
}

static void stall(sim_world *world, void *state) { *(bool *)state = !is_unlucky(world); }

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return *(bool *)state;
}

static hunt_find hunt_one(const sim_scenario *scenario, unsigned quiet_ms)
{
    hunt_options options = {.order = {.mode = SIM_WINDOWED, .strategy = "random"},
                            .seed = 1000,
                            .runs = 100000,
                            .quiet_ms = quiet_ms};
    hunt_find find;
    EXPECT_CODE_FATAL(hunt(scenario, &options, &find), 0);
    return find;
}

/* The unlucky number comes once in 32 runs: 2000 of them without it would be a wonder of 10^-27. */
static void expect_find(hunt_find *find, const char *end)
{
    EXPECT_EQ_STR(hunt_end_word(find->end), end);
    EXPECT_TRUE(find->runs >= 1 && find->runs <= 2000);
    EXPECT_EQ_INT(find->seed, sim_explore_seed(1000, find->runs));
    EXPECT_EQ_INT_FATAL(find->count, 1);
    EXPECT_EQ_INT(find->values[0], UNLUCKY);
    EXPECT_TRUE(find->identity != 0);
    EXPECT_TRUE(find->repeats);
}

static void failure_is_told(void)
{
    hunt_find find = hunt_one(&(sim_scenario){.name = "fail", .build = fail}, 0);
    char expected[64];
    expect_find(&find, "failed");
    snprintf(expected, sizeof expected, "unlucky with seed %d", (int)find.seed);
    EXPECT_EQ_STR(find.result.message, expected);
    hunt_find_fini(&find);
}

static void stall_is_told(void)
{
    sim_scenario scenario = {.name = "stall", .build = stall, .is_done = is_done, .state_size = sizeof(bool)};
    hunt_find find = hunt_one(&scenario, 0);
    expect_find(&find, "failed");
    EXPECT_EQ_STR(sim_outcome_word(find.result.outcome), "stalled");
    hunt_find_fini(&find);
}

static void crash_keeps_its_schedule(void)
{
    hunt_find find = hunt_one(&(sim_scenario){.name = "die", .build = die}, 0);
    expect_find(&find, "crashed");
    EXPECT_EQ_INT(find.worker.status, SIGKILL);
    hunt_find_fini(&find);
}

static void exit_is_told_with_its_last_words(void)
{
    hunt_find find = hunt_one(&(sim_scenario){.name = "leave", .build = leave}, 0);
    expect_find(&find, "exited");
    EXPECT_EQ_INT(find.worker.status, 3);
    EXPECT_EQ_STR(find.worker.words, "I leave\n");
    hunt_find_fini(&find);
}

static void callback_that_hangs_is_ended(void)
{
    hunt_find find = hunt_one(&(sim_scenario){.name = "hang", .build = hang}, 200);
    expect_find(&find, "hung");
    hunt_find_fini(&find);
}

static void clean_program_stays_clean(void)
{
    hunt_options options = {.order = {.mode = SIM_WINDOWED, .strategy = "random"}, .runs = 500};
    hunt_find find;
    EXPECT_CODE_FATAL(hunt(three_clients(2), &options, &find), 0);
    EXPECT_EQ_STR(hunt_end_word(find.end), "clean");
    EXPECT_EQ_INT(find.runs, 500);
    EXPECT_EQ_INT(find.identity, 0);
    EXPECT_TRUE(strncmp(find.statement, "500 runs of at most ", 20) == 0);
    hunt_find_fini(&find);
}

/* ---- words ---- */

static int say_much(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3000; i++)
        fprintf(stderr, "%05d\n", i);
    return 7;
}

static void last_words_are_kept(void)
{
    worker_report report;
    EXPECT_CODE_FATAL(worker_run(say_much, NULL, &(worker_limits){0}, &report), 0);
    EXPECT_EQ_INT(report.end, WORKER_RETURNED);
    EXPECT_EQ_INT(report.status, 7);
    size_t len = strlen(report.words);
    EXPECT_EQ_INT(len, WORKER_WORDS - 1);
    EXPECT_EQ_STR(report.words + len - 12, "02998\n02999\n");
}

const test_case test_hunt[] = {TEST(failure_is_told),
                               TEST(stall_is_told),
                               TEST(crash_keeps_its_schedule),
                               TEST(exit_is_told_with_its_last_words),
                               TEST(callback_that_hangs_is_ended),
                               TEST(clean_program_stays_clean),
                               TEST(last_words_are_kept),
                               TEST_END};
