/* SPDX-License-Identifier: MIT
 *
 * Exhaustive search: the numbers of orders that are known, no order twice, and the same ends as all orders
 * one by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "simnet/explore/dpor.h"
#include "tests/expect.h"
#include "tests/small_programs.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"

typedef struct walk {
    uint64_t runs, failed, blocked;
    size_t steps_max;
    char statement[200];
} walk;

/* All runs of a strategy that knows its end, at most so many. */
static walk walk_all(const sim_scenario *scenario, const sim_order_options *options, uint64_t runs_max)
{
    walk done = {0};
    sim_order *order;
    EXPECT_CODE_FATAL(sim_order_create(options, &order), 0);
    simp_strategy *strategy = order->strategy;
    do {
        sim_run_options run = {.seed = 1, .order = order};
        sim_result result;
        EXPECT_CODE_FATAL(sim_scenario_run(scenario, &run, &result), 0);
        done.runs++;
        done.failed += result.outcome != SIM_PASSED;
        done.steps_max = result.steps > done.steps_max ? result.steps : done.steps_max;
    } while (strategy->ops->next(strategy) && done.runs < runs_max);
    if (strategy->ops == &simp_strategy_dpor)
        done.blocked = ((simp_dpor *)strategy)->blocked_runs;
    strategy->ops->state(strategy, done.statement, sizeof done.statement);
    sim_order_destroy(order);
    return done;
}

/* ---- known numbers ---- */

/* The server's four steps for each client in any merge: (4n)! / 4!^n. */
static void merges_of_clients_are_counted(void)
{
    static const uint64_t orders[] = {1, 70, 34650};
    for (unsigned count = 1; count <= 3; count++) {
        sim_order_options options = {.mode = SIM_CAUSAL, .strategy = "dpor"};
        walk done = walk_all(three_clients(count), &options, 100000);
        EXPECT_EQ_INT(done.runs, orders[count - 1]);
        EXPECT_EQ_INT(done.blocked, 0);
        EXPECT_EQ_INT(done.failed, 0);
    }
}

/* Where sockets share nothing, the listener's queue alone orders clients: n!. */
static void orders_of_acceptance_are_counted(void)
{
    static const uint64_t orders[] = {1, 2, 6, 24};
    for (unsigned count = 1; count <= 4; count++) {
        sim_order_options options = {.mode = SIM_CAUSAL, .strategy = "dpor", .by_object = true};
        walk done = walk_all(three_clients(count), &options, 100000);
        EXPECT_EQ_INT(done.runs, orders[count - 1]);
        EXPECT_EQ_INT(done.blocked, 0);
        EXPECT_EQ_INT(done.failed, 0);
    }
}

static void statement_tells_what_was_proved(void)
{
    sim_order_options options = {.mode = SIM_CAUSAL, .strategy = "dpor"};
    walk done = walk_all(three_clients(2), &options, 100000);
    EXPECT_EQ_STR(done.statement, "all 70 inequivalent orders of at most 18 steps");
}

/* After a fifth of the 34 650 orders the estimate is right but for a factor of three. */
static void estimate_is_of_the_right_size(void)
{
    sim_order_options options = {.mode = SIM_CAUSAL, .strategy = "dpor"};
    walk done = walk_all(three_clients(3), &options, 7000);
    const char *about = strstr(done.statement, "of about ");
    EXPECT_TRUE_FATAL(about != NULL);
    long estimate = strtol(about + strlen("of about "), NULL, 10);
    EXPECT_TRUE(estimate > 34650 / 3);
    EXPECT_TRUE(estimate < 34650 * 3);
}

/* ---- the same ends as brute force ---- */

enum { ENDS_MAX = 4096, PROGRAMS = 300, STEPS_MAX = 12, RUNS_MAX = 30000 };

typedef struct ends {
    uint64_t states[ENDS_MAX];
    size_t count;
} ends;

static void add_end(void *context, uint64_t state)
{
    ends *all = context;
    size_t at = 0;
    while (at < all->count && all->states[at] < state)
        at++;
    if ((at < all->count && all->states[at] == state) || all->count == ENDS_MAX)
        return;
    memmove(all->states + at + 1, all->states + at, (all->count - at) * sizeof *all->states);
    all->states[at] = state;
    all->count++;
}

static walk walk_program(uint64_t number, const char *strategy, ends *into)
{
    into->count = 0;
    small_program program = {.number = number, .seen = add_end, .context = into};
    sim_scenario scenario = small_program_scenario(&program);
    sim_order_options options = {.mode = SIM_CAUSAL, .strategy = strategy};
    return walk_all(&scenario, &options, RUNS_MAX);
}

static void ends_are_those_of_all_orders(void)
{
    ends *reduced = malloc(sizeof *reduced), *all = malloc(sizeof *all);
    unsigned compared = 0, with_several = 0;
    for (uint64_t number = 0; number < PROGRAMS; number++) {
        walk brute = walk_program(number, "odometer", all);
        if (brute.steps_max > STEPS_MAX || brute.runs == RUNS_MAX)
            continue;
        walk done = walk_program(number, "dpor", reduced);
        compared++;
        with_several += all->count > 1;
        EXPECT_EQ_INT(done.failed, 0);
        EXPECT_TRUE(done.runs <= brute.runs);
        if (!EXPECT_EQ_INT(reduced->count, all->count) ||
            !EXPECT_EQ_MEM(reduced->states, all->states, all->count * sizeof *all->states))
            printf("# program %d\n", (int)number);
    }
    EXPECT_TRUE(compared > PROGRAMS / 2);
    EXPECT_TRUE(with_several > PROGRAMS / 4);
    free(reduced);
    free(all);
}

const test_case test_dpor[] = {TEST(merges_of_clients_are_counted),   TEST(orders_of_acceptance_are_counted),
                               TEST(statement_tells_what_was_proved), TEST(estimate_is_of_the_right_size),
                               TEST(ends_are_those_of_all_orders),    TEST_END};
