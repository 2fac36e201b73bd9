/* SPDX-License-Identifier: MIT
 *
 * Schedules: a failure is recorded, repeated to the last bit, repeated by its facts, shrunk to what matters,
 * and found again after changes of the program.
 */
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"
#include "tests/upload.h"

/* ---- finding ---- */

enum { JOURNAL = 4000, SEEDS = 3000 };

/* The schedule of the first seed from first on that fails. */
static sim_schedule *find_failure(const sim_scenario *scenario, uint64_t first, uint64_t *seed)
{
    sim_journal journal = {.capacity = JOURNAL, .values = malloc(JOURNAL * sizeof(uint32_t))};
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = "random", .journal = &journal};
    sim_order *order;
    sim_schedule *schedule = NULL;
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    for (uint64_t s = first; schedule == NULL && s < first + SEEDS; s++) {
        sim_run_options run = {.seed = s, .order = order};
        sim_result result;
        EXPECT_CODE_FATAL(sim_scenario_run(scenario, &run, &result), 0);
        if (result.outcome == SIM_PASSED)
            continue;
        *seed = s;
        EXPECT_CODE_FATAL(
            sim_schedule_record(scenario, &options, s, journal.values, journal.count, &schedule), 0);
    }
    sim_order_destroy(order);
    free(journal.values);
    EXPECT_TRUE_FATAL(schedule != NULL);
    return schedule;
}

static void default_order_hides_the_bug(void)
{
    upload u;
    sim_result result;
    upload_init(&u, (upload_edit){0});
    sim_scenario scenario = upload_scenario(&u);
    EXPECT_CODE_FATAL(sim_scenario_run(&scenario, NULL, &result), 0);
    EXPECT_EQ_STR(result.message, "");
}

/* Behind the end of a journal all decisions are boring, so those that are need no room. */
static void boring_decisions_need_no_room(void)
{
    uint32_t values[1];
    sim_journal journal = {.capacity = 1, .values = values};
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = "natural", .journal = &journal};
    sim_order *order;
    sim_result result;
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    EXPECT_CODE(sim_scenario_run(three_clients(3), &(sim_run_options){.order = order}, &result), 0);
    EXPECT_EQ_INT(journal.count, 1);
    EXPECT_EQ_INT(journal.lost, 0);
    sim_order_destroy(order);
    options.strategy = "random";
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    EXPECT_CODE(sim_scenario_run(three_clients(3), &(sim_run_options){.order = order}, &result), 0);
    EXPECT_TRUE(journal.lost > 0);
    sim_order_destroy(order);
}

static void exact_form_repeats_the_run(void)
{
    upload u;
    upload_init(&u, (upload_edit){0});
    sim_scenario scenario = upload_scenario(&u);
    uint64_t seed = 0;
    for (unsigned i = 0; i < 20; i++) {
        sim_rerun rerun;
        sim_schedule *schedule = find_failure(&scenario, seed + 1, &seed);
        EXPECT_CODE(sim_schedule_replay_exact(schedule, &scenario, &rerun), 0);
        EXPECT_TRUE(rerun.same);
        EXPECT_EQ_INT(rerun.diverged, 0);
        sim_schedule_destroy(schedule);
    }
}

static void facts_repeat_the_run(void)
{
    upload u;
    upload_init(&u, (upload_edit){0});
    sim_scenario scenario = upload_scenario(&u);
    uint64_t seed = 0;
    for (unsigned i = 0; i < 20; i++) {
        sim_rerun exact, facts;
        sim_schedule *schedule = find_failure(&scenario, seed + 1, &seed);
        EXPECT_CODE(sim_schedule_replay_exact(schedule, &scenario, &exact), 0);
        EXPECT_CODE(sim_schedule_replay(schedule, &scenario, &facts), 0);
        EXPECT_TRUE(facts.same);
        EXPECT_EQ_INT(facts.released, 0);
        EXPECT_EQ_INT(facts.unknown, 0);
        EXPECT_EQ_MEM(facts.result.fingerprint, exact.result.fingerprint, 16);
        sim_schedule_destroy(schedule);
    }
}

/* ---- shrinking ---- */

