/* SPDX-License-Identifier: MIT
 *
 * The rules of faults that a search brings: what a schedule may say of them, when a run has not recovered,
 * what swarms do, and what shrinking leaves.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "simnet/explore/schedule.h"
#include "simnet/explore/swarm_faults.h"
#include "tests/expect.h"
#include "tests/talk.h"
#include "tests/test_list.h"

enum { ALL = (1 << SIM_MAY_KINDS) - 1 };

/* ---- the rules ---- */

static void kinds_that_are_not_allowed_do_not_happen(void)
{
    static played p;
    talk_play(&p, (talk){0}, (sim_fault_model){.kinds = SIM_MAY_DELAY}, "drop client->server data#2",
              SIM_MAY_DROP);
    EXPECT_EQ_INT(p.troubles, 0);
    EXPECT_EQ_INT(p.rerun.unknown, 1);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
}

static void value_beyond_the_bound_is_told_and_does_nothing(void)
{
    static played p;
    talk_play(&p, (talk){0}, (sim_fault_model){.kinds = ALL}, "delay client->server data#2 = 3", ALL);
    EXPECT_EQ_INT(p.troubles, 0);
    EXPECT_EQ_INT(p.rerun.unknown, 1);
    EXPECT_EQ_STR(p.rerun.text, "there are only the values 0 to 2: delay client->server data#2 = 3");
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
}

static void events_that_do_not_occur_are_unknown(void)
{
    static played p;
    talk_play(&p, (talk){0}, (sim_fault_model){.kinds = ALL}, "drop client->server data#4\ndrop a->b SYN#1",
              ALL);
    EXPECT_EQ_INT(p.rerun.unknown, 2);
}

static void expect_mistake(const char *fact, const char *what)
{
    char text[512];
    sim_schedule *schedule = NULL;
    sim_schedule_error error;
    snprintf(
        text, sizeof text,
        "castanet schedule 1\nscenario talk\nmode windowed\nseed 1\noutcome passed 0000000000000000\n%s\n",
        fact);
    EXPECT_CODE(sim_schedule_parse(text, strlen(text), NULL, &schedule, &error), WSAEINVAL);
    EXPECT_EQ_STR(error.what, what);
    EXPECT_EQ_INT(error.line, 6);
}

static void mistakes_in_facts_are_told(void)
{
    expect_mistake("drip client->server data#2", "a line cannot begin so");
    expect_mistake("drop client->server data", "a label with its number is missing");
    expect_mistake("drop client->server data#0", "a label ends with # and a number from 1");
    expect_mistake("drop client->server data#1 = 0", "a fault that is none");
    expect_mistake("drop client->server data#1 = 4294967296", "the number is too large");
    expect_mistake("drop client->server data#1 = 1 and so on", "the line goes on where it should end");
    expect_mistake("drop ", "a label with its number is missing");
}

static void every_kind_has_its_word(void)
{
    static const char *const words[] = {
        "drop",          "duplicate",  "delay",       "corrupt",    "reset",     "clog",
        "split",         "one-way",    "bridge",      "crash",      "power-cut", "pause",
        "short-receive", "short-send", "would-block", "no-buffers", "cut"};
    for (unsigned i = 0; i < SIM_MAY_KINDS; i++)
        EXPECT_EQ_STR(sim_may_word((sim_may)(1 << i)), words[i]);
    EXPECT_TRUE(sim_may_word((sim_may)0) == NULL);
    EXPECT_TRUE(sim_may_word((sim_may)3) == NULL);
}

/* ---- recovery ---- */

static void stall_after_the_last_fault_says_since_when(void)
{
    static played p;
    sim_fault_model faults = {.kinds = SIM_MAY_RESET, .recovery_ns = (uint64_t)SIM_S(60)};
    talk_play(&p, (talk){0}, faults, "reset client->server data#2", SIM_MAY_RESET);
    EXPECT_EQ_STR(p.rerun.result.message, "");
    faults.recovery_ns = (uint64_t)SIM_MS(500); /* the client calls again a second later */
    talk_play(&p, (talk){0}, faults, "reset client->server data#2", SIM_MAY_RESET);
    EXPECT_EQ_INT(p.rerun.result.outcome, SIM_STALLED);
    EXPECT_EQ_STR(p.rerun.result.message,
                  "the last fault was over at 1013 ms, and 500 ms later the scenario is not done");
}

/* ---- searches ---- */

