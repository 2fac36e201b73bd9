/* SPDX-License-Identifier: MIT
 *
 * One run of a scenario, and what came of it.
 */
#include <string.h>

#include "castanet/sim_probe.h"
#include "simnet/explore/verdict.h"

#define UNTIL_NS_DEFAULT SIM_S(3600)
#define QUIET_NS_DEFAULT SIM_S(600)
#define EVENTS_MAX_DEFAULT UINT64_C(1000000)
#define MEMORY_MAX_DEFAULT (UINT64_C(1) << 30)

typedef struct run {
    const sim_scenario *scenario;
    const sim_run_options *options;
    sim_world *world;
    void *state;
    sim_lint *lint; /* NULL: nobody asked for it */
    bool made_lint;
    simp_purse purse;
    simp_progress progress;
    sim_result *result;
    const sim_order *order; /* NULL: none */
    uint64_t recovered_ns;  /* of the fault that was over then the scenario recovered */
    bool unrecovered;
} run;

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

/* ---- the linter ---- */

static bool silence(sim_lint *lint, const sim_silence *silences)
{
    for (const sim_silence *at = silences; at != NULL && at->rule != NULL; at++) {
        if (sim_lint_silence(lint, at->rule, at->where, at->reason) == WSAENOBUFS)
            return false;
    }
    return true;
}

/* False: no memory. */
static bool begin_lint(run *r)
{
    r->lint = r->options->lint;
    if (r->lint == NULL && (r->scenario->lint_fails | r->options->lint_fails) != 0) {
        r->made_lint = sim_lint_create(r->options->memory, &r->lint) == 0;
        if (!r->made_lint || !silence(r->lint, r->scenario->silences))
            return false;
    }
    if (r->lint != NULL)
        sim_world_add_observer(r->world, sim_lint_observer(r->lint));
    return true;
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

static void judge(const run *r, sim_stop stop)
{
    simp_verdict(&(simp_case){.scenario = r->scenario,
                              .world = r->world,
                              .state = r->state,
                              .lint = r->lint,
                              .lint_fails = r->scenario->lint_fails | r->options->lint_fails,
                              .purse = &r->purse,
                              .progress = &r->progress,
                              .is_unrecovered = r->unrecovered,
                              .recovered_ns = r->recovered_ns,
                              .result = r->result},
                 stop);
}

static void run_in(run *r)
{
    sim_order *order = r->options->order;
    uint64_t quiet_ns = r->scenario->quiet_ns;
    if (r->options->observer != NULL)
        sim_world_add_observer(r->world, r->options->observer);
    if (!begin_lint(r))
        simp_out_of_memory(r->world);
    if (order != NULL)
        begin_order(r, order, r->options->seed);
    /* In causal mode time starves nothing, but an order may: a program that tries again proves nothing. */
    if (order == NULL || order->mode != SIM_CAUSAL)
        simp_progress_watch(&r->progress, r->world, r->scenario, r->state,
                            quiet_ns != 0 ? quiet_ns : (uint64_t)QUIET_NS_DEFAULT);
    judge(r, run_world(r));
    measure(r, order);
    if (order != NULL) {
        simp_order_end(order, r->result);
        if (r->world->out_of_memory && r->result->outcome == SIM_PASSED)
            simp_verdict_void(r->result);
    }
    if (r->scenario->end != NULL)
        r->scenario->end(r->world, r->state);
}

static int make_world(run *r)
{
    const sim_scenario *scenario = r->scenario;
    sim_world_options world = scenario->world == NULL ? (sim_world_options){0} : *scenario->world;
    cas_allocator *memory = r->options->memory != NULL ? r->options->memory : world.memory;
    simp_purse_init(&r->purse, memory != NULL ? memory : cas_allocator_system(),
                    scenario->memory_max != 0 ? scenario->memory_max : MEMORY_MAX_DEFAULT);
    world.seed = r->options->seed;
    world.memory = &r->purse.base;
    world.events_max = scenario->events_max != 0 ? scenario->events_max : EVENTS_MAX_DEFAULT;
    return sim_world_create(&world, &r->world);
}

int sim_scenario_run(const sim_scenario *scenario, const sim_run_options *options, sim_result *result)
{
    sim_run_options chosen = options == NULL ? (sim_run_options){0} : *options;
    if (result == NULL)
        return WSAEINVAL;
    *result = (sim_result){.outcome = SIM_VOID};
    if (scenario == NULL || scenario->name == NULL || scenario->build == NULL)
        return WSAEINVAL;
    run r = {.scenario = scenario, .options = &chosen, .result = result};
    int error = make_world(&r);
    if (error != 0)
        return error;
    r.state = simp_alloc_zero(&r.world->arena, scenario->state_size + 1);
    if (r.state != NULL && scenario->initial != NULL)
        memcpy(r.state, scenario->initial, scenario->state_size);
    if (r.state != NULL)
        run_in(&r);
    sim_world_destroy(r.world);
    if (r.made_lint)
        sim_lint_destroy(r.lint);
    return r.state != NULL ? 0 : WSAENOBUFS;
}
