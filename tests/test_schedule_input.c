/* SPDX-License-Identifier: MIT
 *
 * What is no schedule, or one for something else: it is refused with its place, or what it could not do is
 * told.  Nothing is another run without a word.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/museum/shrink_case.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"

enum { TEXT_BYTES = 1 << 16, BIG = 10 << 20 };

typedef struct text {
    char bytes[TEXT_BYTES];
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

static const museum_bug *bug_of(const char *id)
{
    for (size_t i = 0; i < museum_count; i++) {
        if (strcmp(museum_bugs[i]->id, id) == 0)
            return museum_bugs[i];
    }
    return NULL;
}

/* Of a bug, recorded but not shrunk: many facts, many decisions. */
static sim_schedule *record(const museum_bug *bug, text *out)
{
    shrink_case *c = calloc(1, sizeof *c);
    EXPECT_TRUE_FATAL(c != NULL && bug != NULL);
    shrink_case_find(c, bug, false, 1);
    sim_schedule *schedule = c->schedule;
    free(c);
    EXPECT_TRUE_FATAL(schedule != NULL);
    if (out != NULL)
        write_text(schedule, out);
    return schedule;
}

static int parse(const char *bytes, size_t len, sim_schedule **out, sim_schedule_error *error)
{
    *out = NULL;
    return sim_schedule_parse(bytes, len, NULL, out, error);
}

static bool has_words(const sim_schedule_error *error)
{
    return error->what[0] != '\0' && error->why[0] != '\0' && error->fix[0] != '\0';
}

/* ---- cut off ---- */

static size_t lines_of(const char *bytes, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += bytes[i] == '\n';
    return count;
}

/* At every byte.  What ends with a line and is read says what those lines say. */
static void cut_text_is_refused_or_is_its_lines(void)
{
    text *whole = malloc(sizeof *whole), *again = malloc(sizeof *again);
    sim_schedule *schedule = record(bug_of("B4"), whole), *read;
    unsigned accepted = 0;
    for (size_t len = 0; len < whole->len; len++) {
        sim_schedule_error error;
        int code = parse(whole->bytes, len, &read, &error);
        if (code != 0) {
            EXPECT_CODE(code, WSAEINVAL);
            EXPECT_TRUE(has_words(&error) && read == NULL);
            EXPECT_TRUE(error.line <= lines_of(whole->bytes, len) + 1);
            continue;
        }
        accepted++;
        EXPECT_TRUE(whole->bytes[len - 1] == '\n');
        write_text(read, again);
        EXPECT_EQ_INT(again->len, len);
        EXPECT_EQ_MEM(again->bytes, whole->bytes, len);
        sim_schedule_destroy(read);
    }
    EXPECT_TRUE(accepted > 0 && accepted <= 1 + sim_schedule_fact_count(schedule));
    sim_schedule_destroy(schedule);
    free(whole);
    free(again);
}

/* ---- edited by hand ---- */

/* One byte is another one, or is gone, or is there twice: refused with its place, or it is another schedule,
 * which is written as it was read.  Then it fails as it says, or a replay says why not. */
static void expect_no_silence(const text *edited, const sim_scenario *scenario)
{
    sim_schedule *read;
    sim_schedule_error error;
    sim_rerun rerun;
    if (parse(edited->bytes, edited->len, &read, &error) != 0) {
        EXPECT_TRUE(has_words(&error));
        return;
    }
    int code = sim_schedule_replay(read, scenario, &rerun);
    EXPECT_TRUE(code == 0 || code == WSAEINVAL);
    EXPECT_TRUE(rerun.same || rerun.text[0] != '\0');
    code = sim_schedule_replay_exact(read, scenario, &rerun);
    EXPECT_TRUE(code == 0 || code == WSAEINVAL);
    EXPECT_TRUE(rerun.same || rerun.text[0] != '\0');
    sim_schedule_destroy(read);
}

static void edited_text_is_never_another_run_in_silence(void)
{
    static const char others[] = {' ', '#', '0', '9', 'a', '\n', '\t', '\0', (char)0xC3};
    const museum_bug *bug = bug_of("K1");
    text *whole = malloc(sizeof *whole), *edited = malloc(sizeof *edited);
    sim_schedule *schedule = record(bug, whole);
    for (size_t i = 0; i < whole->len; i++) {
        for (size_t o = 0; o < sizeof others; o++) {
            *edited = *whole;
            edited->bytes[i] = others[o];
            expect_no_silence(edited, bug->broken);
        }
        edited->len = whole->len - 1;
        memmove(edited->bytes + i, whole->bytes + i + 1, whole->len - i - 1);
        expect_no_silence(edited, bug->broken);
    }
    sim_schedule_destroy(schedule);
    free(whole);
    free(edited);
}