static void swarm_brings_every_kind_and_is_survived(void)
{
    talk initial = {.bystanders = 1};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = ALL});
    sim_order *order = NULL;
    uint32_t fired[SIM_MAY_KINDS] = {0}, quiet_runs = 0;
    EXPECT_CODE_FATAL(
        sim_order_create(&(sim_order_options){.mode = SIM_WINDOWED, .strategy = "swarm+random"}, &order), 0);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        sim_result result;
        sim_scenario_run(&scenario, &(sim_run_options){.seed = seed, .order = order}, &result);
        EXPECT_EQ_STR(result.message, "");
        for (unsigned i = 0; i < SIM_MAY_KINDS; i++)
            fired[i] += sim_order_troubles(order, (sim_may)(1 << i));
        quiet_runs += sim_order_troubles(order, (sim_may)ALL) == 0;
    }
    for (unsigned i = 0; i < SIM_MAY_KINDS; i++)
        EXPECT_TRUE(fired[i] >= 5);
    EXPECT_TRUE(quiet_runs >= 40);
    sim_order_destroy(order);
}

/* The clog that the swarm of a run puts on the first packets of a kind; 0: none.  *at: the packet. */
static uint32_t clog_of(const simp_swarm *swarm, const char *event, uint64_t *at)
{
    uint32_t value = 0;
    simp_site site = {.who = sim_may_word(SIM_MAY_CLOG),
                      .purpose = event,
                      .label_hash = simp_hash_text(0, event),
                      .by_search = true};
    for (uint64_t n = 1; n <= 16; n++) {
        uint32_t answer = simp_swarm_choose(swarm, 0, &site, n, 9, 0);
        EXPECT_TRUE(answer == 0 || value == 0); /* once */
        if (answer != 0)
            *at = n;
        value = answer != 0 ? answer : value;
    }
    return value;
}

/* Of the swarms that have clogs a half swizzles: none, one or both of two directions, each once, one before
 * the other and free again before or after it. */
static void swizzle_clogs_and_frees_in_any_order(void)
{
    simp_knowledge nothing = {0};
    unsigned swizzling = 0, members[3] = {0}, nested = 0, crossed = 0;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        simp_swarm swarm;
        uint64_t here = 0, there = 0;
        simp_swarm_begin(&swarm, seed, &nothing);
        if (!swarm.swizzles || swarm.is_empty)
            continue;
        swizzling++;
        uint32_t one = clog_of(&swarm, "a->b data", &here), other = clog_of(&swarm, "b->a data", &there);
        members[(one != 0) + (other != 0)]++;
        nested += one != 0 && other != 0 && here < there && one > other;
        crossed += one != 0 && other != 0 && here < there && one < other;
    }
    EXPECT_TRUE(swizzling > 1600 && swizzling < 2000); /* 1 800 */
    /* Half have clogs at all; of these a quarter none, a half one, a quarter both. */
    EXPECT_TRUE(members[2] > 160 && members[2] < 290);
    EXPECT_TRUE(members[1] > 360 && members[1] < 540);
    EXPECT_TRUE(nested > 20 && crossed > 20);
}

static void without_swarm_a_search_leaves_it_in_peace(void)
{
    talk initial = {0};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = ALL});
    sim_order *order = NULL;
    EXPECT_CODE_FATAL(sim_order_create(&(sim_order_options){.mode = SIM_WINDOWED, .strategy = "urw"}, &order),
                      0);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        sim_result result;
        sim_scenario_run(&scenario, &(sim_run_options){.seed = seed, .order = order}, &result);
        EXPECT_EQ_INT(result.faults, 0);
    }
    sim_order_destroy(order);
}

typedef struct collected {
    char text[16384];
    size_t len;
} collected;

static void collect(void *context, const char *text, size_t len)
{
    collected *c = context;
    if (c->len + len < sizeof c->text) {
        memcpy(c->text + c->len, text, len);
        c->len += len;
    }
}

