/* SPDX-License-Identifier: MIT
 *
 * See watched.h.  The state of the inner scenario lies behind a head that leads to the plan.
 */
#include "tool/watched.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BRIEF_ROWS = 40 };

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
    cap_capture_options capture = {.about = plan->about};
    cap_ladder_options brief = {.rows_max = BRIEF_ROWS};
    bool wanted = plan->pcap != NULL || plan->ladder != NULL || plan->brief != NULL;
    bool opened = wanted && cap_trace_open(world, &h->trace, &plan->error) == 0;
    if (opened && plan->pcap != NULL)
        (void)cap_trace_add_pcapng(h->trace, plan->pcap, &capture, &plan->error);
    if (opened && plan->ladder != NULL)
        (void)cap_trace_print_ladder(h->trace, plan->ladder, NULL, &plan->error);
    if (opened && plan->brief != NULL)
        (void)cap_trace_print_ladder(h->trace, plan->brief, &brief, &plan->error);
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
