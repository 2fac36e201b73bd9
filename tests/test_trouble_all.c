/* SPDX-License-Identifier: MIT
 *
 * Every placement of faults: the numbers that other ways of counting give, failures that need two of them,
 * and the same ends as brute force where faults meet orders.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "simnet/explore/order.h"
#include "tests/expect.h"
#include "tests/small_programs.h"
#include "tests/talk.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"

static sim_explore_result explore(const sim_scenario *scenario, const char *strategy, sim_time_mode mode,
                                  uint64_t runs_max)
{
    sim_explore_result found;
    EXPECT_CODE_FATAL(
        sim_explore(scenario,
                    &(sim_explore_options){
                        .strategy = strategy, .mode = mode, .seed = 1, .runs_max = runs_max, .goes_on = true},
                    &found),
        0);
    return found;
}

static uint64_t runs_of(unsigned kinds, const char *strategy)
{
    talk initial = {0};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = kinds});
    sim_explore_result found = explore(&scenario, strategy, SIM_WINDOWED, 0);
    EXPECT_EQ_INT(found.end, SIM_EXPLORE_COMPLETE);
    EXPECT_EQ_INT(found.failure_count, 0);
    uint64_t runs = found.runs;
    sim_explore_result_fini(&found);
    return runs;
}

/* ---- counted on the wire ---- */

/* The packets of the talk in the order in which they arrive, when the nth of them, from 1, is lost (0: none):
 * one hop each, so all that were sent. */
static unsigned packets_with_loss_of(const char *fact)
{
    static wire_log log;
    char text[512];
    talk initial = {.log = &log};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = SIM_MAY_DROP});
    sim_schedule *schedule = NULL;
    sim_schedule_error error;
    sim_rerun rerun;
    snprintf(
        text, sizeof text,
        "castanet schedule 1\nscenario talk\nmode windowed\nseed 1\noutcome passed 0000000000000000\n%s\n",
        fact);
    EXPECT_CODE_FATAL(sim_schedule_parse(text, strlen(text), NULL, &schedule, &error), 0);
    EXPECT_CODE_FATAL(sim_schedule_replay(schedule, &scenario, &rerun), 0);
    EXPECT_EQ_INT(rerun.unknown, 0);
    sim_schedule_destroy(schedule);
    unsigned lost = 0;
    for (unsigned i = 0; i < log.count; i++)
        lost += strstr(log.line[i], " lost") != NULL;
    return log.count - lost;
}

static const char *const arrivals[] = {
    "client->server SYN#1", "server->client SYN-ACK#1", "client->server ACK#1", "client->server data#1",
    "server->client ACK#1", "client->server data#2",    "server->client ACK#2", "client->server data#3",
    "server->client ACK#3", "client->server FIN#1",     "server->client ACK#4", "server->client FIN#1",
    "client->server ACK#2"};
enum { ARRIVALS = sizeof arrivals / sizeof *arrivals };

static void each_packet_is_lost_once(void)
{
    EXPECT_EQ_INT(packets_with_loss_of("# nothing"), ARRIVALS);
    EXPECT_EQ_INT(runs_of(SIM_MAY_DROP, "faults-1"), 1 + ARRIVALS);
    EXPECT_EQ_INT(runs_of(SIM_MAY_DELAY, "faults-1"), 1 + 2 * ARRIVALS);
    EXPECT_EQ_INT(runs_of(SIM_MAY_DROP | SIM_MAY_DUPLICATE, "faults-1"), 1 + 2 * ARRIVALS);
    EXPECT_EQ_INT(runs_of(0, "faults-2"), 1);
}

/* If the ith packet is lost, any later one of that run may be lost too. */
static void each_pair_of_packets_is_lost_once(void)
{
    uint64_t expected = 1 + ARRIVALS;
    for (unsigned i = 1; i <= ARRIVALS; i++) {
        char fact[64];
        snprintf(fact, sizeof fact, "drop %s", arrivals[i - 1]);
        expected += packets_with_loss_of(fact) - i;
    }
    EXPECT_EQ_INT(runs_of(SIM_MAY_DROP, "faults-2"), expected);
    EXPECT_TRUE(expected > 1 + ARRIVALS + ARRIVALS * (ARRIVALS - 1) / 2);
}