#define HEAD                                                                                                 \
    "castanet schedule 1\nscenario K1-broken\nmode windowed\nseed 5\noutcome failed 00000000000000ab\n"

static void what_an_editor_does_is_told(void)
{
    static const struct {
        const char *text, *what;
        unsigned line, column;
    } rows[] = {
        {"castanet schedule 1\r\nscenario a\r\n", "the line ends with CR", 1, 20},
        {HEAD "hold a#1 until b#1\r\n", "the line ends with CR", 6, 19},
        {HEAD "  hold a#1 until b#1\n", "a line cannot begin so", 6, 1},
        {HEAD "hold a#1 until b#1 \n", "a label ends with # and a number from 1", 6, 19},
        {HEAD "choose l x#1 = 1\nchoose l x#1 = 2\n", "the same decision was 1 before", 7, 17},
        {"<<<<<<< ours\n", "this is no schedule", 1, 1},
        {HEAD "=======\n", "a line cannot begin so", 6, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sim_schedule *schedule;
        sim_schedule_error error;
        EXPECT_CODE(parse(rows[i].text, strlen(rows[i].text), &schedule, &error), WSAEINVAL);
        EXPECT_EQ_STR(error.what, rows[i].what);
        if (!EXPECT_EQ_INT(error.line, rows[i].line) || !EXPECT_EQ_INT(error.column, rows[i].column))
            EXPECT_EQ_STR(rows[i].text, "is the row");
        EXPECT_TRUE(has_words(&error));
    }
}

/* ---- what the program has no more ---- */

static void expect_replay_says(const char *lines, const char *expected)
{
    char text_[1024];
    const museum_bug *bug = bug_of("K1");
    sim_schedule *schedule;
    sim_schedule_error error;
    sim_rerun rerun;
    snprintf(text_, sizeof text_, HEAD "%s", lines);
    EXPECT_CODE_FATAL(parse(text_, strlen(text_), &schedule, &error), 0);
    EXPECT_CODE(sim_schedule_replay(schedule, bug->broken, &rerun), 0);
    EXPECT_FALSE(rerun.same);
    EXPECT_EQ_STR(rerun.text, expected);
    sim_schedule_destroy(schedule);
}

static void what_does_not_occur_is_named(void)
{
    expect_replay_says("hold server/conn#3 OnReceive#1 until client1->server FIN#1\n",
                       "nothing is called server/conn#3 OnReceive in this run; the most alike is "
                       "server/conn#1 OnReceive");
    expect_replay_says("hold server/conn#1 OnReceive#900 until client1->server FIN#1\n",
                       "server/conn#1 OnReceive happens 4 times in this run, not 900 times");
    expect_replay_says("hold server/listen:80 OnAccept#1 until client7->server FIN#1\n",
                       "nothing is called client7->server FIN in this run; the most alike is client1->server "
                       "FIN");
    expect_replay_says("hold server/listen:80 OnAccept#1 until client1->server FIN#9\n",
                       "given up, since nothing else could happen: hold server/listen:80 OnAccept#1 until "
                       "client1->server FIN#9");
    expect_replay_says("choose link loss#1 = 1\n", "this run has no such decision: choose link loss#1 = 1");
    expect_replay_says("", "recorded was failed, and this run passed");
}

static void values_beyond_the_bound_are_told(void)
{
    sim_schedule *schedule = record(bug_of("S24"), NULL);
    char line[256], *mark = NULL;
    for (size_t i = 0; mark == NULL && i < sim_schedule_fact_count(schedule); i++)
        mark = strstr(sim_schedule_fact(schedule, i, line, sizeof line), " = ");
    EXPECT_TRUE_FATAL(mark != NULL);
    text t = {.len = 0};
    sim_schedule *read;
    sim_schedule_error error;
    sim_rerun rerun;
    t.len = (size_t)snprintf(t.bytes, sizeof t.bytes,
                             "castanet schedule 1\nscenario S24-broken\nmode windowed\nseed 5\n"
                             "outcome failed 00000000000000ab\n%.*s = 77\n",
                             (int)(mark - line), line);
    EXPECT_CODE_FATAL(parse(t.bytes, t.len, &read, &error), 0);
    EXPECT_CODE(sim_schedule_replay(read, bug_of("S24")->broken, &rerun), 0);
    EXPECT_FALSE(rerun.same);
    EXPECT_EQ_INT(rerun.unknown, 1);
    EXPECT_TRUE(strstr(rerun.text, "there are only the values 0 to ") != NULL);
    sim_schedule_destroy(read);
    sim_schedule_destroy(schedule);
}

/* ---- another program, another profile ---- */

static void schedules_of_other_scenarios_are_refused(void)
{
    sim_schedule *schedule = record(bug_of("K1"), NULL);
    for (size_t i = 0; i < museum_count; i++) {
        sim_rerun rerun;
        bool same = strcmp(museum_bugs[i]->id, "K1") == 0;
        EXPECT_CODE(sim_schedule_replay(schedule, museum_bugs[i]->broken, &rerun), same ? 0 : WSAEINVAL);
        EXPECT_CODE(sim_schedule_replay_exact(schedule, museum_bugs[i]->broken, &rerun),
                    same ? 0 : WSAEINVAL);
        EXPECT_EQ_STR(rerun.text, same ? "" : "the schedule is for scenario K1-broken");
    }
    sim_schedule_destroy(schedule);
}

/* Each museum bug under the stack of another system: the same run, or words. */
static void other_stacks_are_not_the_same_run_in_silence(void)
{
    unsigned others = 0;
    for (size_t i = 0; i < museum_count; i += 4) {
        const museum_bug *bug = museum_bugs[i];
        if (bug->fails_always)
            continue;
        sim_schedule *schedule = record(bug, NULL);
        sim_scenario changed = *bug->broken;
        sim_world_options world = changed.world == NULL ? (sim_world_options){0} : *changed.world;
        sim_rerun rerun;
        world.stack = sim_stack_named(world.stack == sim_stack_named("freebsd") ? "windows" : "freebsd");
        changed.world = &world;
        EXPECT_CODE(sim_schedule_replay_exact(schedule, &changed, &rerun), 0);
        EXPECT_TRUE(rerun.same || rerun.text[0] != '\0');
        others += !rerun.same;
        sim_schedule_destroy(schedule);
    }
    EXPECT_TRUE(others > 0);
}

/* ---- much of it ---- */

static void ten_megabytes_are_refused(void)
{
    static const char *const lines[] = {"hold a#1 until b#1\n", "# a comment\n", "x", "\n",
                                        "castanet schedule 1\n"};
    char *big = malloc(BIG);
    simp_stream stream;
    sim_schedule *schedule;
    sim_schedule_error error;
    EXPECT_TRUE_FATAL(big != NULL);
    simp_stream_init(&stream, fixture_seed(), "schedule", "garbage");
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)simp_stream_next(&stream);
    EXPECT_CODE(parse(big, BIG, &schedule, &error), WSAEINVAL);
    EXPECT_TRUE(has_words(&error));
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
        size_t len = strlen(lines[l]), used = strlen(HEAD);
        memcpy(big, HEAD, used);
        for (; used + len <= BIG; used += len)
            memcpy(big + used, lines[l], len);
        int code = parse(big, used, &schedule, &error);
        bool harmless = lines[l][0] == '#' || lines[l][0] == '\n';
        EXPECT_CODE(code, harmless ? 0 : WSAEINVAL);
        EXPECT_TRUE(harmless || has_words(&error));
        if (code == 0)
            sim_schedule_destroy(schedule);
    }
    free(big);
}

const test_case test_schedule_input[] = {TEST(cut_text_is_refused_or_is_its_lines),
                                         TEST(edited_text_is_never_another_run_in_silence),
                                         TEST(what_an_editor_does_is_told),
                                         TEST(what_does_not_occur_is_named),
                                         TEST(values_beyond_the_bound_are_told),
                                         TEST(schedules_of_other_scenarios_are_refused),
                                         TEST(other_stacks_are_not_the_same_run_in_silence),
                                         TEST(ten_megabytes_are_refused),
                                         TEST_END};
