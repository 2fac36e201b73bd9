/* SPDX-License-Identifier: MIT
 *
 * Faults that a search brings into a scenario: each kind does on the wire what its word says, is written down
 * as a fact, and is survived by a program that promises to.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "simnet/explore/schedule.h"
#include "tests/expect.h"
#include "tests/talk.h"
#include "tests/test_list.h"

enum { ALL = (1 << SIM_MAY_KINDS) - 1 };

/* ---- a run under facts ---- */

typedef struct played {
    wire_log log;
    sim_rerun rerun;
    uint32_t troubles;
} played;

static sim_schedule *parse(const char *facts)
{
    char text[1024];
    sim_schedule *schedule = NULL;
    sim_schedule_error error;
    snprintf(
        text, sizeof text,
        "castanet schedule 1\nscenario talk\nmode windowed\nseed 1\noutcome passed 0000000000000000\n%s\n",
        facts);
    EXPECT_CODE_FATAL(sim_schedule_parse(text, strlen(text), NULL, &schedule, &error), 0);
    EXPECT_EQ_STR(error.what, "");
    return schedule;
}

/* The talk with these facts; kind: of what is counted. */
static void play_talk(played *p, talk initial, sim_fault_model faults, const char *facts, unsigned kind)
{
    memset(p, 0, sizeof *p);
    initial.log = &p->log;
    sim_scenario scenario = talk_scenario(&initial, faults);
    sim_schedule *schedule = parse(facts);
    sim_order *order = NULL;
    EXPECT_CODE_FATAL(simp_schedule_run(schedule, &scenario, &p->rerun, &order), 0);
    p->troubles = sim_order_troubles(order, (sim_may)kind);
    sim_order_destroy(order);
    sim_schedule_destroy(schedule);
}

static void play(played *p, const char *facts, sim_may kind)
{
    play_talk(p, (talk){0}, (sim_fault_model){.kinds = (uint32_t)kind}, facts, (unsigned)kind);
    EXPECT_EQ_INT(p->troubles, 1);
    EXPECT_EQ_INT(p->rerun.unknown, 0);
    EXPECT_EQ_INT(p->rerun.result.faults, 1);
    EXPECT_EQ_STR(p->rerun.result.message, "");
}

/* The place, from 0, of the nth line (from 1) that equals text; count: there is none. */
static unsigned line_of(const wire_log *log, const char *text, unsigned nth)
{
    unsigned i = 0;
    for (; i < log->count; i++) {
        if (strcmp(log->line[i], text) == 0 && --nth == 0)
            break;
    }
    return i;
}

static uint64_t at_of(const wire_log *log, const char *text, unsigned nth)
{
    unsigned line = line_of(log, text, nth);
    EXPECT_TRUE_FATAL(line < log->count);
    return log->at_ns[line];
}

static const char quiet[] = "client SYN, server SYN ACK, client ACK, client ACK 4, server ACK, client ACK 4, "
                            "server ACK, client ACK 4, server ACK, client FIN ACK, server ACK, "
                            "server FIN ACK, client ACK";

static void without_facts_nothing_goes_wrong(void)
{
    static played p;
    play_talk(&p, (talk){0}, (sim_fault_model){.kinds = ALL}, "", ALL);
    EXPECT_EQ_STR(wire_log_text(&p.log), quiet);
    EXPECT_EQ_INT(p.troubles, 0);
    EXPECT_EQ_INT(p.rerun.result.faults, 0);
    EXPECT_TRUE(p.rerun.same);
}

/* ---- packets ---- */

/* With the third piece, which tells that the second is missing. */
static void dropped_segment_is_sent_again(void)
{
    static played p;
    play(&p, "drop client->server data#2", SIM_MAY_DROP);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4"), 3);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 8"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 1);
    EXPECT_TRUE(line_of(&p.log, "client ACK 4 lost", 1) > line_of(&p.log, "client ACK 4", 2));
    EXPECT_TRUE(line_of(&p.log, "client ACK 4 lost", 1) < line_of(&p.log, "client ACK 4", 3));
}

static void dropped_handshake_is_made_again(void)
{
    static played p;
    play(&p, "drop client->server SYN#1", SIM_MAY_DROP);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
    play(&p, "drop server->client SYN-ACK#1", SIM_MAY_DROP);
    EXPECT_TRUE(wire_log_matching(&p.log, "server SYN ACK") >= 2);
}

