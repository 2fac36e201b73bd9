/* SPDX-License-Identifier: MIT
 *
 * The parts of a program of scenarios: names, blocks, statements, results and journals as text, and memory
 * that outlives a worker.  pytests/test_command.py has the program as a whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/main.h"
#include "tests/expect.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"
#include "tool/journal_file.h"
#include "tool/nearest.h"
#include "tool/search.h"
#include "tool/shard.h"
#include "tool/shared_memory.h"
#include "tool/statement.h"
#include "tool/worker.h"

/* ---- names ---- */

static void distance_counts_changes(void)
{
    EXPECT_EQ_INT(tool_distance("upload", "upload"), 0);
    EXPECT_EQ_INT(tool_distance("Upload", "uPLOAD"), 0);
    EXPECT_EQ_INT(tool_distance("uplaod", "upload"), 2);
    EXPECT_EQ_INT(tool_distance("", "abc"), 3);
    EXPECT_EQ_INT(tool_distance("kitten", "sitting"), 3);
}

/* ---- blocks ---- */

static void blocks_lie_end_to_end(void)
{
    EXPECT_EQ_INT(search_block_begin(0), 0);
    EXPECT_EQ_INT(search_block_begin(1), 1000);
    EXPECT_EQ_INT(search_block_begin(8), 8000);
    EXPECT_EQ_INT(search_block_begin(9), 10000);
    for (unsigned block = 0; block < 200; block++) {
        uint64_t size = search_block_begin(block + 1) - search_block_begin(block);
        EXPECT_EQ_INT(size, (uint64_t)1000 << (block / 8));
    }
}

/* Three processes or one, and three shards: the same runs. */
static void search_is_the_same_whoever_makes_it(void)
{
    search_plan plan = {
        .scenario = three_clients(2), .order = {.mode = SIM_WINDOWED, .strategy = "urw"}, .runs = 4500};
    search_result alone, many;
    EXPECT_CODE_FATAL(search(&plan, &alone), 0);
    plan.jobs = 3;
    EXPECT_CODE_FATAL(search(&plan, &many), 0);
    EXPECT_EQ_INT(alone.runs, 4500);
    EXPECT_EQ_INT(alone.blocks, 5);
    EXPECT_EQ_INT(many.runs, 4500);
    EXPECT_EQ_STR(many.summary, alone.summary);
    EXPECT_EQ_STR(many.lines, alone.lines);
    uint64_t runs = 0;
    for (plan.shards = 3, plan.shard = 0; plan.shard < 3; plan.shard++) {
        search_result part;
        EXPECT_CODE_FATAL(search(&plan, &part), 0);
        EXPECT_TRUE(part.is_all && !part.is_complete && part.run == 0);
        runs += part.runs;
    }
    EXPECT_EQ_INT(runs, 4500);
}

/* ---- statements ---- */

static void bounds_add_up(void)
{
    static const char *const lines[] = {"every order was run\npct-3: a bug of depth 3 would have been missed "
                                        "with a probability of 0.9 at most (2 "
                                        "chains, 4 moments, 10 runs)",
                                        "pct-3: a bug of depth 3 would have been missed with a probability "
                                        "of 0.8 at most (3 chains, 2 moments, 5 "
                                        "runs)\nall is well"};
    char text[SIM_EXPLORE_STATEMENT_MAX];
    statement_add(lines, 2, text, sizeof text);
    /* (1 - 1 / (3 * 4^2))^15 = 0.72920, rounded against us. */
    EXPECT_EQ_STR(
        text, "all is well\npct-3: a bug of depth 3 would have been missed with a probability of 0.7293 at "
              "most (3 chains, 4 moments, 15 runs)");
    EXPECT_EQ_STR(statement_lines("one\ntwo\nthree\nfour"), "three\nfour");
    EXPECT_EQ_STR(statement_lines("one\ntwo"), "");
    EXPECT_EQ_INT(statement_summary_length("one\ntwo\nthree"), 7);
    EXPECT_EQ_INT(statement_summary_length("one\ntwo"), 7);
}

static void what_one_part_reached_was_reached(void)
{
    static const char *const lines[] = {"never reached: one, two, three, four\nrest",
                                        "never reached: two, thre, four", "never reached: four, two\nlast"};
    char text[SIM_EXPLORE_STATEMENT_MAX];
    statement_add(lines, 3, text, sizeof text);
    EXPECT_EQ_STR(text, "never reached: two, four\nlast");
    statement_add((const char *const[]){lines[0], "", lines[1]}, 3, text, sizeof text);
    EXPECT_EQ_STR(text, "");
}

