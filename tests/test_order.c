/* SPDX-License-Identifier: MIT
 *
 * Orders: without a strategy nothing changes; every order that a mode of time allows ends as it should; what
 * happens has names.
 */
#include <string.h>

#include "castanet/sim_explore.h"
#include "tests/expect.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"

static sim_order *order_of(sim_time_mode mode, bool by_packet, const char *strategy)
{
    sim_order_options options = {.mode = mode, .by_packet = by_packet, .strategy = strategy};
    sim_order *order = NULL;
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    return order;
}

static sim_result run(const sim_scenario *scenario, sim_order *order, uint64_t seed)
{
    sim_run_options options = {.seed = seed, .order = order};
    sim_result result;
    EXPECT_CODE_FATAL(sim_scenario_run(scenario, &options, &result), 0);
    return result;
}

static void natural_order_is_the_run_without_one(void)
{
    sim_order *order = order_of(SIM_TIMED, false, "natural");
    for (unsigned count = 1; count <= 3; count++) {
        sim_result plain = run(three_clients(count), NULL, 7), ordered = run(three_clients(count), order, 7);
        EXPECT_EQ_STR(sim_outcome_word(plain.outcome), "passed");
        EXPECT_EQ_MEM(ordered.fingerprint, plain.fingerprint, sizeof plain.fingerprint);
        EXPECT_EQ_INT(ordered.events, plain.events);
    }
    sim_order_destroy(order);
}

/* Seven notifications a client, in each mode: none is lost or made twice by whom they wait for. */
static void every_mode_makes_the_same_notifications(void)
{
    static const struct {
        sim_time_mode mode;
        bool by_packet;
    } modes[] = {{SIM_TIMED, false}, {SIM_WINDOWED, false}, {SIM_CAUSAL, false}, {SIM_CAUSAL, true}};
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        sim_order *order = order_of(modes[m].mode, modes[m].by_packet, "natural");
        for (unsigned count = 1; count <= 3; count++) {
            sim_result result = run(three_clients(count), order, 1);
            EXPECT_EQ_STR(sim_outcome_word(result.outcome), "passed");
            EXPECT_EQ_INT(result.notifications, 7 * count);
        }
        sim_order_destroy(order);
    }
}

static void every_random_order_ends_well(void)
{
    enum { SEEDS = 300 };
    sim_order *windowed = order_of(SIM_WINDOWED, false, "random"),
              *causal = order_of(SIM_CAUSAL, true, "random");
    uint8_t first[16];
    unsigned differ = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sim_result w = run(three_clients(3), windowed, seed), c = run(three_clients(3), causal, seed);
        EXPECT_EQ_STR(w.message, "");
        EXPECT_EQ_STR(c.message, "");
        if (seed == 0)
            memcpy(first, w.fingerprint, sizeof first);
        differ += memcmp(first, w.fingerprint, sizeof first) != 0;
    }
    EXPECT_TRUE(differ > SEEDS / 2);
    sim_order_destroy(windowed);
    sim_order_destroy(causal);
}

static void same_seed_same_order(void)
{
    sim_order *one = order_of(SIM_WINDOWED, false, "random"),
              *other = order_of(SIM_WINDOWED, false, "random");
    run(three_clients(3), one, 99);
    for (uint64_t seed = 0; seed < 20; seed++) {
        sim_result a = run(three_clients(3), one, seed), b = run(three_clients(3), other, seed);
        EXPECT_EQ_MEM(a.fingerprint, b.fingerprint, sizeof a.fingerprint);
    }
    sim_order_destroy(one);
    sim_order_destroy(other);
}

enum { JOURNAL = 1000 };

/* What was written down says again what happened; one answer that is not possible is told. */
static void journal_repeats_the_run(void)
{
    sim_journal *journal = &(sim_journal){.capacity = JOURNAL, .values = (uint32_t[JOURNAL]){0}};
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = "random", .journal = journal};
    sim_order *order, *other = order_of(SIM_WINDOWED, false, "natural");
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    for (uint64_t seed = 0; seed < 50; seed++) {
        sim_result first = run(three_clients(3), order, seed);
        EXPECT_EQ_INT(journal->seed, seed);
        EXPECT_EQ_INT(journal->runs, seed + 1);
        EXPECT_TRUE(journal->count > 20);
        sim_order_follow(other, journal->values, journal->count);
        sim_result again = run(three_clients(3), other, seed);
        EXPECT_EQ_MEM(again.fingerprint, first.fingerprint, sizeof first.fingerprint);
        EXPECT_EQ_INT(sim_order_misfits(other), 0);
    }
    journal->values[3] = 1000;
    run(three_clients(3), other, 49);
    EXPECT_TRUE(sim_order_misfits(other) > 0);
    sim_order_destroy(order);
    sim_order_destroy(other);
}

static void journal_that_is_full_counts_the_rest(void)
{
    sim_journal *journal = &(sim_journal){.capacity = 1, .values = (uint32_t[1]){0}};
    sim_order *order;
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = "random", .journal = journal};
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    sim_result result = run(three_clients(2), order, 5);
    EXPECT_EQ_STR(result.message, "");
    EXPECT_EQ_INT(journal->count, 1);
    EXPECT_TRUE(journal->lost > 10);
    sim_order_destroy(order);
}

static bool has_step(const sim_order *order, const char *label, uint32_t occurrence)
{
    for (size_t i = 0; i < sim_order_step_count(order); i++) {
        sim_order_step step = sim_order_step_at(order, i);
        if (strcmp(step.label, label) == 0 && step.occurrence == occurrence)
            return true;
    }
    return false;
}

static void steps_have_names(void)
{
    static const struct {
        const char *label;
        uint32_t occurrence;
    } expected[] = {{"server start", 1},
                    {"client1->server SYN", 1},
                    {"server->client1 SYN-ACK", 1},
                    {"client1/socket#1 OnConnect", 1},
                    {"client2->server data", 2},
                    {"server/listen:80 OnAccept", 2},
                    {"server/conn#1 OnReceive", 2},
                    {"server/conn#2 OnClose", 1},
                    {"client2->server FIN", 1}};
    sim_order *order = order_of(SIM_TIMED, false, "natural");
    run(three_clients(2), order, 0);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (!has_step(order, expected[i].label, expected[i].occurrence))
            EXPECT_EQ_STR("no such step", expected[i].label);
    }
    sim_order_destroy(order);
}

static void unknown_strategy_is_refused(void)
{
    sim_order *order = NULL;
    EXPECT_CODE(sim_order_create(&(sim_order_options){.strategy = "guess"}, &order), WSAEINVAL);
    EXPECT_TRUE(order == NULL);
}

const test_case test_order[] = {TEST(natural_order_is_the_run_without_one),
                                TEST(every_mode_makes_the_same_notifications),
                                TEST(every_random_order_ends_well),
                                TEST(same_seed_same_order),
                                TEST(journal_repeats_the_run),
                                TEST(journal_that_is_full_counts_the_rest),
                                TEST(steps_have_names),
                                TEST(unknown_strategy_is_refused),
                                TEST_END};
