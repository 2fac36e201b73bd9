/* SPDX-License-Identifier: MIT
 *
 * See hunt.h.
 */
#include "tool/hunt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/verdict.h"

enum { DECISIONS_MAX = 1 << 18, QUIET_MS_DEFAULT = 10000, QUIET_MS_AGAIN = 1000 };

typedef struct job {
    const sim_scenario *scenario;
    const hunt_options *options;
    uint64_t seed, runs;
    unsigned quiet_ms;
    const uint32_t *values;
    uint32_t count;
    /* Of the run that failed, shared with the worker. */
    sim_result *result;
    sim_journal *journal;
    hunt_find *find; /* shared, too: what the search says of itself */
} job;

enum { TASK_CLEAN, TASK_FAILED, TASK_NO_MEMORY };

static const size_t journal_size = sizeof(sim_journal) + DECISIONS_MAX * sizeof(uint32_t);

/* ---- in the worker ---- */

/* The run that is to be repeated. */
static int run_again(const job *j, sim_order *order)
{
    sim_run_options run = {.seed = j->seed, .order = order};
    sim_order_follow(order, j->values, j->count);
    int error = sim_scenario_run(j->scenario, &run, j->result);
    if (error != 0 || j->result->outcome == SIM_VOID)
        return TASK_NO_MEMORY;
    return j->result->outcome == SIM_PASSED ? TASK_CLEAN : TASK_FAILED;
}

static int search(const job *j, sim_order *order)
{
    sim_explore_options options = {.order = order,
                                   .seed = j->seed,
                                   .runs_max = j->runs,
                                   .corpus = j->options->corpus,
                                   .corpus_count = j->options->corpus_count,
                                   .on_run = j->options->on_run,
                                   .context = j->options->context};
    sim_explore_result found;
    if (sim_explore(j->scenario, &options, &found) != 0)
        return TASK_NO_MEMORY;
    j->find->why = found.end;
    j->find->steps_max = found.steps_max;
    memcpy(j->find->statement, found.statement, sizeof found.statement);
    if (found.failure_count != 0) {
        *j->result = found.failures[0].result;
        snprintf(j->find->strategy, sizeof j->find->strategy, "%s", found.failures[0].strategy);
    }
    int end = found.failure_count != 0        ? TASK_FAILED
              : found.end == SIM_EXPLORE_VOID ? TASK_NO_MEMORY
                                              : TASK_CLEAN;
    sim_explore_result_fini(&found);
    return end;
}

static int task(void *argument)
{
    const job *j = argument;
    sim_order_options options = j->options->order;
    sim_order *order;
    options.journal = j->journal;
    if (sim_order_create(&options, &order) != 0)
        return TASK_NO_MEMORY;
    int end = j->values != NULL ? run_again(j, order) : search(j, order);
    sim_order_destroy(order);
    return end;
}

/* ---- in the parent ---- */

static int run_worker(const job *j, worker_report *report)
{
    unsigned quiet = j->quiet_ms;
    uint64_t memory = j->options->memory_bytes;
    worker_limits limits = {quiet, &j->journal->runs,
                            memory != 0 ? memory : worker_memory_for(j->scenario->memory_max)};
    j->journal->runs = 0;
    j->journal->capacity = DECISIONS_MAX;
    j->journal->values = (uint32_t *)(j->journal + 1);
    return worker_run(task, (void *)(uintptr_t)j, &limits, report);
}

static hunt_end end_of(const hunt_find *find, const worker_report *report)
{
    switch (report->end) {
    case WORKER_RETURNED: return report->status == TASK_CLEAN ? HUNT_CLEAN : HUNT_FAILED;
    case WORKER_KILLED: return HUNT_CRASHED;
    case WORKER_HUNG: return HUNT_HUNG;
    default: return find->result.outcome == SIM_CRASHED ? HUNT_CRASHED : HUNT_EXITED;
    }
}

static void describe(hunt_find *find, const job *j, const worker_report *report)
{
    find->worker = *report;
    find->seed = j->journal->seed;
    if (report->end == WORKER_RETURNED)
        find->result = *j->result;
    else
        verdict_of(report, &find->result);
    find->end = end_of(find, report);
    find->identity = find->end == HUNT_CLEAN ? 0 : find->result.identity;
}

static int keep_schedule(hunt_find *find, const sim_journal *journal)
{
    find->values = malloc((journal->count + 1u) * sizeof *find->values);
    if (find->values == NULL)
        return ENOMEM;
    memcpy(find->values, journal->values, journal->count * sizeof *find->values);
    find->count = journal->count;
    find->lost = journal->lost;
    return 0;
}

/* Does it end alike when its decisions are followed? */
static int repeat(job *j, hunt_find *find)
{
    worker_report report;
    hunt_find again;
    j->seed = find->seed;
    j->values = find->values;
    j->count = find->count;
    if (find->end == HUNT_HUNG && j->quiet_ms > QUIET_MS_AGAIN)
        j->quiet_ms = QUIET_MS_AGAIN;
    int error = run_worker(j, &report);
    if (error != 0)
        return error;
    describe(&again, j, &report);
    find->repeats = again.end == find->end && again.identity == find->identity;
    return 0;
}

static int hunt_in(job *j, hunt_find *find)
{
    worker_report report;
    int error = run_worker(j, &report);
    if (error != 0)
        return error;
    if (report.end == WORKER_RETURNED && report.status == TASK_NO_MEMORY)
        return ENOMEM;
    *find = *j->find;
    find->runs = j->journal->runs;
    describe(find, j, &report);
    if (find->end != HUNT_CLEAN && find->runs == 0)
        find->runs = 1; /* it ended on the way to its first run */
    if (find->end == HUNT_CLEAN)
        return 0;
    error = keep_schedule(find, j->journal);
    return error != 0 ? error : repeat(j, find);
}

int hunt(const sim_scenario *scenario, const hunt_options *options, hunt_find *find)
{
    *find = (hunt_find){.end = HUNT_CLEAN};
    job j = {.scenario = scenario, .options = options, .seed = options->seed, .runs = options->runs};
    j.quiet_ms = options->quiet_ms != 0 ? options->quiet_ms : QUIET_MS_DEFAULT;
    j.result = worker_share(sizeof *j.result);
    j.journal = worker_share(journal_size);
    j.find = worker_share(sizeof *j.find);
    bool shared = j.result != NULL && j.journal != NULL && j.find != NULL;
    int error = shared ? hunt_in(&j, find) : ENOMEM;
    worker_unshare(j.find, sizeof *j.find);
    worker_unshare(j.result, sizeof *j.result);
    worker_unshare(j.journal, journal_size);
    if (error != 0)
        hunt_find_fini(find);
    return error;
}

void hunt_find_fini(hunt_find *find)
{
    free(find->values);
    find->values = NULL;
    find->count = 0;
}

const char *hunt_end_word(hunt_end end)
{
    switch (end) {
    case HUNT_CLEAN: return "clean";
    case HUNT_FAILED: return "failed";
    case HUNT_CRASHED: return "crashed";
    case HUNT_EXITED: return "exited";
    default: return "hung";
    }
}