/* ---- results ---- */

static const shard_part sample = {
    .scenario = "upload",
    .search = "urw causal by-packet seed 7 runs 900",
    .shard = 2,
    .shards = 3,
    .runs = 17,
    .blocks = 1,
    .steps_max = 33,
    .is_all = true,
    .run = 16,
    .result = {.outcome = SIM_CRASHED, .identity = 0xabc, .message = "killed by X"},
    .lines = "one line\nanother"};

static char *write_sample(size_t *len)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, len);
    EXPECT_TRUE_FATAL(stream != NULL);
    shard_write(&sample, stream);
    fclose(stream);
    return text;
}

static void result_is_read_as_it_was_written(void)
{
    size_t len;
    char *text = write_sample(&len);
    shard_reader reader = {.at = text, .end = text + len};
    shard_part part;
    EXPECT_EQ_INT_FATAL(shard_read(&reader, &part), SHARD_READ);
    EXPECT_EQ_STR(part.search, sample.search);
    EXPECT_EQ_INT(part.shard, 2);
    EXPECT_EQ_INT(part.runs, 17);
    EXPECT_EQ_INT(part.run, 16);
    EXPECT_EQ_INT(part.result.outcome, SIM_CRASHED);
    EXPECT_EQ_INT(part.result.identity, 0xabc);
    EXPECT_EQ_STR(part.result.message, "killed by X");
    EXPECT_EQ_STR(part.lines, sample.lines);
    EXPECT_TRUE(part.is_all && !part.is_complete);
    EXPECT_EQ_INT(shard_read(&reader, &part), SHARD_NONE_LEFT);
    free(text);
}

/* Whatever is missing, it is no result, and the end is not taken for one. */
static void result_that_is_cut_off_is_refused(void)
{
    size_t len;
    char *text = write_sample(&len);
    for (size_t cut = 1; cut < len; cut++) {
        shard_reader reader = {.at = text, .end = text + cut};
        shard_part part;
        EXPECT_TRUE(shard_read(&reader, &part) != SHARD_READ);
    }
    free(text);
}

