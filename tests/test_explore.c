/* SPDX-License-Identifier: MIT
 *
 * Searches: when they end, what they find again, what they say; and what every strategy has in common.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "simnet/explore/chance_text.h"
#include "simnet/explore/swarm_faults.h"
#include "tests/expect.h"
#include "tests/order_chains.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"

static sim_explore_result explore(const sim_scenario *scenario, const sim_explore_options *options)
{
    sim_explore_result result;
    EXPECT_CODE_FATAL(sim_explore(scenario, options, &result), 0);
    return result;
}

/* ---- every strategy ---- */

static void every_strategy_leaves_a_sound_program_alone(void)
{
    static const sim_time_mode modes[] = {SIM_WINDOWED, SIM_CAUSAL};
    for (size_t i = 0; sim_strategy_name(i) != NULL; i++) {
        for (size_t m = 0; m < 2; m++) {
            sim_explore_result result = explore(
                three_clients(3),
                &(sim_explore_options){
                    .strategy = sim_strategy_name(i), .mode = modes[m], .by_packet = true, .runs_max = 60});
            EXPECT_EQ_INT(result.failure_count, 0);
            EXPECT_EQ_STR(result.failures[0].result.message, "");
            EXPECT_TRUE(result.runs > 0 && result.steps > 0);
            sim_explore_result_fini(&result);
        }
    }
}

typedef struct diary {
    uint64_t hash;
    unsigned runs;
    unsigned mutants, members, delays;
    char first[32];
} diary;

static bool write_diary(void *context, const sim_explore_progress *progress)
{
    static const char *const members[] = {"late",     "urw",      "surw",  "pos", "tapct-2",
                                          "tapct-3", "tapct-5", "pct-3", "hold"};
    diary *d = context;
    if (d->runs++ == 0)
        snprintf(d->first, sizeof d->first, "%s", progress->strategy);
    d->mutants += strcmp(progress->strategy, "mutant") == 0;
    d->delays += strcmp(progress->strategy, "delay-1-all") == 0;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        d->members += strcmp(progress->strategy, members[i]) == 0;
    d->hash = simp_hash_bytes(d->hash, progress->last->fingerprint, sizeof progress->last->fingerprint);
    return false;
}

static diary keep_diary(const char *strategy, sim_time_mode mode, const sim_scenario *scenario, uint64_t seed,
                        uint64_t runs)
{
    diary d = {0};
    sim_explore_result result = explore(scenario, &(sim_explore_options){.strategy = strategy,
                                                                         .mode = mode,
                                                                         .seed = seed,
                                                                         .runs_max = runs,
                                                                         .on_run = write_diary,
                                                                         .context = &d});
    EXPECT_EQ_INT(d.runs, result.runs);
    sim_explore_result_fini(&result);
    return d;
}

/* After any learning: 150 runs, each of which may depend on all before. */
static void same_seed_same_search(void)
{
    for (size_t i = 0; sim_strategy_name(i) != NULL; i++) {
        diary one = keep_diary(sim_strategy_name(i), SIM_WINDOWED, three_clients(2), 5, 150);
        diary other = keep_diary(sim_strategy_name(i), SIM_WINDOWED, three_clients(2), 5, 150);
        diary third = keep_diary(sim_strategy_name(i), SIM_WINDOWED, three_clients(2), 6, 150);
        EXPECT_EQ_MEM(&one.hash, &other.hash, sizeof one.hash);
        EXPECT_TRUE(one.hash != third.hash);
    }
}

/* ---- the portfolio ---- */

static void portfolio_begins_with_the_default_order_and_takes_turns(void)
{
    enum { RUNS = 300 };
    diary d = keep_diary(NULL, SIM_CAUSAL, order_chains(2, 6, ""), 1, RUNS);
    EXPECT_EQ_STR(d.first, "natural");
    /* 12 steps, at most 11 of them choices: a run for no delay, one for each look, and one that comes to no
     * more; every tenth run until then. */
    EXPECT_TRUE(d.delays >= 7 && d.delays <= 14);
    EXPECT_EQ_INT(d.mutants, (RUNS - 1 - d.delays) / 10);
    EXPECT_EQ_INT(d.members, RUNS - 1 - d.delays - d.mutants);
}

/* ---- findings ---- */