static void statement_tells_what_was_run_and_what_is_left(void)
{
    talk initial = {0};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = SIM_MAY_DROP});
    sim_explore_result all = explore(&scenario, "faults-1", SIM_WINDOWED, 0);
    EXPECT_TRUE(strstr(all.statement, "\nevery placement of at most 1 fault in the default order: 14 runs (1 "
                                      "without, 13 with one, 0 with two), at 13 places") != NULL);
    sim_explore_result_fini(&all);
    all = explore(&scenario, "faults-1", SIM_WINDOWED, 10);
    EXPECT_EQ_INT(all.end, SIM_EXPLORE_RUNS);
    EXPECT_TRUE(strstr(all.statement, "10 runs (1 without, 9 with one, 0 with two), about 4 are left") !=
                NULL);
    sim_explore_result_fini(&all);
    all = explore(&scenario, "faults-2", SIM_WINDOWED, 50);
    const char *about = strstr(all.statement, "about ");
    EXPECT_TRUE_FATAL(about != NULL);
    long left = strtol(about + 6, NULL, 10);
    long really = (long)runs_of(SIM_MAY_DROP, "faults-2") - 50;
    EXPECT_TRUE(left > 0 && left <= really);
    sim_explore_result_fini(&all);
}

/* ---- in the portfolio ---- */

static bool count_faults_1(void *context, const sim_explore_progress *progress)
{
    *(unsigned *)context += strcmp(progress->strategy, "faults-1") == 0;
    return false;
}

static unsigned turns_of_single_faults(unsigned kinds)
{
    talk initial = {0};
    unsigned turns = 0;
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = kinds});
    sim_explore_options options = {.runs_max = 150, .on_run = count_faults_1, .context = &turns};
    sim_explore_result found;
    EXPECT_CODE_FATAL(sim_explore(&scenario, &options, &found), 0);
    bool is_told = strstr(found.statement, "every placement of at most 1 fault") != NULL;
    EXPECT_EQ_INT(is_told, kinds != 0);
    sim_explore_result_fini(&found);
    return turns;
}

static void portfolio_runs_every_single_fault(void)
{
    EXPECT_EQ_INT(turns_of_single_faults(SIM_MAY_DROP), 1 + ARRIVALS);
    EXPECT_EQ_INT(turns_of_single_faults(0), 0);
}

/* ---- two that must come together ---- */

static bool was_lost(const wire_log *log, const char *text) { return wire_log_matching(log, text) != 0; }

/* The last piece and the end that follows it half a second later. */
static void fail_if_both_are_lost(sim_world *world, void *state)
{
    const talk *t = state;
    unsigned pieces = 0, lost = 0;
    for (unsigned i = 0; i < t->log->count; i++) {
        pieces += strcmp(t->log->line[i], "client ACK 4") == 0;
        lost += strcmp(t->log->line[i], "client ACK 4 lost") == 0 && pieces == TALK_PIECES;
    }
    if (lost != 0 && was_lost(t->log, "client FIN ACK lost"))
        sim_world_fail(world, "both were lost");
}

static void two_losses_that_must_come_together_are_found(void)
{
    static wire_log log;
    talk initial = {.log = &log};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = SIM_MAY_DROP});
    scenario.check = fail_if_both_are_lost;
    sim_explore_result found = explore(&scenario, "faults-1", SIM_WINDOWED, 0);
    EXPECT_EQ_INT(found.end, SIM_EXPLORE_COMPLETE);
    EXPECT_EQ_INT(found.failure_count, 0);
    sim_explore_result_fini(&found);
    found = explore(&scenario, "faults-2", SIM_WINDOWED, 0);
    EXPECT_EQ_INT(found.end, SIM_EXPLORE_COMPLETE);
    EXPECT_EQ_INT_FATAL(found.failure_count, 1);
    EXPECT_EQ_INT(found.failures[0].times, 1);
    const sim_journal *journal = found.failures[0].journal;
    sim_schedule *schedule = NULL;
    char line[128];
    EXPECT_CODE_FATAL(sim_schedule_record(&scenario, &(sim_order_options){.mode = SIM_WINDOWED}, 1,
                                          journal->values, journal->count, &schedule),
                      0);
    EXPECT_EQ_INT(sim_schedule_fact_count(schedule), 2);
    EXPECT_EQ_STR(sim_schedule_fact(schedule, 0, line, sizeof line), "drop client->server data#3");
    EXPECT_EQ_STR(sim_schedule_fact(schedule, 1, line, sizeof line), "drop client->server FIN#1");
    sim_schedule_destroy(schedule);
    sim_explore_result_fini(&found);
    scenario.check = NULL;
    found = explore(&scenario, "faults-2", SIM_WINDOWED, 0);
    EXPECT_EQ_INT(found.end, SIM_EXPLORE_COMPLETE);
    EXPECT_EQ_INT(found.failed_runs, 0);
    sim_explore_result_fini(&found);
}

