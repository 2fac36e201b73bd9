/* SPDX-License-Identifier: MIT
 *
 * explore: a search for an order that fails, scenario by scenario.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/failure.h"
#include "tool/search.h"

enum { RUNS_DEFAULT = 10000, HANG_MS_DEFAULT = 10000 };

static unsigned quiet_ms_of(const tool_request *request)
{
    return request->hang_s != 0 ? (unsigned)request->hang_s * 1000 : HANG_MS_DEFAULT;
}

/* The command that makes the same search up to that run. */
static void print_command(const tool_request *request, const sim_scenario *scenario, uint64_t run)
{
    printf("  repeat it: %s explore %s --seed %llu --runs %llu", request->program, scenario->name,
           (unsigned long long)request->seed, (unsigned long long)run);
    if (request->strategy != NULL)
        printf(" --strategy %s", request->strategy);
    if (request->mode != NULL)
        printf(" --mode %s", request->mode);
    printf("%s%s", request->by_packet ? " --by-packet" : "", request->by_object ? " --by-object" : "");
    printf("%s%s\n", request->corpus != NULL ? " --corpus " : "",
           request->corpus != NULL ? request->corpus : "");
}

static void print_statement(const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        printf("  %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
}

static int tell_failure(const tool_request *request, const search_plan *plan, const search_result *found)
{
    const hunt_find *find = &found->find;
    const sim_result *result = &find->result;
    char message[700];
    snprintf(message, sizeof message, "%s: run %llu %s: %s", plan->scenario->name,
             (unsigned long long)found->run, sim_outcome_word(result->outcome), result->message);
    printf("%s\n", message);
    print_command(request, plan->scenario, found->run);
    fflush(stdout);
    cause_plan why = {.scenario = plan->scenario,
                      .order = plan->order,
                      .seed = find->seed,
                      .values = find->values,
                      .count = find->count,
                      .outcome = result->outcome,
                      .events = result->events,
                      .quiet_ms = plan->quiet_ms};
    return failure_tell(request, &why, message);
}

static int explore(const tool_request *request, search_plan *plan)
{
    search_result found;
    int error = search(plan, &found);
    int code = TOOL_CLEAN;
    if (error != 0)
        code = tool_complain(TOOL_BROKEN, strerror(error), "see whether memory or processes are limited",
                             "the search of %s could not be made", plan->scenario->name);
    else if (found.run != 0)
        code = tell_failure(request, plan, &found);
    else
        printf("%s: nothing was found\n", plan->scenario->name);
    if (error == 0)
        print_statement(found.statement);
    fflush(stdout);
    search_result_fini(&found);
    return code;
}

static uint64_t runs_of(const tool_request *request)
{
    return request->runs != 0 || request->time_s != 0 ? request->runs : RUNS_DEFAULT;
}

/* What is worse wins: a failure of castanet, a usage error, a failure of a scenario. */
static int worse(int a, int b)
{
    static const int order[] = {TOOL_CLEAN,    TOOL_NOTHING, TOOL_FAILED,
                                TOOL_DIVERGED, TOOL_USAGE,   TOOL_BROKEN};
    int rank_a = 0, rank_b = 0;
    for (int i = 0; i < (int)(sizeof order / sizeof *order); i++) {
        rank_a = order[i] == a ? i : rank_a;
        rank_b = order[i] == b ? i : rank_b;
    }
    return rank_a > rank_b ? a : b;
}

int tool_explore(const tool_request *request)
{
    int code = TOOL_CLEAN;
    search_plan plan = {.seed = request->seed, .runs = runs_of(request), .jobs = (unsigned)request->jobs};
    plan.quiet_ms = quiet_ms_of(request);
    if (!tool_read_mode(request, &plan.order.mode) || !tool_check_strategy(request->strategy))
        return TOOL_USAGE;
    plan.order.strategy = request->strategy != NULL ? request->strategy : "portfolio";
    plan.order.by_packet = request->by_packet;
    plan.order.by_object = request->by_object;
    const sim_scenario **chosen = tool_chosen_scenarios(request, &code);
    for (size_t i = 0; chosen != NULL && chosen[i] != NULL; i++) {
        plan.scenario = chosen[i];
        plan.deadline_ms = request->time_s != 0 ? search_clock_ms() + request->time_s * 1000 : 0;
        code = worse(code, explore(request, &plan));
    }
    free(chosen);
    return code;
}
