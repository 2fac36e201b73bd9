/* SPDX-License-Identifier: MIT
 *
 * See guard.h.
 */
#include "tool/guard.h"

#include "castanet/error.h"
#include "tool/verdict.h"

/* Address space: what is not touched costs nothing. */
static const size_t bytes_max = (size_t)1 << (sizeof(size_t) > 4 ? 31 : 28);

struct guard {
    sim_runner runner; /* first */
    unsigned quiet_ms;
    shared_memory *memory;
};

typedef struct one_run {
    const sim_scenario *scenario;
    sim_run_options options;
    sim_result result;
    int error;
} one_run;

/* The world is the worker's own, and goes with it. */
static int make(void *argument)
{
    one_run *r = argument;
    r->options.memory = NULL;
    r->error = sim_scenario_run(r->scenario, &r->options, &r->result);
    return 0;
}

static int run_in_worker(guard *g, one_run *r, sim_result *result)
{
    worker_report report;
    worker_limits limits = {.quiet_ms = g->quiet_ms,
                            .memory_bytes = worker_memory_for(r->scenario->memory_max)};
    if (worker_run(make, r, &limits, &report) != 0)
        return WSAENOBUFS;
    if (report.end == WORKER_RETURNED)
        *result = r->result;
    else
        verdict_of(&report, result);
    return report.end == WORKER_RETURNED ? r->error : 0;
}

static int run(sim_runner *runner, const sim_scenario *scenario, const sim_run_options *options,
               sim_result *result)
{
    guard *g = (guard *)(void *)runner;
    cas_allocator *memory = shared_memory_allocator(g->memory);
    one_run *r = cas_alloc(memory, sizeof *r);
    if (r == NULL)
        return WSAENOBUFS;
    *r = (one_run){.scenario = scenario, .options = *options};
    int error = run_in_worker(g, r, result);
    cas_free(memory, r, sizeof *r);
    return error;
}

guard *guard_create(unsigned quiet_ms)
{
    shared_memory *memory = shared_memory_create(bytes_max);
    guard *g = memory == NULL ? NULL : cas_alloc(shared_memory_allocator(memory), sizeof *g);
    if (g == NULL) {
        shared_memory_destroy(memory);
        return NULL;
    }
    *g = (guard){.runner = {run}, .quiet_ms = quiet_ms, .memory = memory};
    return g;
}

void guard_destroy(guard *g)
{
    if (g != NULL)
        shared_memory_destroy(g->memory);
}

sim_runner *guard_runner(guard *g) { return &g->runner; }
cas_allocator *guard_memory(guard *g) { return shared_memory_allocator(g->memory); }