/* ---- with orders ---- */

enum { ENDS_MAX = 4096, PROGRAMS = 60, RUNS_MAX = 6000 };

typedef struct ends {
    const sim_scenario *program;
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

/* Of a combination of decisions with more than one fault the end does not count. */
static void check_if_one(sim_world *world, void *state)
{
    const small_program *p = state;
    if (sim_world_choice_count(world) <= 1)
        ((const ends *)p->context)->program->check(world, state);
}

static uint64_t walk(uint64_t number, const char *strategy, ends *into)
{
    into->count = 0;
    small_program program = {.number = number, .seen = add_end, .context = into};
    sim_scenario plain = small_program_scenario(&program), scenario = plain;
    into->program = &plain;
    scenario.check = check_if_one;
    scenario.faults.kinds = SIM_MAY_DROP | SIM_MAY_DUPLICATE;
    sim_explore_result found = explore(&scenario, strategy, SIM_CAUSAL, RUNS_MAX);
    uint64_t runs = found.end == SIM_EXPLORE_COMPLETE ? found.runs : 0;
    sim_explore_result_fini(&found);
    return runs;
}

static void ends_with_one_fault_are_those_of_all_orders(void)
{
    ends *reduced = malloc(sizeof *reduced), *all = malloc(sizeof *all);
    unsigned compared = 0, with_several = 0;
    for (uint64_t number = 0; number < PROGRAMS; number++) {
        if (walk(number, "odometer", all) == 0)
            continue;
        compared++;
        with_several += all->count > 2;
        EXPECT_TRUE(walk(number, "dpor-1", reduced) != 0);
        if (!EXPECT_EQ_INT(reduced->count, all->count) ||
            !EXPECT_EQ_MEM(reduced->states, all->states, all->count * sizeof *all->states))
            printf("# program %d\n", (int)number);
    }
    EXPECT_TRUE(compared >= 10);
    EXPECT_TRUE(with_several >= 8);
    free(reduced);
    free(all);
}

static void orders_with_a_fault_are_counted(void)
{
    sim_scenario scenario = *three_clients(2);
    sim_explore_result found = explore(&scenario, "dpor-1", SIM_CAUSAL, 0);
    EXPECT_TRUE(strstr(found.statement, "\nall 70 inequivalent orders of at most 18 steps with at most 1 "
                                        "fault: 70 without, 0 with one, at 0 places") != NULL);
    sim_explore_result_fini(&found);
    /* One client: a chain, so one order without a fault, and each of its packets may be lost. */
    scenario = *three_clients(1);
    scenario.faults.kinds = SIM_MAY_DROP;
    found = explore(&scenario, "dpor-1", SIM_CAUSAL, 0);
    EXPECT_EQ_INT(found.end, SIM_EXPLORE_COMPLETE);
    const char *with_one = strstr(found.statement, "1 without, "), *places = strstr(found.statement, ", at ");
    EXPECT_TRUE_FATAL(with_one != NULL && places != NULL);
    EXPECT_TRUE(strtol(places + 5, NULL, 10) >= 8); /* two handshakes of three and two pieces at least */
    EXPECT_EQ_INT(strtol(with_one + 11, NULL, 10), strtol(places + 5, NULL, 10));
    sim_explore_result_fini(&found);
    found = explore(&scenario, "dpor-1", SIM_CAUSAL, 7);
    EXPECT_TRUE(strstr(found.statement,
                       "all 1 inequivalent orders without a fault, and 6 with one, of about ") != NULL);
    sim_explore_result_fini(&found);
}

const test_case test_trouble_all[] = {TEST(each_packet_is_lost_once),
                                      TEST(each_pair_of_packets_is_lost_once),
                                      TEST(statement_tells_what_was_run_and_what_is_left),
                                      TEST(portfolio_runs_every_single_fault),
                                      TEST(two_losses_that_must_come_together_are_found),
                                      TEST(ends_with_one_fault_are_those_of_all_orders),
                                      TEST(orders_with_a_fault_are_counted),
                                      TEST_END};