/* By hand: one hold makes the end overtake a read, so that two pieces are there when one is read. */
static void failure_shrinks_to_one_hold(void)
{
    upload u;
    upload_init(&u, (upload_edit){0});
    sim_scenario scenario = upload_scenario(&u);
    uint64_t seed = 0;
    for (unsigned i = 0; i < 20; i++) {
        sim_shrink shrink;
        sim_rerun rerun;
        sim_schedule *schedule = find_failure(&scenario, seed + 1, &seed);
        EXPECT_CODE(sim_schedule_shrink(schedule, &scenario, 0, &shrink), 0);
        EXPECT_EQ_INT(shrink.after, 1);
        EXPECT_TRUE(shrink.before >= shrink.after);
        EXPECT_TRUE(shrink.runs < 200);
        EXPECT_TRUE(shrink.is_minimal);
        EXPECT_CODE(sim_schedule_replay_exact(schedule, &scenario, &rerun), 0);
        EXPECT_TRUE(rerun.same);
        sim_schedule_destroy(schedule);
    }
}

static void what_passes_is_not_shrunk(void)
{
    sim_schedule *schedule;
    sim_shrink shrink;
    upload u, mended;
    uint64_t seed = 0;
    upload_init(&u, (upload_edit){0});
    upload_init(&mended, (upload_edit){.mended = true});
    sim_scenario broken = upload_scenario(&u), whole = upload_scenario(&mended);
    schedule = find_failure(&broken, 1, &seed);
    EXPECT_CODE(sim_schedule_shrink(schedule, &whole, 0, &shrink), WSAEINVAL);
    EXPECT_EQ_INT(shrink.after, shrink.before);
    EXPECT_CODE(sim_schedule_shrink(schedule, three_clients(1), 0, &shrink), WSAEINVAL);
    sim_schedule_destroy(schedule);
}

/* ---- text ---- */

typedef struct text {
    char bytes[1 << 16];
    size_t len;
} text;

static void add_text(void *context, const char *bytes, size_t len)
{
    text *t = context;
    if (!EXPECT_TRUE(t->len + len <= sizeof t->bytes))
        return;
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
}

static void write_text(const sim_schedule *schedule, text *out)
{
    out->len = 0;
    sim_schedule_write(schedule, (sim_sink){add_text, out});
}

static void text_is_read_as_it_was_written(void)
{
    upload u;
    uint64_t seed = 0;
    text *first = malloc(sizeof *first), *second = malloc(sizeof *second);
    upload_init(&u, (upload_edit){.other_clients = 2});
    sim_scenario scenario = upload_scenario(&u);
    for (unsigned i = 0; i < 5; i++) {
        sim_schedule *schedule = find_failure(&scenario, seed + 1, &seed), *read;
        sim_schedule_error error;
        sim_rerun rerun;
        write_text(schedule, first);
        if (!EXPECT_CODE(sim_schedule_parse(first->bytes, first->len, NULL, &read, &error), 0)) {
            EXPECT_EQ_STR(error.what, error.why);
            break;
        }
        write_text(read, second);
        EXPECT_EQ_INT_FATAL(second->len, first->len);
        EXPECT_EQ_MEM(second->bytes, first->bytes, first->len);
        EXPECT_CODE(sim_schedule_replay_exact(read, &scenario, &rerun), 0);
        EXPECT_TRUE(rerun.same);
        sim_schedule_destroy(schedule);
        sim_schedule_destroy(read);
    }
    free(first);
    free(second);
}

#define HEAD "castanet schedule 1\nscenario upload\nmode windowed\nseed 5\noutcome failed 00000000000000ab\n"
#define PRINT "exact 000102030405060708090a0b0c0d0e0f "

