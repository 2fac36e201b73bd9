/* SPDX-License-Identifier: MIT
 *
 * run: one run in the order of time, in this process, so that a debugger sees it.
 */
#include <stdio.h>

#include "castanet/sim_explore.h"
#include "tool/program.h"
#include "tool/record.h"
#include "tool/watched.h"

static void print_result(const sim_scenario *scenario, uint64_t seed, const sim_result *result)
{
    printf("scenario %s\nseed %llu\noutcome %s%s%s\nfingerprint ", scenario->name, (unsigned long long)seed,
           sim_outcome_word(result->outcome), result->message[0] != '\0' ? ": " : "", result->message);
    for (size_t i = 0; i < sizeof result->fingerprint; i++)
        printf("%02x", result->fingerprint[i]);
    printf("\nsteps %lu\nnotifications %lu\nfaults %lu\nevents %llu\ntime_ns %llu\n",
           (unsigned long)result->steps, (unsigned long)result->notifications, (unsigned long)result->faults,
           (unsigned long long)result->events, (unsigned long long)result->now_ns);
    record_begin("run");
    record_text("scenario", scenario->name);
    record_seed(seed);
    record_result(result);
    record_end();
}

static int make_run(const tool_request *request, const sim_scenario *scenario, sim_lint *lint,
                    sim_result *result)
{
    sim_order_options options = {.mode = SIM_TIMED};
    sim_order *order;
    if (sim_order_create(&options, &order) != 0)
        return tool_no_memory();
    sim_run_options run = {.seed = request->seed, .order = order, .lint = lint};
    int error = sim_scenario_run(scenario, &run, result);
    sim_order_destroy(order);
    return error != 0 ? tool_no_memory() : 0;
}

static void print_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
}

/* With the scenario's silences. */
static int make_linted_run(const tool_request *request, const sim_scenario *scenario, sim_result *result)
{
    sim_lint *lint;
    if (sim_lint_create(NULL, &lint) != 0)
        return tool_no_memory();
    for (const sim_silence *at = scenario->silences; at != NULL && at->rule != NULL; at++)
        (void)sim_lint_silence(lint, at->rule, at->where, at->reason);
    int code = make_run(request, scenario, lint, result);
    if (code == 0)
        sim_lint_list(lint, print_line, NULL);
    sim_lint_destroy(lint);
    return code;
}

static int make_any_run(const tool_request *request, const sim_scenario *scenario, const sim_scenario *plain,
                        sim_result *result)
{
    if (request->pick)
        return tool_pick(request, scenario, plain, result);
    return request->lint ? make_linted_run(request, scenario, result)
                         : make_run(request, scenario, NULL, result);
}

int tool_run(const tool_request *request)
{
    const sim_scenario *scenario = tool_find_scenario(request, request->words[0]);
    watch_plan watch = {.inner = scenario};
    watched w;
    sim_result result;
    if (scenario == NULL)
        return TOOL_USAGE;
    if (request->save != NULL && !request->pick)
        return tool_complain(TOOL_USAGE, "there is nothing to save", "add --pick",
                             "--save writes what was picked");
    if (request->trace != NULL)
        watch.outputs[watch.output_count++] = (tool_output){.format = "pcapng", .path = request->trace};
    if (request->ladder)
        watch.outputs[watch.output_count++] = (tool_output){.format = "ladder", .stream = stdout};
    if (!watched_init(&w, &watch))
        return tool_no_memory();
    int code = make_any_run(request, &w.scenario, scenario, &result);
    watched_fini(&w);
    if (code != 0)
        return code;
    print_result(scenario, request->seed, &result);
    if (watch.error.code != 0)
        return tool_complain(TOOL_USAGE, watch.error.why, watch.error.fix, "%s", watch.error.what);
    return result.outcome == SIM_PASSED ? TOOL_CLEAN : result.outcome == SIM_VOID ? TOOL_BROKEN : TOOL_FAILED;
}