/* The second copy is acknowledged at once (RFC 9293 3.10.7.4), where the first would have waited 200 ms. */
static void duplicate_arrives_twice(void)
{
    static played p, quick;
    play_talk(&quick, (talk){0}, (sim_fault_model){0}, "", 0);
    play(&p, "duplicate client->server data#2", SIM_MAY_DUPLICATE);
    EXPECT_EQ_STR(wire_log_text(&p.log), quiet);
    EXPECT_EQ_INT(at_of(&quick.log, "server ACK", 2) - at_of(&p.log, "server ACK", 2), SIM_MS(200));
}

/* It comes 20 ms later: nothing else is in the way, and nobody sends again. */
static void short_delay_is_only_late(void)
{
    static played quick, late;
    play(&late, "delay client->server data#1", SIM_MAY_DELAY);
    EXPECT_EQ_STR(wire_log_text(&late.log), quiet);
    play_talk(&quick, (talk){0}, (sim_fault_model){0}, "", 0);
    EXPECT_EQ_INT(at_of(&late.log, "server ACK", 1) - at_of(&quick.log, "server ACK", 1), SIM_MS(20));
}

/* 3 s later it comes behind everything else, its own retransmission included. */
static void long_delay_outlives_the_retransmission(void)
{
    static played p;
    play(&p, "delay client->server data#1 = 2", SIM_MAY_DELAY);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4") + wire_log_matching(&p.log, "client ACK 8") > 3);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
}

static void corrupt_segment_is_thrown_away_by_its_receiver(void)
{
    static played p;
    play(&p, "corrupt client->server data#2", SIM_MAY_CORRUPT);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4"), 3);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 8"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
}

static void reset_ends_the_connection_at_either_end(void)
{
    static played p;
    play(&p, "reset client->server data#2", SIM_MAY_RESET);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server RST ACK"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
    EXPECT_TRUE(line_of(&p.log, "server RST ACK", 1) < line_of(&p.log, "client SYN", 2));
}

/* ---- partitions ---- */

/* 20 ms, doubled three times. */
static void clogged_direction_waits(void)
{
    static played p, quick;
    play_talk(&quick, (talk){0}, (sim_fault_model){0}, "", 0);
    play(&p, "clog client->server data#2 = 4", SIM_MAY_CLOG);
    EXPECT_EQ_INT(at_of(&p.log, "server ACK", 2) - at_of(&quick.log, "server ACK", 2), SIM_MS(160));
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
}

static void split_lasts_three_seconds(void)
{
    static played p;
    play(&p, "split client->server data#2 = 1", SIM_MAY_SPLIT);
    uint64_t began = at_of(&p.log, "client ACK 4 lost", 1);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4 lost") >= 2);
    for (unsigned i = 0; i < p.log.count; i++) {
        bool is_answer = strncmp(p.log.line[i], "server", 6) == 0 && p.log.at_ns[i] > began;
        EXPECT_TRUE(!is_answer || p.log.at_ns[i] >= began + (uint64_t)SIM_S(3));
    }
}

/* Hosts are server, client: bit 0 silences the server, bit 1 the client. */
static void one_way_silences_those_with_a_bit(void)
{
    static played p;
    play(&p, "one-way client->server data#2 = 1", SIM_MAY_ONE_WAY);
    EXPECT_TRUE(wire_log_matching(&p.log, "server ACK lost") >= 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
    play(&p, "one-way client->server data#2 = 2", SIM_MAY_ONE_WAY);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4 lost") >= 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server ACK lost"), 0);
}

/* Of server, client and another one: with the server as the bridge everybody who talks hears the other; with
 * the other one as the bridge they do not. */
static void bridge_is_in_both_halves(void)
{
    static played p;
    sim_fault_model faults = {.kinds = SIM_MAY_BRIDGE};
    play_talk(&p, (talk){.bystanders = 1}, faults, "bridge client->server data#2 = 1", SIM_MAY_BRIDGE);
    EXPECT_EQ_INT(p.troubles, 1);
    EXPECT_EQ_STR(wire_log_text(&p.log), quiet);
    play_talk(&p, (talk){.bystanders = 1}, faults, "bridge client->server data#2 = 3", SIM_MAY_BRIDGE);
    EXPECT_EQ_INT(p.troubles, 1);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4 lost") >= 2);
}

/* ---- hosts ---- */

static void crash_resets_and_begins_anew(void)
{
    static played p;
    play(&p, "crash server/conn#1 OnReceive#2", SIM_MAY_CRASH);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server RST ACK"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server SYN ACK"), 2);
}