/* A client that gives up: any reset or crash is enough.  What is left is that fault alone. */
static void failure_shrinks_to_its_fault(void)
{
    talk initial = {.gives_up = true};
    sim_scenario scenario = talk_scenario(&initial,
                                          (sim_fault_model){.kinds = SIM_MAY_PACKETS | SIM_MAY_RESET});
    sim_explore_result found;
    EXPECT_CODE_FATAL(sim_explore(&scenario,
                                  &(sim_explore_options){.strategy = "swarm", .seed = 3, .runs_max = 500},
                                  &found),
                      0);
    EXPECT_EQ_INT_FATAL(found.failure_count, 1);
    EXPECT_EQ_INT(found.failures[0].result.outcome, SIM_STALLED);
    sim_schedule *schedule = NULL;
    sim_shrink shrink;
    sim_rerun rerun;
    char line[200];
    const sim_journal *journal = found.failures[0].journal;
    EXPECT_CODE_FATAL(sim_schedule_record(&scenario, &(sim_order_options){.mode = SIM_WINDOWED},
                                          found.failures[0].seed, journal->values, journal->count, &schedule),
                      0);
    EXPECT_CODE(sim_schedule_replay_exact(schedule, &scenario, &rerun), 0);
    EXPECT_TRUE(rerun.same);
    EXPECT_CODE(sim_schedule_shrink(schedule, &scenario, 0, &shrink), 0);
    EXPECT_EQ_INT(shrink.after, 1);
    EXPECT_TRUE(strncmp(sim_schedule_fact(schedule, 0, line, sizeof line), "reset ", 6) == 0);
    /* Written and read again it is the same. */
    collected text = {.len = 0};
    sim_schedule *again = NULL;
    sim_schedule_error error;
    sim_schedule_write(schedule, (sim_sink){collect, &text});
    EXPECT_CODE_FATAL(sim_schedule_parse(text.text, text.len, NULL, &again, &error), 0);
    EXPECT_CODE(sim_schedule_replay(again, &scenario, &rerun), 0);
    EXPECT_TRUE(rerun.same);
    EXPECT_EQ_INT(rerun.unknown, 0);
    collected told = {.len = 0};
    EXPECT_CODE(sim_schedule_explain(again, &scenario, (sim_sink){collect, &told}), 0);
    EXPECT_TRUE(strstr(told.text, "necessary: reset client->server data#") != NULL ||
                strstr(told.text, "necessary: reset server->client ACK#") != NULL);
    EXPECT_TRUE(strstr(told.text, "\nlegal, since a peer, or something on the way, may reset a connection") !=
                NULL);
    sim_schedule_destroy(again);
    sim_schedule_destroy(schedule);
    sim_explore_result_fini(&found);
}

/* ---- repeating ---- */

enum { DECISIONS_MAX = 20000, REPEATED = 60 };

typedef struct repeated {
    unsigned runs, faults;
} repeated;

/* The journal, the exact form and, where time orders what is due, the facts each give the same run. */
static void repeat(const sim_scenario *scenario, const sim_order_options *options, uint64_t seed,
                   const sim_result *first)
{
    sim_rerun exact, facts;
    sim_schedule *schedule = NULL;
    EXPECT_CODE_FATAL(sim_schedule_record(scenario, options, seed, options->journal->values,
                                          options->journal->count, &schedule),
                      0);
    EXPECT_CODE(sim_schedule_replay_exact(schedule, scenario, &exact), 0);
    EXPECT_TRUE(exact.same);
    EXPECT_EQ_MEM(exact.result.fingerprint, first->fingerprint, 16);
    EXPECT_CODE(sim_schedule_replay(schedule, scenario, &facts), 0);
    if (options->mode == SIM_WINDOWED) {
        EXPECT_EQ_STR(facts.text, "");
        EXPECT_EQ_INT(facts.unknown, 0);
        EXPECT_EQ_MEM(facts.result.fingerprint, first->fingerprint, 16);
    }
    sim_schedule_destroy(schedule);
}

static repeated repeat_swarm(const char *strategy, sim_time_mode mode)
{
    static uint32_t values[DECISIONS_MAX];
    talk initial = {.bystanders = 1};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = ALL});
    sim_journal journal = {.capacity = DECISIONS_MAX, .values = values};
    sim_order_options options = {.mode = mode, .by_packet = true, .strategy = strategy, .journal = &journal};
    sim_order *order = NULL;
    repeated done = {0};
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    for (uint64_t seed = 1; seed <= REPEATED; seed++) {
        sim_result first;
        EXPECT_CODE_FATAL(
            sim_scenario_run(&scenario, &(sim_run_options){.seed = seed, .order = order}, &first), 0);
        if (journal.lost != 0)
            continue;
        done.runs++;
        done.faults += first.faults;
        repeat(&scenario, &options, seed, &first);
    }
    sim_order_destroy(order);
    return done;
}

static void runs_with_faults_are_repeated(void)
{
    static const char *const strategies[] = {"swarm", "swarm+random", "swarm+pos"};
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        repeated windowed = repeat_swarm(strategies[i], SIM_WINDOWED);
        EXPECT_TRUE(windowed.runs > REPEATED * 3 / 4);
        EXPECT_TRUE(windowed.faults > REPEATED);
        repeated causal = repeat_swarm(strategies[i], SIM_CAUSAL);
        EXPECT_TRUE(causal.runs > REPEATED * 3 / 4);
        EXPECT_TRUE(causal.faults > REPEATED);
    }
}