static void failing_run_is_repeated_by_its_journal(void)
{
    static const char *const strategies[] = {"random", "pct-3", "urw", "surw", "delay-2", "feedback", NULL};
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        const sim_scenario *scenario = order_chains(2, 4, "aaabab");
        sim_explore_result found = explore(
            scenario, &(sim_explore_options){
                          .strategy = strategies[i], .mode = SIM_CAUSAL, .seed = 7, .runs_max = 5000});
        EXPECT_EQ_INT_FATAL(found.failure_count, 1);
        EXPECT_EQ_INT(found.end, SIM_EXPLORE_FOUND);
        const sim_explore_failure *failure = &found.failures[0];
        EXPECT_EQ_INT(failure->run, found.runs);
        EXPECT_EQ_STR(failure->result.message, "the order began with aaabab");
        EXPECT_TRUE_FATAL(failure->journal != NULL);
        sim_order *order = NULL;
        sim_result again;
        EXPECT_CODE_FATAL(sim_order_create(&(sim_order_options){.mode = SIM_CAUSAL}, &order), 0);
        sim_order_follow(order, failure->journal->values, failure->journal->count);
        sim_scenario_run(scenario, &(sim_run_options){.seed = failure->seed, .order = order}, &again);
        EXPECT_EQ_STR(again.message, failure->result.message);
        EXPECT_EQ_MEM(again.fingerprint, failure->result.fingerprint, sizeof again.fingerprint);
        sim_order_destroy(order);
        sim_explore_result_fini(&found);
    }
}

static void search_that_goes_on_tells_failures_apart(void)
{
    sim_explore_result all = explore(
        order_chains(2, 3, "ab"),
        &(sim_explore_options){.strategy = "random", .mode = SIM_CAUSAL, .runs_max = 200, .goes_on = true});
    EXPECT_EQ_INT(all.end, SIM_EXPLORE_RUNS);
    EXPECT_EQ_INT(all.runs, 200);
    EXPECT_EQ_INT(all.failure_count, 1);
    EXPECT_EQ_INT(all.failures[0].times, all.failed_runs);
    /* A quarter begins so: a, then b. */
    EXPECT_TRUE(all.failed_runs > 25 && all.failed_runs < 75);
    sim_explore_result_fini(&all);
}

/* ---- the corpus ---- */

typedef struct collection {
    sim_journal *journals[64];
    size_t count;
    unsigned repeated; /* runs of a corpus */
    uint32_t coverage_of_corpus;
} collection;

static bool collect(void *context, const sim_explore_progress *progress)
{
    collection *c = context;
    if (strcmp(progress->strategy, "corpus") == 0) {
        c->repeated++;
        c->coverage_of_corpus = progress->coverage;
    } else if (progress->is_new && c->count < 64) {
        const sim_journal *made = progress->journal;
        sim_journal *copy = malloc(sizeof *copy + made->count * sizeof *copy->values);
        *copy = (sim_journal){.seed = made->seed, .count = made->count, .values = (uint32_t *)(copy + 1)};
        memcpy(copy->values, made->values, made->count * sizeof *copy->values);
        c->journals[c->count++] = copy;
    }
    return false;
}

/* What one search showed, its corpus shows again before the next one begins. */
static void corpus_is_repeated_first(void)
{
    collection kept = {.count = 0}, again = {.count = 0};
    sim_explore_options options = {.runs_max = 300, .on_run = collect, .context = &kept};
    sim_explore_result first = explore(three_clients(2), &options);
    EXPECT_TRUE(kept.count > 5 && kept.count < 64);
    options.context = &again;
    options.corpus = (const sim_journal *const *)kept.journals;
    options.corpus_count = kept.count;
    sim_explore_result second = explore(three_clients(2), &options);
    EXPECT_EQ_INT(again.repeated, kept.count);
    EXPECT_EQ_INT(again.coverage_of_corpus, first.coverage);
    for (size_t i = 0; i < kept.count; i++)
        free(kept.journals[i]);
    for (size_t i = 0; i < again.count; i++)
        free(again.journals[i]);
    sim_explore_result_fini(&first);
    sim_explore_result_fini(&second);
}

/* ---- ends ---- */

