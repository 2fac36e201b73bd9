/* SPDX-License-Identifier: MIT
 *
 * See pending.h.
 */
#include "simnet/explore/pending.h"

#include "simnet/explore/grow.h"

/* ---- describing ---- */

static uint64_t slack_of(const sim_order *order, const simp_candidate *c)
{
    switch ((simp_source)c->source) {
    case SIMP_SOURCE_ARRIVAL: return order->windows.arrival_ns;
    case SIMP_SOURCE_TIMER:
    case SIMP_SOURCE_WAKE: return order->windows.timer_ns;
    case SIMP_SOURCE_DISPATCH: return order->windows.dispatch_ns;
    default: return 0;
    }
}

static uint64_t latest(const sim_order *order, const simp_candidate *c)
{
    uint64_t slack = order->mode == SIM_TIMED ? 0 : slack_of(order, c);
    return slack > UINT64_MAX - c->at_ns ? UINT64_MAX : c->at_ns + slack;
}

/* For all that is queued, so that candidates stay where they are during a look.  False: no memory. */
static bool has_room(sim_order *order, size_t wanted)
{
    void *candidates = simp_grow(order->memory, order->candidates, sizeof *order->candidates,
                                 &order->candidate_capacity, wanted);
    if (candidates == NULL)
        return false;
    order->candidates = candidates;
    void *enabled = simp_grow(order->memory, (void *)order->enabled, sizeof *order->enabled,
                              &order->enabled_capacity, wanted);
    if (enabled == NULL)
        return false;
    order->enabled = enabled;
    return true;
}

/* False: no memory. */
static APART bool describe(sim_order *order, const sim_world *world, const simp_queued *queued)
{
    simp_candidate *c = &order->candidates[order->candidate_count];
    if (!simp_candidate_describe(c, world, queued, order->spots))
        return false;
    c->since = queued->event->candidate & ~SIMP_CANDIDATE_NEW;
    c->at_ns = queued->at_ns;
    c->latest_ns = latest(order, c);
    c->enabled_by = UINT32_MAX;
    queued->event->candidate = (uint32_t)order->candidate_count++;
    return true;
}

static bool is_new(const simp_event *event) { return (event->candidate & SIMP_CANDIDATE_NEW) != 0; }

static bool is_timer(const simp_queued *queued) { return simp_class_of(queued->tie) == SIMP_CLASS_TIMER; }

/* ---- forgetting ---- */

/* It is gone without having happened.  Timers of stacks are all the time: that matters if they were
 * overtaken. */
static void lose(sim_order *order, const simp_candidate *c)
{
    bool matters = c->source != SIMP_SOURCE_TIMER || c->overtaken_by != 0;
    if (!matters || order->step_count == 0)
        return;
    void *lost = simp_grow(order->memory, order->lost, sizeof *order->lost, &order->lost_capacity,
                           order->lost_count + 1);
    if (lost == NULL) {
        simp_out_of_memory(order->world);
        return;
    }
    order->lost = lost;
    order->lost[order->lost_count++] = (simp_lost_event){
        .chain = c->chain,
        .object = c->object,
        .host = c->host,
        .made_by = simp_order_maker(order, c),
        .ended_by = (uint32_t)order->step_count,
        .label = c->label,
        .occurrence = simp_label_count(&order->labels, c->label) + 1,
        .overtaken_by = c->overtaken_by,
        .source = c->source};
}

/* The last candidate takes its place. */
static void forget(sim_order *order, uint32_t index)
{
    uint32_t last = (uint32_t)--order->candidate_count;
    order->candidates[index].event->candidate = order->watch.mark;
    if (index == last)
        return;
    order->candidates[index] = order->candidates[last];
    order->candidates[index].event->candidate = index;
}

static void gone(simp_event_watch *watch, simp_event *event)
{
    sim_order *order = (sim_order *)(void *)((char *)watch - offsetof(sim_order, watch));
    if (is_new(event))
        return;
    lose(order, &order->candidates[event->candidate]);
    forget(order, event->candidate);
}

