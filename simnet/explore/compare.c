/* SPDX-License-Identifier: MIT
 *
 * Two programs under one schedule, or in the same random orders; and how a difference is told.
 */
#include <inttypes.h>
#include <stdio.h>

#include "castanet/error.h"
#include "simnet/explore/schedule.h"
#include "simnet/explore/trace.h"

/* ---- runs that are traced ---- */

/* Makes the runs of a schedule, with an eye on them. */
typedef struct onlooker {
    sim_runner runner; /* first */
    simp_trace *trace;
} onlooker;

static int run_traced(sim_runner *runner, const sim_scenario *scenario, const sim_run_options *options,
                      sim_result *result)
{
    sim_run_options traced = *options;
    traced.observer = &((onlooker *)(void *)runner)->trace->observer;
    return sim_scenario_run(scenario, &traced, result);
}

static int run_under(const sim_schedule *schedule, const sim_scenario *scenario, simp_trace *trace,
                     sim_result *result)
{
    sim_schedule *copy = simp_schedule_copy(schedule, 0, 0);
    sim_scenario named = *scenario;
    onlooker who = {{run_traced}, trace};
    sim_rerun rerun;
    if (copy == NULL)
        return WSAENOBUFS;
    named.name = copy->scenario;
    sim_schedule_set_runner(copy, &who.runner);
    int error = sim_schedule_replay(copy, &named, &rerun);
    *result = rerun.result;
    sim_schedule_destroy(copy);
    return error;
}

static int run_by_seed(const sim_compare_options *options, uint64_t seed, const sim_scenario *scenario,
                       simp_trace *trace, sim_result *result)
{
    sim_order *order;
    sim_order_options wanted = options->order;
    wanted.journal = NULL;
    wanted.runner = NULL;
    int error = sim_order_create(&wanted, &order);
    if (error != 0)
        return error;
    error = sim_scenario_run(
        scenario, &(sim_run_options){.seed = seed, .order = order, .observer = &trace->observer}, result);
    sim_order_destroy(order);
    return error;
}

static int run_one(const sim_compare_options *options, uint64_t seed, const sim_scenario *scenario,
                   simp_trace *trace, sim_result *result)
{
    return options->schedule != NULL ? run_under(options->schedule, scenario, trace, result)
                                     : run_by_seed(options, seed, scenario, trace, result);
}

static int compare_once(const sim_scenario *first, const sim_scenario *second,
                        const sim_compare_options *options, uint64_t seed, sim_difference *out)
{
    simp_trace a, b;
    sim_result results[2];
    simp_trace_init(&a, options->memory, options->bytes_max);
    simp_trace_follow(&b, &a, options->with_times);
    int error = run_one(options, seed, first, &a, &results[0]);
    if (error == 0)
        error = run_one(options, seed, second, &b, &results[1]);
    if (error == 0)
        simp_trace_compare(&a, &b, results, out);
    simp_trace_fini(&a);
    simp_trace_fini(&b);
    return error;
}

int sim_compare(const sim_scenario *first, const sim_scenario *second, const sim_compare_options *options,
                uint64_t *runs, sim_difference *out)
{
    sim_compare_options chosen = options == NULL ? (sim_compare_options){0} : *options;
    uint64_t most = chosen.runs != 0 && chosen.schedule == NULL ? chosen.runs : 1, mine;
    uint64_t *made = runs != NULL ? runs : &mine;
    int error = 0;
    if (out == NULL)
        return WSAEINVAL;
    *out = (sim_difference){0};
    *made = 0;
    if (first == NULL || second == NULL)
        return WSAEINVAL;
    while (error == 0 && *made < most && !out->differs) {
        *made += 1;
        error = compare_once(first, second, &chosen, sim_explore_seed(chosen.seed, *made), out);
    }
    return error;
}

/* ---- telling ---- */

static void tell_end(const char *name, const sim_result *result, sim_emit *emit, void *context)
{
    char line[sizeof result->message + 128];
    snprintf(line, sizeof line, "%s ended: %s%s%s", name, sim_outcome_word(result->outcome),
             result->message[0] != '\0' ? ": " : "", result->message);
    emit(context, line);
}

static void tell_shown(const char *name, const sim_shown *shown, sim_emit *emit, void *context)
{
    char line[SIM_SHOWN_MAX + 128];
    snprintf(line, sizeof line, "%s %" PRIu64 ".%06" PRIu64 " ms  %s", name, shown->at_ns / 1000000,
             shown->at_ns % 1000000, shown->text);
    emit(context, line);
}

void sim_difference_tell(const sim_difference *d, const char *first, const char *second, sim_emit *emit,
                         void *context)
{
    char line[128];
    if (d->number != 0) {
        snprintf(line, sizeof line, "event %" PRIu64 " is the first that differs", d->number);
        emit(context, line);
        for (size_t i = 0; i < d->before_count; i++)
            tell_shown("  ", &d->before[i], emit, context);
        tell_shown(first, &d->sides[0], emit, context);
        tell_shown(second, &d->sides[1], emit, context);
    } else {
        emit(context, d->differs ? "all events are the same, the outcome is not" : "they do the same");
    }
    if (d->is_cut)
        emit(context, "there was no room for all events: the rest was not compared");
    if (d->differs) {
        tell_end(first, &d->results[0], emit, context);
        tell_end(second, &d->results[1], emit, context);
    }
}