static void search_ends_when_nothing_new_is_shown(void)
{
    sim_explore_result result = explore(order_chains(2, 3, ""), &(sim_explore_options){.mode = SIM_CAUSAL});
    EXPECT_EQ_INT(result.end, SIM_EXPLORE_SATURATED);
    EXPECT_TRUE(result.runs >= 1000 && result.runs < 2000);
    EXPECT_TRUE(strstr(result.statement, "nothing new was shown any more") != NULL);
    EXPECT_TRUE(strstr(result.statement, "every order with at most 1 delay was run") != NULL);
    EXPECT_TRUE(strstr(result.statement, "a bug of depth 3 would have been missed") != NULL);
    sim_explore_result_fini(&result);
}

/* The caller's order shows the steps of the run that failed. */
static void search_with_an_order_of_the_callers(void)
{
    sim_order *order = NULL;
    EXPECT_CODE_FATAL(sim_order_create(&(sim_order_options){.mode = SIM_CAUSAL, .strategy = "urw"}, &order),
                      0);
    sim_explore_result result = explore(order_chains(2, 3, "ba"), &(sim_explore_options){.order = order});
    EXPECT_EQ_INT_FATAL(result.failure_count, 1);
    EXPECT_EQ_STR(result.failures[0].strategy, "urw");
    EXPECT_EQ_INT(sim_order_step_count(order), 6);
    EXPECT_EQ_STR(sim_order_step_at(order, 0).label, "b->server datagram");
    EXPECT_EQ_STR(sim_order_step_at(order, 1).label, "a->server datagram");
    sim_explore_result_fini(&result);
    sim_order_destroy(order);
}

/* Of 2 chains of 3 there are 20 orders; of two clients 70 that differ at a host. */
static void exhaustive_search_is_complete(void)
{
    sim_explore_options options = {.strategy = "dpor", .mode = SIM_CAUSAL};
    sim_explore_result chains = explore(order_chains(2, 3, ""), &options);
    EXPECT_EQ_INT(chains.end, SIM_EXPLORE_COMPLETE);
    EXPECT_EQ_INT(chains.runs, 20);
    sim_explore_result_fini(&chains);
    sim_explore_result clients = explore(three_clients(2), &options);
    EXPECT_EQ_INT(clients.end, SIM_EXPLORE_COMPLETE);
    EXPECT_EQ_INT(clients.runs, 70);
    EXPECT_TRUE(strstr(clients.statement, "all 70 inequivalent orders") != NULL);
    sim_explore_result_fini(&clients);
}

static bool stop_at_tenth(void *context, const sim_explore_progress *progress)
{
    (void)context;
    return progress->runs == 10;
}

static void search_ends_when_it_is_asked_to(void)
{
    sim_explore_result result = explore(three_clients(1), &(sim_explore_options){.on_run = stop_at_tenth});
    EXPECT_EQ_INT(result.end, SIM_EXPLORE_ASKED);
    EXPECT_EQ_INT(result.runs, 10);
    sim_explore_result_fini(&result);
}

static void search_without_sense_is_refused(void)
{
    sim_explore_result result;
    sim_scenario nothing = {.name = "nothing"};
    EXPECT_CODE(sim_explore(three_clients(1), &(sim_explore_options){.strategy = "guess"}, &result),
                WSAEINVAL);
    EXPECT_CODE(sim_explore(&nothing, NULL, &result), WSAEINVAL);
    EXPECT_EQ_INT(result.runs, 0);
}

/* Whatever memory is refused, the search ends, and nothing stays behind. */
static void search_survives_refused_memory(void)
{
    static const char *const strategies[] = {NULL, "surw", "swarm+pos", "feedback"};
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        for (uint64_t refuse = 1; refuse < 4000; refuse += 1 + refuse / 5) {
            cas_counting_allocator counting;
            cas_counting_allocator_init(&counting, cas_allocator_system());
            counting.refuse_at = refuse;
            sim_explore_result result;
            sim_explore(
                order_chains(2, 3, ""),
                &(sim_explore_options){.strategy = strategies[i], .runs_max = 30, .memory = &counting.base},
                &result);
            sim_explore_result_fini(&result);
            EXPECT_EQ_INT(counting.blocks_live, 0);
        }
    }
}

/* ---- delays ---- */

/* Of two hosts: those of the default order up to some step, then all of the host whose turn it was not, then
 * the rest.  What the model gives is what is run, and nothing else. */