static void bad_text_is_refused_with_its_place(void)
{
    static const struct {
        const char *text, *what;
        unsigned line, column;
    } rows[] = {
        {"", "the schedule is empty", 0, 0},
        {"hello\n", "this is no schedule", 1, 1},
        {"castanet schedule 2\n", "the schedule is of another version", 1, 19},
        {"castanet schedule 1\nmode timed\n", "the name of the scenario is missing", 2, 1},
        {"castanet schedule 1\nscenario a\nmode timed\n", "the line 'seed' is missing", 3, 11},
        {HEAD "hold a#1 until b#", "the text is cut off", 6, 1},
        {HEAD "hold a#1 until b\n", "a label with its number is missing", 6, 16},
        {HEAD "hold a#1 before b#1\n", "there is no ' until ' in the line", 6, 6},
        {HEAD "hold a#0 until b#1\n", "a label ends with # and a number from 1", 6, 9},
        {HEAD "hold a#1 until b#1 x\n", "a label ends with # and a number from 1", 6, 19},
        {HEAD "hold a#1 until a#1\n", "an event waits for itself", 6, 19},
        {HEAD "choose l#1 = \n", "a number is missing", 6, 14},
        {HEAD "choose l#1 = 99999999999\n", "the number is too large", 6, 25},
        {HEAD "choose l#99999999999999999999999 = 1\n", "the number is too large", 6, 29},
        {HEAD "move a#1\n", "a line cannot begin so", 6, 1},
        {"castanet schedule 1\nscenario a\nmode lunar\n", "there is no such mode of time", 3, 6},
        {"castanet schedule 1\nscenario a\noutcome fine 00\n", "there is no such outcome", 3, 9},
        {"castanet schedule 1\nscenario a\noutcome failed 12\n", "7 bytes in hexadecimal are missing", 3, 18},
        {HEAD "decision 1 order 1/2 a#1\n", "there are more decisions than were announced", 6, 10},
        {HEAD PRINT "2\ndecision 1 order 1/2 a#1\n", "the schedule lacks decisions", 7, 25},
        {HEAD PRINT "1\ndecision 1 order 2/2 a#1\n", "2 is not among the 2 values", 7, 22},
        {HEAD PRINT "2\ndecision 4 order 1/2 a#1\ndecision 4 order 1/2 a#2\n", "decision 4 comes too late", 8,
         22},
        {HEAD PRINT "1\n" PRINT "1\n", "there are two exact forms", 7, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sim_schedule *schedule = NULL;
        sim_schedule_error error;
        EXPECT_CODE(sim_schedule_parse(rows[i].text, strlen(rows[i].text), NULL, &schedule, &error),
                    WSAEINVAL);
        EXPECT_EQ_STR(error.what, rows[i].what);
        if (!EXPECT_EQ_INT(error.line, rows[i].line) || !EXPECT_EQ_INT(error.column, rows[i].column))
            EXPECT_EQ_STR(rows[i].text, "is the row");
        EXPECT_TRUE(error.fix[0] != '\0' && error.why[0] != '\0');
        EXPECT_TRUE(schedule == NULL);
    }
}

/* Whatever is done to a text, reading it ends, and what is accepted can be written. */
static void garbled_text_does_no_harm(void)
{
    upload u;
    uint64_t seed = 0;
    text *good = malloc(sizeof *good), *bad = malloc(sizeof *bad);
    simp_stream stream;
    upload_init(&u, (upload_edit){0});
    sim_scenario scenario = upload_scenario(&u);
    sim_schedule *schedule = find_failure(&scenario, 1, &seed);
    unsigned refused = 0;
    write_text(schedule, good);
    simp_stream_init(&stream, fixture_seed(), "schedule", "garble");
    for (unsigned i = 0; i < 10000; i++) {
        *bad = *good;
        for (uint64_t n = simp_stream_below(&stream, 4); n-- > 0;)
            bad->bytes[simp_stream_below(&stream, bad->len)] = (char)simp_stream_next(&stream);
        if (simp_stream_below(&stream, 4) == 0)
            bad->len = (size_t)simp_stream_below(&stream, bad->len);
        sim_schedule *read;
        sim_schedule_error error;
        if (sim_schedule_parse(bad->bytes, bad->len, NULL, &read, &error) != 0) {
            refused++;
            continue;
        }
        write_text(read, bad);
        sim_schedule_destroy(read);
    }
    EXPECT_TRUE(refused > 5000);
    sim_schedule_destroy(schedule);
    free(good);
    free(bad);
}

/* ---- why ---- */

static void explanation_names_the_cause(void)
{
    static const char *const expected[] = {
        "failed: the upload has ",
        "\ncause: the program on server is busy: OnReceive#",
        "\nnecessary: hold ",
        "\n  without it: passed\n",
        "\nwith it, and all else by chance, it fails in 100 of 100 runs: nothing else matters\n",
        "\nwhat the last hold changes: hold ",
        "\nlegal, since ",
        "\ndepth 2: holds (1), faults and other choices (0), and 1; of "};
    upload u;
    uint64_t seed = 0;
    sim_shrink shrink;
    text *t = calloc(1, sizeof *t);
    upload_init(&u, (upload_edit){0});
    sim_scenario scenario = upload_scenario(&u);
    sim_schedule *schedule = find_failure(&scenario, 1, &seed);
    EXPECT_CODE(sim_schedule_shrink(schedule, &scenario, 0, &shrink), 0);
    EXPECT_CODE(sim_schedule_explain(schedule, &scenario, (sim_sink){add_text, t}), 0);
    const char *at = t->bytes;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const char *found = strstr(at, expected[i]);
        if (found == NULL)
            EXPECT_EQ_STR(t->bytes, expected[i]);
        else
            at = found;
    }
    sim_schedule_destroy(schedule);
    free(t);
}