/* The client hears nothing, and a reset when the server is back. */
static void power_cut_is_silence(void)
{
    static played p;
    play(&p, "power-cut server/conn#1 OnReceive#2 = 2", SIM_MAY_POWER_CUT);
    uint64_t cut = at_of(&p.log, "client ACK 4", 2);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server RST"), 1);
    EXPECT_TRUE(at_of(&p.log, "server RST", 1) > cut + (uint64_t)SIM_S(3));
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
}

/* The system goes on acknowledging; the program closes 3 s later. */
static void pause_stops_programs_alone(void)
{
    static played p;
    play(&p, "pause server/conn#1 OnReceive#1 = 2", SIM_MAY_PAUSE);
    EXPECT_EQ_STR(wire_log_text(&p.log), quiet);
    EXPECT_EQ_INT(at_of(&p.log, "server FIN ACK", 1) - at_of(&p.log, "client ACK 4", 1), SIM_MS(3001));
}

/* ---- the rules ---- */

static void kinds_that_are_not_allowed_do_not_happen(void)
{
    static played p;
    play_talk(&p, (talk){0}, (sim_fault_model){.kinds = SIM_MAY_DELAY}, "drop client->server data#2",
              SIM_MAY_DROP);
    EXPECT_EQ_INT(p.troubles, 0);
    EXPECT_EQ_INT(p.rerun.unknown, 1);
    EXPECT_EQ_STR(wire_log_text(&p.log), quiet);
}

static void value_beyond_the_bound_is_told_and_does_nothing(void)
{
    static played p;
    play_talk(&p, (talk){0}, (sim_fault_model){.kinds = ALL}, "delay client->server data#2 = 3", ALL);
    EXPECT_EQ_INT(p.troubles, 0);
    EXPECT_EQ_INT(p.rerun.unknown, 1);
    EXPECT_EQ_STR(p.rerun.text, "there are only the values 0 to 2: delay client->server data#2 = 3");
    EXPECT_EQ_STR(wire_log_text(&p.log), quiet);
}

static void events_that_do_not_occur_are_unknown(void)
{
    static played p;
    play_talk(&p, (talk){0}, (sim_fault_model){.kinds = ALL}, "drop client->server data#4\ndrop a->b SYN#1",
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
    static const char *const words[] = {"drop",  "duplicate", "delay",  "corrupt", "reset",     "clog",
                                        "split", "one-way",   "bridge", "crash",   "power-cut", "pause"};
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
    play_talk(&p, (talk){0}, faults, "reset client->server data#2", SIM_MAY_RESET);
    EXPECT_EQ_STR(p.rerun.result.message, "");
    faults.recovery_ns = (uint64_t)SIM_MS(500); /* the client calls again a second later */
    play_talk(&p, (talk){0}, faults, "reset client->server data#2", SIM_MAY_RESET);
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
    sim_schedule_destroy(again);
    sim_schedule_destroy(schedule);
    sim_explore_result_fini(&found);
}

const test_case test_trouble[] = {TEST(without_facts_nothing_goes_wrong),
                                  TEST(dropped_segment_is_sent_again),
                                  TEST(dropped_handshake_is_made_again),
                                  TEST(duplicate_arrives_twice),
                                  TEST(short_delay_is_only_late),
                                  TEST(long_delay_outlives_the_retransmission),
                                  TEST(corrupt_segment_is_thrown_away_by_its_receiver),
                                  TEST(reset_ends_the_connection_at_either_end),
                                  TEST(clogged_direction_waits),
                                  TEST(split_lasts_three_seconds),
                                  TEST(one_way_silences_those_with_a_bit),
                                  TEST(bridge_is_in_both_halves),
                                  TEST(crash_resets_and_begins_anew),
                                  TEST(power_cut_is_silence),
                                  TEST(pause_stops_programs_alone),
                                  TEST(kinds_that_are_not_allowed_do_not_happen),
                                  TEST(value_beyond_the_bound_is_told_and_does_nothing),
                                  TEST(events_that_do_not_occur_are_unknown),
                                  TEST(mistakes_in_facts_are_told),
                                  TEST(every_kind_has_its_word),
                                  TEST(stall_after_the_last_fault_says_since_when),
                                  TEST(swarm_brings_every_kind_and_is_survived),
                                  TEST(without_swarm_a_search_leaves_it_in_peace),
                                  TEST(failure_shrinks_to_its_fault),
                                  TEST_END};