static void every_order_with_one_delay_is_run(void)
{
    enum { DATAGRAMS = 4, ALL = 2 * DATAGRAMS };
    char natural[ALL + 1], expected[ALL + 1][ALL + 1];
    bool met[ALL + 1] = {false};
    sim_order *order = NULL;
    sim_result run;
    const sim_scenario *scenario = order_chains(2, DATAGRAMS, "");
    EXPECT_CODE_FATAL(sim_order_create(&(sim_order_options){.mode = SIM_CAUSAL}, &order), 0);
    sim_scenario_run(scenario, &(sim_run_options){.order = order}, &run);
    sim_order_destroy(order);
    snprintf(natural, sizeof natural, "%s", order_chains_last());
    for (unsigned cut = 0; cut <= ALL; cut++) {
        unsigned at = cut, late = 0;
        memcpy(expected[cut], natural, sizeof natural);
        for (unsigned i = cut; i < ALL; i++) {
            if (natural[i] != natural[cut])
                expected[cut][at++] = natural[i];
            else
                late++;
        }
        memset(expected[cut] + at, natural[cut], late);
    }
    EXPECT_CODE_FATAL(
        sim_order_create(&(sim_order_options){.mode = SIM_CAUSAL, .strategy = "delay-1-all"}, &order), 0);
    for (unsigned i = 0; i < ALL + 2; i++) {
        unsigned which = 0;
        sim_scenario_run(scenario, &(sim_run_options){.order = order}, &run);
        for (unsigned cut = 0; cut <= ALL; cut++) {
            which += strcmp(expected[cut], order_chains_last()) == 0;
            met[cut] |= strcmp(expected[cut], order_chains_last()) == 0;
        }
        if (which == 0)
            EXPECT_EQ_STR(order_chains_last(), "an order with one delay");
    }
    for (unsigned cut = 0; cut <= ALL; cut++) {
        if (!met[cut])
            EXPECT_EQ_STR("not run", expected[cut]);
    }
    sim_order_destroy(order);
}

/* ---- bytes ---- */

static void bytes_choose_and_then_the_default_goes_on(void)
{
    static const uint8_t ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    sim_order *order = NULL;
    sim_result first, chosen, again;
    char natural[16], text[16];
    EXPECT_CODE_FATAL(sim_order_create(&(sim_order_options){.mode = SIM_CAUSAL, .strategy = "bytes"}, &order),
                      0);
    sim_scenario_run(order_chains(2, 3, ""), &(sim_run_options){.order = order}, &first);
    snprintf(natural, sizeof natural, "%s", order_chains_last());
    EXPECT_CODE(sim_order_set_bytes(order, ones, 2), 0);
    sim_scenario_run(order_chains(2, 3, ""), &(sim_run_options){.order = order}, &chosen);
    snprintf(text, sizeof text, "%s", order_chains_last());
    EXPECT_TRUE(strcmp(natural, text) != 0);
    sim_scenario_run(order_chains(2, 3, ""), &(sim_run_options){.order = order}, &again);
    EXPECT_EQ_MEM(again.fingerprint, chosen.fingerprint, sizeof again.fingerprint);
    sim_order_destroy(order);
    EXPECT_CODE_FATAL(sim_order_create(NULL, &order), 0);
    EXPECT_CODE(sim_order_set_bytes(order, ones, 2), WSAEINVAL);
    sim_order_destroy(order);
}

/* ---- faults ---- */

static void swarm_draws_kinds_and_strengths_for_each_run(void)
{
    enum { RUNS = 400 };
    order_chains_plan plan = {.hosts = 2, .datagrams = 20, .loss_ppm = 1};
    sim_order *order = NULL;
    unsigned without = 0, few = 0, many = 0;
    EXPECT_CODE_FATAL(
        sim_order_create(&(sim_order_options){.mode = SIM_WINDOWED, .strategy = "swarm"}, &order), 0);
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        sim_result run;
        sim_scenario_run(order_chains_of(&plan), &(sim_run_options){.seed = seed, .order = order}, &run);
        without += run.faults == 0;
        few += run.faults > 0 && run.faults < 5;
        many += run.faults >= 5;
    }
    /* 10 % of the runs are empty, loss is not available in half of the others, and the weakest of what is
     * left shows nothing in 40 packets: 55 % and more. */
    EXPECT_TRUE(without > RUNS * 50 / 100 && without < RUNS * 85 / 100);
    EXPECT_TRUE(few > RUNS * 3 / 100);
    EXPECT_TRUE(many > RUNS * 3 / 100);
    sim_order_destroy(order);
}