static void shards_are_counted_from_one(void)
{
    unsigned shard, shards;
    EXPECT_TRUE(shard_parse("1/1", &shard, &shards) && shard == 1 && shards == 1);
    EXPECT_TRUE(shard_parse("3/16", &shard, &shards) && shard == 3 && shards == 16);
    static const char *const bad[] = {"0/3", "4/3", "3", "/3", "1/3x", "1/", "", "a/b", "1/0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_TRUE(!shard_parse(bad[i], &shard, &shards));
}

/* ---- journals ---- */

static const sim_order_options causal = {.mode = SIM_CAUSAL, .by_packet = true};
static const journal_key key = {"upload", &causal};

static char *write_journal(size_t *len)
{
    uint32_t values[45] = {3, 0, UINT32_MAX};
    sim_journal journal = {.seed = UINT64_MAX, .count = 45, .capacity = 45, .values = values};
    char *text = journal_text(&key, &journal, len);
    EXPECT_TRUE_FATAL(text != NULL);
    return text;
}

static void journal_is_read_as_it_was_written(void)
{
    size_t len;
    const char *why;
    sim_journal *journal;
    char *text = write_journal(&len);
    EXPECT_EQ_INT_FATAL(journal_parse(&key, text, len, &journal, &why), JOURNAL_READ);
    EXPECT_TRUE(journal->seed == UINT64_MAX && journal->count == 45);
    EXPECT_TRUE(journal->values[0] == 3 && journal->values[2] == UINT32_MAX && journal->values[44] == 0);
    free(journal);
    sim_order_options windowed = {.mode = SIM_WINDOWED};
    EXPECT_EQ_INT(journal_parse(&(journal_key){"upload", &windowed}, text, len, &journal, &why),
                  JOURNAL_OF_ANOTHER);
    EXPECT_EQ_INT(journal_parse(&(journal_key){"upload2", &causal}, text, len, &journal, &why),
                  JOURNAL_OF_ANOTHER);
    free(text);
}

static void journal_that_is_cut_off_or_garbled_is_refused(void)
{
    size_t len;
    const char *why;
    sim_journal *journal;
    char *text = write_journal(&len);
    for (size_t cut = 0; cut < len; cut++)
        EXPECT_EQ_INT(journal_parse(&key, text, cut, &journal, &why), JOURNAL_BAD);
    for (size_t at = 0; at < len; at++) {
        char was = text[at];
        text[at] = '\xff';
        journal_fit fit = journal_parse(&key, text, len, &journal, &why);
        EXPECT_TRUE(fit == JOURNAL_BAD || fit == JOURNAL_OF_ANOTHER);
        text[at] = was;
    }
    free(text);
}

/* ---- memory ---- */

typedef struct letter {
    cas_allocator *memory;
    char *text;
} letter;

static int write_letter(void *argument)
{
    letter *l = argument;
    l->text = cas_alloc(l->memory, 6);
    memcpy(l->text, "hello", 6);
    abort();
}

static void what_a_worker_wrote_outlives_it(void)
{
    shared_memory *memory = shared_memory_create(1 << 20);
    EXPECT_TRUE_FATAL(memory != NULL);
    cas_allocator *allocator = shared_memory_allocator(memory);
    letter *l = cas_alloc(allocator, sizeof *l);
    worker_report report;
    *l = (letter){.memory = allocator};
    EXPECT_CODE_FATAL(worker_run(write_letter, l, &(worker_limits){0}, &report), 0);
    EXPECT_EQ_INT(report.end, WORKER_KILLED);
    EXPECT_EQ_STR(l->text, "hello");
    char *grown = allocator->resize(allocator, l->text, 6, 600);
    EXPECT_EQ_STR(grown, "hello");
    EXPECT_TRUE(cas_alloc(allocator, 2 << 20) == NULL);
    void *freed = cas_alloc(allocator, 100);
    cas_free(allocator, freed, 100);
    EXPECT_TRUE(cas_alloc(allocator, 120) == freed);
    shared_memory_destroy(memory);
}

/* ---- programs whose scenarios are not right ---- */

static void build_nothing(sim_world *world, void *state) { (void)world, (void)state; }

typedef struct command {
    const sim_scenario *const *scenarios;
    const char *verb;
} command;

static int give(void *argument)
{
    const command *c = argument;
    char program[] = "program", verb[16];
    char *words[] = {program, verb, NULL};
    snprintf(verb, sizeof verb, "%s", c->verb);
    return castanet_main(2, words, c->scenarios);
}

static void expect_end(const sim_scenario *const *scenarios, const char *verb, int code, const char *words)
{
    worker_report report;
    command c = {scenarios, verb};
    EXPECT_CODE_FATAL(worker_run(give, &c, &(worker_limits){0}, &report), 0);
    EXPECT_EQ_INT(report.end, WORKER_RETURNED);
    EXPECT_EQ_INT(report.status, code);
    EXPECT_TRUE(strstr(report.words, words) != NULL);
}

static void scenarios_are_looked_at_first(void)
{
    static const sim_scenario good = {.name = "good", .build = build_nothing}, no_build = {.name = "empty"},
                              no_name = {.build = build_nothing},
                              bad_name = {.name = "../x", .build = build_nothing};
    expect_end((const sim_scenario *const[]){&good, NULL}, "list", 0, "good");
    expect_end((const sim_scenario *const[]){NULL}, "explore", 5, "nothing to run");
    expect_end((const sim_scenario *const[]){&good, &no_build, NULL}, "list", 2, "scenario 2, \"empty\"");
    expect_end((const sim_scenario *const[]){&no_name, NULL}, "check", 2, "scenario 1, \"\"");
    expect_end((const sim_scenario *const[]){&bad_name, NULL}, "explore", 2, "scenario 1, \"../x\"");
    expect_end((const sim_scenario *const[]){&good, &good, NULL}, "list", 2, "scenario 2, \"good\"");
}

const test_case test_tool[] = {TEST(distance_counts_changes),
                               TEST(blocks_lie_end_to_end),
                               TEST(search_is_the_same_whoever_makes_it),
                               TEST(bounds_add_up),
                               TEST(what_one_part_reached_was_reached),
                               TEST(result_is_read_as_it_was_written),
                               TEST(result_that_is_cut_off_is_refused),
                               TEST(shards_are_counted_from_one),
                               TEST(journal_is_read_as_it_was_written),
                               TEST(journal_that_is_cut_off_or_garbled_is_refused),
                               TEST(what_a_worker_wrote_outlives_it),
                               TEST(scenarios_are_looked_at_first),
                               TEST_END};
