/* SPDX-License-Identifier: MIT
 *
 * check: each of many runs is made twice, with the same decisions, and must be the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "tool/program.h"
#include "tool/record.h"
#include "tool/verdict.h"
#include "tool/vices.h"
#include "tool/worker.h"

enum { RUNS_DEFAULT = 100, DECISIONS_MAX = 1 << 18, HANG_MS_DEFAULT = 10000 };

typedef struct checking {
    const sim_scenario *scenario;
    const tool_request *request;
    uint64_t runs, seed; /* made so far; of the last one */
    sim_result first, second;
    sim_journal journal;
    uint32_t values[DECISIONS_MAX];
} checking;

/* What the worker returns. */
enum { SAME, ANOTHER, NO_MEMORY };

static unsigned quiet_ms_of(const tool_request *request)
{
    return request->hang_s != 0 ? (unsigned)request->hang_s * 1000 : HANG_MS_DEFAULT;
}

static bool is_same(const sim_result *a, const sim_result *b)
{
    return a->outcome == b->outcome && a->identity == b->identity &&
           memcmp(a->fingerprint, b->fingerprint, sizeof a->fingerprint) == 0;
}

/* The journal of the first run is what the second one follows, so its own goes into another place. */
static int run_twice(checking *c, sim_order *order, uint32_t *decisions)
{
    sim_run_options run = {.seed = c->seed, .order = order};
    sim_order_follow(order, NULL, 0);
    if (sim_scenario_run(c->scenario, &run, &c->first) != 0)
        return NO_MEMORY;
    uint32_t count = c->journal.count;
    memcpy(decisions, c->values, count * sizeof *decisions);
    sim_order_follow(order, decisions, count);
    if (sim_scenario_run(c->scenario, &run, &c->second) != 0)
        return NO_MEMORY;
    return is_same(&c->first, &c->second) ? SAME : ANOTHER;
}

static int run_all(checking *c, sim_order *order, uint32_t *decisions)
{
    uint64_t most = c->request->runs != 0 ? c->request->runs : RUNS_DEFAULT;
    int status = SAME;
    while (status == SAME && c->runs < most) {
        c->runs++;
        c->seed = sim_explore_seed(c->request->seed, c->runs);
        status = run_twice(c, order, decisions);
    }
    return status;
}

static int task(void *argument)
{
    checking *c = argument;
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = "random", .journal = &c->journal};
    uint32_t *decisions = malloc(sizeof c->values);
    sim_order *order;
    if (!tool_read_mode(c->request, &options.mode) || decisions == NULL ||
        sim_order_create(&options, &order) != 0) {
        free(decisions);
        return NO_MEMORY;
    }
    int status = run_all(c, order, decisions);
    sim_order_destroy(order);
    free(decisions);
    return status;
}

static void print_one(const char *which, const sim_result *result)
{
    printf("  %s %s, fingerprint ", which, sim_outcome_word(result->outcome));
    for (size_t i = 0; i < sizeof result->fingerprint; i++)
        printf("%02x", result->fingerprint[i]);
    printf(", %lu steps, %llu events\n", (unsigned long)result->steps, (unsigned long long)result->events);
}

static int complain(const checking *c)
{
    return tool_complain(
        TOOL_DIVERGED,
        "the program depends on more than its input: a static variable, an address, memory that "
        "was never written, a clock",
        "let its state begin in build, and take time and chance from the world", "%s is not deterministic",
        c->scenario->name);
}

/* difference: where they part, and what it may come from; NULL: they do not. */
static void record_check(const checking *c, const sim_repeat *difference)
{
    record_begin("check");
    record_text("scenario", c->scenario->name);
    record_number("runs", c->runs);
    record_seed(c->seed);
    record_flag("same", difference == NULL);
    if (difference != NULL)
        vices_record(difference);
    record_end();
}

/* Twice the same is not enough: what must not matter is changed as well. */
static int look_closer(const checking *c, bool was_same, bool turns_clock)
{
    sim_repeat repeat = {0};
    sim_time_mode mode = SIM_WINDOWED;
    bool found = tool_read_mode(c->request, &mode) &&
                 vices_find(c->scenario, mode, c->seed, quiet_ms_of(c->request), turns_clock, &repeat) &&
                 repeat.causes != 0;
    if (found && was_same)
        printf("%s: a run of seed %llu changes with what must not matter\n", c->scenario->name,
               (unsigned long long)c->seed);
    if (found)
        vices_tell(&repeat);
    record_check(c, found || !was_same ? &repeat : NULL);
    return found || !was_same ? complain(c) : TOOL_CLEAN;
}

static int tell(const checking *c, const worker_report *report, bool turns_clock)
{
    const char *name = c->scenario->name;
    if (report->end != WORKER_RETURNED) {
        sim_result result;
        verdict_of(report, &result);
        printf("%s: run %llu %s: %s\n", name, (unsigned long long)c->runs, sim_outcome_word(result.outcome),
               result.message);
        record_begin("check");
        record_text("scenario", name);
        record_number("runs", c->runs);
        record_seed(c->seed);
        record_result(&result);
        record_end();
        return TOOL_FAILED;
    }
    if (report->status == NO_MEMORY)
        return tool_no_memory();
    if (report->status == SAME) {
        printf("%s: %llu runs were each the same twice\n", name, (unsigned long long)c->runs);
        return look_closer(c, true, turns_clock);
    }
    printf("%s: run %llu, of seed %llu, was another one the second time\n", name, (unsigned long long)c->runs,
           (unsigned long long)c->seed);
    print_one("first: ", &c->first);
    print_one("second:", &c->second);
    return look_closer(c, false, turns_clock);
}

static int check(const tool_request *request, const sim_scenario *scenario)
{
    checking *c = worker_share(sizeof *c);
    worker_report report;
    if (c == NULL)
        return tool_no_memory();
    c->scenario = scenario;
    c->request = request;
    c->journal = (sim_journal){.capacity = DECISIONS_MAX, .values = c->values};
    worker_limits limits = {.quiet_ms = quiet_ms_of(request),
                            .pulse = &c->runs,
                            .memory_bytes = worker_memory_for(scenario->memory_max)};
    int error = worker_run(task, c, &limits, &report);
    int code = error != 0 ? tool_no_memory() : tell(c, &report, request->word_count == 1 && !request->quick);
    worker_unshare(c, sizeof *c);
    return code;
}

int tool_check(const tool_request *request)
{
    int code = TOOL_CLEAN;
    sim_time_mode mode;
    if (!tool_read_mode(request, &mode))
        return TOOL_USAGE;
    const sim_scenario **chosen = tool_chosen_scenarios(request, &code);
    for (size_t i = 0; chosen != NULL && chosen[i] != NULL; i++)
        code = tool_worse(code, check(request, chosen[i]));
    free(chosen);
    return code;
}