/* ---- after changes of the program ---- */

static void shrunk_schedule_survives_edits(void)
{
    static const upload_edit edits[] = {{.other_clients = 1},
                                        {.other_clients = 2},
                                        {.ticks = true},
                                        {.pauses = true},
                                        {.ticks = true, .pauses = true},
                                        {.other_clients = 1, .ticks = true}};
    upload u;
    uint64_t seed = 0;
    unsigned tried = 0, survived = 0;
    upload_init(&u, (upload_edit){0});
    sim_scenario scenario = upload_scenario(&u);
    for (unsigned i = 0; i < 10; i++) {
        sim_shrink shrink;
        sim_schedule *schedule = find_failure(&scenario, seed + 1, &seed);
        EXPECT_CODE(sim_schedule_shrink(schedule, &scenario, 0, &shrink), 0);
        for (size_t e = 0; e < sizeof edits / sizeof *edits; e++) {
            upload edited;
            text t = {.len = 0};
            sim_schedule *copy;
            sim_schedule_error error;
            uint64_t runs;
            upload_init(&edited, edits[e]);
            sim_scenario changed = upload_scenario(&edited);
            write_text(schedule, &t);
            EXPECT_CODE_FATAL(sim_schedule_parse(t.bytes, t.len, NULL, &copy, &error), 0);
            tried++;
            survived += sim_schedule_reanchor(copy, &changed, &runs);
            EXPECT_TRUE(runs <= 200);
            sim_schedule_destroy(copy);
        }
        sim_schedule_destroy(schedule);
    }
    EXPECT_EQ_INT(survived, tried);
}

static void mended_program_does_not_fail_under_the_schedule(void)
{
    upload u, mended;
    uint64_t seed = 0, runs;
    upload_init(&u, (upload_edit){0});
    upload_init(&mended, (upload_edit){.mended = true});
    sim_scenario broken = upload_scenario(&u), whole = upload_scenario(&mended);
    sim_schedule *schedule = find_failure(&broken, 1, &seed);
    sim_rerun rerun;
    EXPECT_CODE(sim_schedule_replay(schedule, &whole, &rerun), 0);
    EXPECT_FALSE(rerun.same);
    EXPECT_EQ_STR(rerun.result.message, "");
    EXPECT_FALSE(sim_schedule_reanchor(schedule, &whole, &runs));
    sim_schedule_destroy(schedule);
}

static void exact_form_tells_where_another_program_goes_another_way(void)
{
    upload u, edited;
    uint64_t seed = 0;
    upload_init(&u, (upload_edit){0});
    upload_init(&edited, (upload_edit){.other_clients = 2});
    sim_scenario scenario = upload_scenario(&u), changed = upload_scenario(&edited);
    sim_schedule *schedule = find_failure(&scenario, 1, &seed);
    sim_rerun rerun;
    EXPECT_CODE(sim_schedule_replay_exact(schedule, &changed, &rerun), 0);
    EXPECT_FALSE(rerun.same);
    EXPECT_TRUE(rerun.diverged > 0);
    EXPECT_TRUE(strstr(rerun.text, "decision") != NULL);
    EXPECT_CODE(sim_schedule_replay_exact(schedule, three_clients(1), &rerun), WSAEINVAL);
    EXPECT_EQ_STR(rerun.text, "the schedule is for scenario upload");
    sim_schedule_destroy(schedule);
}

const test_case test_schedule[] = {TEST(default_order_hides_the_bug),
                                   TEST(boring_decisions_need_no_room),
                                   TEST(exact_form_repeats_the_run),
                                   TEST(facts_repeat_the_run),
                                   TEST(failure_shrinks_to_one_hold),
                                   TEST(what_passes_is_not_shrunk),
                                   TEST(text_is_read_as_it_was_written),
                                   TEST(bad_text_is_refused_with_its_place),
                                   TEST(garbled_text_does_no_harm),
                                   TEST(explanation_names_the_cause),
                                   TEST(shrunk_schedule_survives_edits),
                                   TEST(mended_program_does_not_fail_under_the_schedule),
                                   TEST(exact_form_tells_where_another_program_goes_another_way),
                                   TEST_END};
