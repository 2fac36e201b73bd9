/* SPDX-License-Identifier: MIT
 *
 * The failures of the museum are repeated, shrunk to what one would write by hand, explained, and found again
 * after changes of the programs.  castanet_shrink and castanet_edits make the same of more seeds, and tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/expect.h"
#include "tests/museum/edit_case.h"
#include "tests/museum/optimum.h"
#include "tests/museum/shrink_case.h"
#include "tests/test_list.h"

enum { RUNS_GOAL = 200, MEDIAN_GOAL = 3, BUGS_MAX = 200 };

typedef struct tally {
    unsigned cases, small;
    unsigned by_facts[BUGS_MAX];
} tally;

/* What fails in every order has nothing to shrink. */
static bool has_facts(const museum_bug *bug) { return !bug->fails_always; }

static void expect_case(const shrink_case *c)
{
    char name[80];
    snprintf(name, sizeof name, "castanet_shrink --bug %s%s", c->bug->id, c->exhaustively ? ", by dpor" : "");
    bool whole = EXPECT_CODE(c->error, 0) && EXPECT_TRUE(c->schedule != NULL) &&
                 EXPECT_TRUE(shrink_case_is_repeated(c)) && EXPECT_TRUE(shrink_case_is_explained(c)) &&
                 EXPECT_TRUE(c->shrink.is_minimal) && EXPECT_TRUE(c->shrink.runs < RUNS_GOAL);
    EXPECT_EQ_STR(whole ? "whole" : name, "whole");
}

static void run_case(shrink_case *c, const museum_bug *bug, bool exhaustively, tally *t)
{
    shrink_case_find(c, bug, exhaustively, 1);
    shrink_case_shrink(c);
    shrink_case_explain(c);
    expect_case(c);
    t->cases++;
    t->small += shrink_case_is_small(c);
    t->by_facts[c->shrink.after < BUGS_MAX ? c->shrink.after : BUGS_MAX - 1]++;
    sim_schedule_destroy(c->schedule);
}

static void museum_shrinks_to_what_hands_would_write(void)
{
    tally t = {0};
    shrink_case *c = calloc(1, sizeof *c);
    EXPECT_TRUE_FATAL(c != NULL);
    for (size_t i = 0; i < museum_count; i++) {
        if (!has_facts(museum_bugs[i]))
            continue;
        run_case(c, museum_bugs[i], false, &t);
        if (museum_bugs[i]->is_small)
            run_case(c, museum_bugs[i], true, &t);
    }
    free(c);
    unsigned below = 0;
    for (size_t i = 0; i <= MEDIAN_GOAL; i++)
        below += t.by_facts[i];
    EXPECT_TRUE(t.cases >= 60);
    EXPECT_TRUE(2 * below >= t.cases);
    EXPECT_TRUE(100 * t.small >= 95 * t.cases);
}

/* Two calls that are late and come at once with a third find a full queue; so do three that come while the
 * server does not accept.  Whatever was recorded, one hold is what is left. */
static void one_late_event_takes_the_place_of_several(void)
{
    static const char *const ids[] = {"K12", "S48", "S13"};
    shrink_case *c = calloc(1, sizeof *c);
    EXPECT_TRUE_FATAL(c != NULL);
    for (size_t i = 0; i < museum_count; i++) {
        for (uint64_t seed = 0; seed < 10; seed++) {
            const char *id = museum_bugs[i]->id;
            if (strcmp(id, ids[0]) != 0 && strcmp(id, ids[1]) != 0 && strcmp(id, ids[2]) != 0)
                continue;
            shrink_case_find(c, museum_bugs[i], false, 1000003 * seed + 1);
            shrink_case_shrink(c);
            EXPECT_TRUE(c->schedule != NULL && shrink_case_is_repeated(c));
            EXPECT_TRUE(c->shrink.runs < RUNS_GOAL);
            if (!EXPECT_EQ_INT(c->shrink.after, 1))
                printf("    castanet_shrink --bug %s, seed %llu\n", id, (unsigned long long)c->seed);
            sim_schedule_destroy(c->schedule);
        }
    }
    free(c);
}

static void every_bug_has_an_optimum(void)
{
    for (size_t i = 0; i < museum_count; i++) {
        const museum_optimum *optimum = museum_find_optimum(museum_bugs[i]->id);
        EXPECT_EQ_STR(optimum != NULL ? optimum->id : "none", museum_bugs[i]->id);
        EXPECT_TRUE(optimum == NULL || !museum_bugs[i]->fails_always || optimum->facts == 0);
    }
}

/* Each kind of change by itself, on every second bug. */
static void shrunk_schedules_survive_changes_of_the_program(void)
{
    for (int kind = 0; kind < MUSEUM_EDIT_COUNT; kind++) {
        unsigned tried = 0, survived = 0;
        for (size_t i = 0; i < museum_count; i += 2) {
            if (!has_facts(museum_bugs[i]))
                continue;
            for (uint64_t seed = 1; seed <= 2; seed++) {
                edit_case c = edit_case_run(museum_bugs[i], (museum_edit_kind)kind, seed);
                EXPECT_TRUE(c.is_found);
                tried += !c.fails_anyway;
                survived += !c.fails_anyway && c.reanchored;
            }
        }
        EXPECT_TRUE(tried >= 50);
        if (!EXPECT_TRUE(100 * survived >= 95 * tried))
            EXPECT_EQ_STR(museum_edit_name((museum_edit_kind)kind), "is what they do not survive");
    }
}

/* What is mended does not fail under what found the bug, however it is moved. */
static void mended_programs_pass_under_the_schedules(void)
{
    shrink_case *c = calloc(1, sizeof *c);
    EXPECT_TRUE_FATAL(c != NULL);
    for (size_t i = 0; i < museum_count; i += 3) {
        const museum_bug *bug = museum_bugs[i];
        shrink_case_find(c, bug, false, 1);
        shrink_case_shrink(c);
        if (EXPECT_TRUE(c->schedule != NULL)) {
            sim_scenario mended = *bug->mended;
            sim_rerun rerun;
            mended.name = bug->broken->name;
            EXPECT_CODE(sim_schedule_replay(c->schedule, &mended, &rerun), 0);
            EXPECT_EQ_STR(rerun.result.message, "");
        }
        sim_schedule_destroy(c->schedule);
    }
    free(c);
}

const test_case test_shrink[] = {TEST(every_bug_has_an_optimum),
                                 TEST(one_late_event_takes_the_place_of_several),
                                 TEST(shrunk_schedules_survive_changes_of_the_program),
                                 TEST(mended_programs_pass_under_the_schedules),
                                 TEST(museum_shrinks_to_what_hands_would_write),
                                 TEST_END};
