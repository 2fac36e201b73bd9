/* SPDX-License-Identifier: MIT
 *
 * One run of a scenario, and what came of it.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_probe.h"
#include "simnet/explore/order.h"

#define UNTIL_NS_DEFAULT SIM_S(3600)
#define EVENTS_MAX_DEFAULT UINT64_C(1000000)

typedef struct run {
    const sim_scenario *scenario;
    sim_world *world;
    void *state;
    sim_result *result;
    const sim_order *order; /* NULL: none */
    uint64_t recovered_ns;  /* of the fault that was over then the scenario recovered */
    bool unrecovered;
} run;

const char *sim_outcome_word(sim_outcome outcome)
{
    switch (outcome) {
    case SIM_PASSED: return "passed";
    case SIM_FAILED: return "failed";
    case SIM_STALLED: return "stalled";
    case SIM_LIVELOCK: return "livelock";
    case SIM_OVERTIME: return "overtime";
    case SIM_CRASHED: return "crashed";
    case SIM_EXITED: return "exited";
    case SIM_HUNG: return "hung";
    default: return "void";
    }
}

/* ---- running ---- */

static uint64_t end_of(const sim_scenario *scenario)
{
    return scenario->until_ns != 0 ? scenario->until_ns : (uint64_t)UNTIL_NS_DEFAULT;
}

static bool is_done(const run *r)
{
    return r->scenario->is_done == NULL || r->scenario->is_done(r->world, r->state);
}

static bool is_awaited(const run *r)
{
    return r->scenario->faults.recovery_ns != 0 && r->order != NULL && r->order->is_troubled &&
           r->order->mode != SIM_CAUSAL;
}

/* Is the time over in which it must be done after the last fault, and it is not? */
static bool is_beyond_recovery(run *r)
{
    uint64_t over = r->order->trouble->until_ns, wait = r->scenario->faults.recovery_ns;
    if (over == r->recovered_ns || r->world->now_ns <= over || r->world->now_ns - over <= wait)
        return false;
    r->unrecovered = !is_done(r);
    r->recovered_ns = over;
    return r->unrecovered;
}

static sim_stop run_by_steps(run *r)
{
    sim_stop stop = SIM_STOP_TIME;
    bool awaited = is_awaited(r);
    while (stop == SIM_STOP_TIME && r->world->now_ns <= end_of(r->scenario)) {
        stop = sim_world_step(r->world);
        if (r->scenario->invariant != NULL)
            r->scenario->invariant(r->world, r->state);
        if (r->world->failed || (awaited && is_beyond_recovery(r)))
            stop = SIM_STOP_REQUESTED;
    }
    return stop;
}

static sim_stop run_world(run *r)
{
    for (const char *const *name = r->scenario->probes; name != NULL && *name != NULL; name++)
        sim_world_sometimes(r->world, false, *name);
    r->scenario->build(r->world, r->state);
    if (r->world->failed)
        return SIM_STOP_REQUESTED;
    return r->scenario->invariant != NULL || is_awaited(r) ? run_by_steps(r)
                                                           : sim_world_run(r->world, end_of(r->scenario));
}

/* ---- judging ---- */

static void tell(sim_result *result, sim_outcome outcome, uint64_t site, const char *text)
{
    result->outcome = outcome;
    result->identity = outcome == SIM_PASSED ? 0 : simp_mix(site + (uint64_t)outcome) | 1;
    snprintf(result->message, sizeof result->message, "%s", text);
}

static void tell_unrecovered(const run *r)
{
    char text[128];
    snprintf(text, sizeof text,
             "the last fault was over at %llu ms, and %llu ms later the scenario is not done",
             (unsigned long long)(r->recovered_ns / 1000000),
             (unsigned long long)(r->scenario->faults.recovery_ns / 1000000));
    tell(r->result, SIM_STALLED, 1, text);
}

static void check(run *r)
{
    if (r->scenario->check != NULL)
        r->scenario->check(r->world, r->state);
}