static void swarm_is_over_in_the_second_half(void)
{
    simp_knowledge knowledge = {.runs = 1, .steps = {.max = 100}};
    simp_site site;
    unsigned early = 0, late = 0;
    simp_site_init(&site, 1, "link lan server>", "loss");
    for (uint64_t seed = 0; seed < 50; seed++) {
        simp_swarm swarm;
        simp_swarm_begin(&swarm, seed, &knowledge);
        for (uint64_t ordinal = 1; ordinal <= 20; ordinal++) {
            early += simp_swarm_choose(&swarm, 49, &site, ordinal, 2, 1);
            late += simp_swarm_choose(&swarm, 50, &site, ordinal, 2, 1);
        }
    }
    EXPECT_TRUE(early > 20);
    EXPECT_EQ_INT(late, 0);
}

/* ---- a world that is healed ---- */

enum { DRAWS = 100 };

/* All packets before the healing are lost, none after it; the user's draws go on. */
static void healed_world_does_no_harm(void)
{
    sim_world *world = NULL;
    simp_site site;
    unsigned before = 0, after = 0, own = 0;
    EXPECT_CODE_FATAL(sim_world_create(&(sim_world_options){.seed = 3}, &world), 0);
    simp_site_init(&site, 3, "link lan server>", "loss");
    for (unsigned i = 0; i < DRAWS; i++)
        before += simp_choose_chance(world, &site, 1000000);
    sim_world_heal(world);
    for (unsigned i = 0; i < DRAWS; i++) {
        after += simp_choose_chance(world, &site, 1000000);
        own += sim_world_choose(world, "size", 10) != 0;
    }
    EXPECT_EQ_INT(before, DRAWS);
    EXPECT_EQ_INT(after, 0);
    EXPECT_TRUE(own > DRAWS / 2);
    EXPECT_EQ_INT(sim_world_choice_count(world), DRAWS + own);
    sim_world_destroy(world);
}

/* ---- statements ---- */

/* n = 8 chains, k = 60: depth 2 after 10 000 runs less than 1e-9, depth 3 after 10 000 runs 0.71, after
 * 200 000 runs 0.001. */
static void chance_of_a_miss_is_that_of_the_formula(void)
{
    char text[SIMP_CHANCE_TEXT_MAX];
    simp_write_miss(text, simp_miss_of_pct(8, 60, 2), 10000);
    EXPECT_EQ_STR(text, "less than 1e-9");
    simp_write_miss(text, simp_miss_of_pct(8, 60, 3), 10000);
    EXPECT_TRUE(strncmp(text, "0.70", 4) == 0 || strncmp(text, "0.71", 4) == 0);
    simp_write_miss(text, simp_miss_of_pct(8, 60, 3), 200000);
    EXPECT_TRUE(strncmp(text, "0.000", 5) == 0 || strncmp(text, "0.001", 5) == 0);
    simp_write_miss(text, simp_miss_of_pct(8, 60, 5), 10);
    EXPECT_EQ_STR(text, "more than 0.9999");
    EXPECT_TRUE(simp_miss_of_pct(1, 1, 3) < 2);
    EXPECT_TRUE(simp_miss_of_pct(UINT32_MAX, UINT32_MAX, 8) == UINT64_MAX);
}

const test_case test_explore[] = {TEST(every_strategy_leaves_a_sound_program_alone),
                                  TEST(same_seed_same_search),
                                  TEST(portfolio_begins_with_the_default_order_and_takes_turns),
                                  TEST(failing_run_is_repeated_by_its_journal),
                                  TEST(search_that_goes_on_tells_failures_apart),
                                  TEST(corpus_is_repeated_first),
                                  TEST(search_ends_when_nothing_new_is_shown),
                                  TEST(search_ends_when_it_is_asked_to),
                                  TEST(search_with_an_order_of_the_callers),
                                  TEST(exhaustive_search_is_complete),
                                  TEST(search_without_sense_is_refused),
                                  TEST(search_survives_refused_memory),
                                  TEST(every_order_with_one_delay_is_run),
                                  TEST(bytes_choose_and_then_the_default_goes_on),
                                  TEST(swarm_draws_kinds_and_strengths_for_each_run),
                                  TEST(swarm_is_over_in_the_second_half),
                                  TEST(healed_world_does_no_harm),
                                  TEST(chance_of_a_miss_is_that_of_the_formula),
                                  TEST_END};