void simp_pending_take(sim_order *order, sim_world *world, const simp_candidate *c)
{
    simp_event *event = c->event;
    forget(order, event->candidate);
    simp_events_cancel(&world->events, event);
}

void simp_pending_begin(sim_order *order, sim_world *world)
{
    order->candidate_count = order->lost_count = 0;
    order->watch.gone = gone;
    simp_pending_note_step(order);
    simp_events_watch(&world->events, &order->watch);
}

/* ---- what may happen next ---- */

/* NULL: no memory. */
static simp_candidate *candidate_of(sim_order *order, const sim_world *world, const simp_queued *queued)
{
    if (is_new(queued->event) && !describe(order, world, queued))
        return NULL;
    return &order->candidates[queued->event->candidate];
}

/* It may happen, if it could not before since the last step. */
static inline simp_candidate *enable(const sim_order *order, simp_candidate *c)
{
    uint32_t now = (uint32_t)order->step_count;
    c->enabled_by = now < c->enabled_by ? now : c->enabled_by;
    return c;
}

/* Timers of one stack are of one chain: the first of them alone may happen. */
static bool is_behind_its_chain(const sim_order *order, size_t enabled, const simp_candidate *c)
{
    for (size_t i = 0; i < enabled; i++) {
        if (order->enabled[i]->chain == c->chain)
            return true;
    }
    return false;
}

/* What may not happen yet is described all the same, but for timers.  False: no memory. */
static bool describe_rest(sim_order *order, const sim_world *world, const simp_queued *end)
{
    while (end > world->events.heap) {
        if (!is_timer(--end) && candidate_of(order, world, end) == NULL)
            return false;
    }
    return true;
}

/* Those that are not due after the latest time of any other. */
static bool look_within(sim_order *order, const sim_world *world, uint64_t until_ns, size_t *enabled)
{
    const simp_queued *first = world->events.heap, *queued = first + world->events.count;
    simp_candidate *candidates = order->candidates, **into = order->enabled;
    uint64_t end_ns = until_ns;
    size_t count = 0;
    while (queued > first && queued[-1].at_ns <= end_ns) {
        const simp_event *event = (--queued)->event;
        if (is_new(event) && !describe(order, world, queued))
            return false;
        simp_candidate *c = &candidates[event->candidate];
        end_ns = c->latest_ns < end_ns ? c->latest_ns : end_ns;
        if (c->source != SIMP_SOURCE_TIMER || !is_behind_its_chain(order, count, c))
            into[count++] = enable(order, c);
    }
    *enabled = count;
    return describe_rest(order, world, queued);
}

/* All but timers of stacks; or of those the first. */
static bool look_for_causes(sim_order *order, const sim_world *world, uint64_t until_ns, size_t *enabled)
{
    const simp_queued *first = world->events.heap, *queued = first + world->events.count, *timer = NULL;
    size_t count = 0;
    while (queued > first && queued[-1].at_ns <= until_ns) {
        simp_candidate *c = is_timer(--queued) ? NULL : candidate_of(order, world, queued);
        if (c != NULL)
            order->enabled[count++] = enable(order, c);
        else if (!is_timer(queued))
            return false;
        else if (timer == NULL)
            timer = queued;
    }
    if (count == 0 && timer != NULL) {
        simp_candidate *c = candidate_of(order, world, timer);
        if (c != NULL)
            order->enabled[count++] = enable(order, c);
    }
    *enabled = count;
    return (timer == NULL || count != 0) && describe_rest(order, world, queued);
}

bool simp_pending_look(sim_order *order, sim_world *world, uint64_t until_ns, size_t *enabled)
{
    *enabled = 0;
    if (world->events.count == 0)
        return true;
    if (!has_room(order, world->events.count))
        return false;
    return order->mode == SIM_CAUSAL ? look_for_causes(order, world, until_ns, enabled)
                                     : look_within(order, world, until_ns, enabled);
}
