/* SPDX-License-Identifier: MIT
 *
 * See watched.h.  The state of the inner scenario lies behind a head that leads to the plan.
 */
#include "tool/watched.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct head {
    watch_plan *plan;
    cap_trace *trace;
    max_align_t end[]; /* of the head: the inner state */
} head;

static void *inner_state(void *state) { return ((head *)state)->end; }

static void build(sim_world *world, void *state)
{
    head *h = state;
    watch_plan *plan = h->plan;
    if (plan->output_count > 0)
        (void)cap_trace_open(world, &h->trace, &plan->error);
    for (unsigned i = 0; h->trace != NULL && i < plan->output_count; i++)
        (void)output_add(h->trace, &plan->outputs[i], &plan->about,
                         plan->error.code == 0 ? &plan->error : NULL);
    plan->inner->build(world, inner_state(state));
}

static void invariant(sim_world *world, void *state)
{
    const watch_plan *plan = ((head *)state)->plan;
    if (plan->events != NULL)
        *plan->events = sim_world_event_count(world);
    if (plan->inner->invariant != NULL)
        plan->inner->invariant(world, inner_state(state));
}

static bool is_done(sim_world *world, void *state)
{
    return ((head *)state)->plan->inner->is_done(world, inner_state(state));
}

static void check(sim_world *world, void *state)
{
    ((head *)state)->plan->inner->check(world, inner_state(state));
}

static void end(sim_world *world, void *state)
{
    head *h = state;
    watch_plan *plan = h->plan;
    if (h->trace != NULL)
        (void)cap_trace_close(h->trace, plan->error.code == 0 ? &plan->error : NULL);
    if (plan->inner->end != NULL)
        plan->inner->end(world, inner_state(state));
}

bool watched_init(watched *w, watch_plan *plan)
{
    const sim_scenario *inner = plan->inner;
    w->size = offsetof(head, end) + inner->state_size;
    w->initial = calloc(1, w->size);
    if (w->initial == NULL)
        return false;
    ((head *)w->initial)->plan = plan;
    if (inner->initial != NULL)
        memcpy(inner_state(w->initial), inner->initial, inner->state_size);
    w->scenario = *inner;
    w->scenario.state_size = w->size;
    w->scenario.initial = w->initial;
    w->scenario.build = build;
    w->scenario.is_done = inner->is_done != NULL ? is_done : NULL;
    w->scenario.check = inner->check != NULL ? check : NULL;
    w->scenario.end = end;
    if (inner->invariant != NULL || plan->events != NULL)
        w->scenario.invariant = invariant;
    if (plan->events_max != 0)
        w->scenario.events_max = plan->events_max;
    return true;
}

void watched_fini(watched *w)
{
    free(w->initial);
    w->initial = NULL;
}
