/* SPDX-License-Identifier: MIT
 *
 * One event that is late may do what several do together: two packets that come at once with a third find no
 * room, and so do three that come while the program is busy.  Each event of the default order is held by
 * itself, for as long as anything else can happen, until the scenario fails in the same way.
 */
#include <string.h>

#include "simnet/explore/schedule.h"

enum { TRIES = 48, RUNS_OF_A_FIND = 2 };

typedef struct alone {
    const sim_schedule *best;
    const sim_scenario *scenario;
    uint64_t runs, runs_max;
    unsigned tries;
} alone;

static size_t count_holds(const sim_schedule *schedule)
{
    size_t count = 0;
    for (size_t i = 0; i < schedule->fact_count; i++)
        count += schedule->facts[i].kind == SIMP_FACT_HOLD;
    return count;
}

/* NULL: no memory. */
static sim_schedule *copy_without_holds(const sim_schedule *best)
{
    sim_schedule *copy = simp_schedule_copy(best, 0, best->fact_count);
    for (size_t i = 0; copy != NULL && i < best->fact_count; i++) {
        if (best->facts[i].kind != SIMP_FACT_HOLD)
            simp_schedule_add_fact(copy, &best->facts[i]);
    }
    return copy;
}

/* The order of a run that is wanted; NULL: it is another one, or could not be made. */
static sim_order *run(alone *a, const sim_schedule *schedule, bool must_fail)
{
    sim_rerun rerun;
    sim_order *order = NULL;
    a->runs++;
    if (schedule != NULL && !schedule->refused &&
        simp_schedule_run(schedule, a->scenario, &rerun, &order) == 0 && (rerun.same || !must_fail))
        return order;
    sim_order_destroy(order);
    return NULL;
}

/* ---- one event ---- */

/* The last step before that event, or before the end if it never came; step_count: none. */
static size_t step_before(const sim_order *order, const char *label, uint64_t count)
{
    size_t i = 0;
    while (i < order->step_count && (order->steps[i].occurrence != count ||
                                     strcmp(order->labels.labels[order->steps[i].label].text, label) != 0))
        i++;
    return i == 0 ? order->step_count : i - 1;
}

/* A hold that ends where it was given up needs not be given up. */
static bool end_it(alone *a, sim_schedule *changed, const simp_step *held, const sim_order *order)
{
    simp_fact *fact = &changed->facts[changed->fact_count - 1];
    size_t last = step_before(order, fact->label, fact->count);
    sim_rerun rerun;
    if (last == order->step_count)
        return false;
    const simp_step *until = &order->steps[last];
    fact->is_strange = simp_is_strange(held->source, held->host, held->object, until);
    a->runs++;
    return simp_schedule_set_until(changed, changed->fact_count - 1, order->labels.labels[until->label].text,
                                   until->occurrence) &&
           sim_schedule_replay(changed, a->scenario, &rerun) == 0 && rerun.same && rerun.released == 0 &&
           rerun.unknown == 0;
}

/* NULL: held alone, it does not make the scenario fail so. */
static sim_schedule *try_step(alone *a, const sim_order *due, const simp_step *step)
{
    char never[] = "";
    sim_schedule *changed = copy_without_holds(a->best);
    simp_fact fact = {.kind = SIMP_FACT_HOLD,
                      .label = due->labels.labels[step->label].text,
                      .count = step->occurrence,
                      .until = never,
                      .until_count = 1};
    if (changed != NULL)
        simp_schedule_add_fact(changed, &fact);
    sim_order *order = run(a, changed, true);
    bool found = order != NULL && end_it(a, changed, step, order);
    sim_order_destroy(order);
    if (found)
        return changed;
    sim_schedule_destroy(changed);
    return NULL;
}

/* ---- all of them ---- */

static sim_schedule *try_source(alone *a, const sim_order *due, uint8_t source)
{
    sim_schedule *found = NULL;
    for (size_t i = 0; found == NULL && i < due->step_count; i++) {
        if (due->steps[i].source != source || a->tries == TRIES || a->runs + RUNS_OF_A_FIND > a->runs_max)
            continue;
        a->tries++;
        found = try_step(a, due, &due->steps[i]);
    }
    return found;
}

sim_schedule *simp_schedule_find_alone(const sim_schedule *best, const sim_scenario *scenario,
                                       uint64_t runs_max, uint64_t *runs)
{
    static const uint8_t sources[] = {SIMP_SOURCE_DISPATCH, SIMP_SOURCE_ARRIVAL, SIMP_SOURCE_WAKE};
    alone a = {.best = best, .scenario = scenario, .runs = *runs, .runs_max = runs_max};
    sim_schedule *found = NULL;
    if (count_holds(best) < 2 || a.runs + RUNS_OF_A_FIND > runs_max)
        return NULL;
    sim_schedule *none = copy_without_holds(best);
    sim_order *due = run(&a, none, false);
    for (size_t i = 0; due != NULL && found == NULL && i < sizeof sources; i++)
        found = try_source(&a, due, sources[i]);
    sim_order_destroy(due);
    sim_schedule_destroy(none);
    *runs = a.runs;
    return found;
}