static void judge(run *r, sim_stop stop)
{
    sim_world *world = r->world;
    sim_result *result = r->result;
    bool ended = stop == SIM_STOP_IDLE || stop == SIM_STOP_TIME || stop == SIM_STOP_REQUESTED;
    if (ended && !world->failed && !world->out_of_memory && !r->unrecovered)
        check(r);
    if (world->out_of_memory)
        tell(result, SIM_VOID, 0, "the allocator refused memory: the run says nothing");
    else if (world->failed)
        tell(result, SIM_FAILED, world->failure_hash, world->failure);
    else if (r->unrecovered)
        tell_unrecovered(r);
    else if (stop == SIM_STOP_EVENTS)
        tell(result, SIM_LIVELOCK, 0, "events go on without end: events_max were not enough");
    else if (stop == SIM_STOP_STUCK)
        tell(result, SIM_LIVELOCK, 1, world->error.what);
    else if (stop == SIM_STOP_IDLE && !is_done(r))
        tell(result, SIM_STALLED, 0, "nothing is left to happen, and the scenario is not done");
    else if (stop == SIM_STOP_TIME && !is_done(r))
        tell(result, SIM_OVERTIME, 0, "the time is over, and the scenario is not done");
    else
        tell(result, SIM_PASSED, 0, "");
}

static void measure(run *r, const sim_order *order)
{
    sim_world_fingerprint(r->world, r->result->fingerprint);
    r->result->now_ns = r->world->now_ns;
    r->result->events = r->world->event_count;
    if (order == NULL)
        return;
    r->result->steps = (uint32_t)order->step_count;
    r->result->notifications = order->notifications;
    r->result->faults = order->faults;
}

/* ---- all of it ---- */

static void begin_order(run *r, sim_order *order, uint64_t seed)
{
    r->order = order;
    simp_order_begin(order, r->world, seed);
    if (!simp_order_allow(order, &r->scenario->faults))
        simp_out_of_memory(r->world);
}

static void run_in(run *r, const sim_run_options *options)
{
    sim_order *order = options->order;
    if (options->observer != NULL)
        sim_world_add_observer(r->world, options->observer);
    if (order != NULL)
        begin_order(r, order, options->seed);
    sim_stop stop = run_world(r);
    judge(r, stop);
    measure(r, order);
    if (order != NULL) {
        simp_order_end(order, r->result);
        if (r->world->out_of_memory && r->result->outcome == SIM_PASSED)
            tell(r->result, SIM_VOID, 0, "the allocator refused memory: the run says nothing");
    }
    if (r->scenario->end != NULL)
        r->scenario->end(r->world, r->state);
}

int sim_scenario_run(const sim_scenario *scenario, const sim_run_options *options, sim_result *result)
{
    sim_run_options chosen = options == NULL ? (sim_run_options){0} : *options;
    if (result == NULL)
        return WSAEINVAL;
    *result = (sim_result){.outcome = SIM_VOID};
    if (scenario == NULL || scenario->name == NULL || scenario->build == NULL)
        return WSAEINVAL;
    sim_world_options world = scenario->world == NULL ? (sim_world_options){0} : *scenario->world;
    world.seed = chosen.seed;
    world.memory = chosen.memory != NULL ? chosen.memory : world.memory;
    world.events_max = scenario->events_max != 0 ? scenario->events_max : EVENTS_MAX_DEFAULT;
    run r = {.scenario = scenario, .result = result};
    int error = sim_world_create(&world, &r.world);
    if (error != 0)
        return error;
    r.state = simp_alloc_zero(&r.world->arena, scenario->state_size + 1);
    if (r.state != NULL && scenario->initial != NULL)
        memcpy(r.state, scenario->initial, scenario->state_size);
    if (r.state != NULL)
        run_in(&r, &chosen);
    sim_world_destroy(r.world);
    return r.state != NULL ? 0 : WSAENOBUFS;
}
