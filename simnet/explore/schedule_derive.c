/* SPDX-License-Identifier: MIT
 *
 * Holds from two runs side by side.  What was recorded tells how a search went astray, often by a detour: a
 * connection that was made late makes everything behind it late.  Beside the run that nothing disturbed, the
 * same run shows which events of one host stand in another order, whatever put them there.
 */
#include <string.h>

#include "simnet/explore/schedule.h"

enum { BACK_MAX = 1000 };

#define NOWHERE SIZE_MAX

/* Where each event of a run stands in the other one. */
typedef struct comparison {
    const sim_order *run, *due;
    size_t *first;  /* by label of due: where its occurrences begin in places */
    size_t *places; /* by occurrence: the step of due */
} comparison;

static void fill_places(comparison *c)
{
    const sim_order *due = c->due;
    for (size_t i = 0, sum = 0; i < due->labels.count; i++) {
        c->first[i] = sum;
        sum += i == 0 ? 0 : simp_label_count(&due->labels, (uint32_t)i);
    }
    for (size_t i = 0; i < due->step_count; i++)
        c->places[c->first[due->steps[i].label] + due->steps[i].occurrence - 1] = i;
}

static size_t place_of(const comparison *c, const simp_step *step)
{
    uint32_t label = simp_labels_find(&c->due->labels, c->run->labels.labels[step->label].hash);
    if (label == 0 || step->occurrence > simp_label_count(&c->due->labels, label))
        return NOWHERE;
    return c->places[c->first[label] + step->occurrence - 1];
}

/* The last step before that one which should not be before it; NOWHERE: there is none. */
static size_t find_overtaker(const comparison *c, size_t at, size_t place)
{
    const simp_step *held = &c->run->steps[at];
    for (size_t back = 1; back <= at && back <= BACK_MAX; back++) {
        const simp_step *step = &c->run->steps[at - back];
        bool meets = simp_is_dependent(held->host, 0, step->host, 0, false);
        if (meets && step->chain != held->chain && place_of(c, step) > place)
            return at - back;
    }
    return NOWHERE;
}

/* Those that are strange, or those that are not. */
static void derive(sim_schedule *schedule, const comparison *c, bool strange)
{
    const simp_label *labels = c->run->labels.labels;
    for (size_t i = 0; i < c->run->step_count; i++) {
        const simp_step *held = &c->run->steps[i];
        size_t place = place_of(c, held);
        size_t overtaker = place == NOWHERE ? NOWHERE : find_overtaker(c, i, place);
        if (overtaker == NOWHERE)
            continue;
        const simp_step *until = &c->run->steps[overtaker];
        simp_fact fact = {.kind = SIMP_FACT_HOLD,
                          .label = labels[held->label].text,
                          .count = held->occurrence,
                          .until = labels[until->label].text,
                          .until_count = until->occurrence,
                          .is_strange = simp_is_strange(held->source, held->host, held->object, until)};
        if (fact.is_strange == strange && !simp_schedule_has_fact(schedule, &fact))
            simp_schedule_add_fact(schedule, &fact);
    }
}

void simp_schedule_derive(sim_schedule *schedule, const sim_order *run, const sim_order *due)
{
    comparison c = {.run = run, .due = due};
    size_t first_size = due->labels.count * sizeof *c.first;
    size_t places_size = (due->step_count + 1) * sizeof *c.places;
    c.first = cas_alloc(schedule->memory, first_size);
    c.places = cas_alloc(schedule->memory, places_size);
    if (c.first != NULL && c.places != NULL) {
        fill_places(&c);
        derive(schedule, &c, false);
        derive(schedule, &c, true);
    } else {
        schedule->refused = true;
    }
    cas_free(schedule->memory, c.first, first_size);
    cas_free(schedule->memory, c.places, places_size);
}
