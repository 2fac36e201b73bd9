/* SPDX-License-Identifier: MIT
 *
 * Does a program do the same every time?  It is run again with equal decisions, each time with one thing
 * changed that must not matter; what changes the run is the cause.
 */
#include <string.h>

#include "castanet/error.h"
#include "simnet/explore/order.h"
#include "simnet/explore/soil.h"
#include "simnet/explore/trace.h"

enum { FILL = 0x11, OTHER_FILL = 0xEE, SHIFT = 1 << 16, DECISIONS_MAX = 1 << 16 };

typedef struct repeater {
    const sim_scenario *scenario;
    const sim_repeat_options *options;
    cas_allocator *memory; /* not the order's: that may be shared with other processes */
    sim_order *order;
    sim_journal *journal;
    simp_soil soil;
    simp_trace first;
    sim_result results[2];
    sim_repeat *out;
} repeater;

/* ---- runs ---- */

static bool disturb(repeater *r, sim_disturbance which, bool on)
{
    const sim_repeat_options *options = r->options;
    return options->disturb != NULL && options->disturb(options->context, which, on);
}

static int make_run(repeater *r, sim_disturbance which, simp_trace *trace, sim_result *result)
{
    bool memory = which == SIM_DISTURB_MEMORY, address = which == SIM_DISTURB_ADDRESS;
    sim_run_options run = {.seed = r->options->seed, .order = r->order, .observer = &trace->observer};
    simp_soil_reset(&r->soil, memory ? OTHER_FILL : FILL, address ? SHIFT : 0);
    r->out->runs++;
    return simp_soil_run(&r->soil, r->scenario, &run, address, result);
}

/* The decisions of the first run are those of all others. */
static int make_first_run(repeater *r)
{
    r->order->journal = r->journal;
    int error = make_run(r, SIM_DISTURB_NOTHING, &r->first, &r->results[0]);
    r->order->journal = NULL;
    sim_order_follow(r->order, r->journal->values, r->journal->count);
    return error;
}

/* Without the first run's trace being changed. */
static int make_other_run(repeater *r, sim_disturbance which, sim_difference *out)
{
    simp_trace trace;
    simp_trace_follow(&trace, &r->first, true);
    int error = make_run(r, which, &trace, &r->results[1]);
    if (error == 0)
        simp_trace_compare(&r->first, &trace, r->results, out);
    simp_trace_fini(&trace);
    if (error == 0 && !out->differs)
        out->differs = memcmp(r->results[0].fingerprint, r->results[1].fingerprint,
                              sizeof r->results[0].fingerprint) != 0;
    return error;
}

/* ---- causes ---- */

/* Processes that begin alike: what survives a run survives in none of them. */
static int tell_static_from_outside(repeater *r, unsigned *cause)
{
    sim_runner *runner = r->options->order.runner;
    sim_run_options run = {.seed = r->options->seed, .order = r->order};
    sim_result results[2];
    *cause = SIM_CAUSE_STATIC | SIM_CAUSE_OUTSIDE;
    for (unsigned i = 0; runner != NULL && i < 2; i++) {
        int error = runner->run(runner, r->scenario, &run, &results[i]);
        if (error != 0)
            return error;
    }
    if (runner == NULL)
        return 0;
    bool same = results[0].outcome == results[1].outcome && results[0].identity == results[1].identity &&
                memcmp(results[0].fingerprint, results[1].fingerprint, sizeof results[0].fingerprint) == 0;
    *cause = same ? SIM_CAUSE_STATIC : SIM_CAUSE_OUTSIDE;
    return 0;
}

static int find_cause(repeater *r, sim_disturbance which, unsigned *cause)
{
    static const unsigned causes[] = {[SIM_DISTURB_MEMORY] = SIM_CAUSE_MEMORY,
                                      [SIM_DISTURB_ADDRESS] = SIM_CAUSE_ADDRESS,
                                      [SIM_DISTURB_ENVIRONMENT] = SIM_CAUSE_ENVIRONMENT,
                                      [SIM_DISTURB_CLOCK] = SIM_CAUSE_CLOCK};
    *cause = causes[which];
    return which == SIM_DISTURB_NOTHING ? tell_static_from_outside(r, cause) : 0;
}

static int try_one(repeater *r, sim_disturbance which)
{
    sim_difference difference;
    bool done = disturb(r, which, true);
    if (!done && which >= SIM_DISTURB_ENVIRONMENT)
        return 0;
    int error = make_other_run(r, which, &difference);
    if (done)
        (void)disturb(r, which, false);
    if (error != 0 || !difference.differs)
        return error;
    unsigned cause;
    if (r->out->causes == 0) {
        r->out->difference = difference;
        r->out->disturbance = which;
    }
    error = find_cause(r, which, &cause);
    r->out->causes |= cause;
    return error;
}

/* What differs although nothing was changed hides all else. */
static int try_all(repeater *r)
{
    int error = make_first_run(r);
    for (int which = SIM_DISTURB_NOTHING; error == 0 && which < SIM_DISTURB_COUNT; which++) {
        error = try_one(r, (sim_disturbance)which);
        if (r->out->disturbance == SIM_DISTURB_NOTHING && r->out->causes != 0)
            break;
    }
    return error;
}

/* ---- all of it ---- */

static size_t size_of_journal(void) { return sizeof(sim_journal) + DECISIONS_MAX * sizeof(uint32_t); }

static int begin(repeater *r)
{
    sim_order_options order = r->options->order;
    order.journal = NULL;
    int error = sim_order_create(&order, &r->order);
    if (error != 0)
        return error;
    r->journal = cas_alloc(r->memory, size_of_journal());
    if (r->journal == NULL || !simp_soil_init(&r->soil, r->memory))
        return WSAENOBUFS;
    *r->journal = (sim_journal){.capacity = DECISIONS_MAX, .values = (uint32_t *)(r->journal + 1)};
    return 0;
}

static void end(repeater *r)
{
    sim_order_destroy(r->order);
    cas_free(r->memory, r->journal, size_of_journal());
    if (r->soil.pool != NULL)
        simp_soil_fini(&r->soil);
    simp_trace_fini(&r->first);
}

int sim_check_repeats(const sim_scenario *scenario, const sim_repeat_options *options, sim_repeat *out)
{
    sim_repeat_options chosen = options == NULL ? (sim_repeat_options){0} : *options;
    if (out == NULL)
        return WSAEINVAL;
    *out = (sim_repeat){0};
    repeater r = {.scenario = scenario, .options = &chosen, .memory = cas_allocator_system(), .out = out};
    simp_trace_init(&r.first, r.memory, chosen.bytes_max);
    int error = begin(&r);
    if (error == 0)
        error = try_all(&r);
    end(&r);
    return error;
}

const char *sim_cause_text(unsigned cause)
{
    switch (cause) {
    case SIM_CAUSE_STATIC:
        return "static or global variables keep values from one run to the next: set them in build";
    case SIM_CAUSE_OUTSIDE:
        return "a clock, a random device, a thread or a file of the machine decides: ask cas_now_ns and "
               "sim_world_choose instead";
    case SIM_CAUSE_MEMORY:
        return "memory is read before it is written: valgrind or -fsanitize=memory names the place";
    case SIM_CAUSE_ADDRESS:
        return "an address decides: of an order by pointers, a hash of one, or of padding that is compared";
    case SIM_CAUSE_ENVIRONMENT: return "environment variables decide: give them to the scenario as data";
    case SIM_CAUSE_CLOCK: return "the wall clock decides: ask cas_now_ns instead";
    default: return "it does the same every time";
    }
}
