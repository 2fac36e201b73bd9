/* SPDX-License-Identifier: MIT
 *
 * Re-anchoring: the program was changed, so what was the third of a kind is now the second or the fourth.
 * Each end of each hold, and each fault, is moved by one, then by two, the nearest first, in its occurrence
 * and in the number of its object, until the scenario fails again as the schedule says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simnet/explore/schedule.h"

enum { RUNS_MAX = 200, LABEL_MAX = 192, OBJECT_MAX = 1000000000 };

typedef struct anchor {
    sim_schedule *schedule;
    const sim_scenario *scenario;
    uint64_t runs;
} anchor;

static bool fails(anchor *a)
{
    sim_rerun replay;
    if (a->runs == RUNS_MAX)
        return false;
    a->runs++;
    return simp_schedule_run(a->schedule, a->scenario, &replay, NULL) == 0 && replay.same;
}

/* One end of a hold. */
typedef struct end {
    char **label;
    uint64_t *count;
} end;

static end end_of(simp_fact *fact, bool second)
{
    return second ? (end){&fact->until, &fact->until_count} : (end){&fact->label, &fact->count};
}

/* "server/conn#2 OnReceive" with its object moved: in text.  False: it has none, or none with that number. */
static bool move_object(const char *label, int by, char text[LABEL_MAX])
{
    const char *mark = strchr(label, '#');
    if (mark == NULL)
        return false;
    long named = strtol(mark + 1, NULL, 10), number = named < 1 || named > OBJECT_MAX ? 0 : named + by;
    const char *rest = strchr(mark, ' ');
    if (number < 1 || rest == NULL)
        return false;
    snprintf(text, LABEL_MAX, "%.*s#%ld%s", (int)(mark - label), label, number, rest);
    return true;
}

static bool fails_with_count(anchor *a, end e, int by)
{
    uint64_t before = *e.count;
    if (by < 0 && before <= (uint64_t)-by)
        return false;
    *e.count = before + (uint64_t)(int64_t)by;
    if (fails(a))
        return true;
    *e.count = before;
    return false;
}

static bool fails_with_object(anchor *a, end e, int by)
{
    char text[LABEL_MAX];
    cas_allocator *memory = a->schedule->memory;
    if (!move_object(*e.label, by, text))
        return false;
    size_t size = strlen(text) + 1;
    char *before = *e.label, *moved = cas_alloc(memory, size);
    if (moved == NULL)
        return false;
    memcpy(moved, text, size);
    *e.label = moved;
    bool same = fails(a);
    if (!same)
        *e.label = before;
    char *dropped = same ? before : moved;
    cas_free(memory, dropped, strlen(dropped) + 1);
    return same;
}

static bool move_end(anchor *a, end e, int by)
{
    return fails_with_count(a, e, by) || fails_with_object(a, e, by);
}

/* Both ends of a hold together: an event more before both of them. */
static bool move_both(anchor *a, simp_fact *fact, int by)
{
    uint64_t count = fact->count, until = fact->until_count;
    if (by < 0 && (count <= (uint64_t)-by || until <= (uint64_t)-by))
        return false;
    fact->count += (uint64_t)(int64_t)by;
    if (fails_with_count(a, end_of(fact, true), by))
        return true;
    fact->count = count;
    return false;
}

static bool move_fact(anchor *a, simp_fact *fact, int by)
{
    if (fact->kind == SIMP_FACT_CHOICE)
        return simp_is_trouble_label(fact->label, strlen(fact->label)) &&
               move_end(a, end_of(fact, false), by);
    return fact->kind == SIMP_FACT_HOLD && (move_end(a, end_of(fact, false), by) ||
                                            move_end(a, end_of(fact, true), by) || move_both(a, fact, by));
}

bool sim_schedule_reanchor(sim_schedule *schedule, const sim_scenario *scenario, uint64_t *runs)
{
    static const int nearest[] = {1, -1, 2, -2};
    anchor a = {.schedule = schedule, .scenario = scenario};
    bool same = fails(&a);
    for (size_t n = 0; !same && n < sizeof nearest / sizeof *nearest; n++) {
        for (size_t i = 0; !same && i < schedule->fact_count; i++)
            same = move_fact(&a, &schedule->facts[i], nearest[n]);
    }
    if (same)
        simp_schedule_drop_decisions(schedule);
    *runs = a.runs;
    return same;
}
