/* SPDX-License-Identifier: MIT
 *
 * See cause.h.  One worker does all of it, as long as no run ends the worker; else each run has a worker.
 */
#include "tool/cause.h"

#include <string.h>

#include "castanet/error.h"
#include "tool/search.h"
#include "tool/worker.h"

/* What makes runs again is done in a second or so: 40 runs that hang, or a million events. */
enum {
    HUNG_QUIET_MS = 100,
    HUNG_RUNS = 40,
    EVENTS_MAX = 1000000,
    RUNS_MIN = 8,
    RUNS_MAX = 500,
    EXPLAIN_RUNS = 120
};
enum { WORKER_QUIET_MS = 30000, SLOW_MS = 20, SLOW_BUDGET_MS = 3000 };

static const char too_long[] = "a run of it takes too long for the hundred that an explanation needs\n";

/* In shared memory. */
typedef struct work {
    const cause_plan *plan;
    const char *text; /* NULL: the run is to be recorded */
    size_t len;
    guard *guard;
    bool is_guarded;
    sim_schedule *schedule;
    sim_shrink shrink;
    bool is_shrunk;
    char *explanation;
    size_t used, capacity;
    int error;
} work;

/* ---- the explanation ---- */

static void append(void *context, const char *text, size_t len)
{
    work *w = context;
    cas_allocator *memory = guard_memory(w->guard);
    while (w->used + len + 1 > w->capacity) {
        size_t larger = w->capacity == 0 ? 4096 : 2 * w->capacity;
        char *grown = memory->resize(memory, w->explanation, w->capacity, larger);
        if (grown == NULL)
            return;
        w->explanation = grown;
        w->capacity = larger;
    }
    memcpy(w->explanation + w->used, text, len);
    w->used += len;
    w->explanation[w->used] = '\0';
}

/* ---- all of it ---- */

static int get_schedule(work *w)
{
    const cause_plan *plan = w->plan;
    sim_order_options order = plan->order;
    sim_schedule_error error;
    order.memory = guard_memory(w->guard);
    order.runner = w->is_guarded ? guard_runner(w->guard) : NULL;
    order.journal = NULL;
    if (w->text == NULL)
        return sim_schedule_record(plan->scenario, &order, plan->seed, plan->values, plan->count,
                                   &w->schedule);
    int code = sim_schedule_parse(w->text, w->len, order.memory, &w->schedule, &error);
    if (code == 0)
        sim_schedule_set_runner(w->schedule, order.runner);
    return code;
}

static uint64_t runs_allowed(const cause_plan *plan)
{
    if (plan->outcome == SIM_HUNG)
        return HUNG_RUNS;
    uint64_t runs = plan->events == 0 ? RUNS_MAX : EVENTS_MAX / plan->events;
    return runs > RUNS_MAX ? RUNS_MAX : runs < RUNS_MIN ? RUNS_MIN : runs;
}

/* A sanitizer's report takes a quarter of a second: so then there are fewer runs. */
static uint64_t runs_in_time(uint64_t runs, uint64_t run_ms)
{
    if (run_ms <= SLOW_MS || runs <= SLOW_BUDGET_MS / run_ms)
        return runs;
    return SLOW_BUDGET_MS / run_ms > RUNS_MIN ? SLOW_BUDGET_MS / run_ms : RUNS_MIN;
}

static int do_work(void *argument)
{
    work *w = argument;
    uint64_t begin_ms = search_clock_ms();
    w->error = get_schedule(w);
    uint64_t runs = runs_in_time(runs_allowed(w->plan), w->is_guarded ? search_clock_ms() - begin_ms : 0);
    if (w->error == 0 && w->text == NULL && sim_schedule_outcome(w->schedule) != w->plan->outcome)
        w->error = WSAEINVAL;
    append(w, "", 0);
    if (w->error != 0)
        return 0;
    w->is_shrunk = sim_schedule_shrink(w->schedule, w->plan->scenario, runs, &w->shrink) == 0;
    if (w->is_shrunk && runs >= EXPLAIN_RUNS)
        (void)sim_schedule_explain(w->schedule, w->plan->scenario, (sim_sink){append, w});
    else if (w->is_shrunk)
        append(w, too_long, strlen(too_long));
    return 0;
}

/* Runs that end their process, and what they might have damaged, are left behind with the worker.  True:
 * done. */
static bool try_in_worker(work *w)
{
    worker_report report;
    worker_limits limits = {.quiet_ms = WORKER_QUIET_MS,
                            .memory_bytes = worker_memory_for(w->plan->scenario->memory_max)};
    return worker_run(do_work, w, &limits, &report) == 0 && report.end == WORKER_RETURNED;
}

static work *begin(const cause_plan *plan, const char *text, size_t len)
{
    guard *g = guard_create(plan->outcome == SIM_HUNG ? HUNG_QUIET_MS : plan->quiet_ms);
    work *w = g == NULL ? NULL : cas_alloc(guard_memory(g), sizeof *w);
    if (w != NULL)
        *w = (work){.plan = plan, .text = text, .len = len, .guard = g};
    else
        guard_destroy(g);
    return w;
}

static void say_how_it_ends(const cause_plan *plan, cause *out)
{
    sim_rerun rerun;
    if (plan->outcome > SIM_VOID && sim_schedule_replay_exact(out->schedule, plan->scenario, &rerun) == 0)
        memcpy(out->message, rerun.result.message, sizeof out->message);
}

int cause_shrink(const cause_plan *plan, const char *text, size_t len, cause *out)
{
    *out = (cause){.guard = NULL};
    work *w = begin(plan, text, len);
    bool is_done = w != NULL && plan->outcome < SIM_VOID && try_in_worker(w);
    if (w != NULL && !is_done) {
        guard_destroy(w->guard);
        w = begin(plan, text, len);
    }
    if (w == NULL)
        return WSAENOBUFS;
    w->is_guarded = !is_done;
    if (!is_done)
        (void)do_work(w);
    *out = (cause){w->guard, w->schedule, w->is_shrunk, w->shrink, w->explanation, ""};
    if (w->error != 0) {
        out->schedule = NULL;
        return w->error;
    }
    sim_schedule_set_runner(out->schedule, guard_runner(out->guard));
    say_how_it_ends(plan, out);
    return 0;
}

int cause_find(const cause_plan *plan, cause *out) { return cause_shrink(plan, NULL, 0, out); }

void cause_fini(cause *c)
{
    guard_destroy(c->guard);
    c->guard = NULL;
}