/* As a fuzzer would: bytes say what goes wrong, a fault for every eighth of them or fewer. */
static void bytes_choose_faults(void)
{
    talk initial = {.bystanders = 2};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = ALL});
    sim_order *order = NULL;
    uint32_t faults = 0;
    EXPECT_CODE_FATAL(
        sim_order_create(&(sim_order_options){.mode = SIM_WINDOWED, .strategy = "bytes"}, &order), 0);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint8_t bytes[512];
        sim_result result;
        simp_stream stream;
        simp_stream_init(&stream, seed, "test", "bytes");
        uint64_t rare = 1 + simp_stream_below(&stream, 16);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = simp_stream_below(&stream, rare) == 0 ? (uint8_t)simp_stream_below(&stream, 256) : 0;
        EXPECT_CODE(sim_order_set_bytes(order, bytes, sizeof bytes), 0);
        EXPECT_CODE(sim_scenario_run(&scenario, &(sim_run_options){.seed = seed, .order = order}, &result),
                    0);
        EXPECT_EQ_STR(result.message, "");
        faults += result.faults;
    }
    EXPECT_TRUE(faults > 300);
    sim_order_destroy(order);
}

static void every_strategy_may_be_asked_for_faults(void)
{
    static const sim_time_mode modes[] = {SIM_WINDOWED, SIM_CAUSAL};
    talk initial = {.bystanders = 1};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = ALL});
    for (size_t i = 0; sim_strategy_name(i) != NULL; i++) {
        for (size_t m = 0; m < 2; m++) {
            sim_explore_result found;
            sim_explore_options options = {
                .strategy = sim_strategy_name(i), .mode = modes[m], .runs_max = 40};
            EXPECT_CODE_FATAL(sim_explore(&scenario, &options, &found), 0);
            EXPECT_TRUE(found.end != SIM_EXPLORE_VOID && found.runs > 0);
            if (!EXPECT_EQ_INT(found.failure_count, 0))
                printf("# %s, mode %d: %s\n", sim_strategy_name(i), (int)modes[m],
                       found.failures[0].result.message);
            sim_explore_result_fini(&found);
        }
    }
}

/* The program now fails when the third piece is lost, and not the second as the schedule says. */
static void fail_if_third_is_lost(sim_world *world, void *state)
{
    (void)state;
    for (size_t i = 0; i < sim_world_choice_count(world); i++) {
        if (sim_world_choice(world, i).ordinal == 3)
            sim_world_fail(world, "the third was lost");
    }
}

static void fault_is_found_again_after_a_change(void)
{
    talk initial = {0};
    sim_scenario scenario = talk_scenario(&initial, (sim_fault_model){.kinds = SIM_MAY_DROP});
    scenario.check = fail_if_third_is_lost;
    sim_schedule *schedule = talk_schedule("drop client->server data#3");
    sim_rerun rerun;
    char line[80];
    uint64_t runs = 0;
    EXPECT_CODE(sim_schedule_replay(schedule, &scenario, &rerun), 0);
    EXPECT_EQ_STR(rerun.result.message, "the third was lost");
    schedule->outcome = rerun.result.outcome;
    schedule->identity = rerun.result.identity;
    schedule->facts[0].count = 2;
    EXPECT_TRUE(sim_schedule_reanchor(schedule, &scenario, &runs));
    EXPECT_EQ_STR(sim_schedule_fact(schedule, 0, line, sizeof line), "drop client->server data#3");
    EXPECT_EQ_INT(runs, 2);
    sim_schedule_destroy(schedule);
}

const test_case test_trouble_search[] = {TEST(kinds_that_are_not_allowed_do_not_happen),
                                         TEST(value_beyond_the_bound_is_told_and_does_nothing),
                                         TEST(events_that_do_not_occur_are_unknown),
                                         TEST(mistakes_in_facts_are_told),
                                         TEST(every_kind_has_its_word),
                                         TEST(stall_after_the_last_fault_says_since_when),
                                         TEST(swarm_brings_every_kind_and_is_survived),
                                         TEST(swizzle_clogs_and_frees_in_any_order),
                                         TEST(fault_is_found_again_after_a_change),
                                         TEST(without_swarm_a_search_leaves_it_in_peace),
                                         TEST(failure_shrinks_to_its_fault),
                                         TEST(runs_with_faults_are_repeated),
                                         TEST(every_strategy_may_be_asked_for_faults),
                                         TEST(bytes_choose_faults),
                                         TEST_END};
