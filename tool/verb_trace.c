/* SPDX-License-Identifier: MIT
 *
 * trace: a run is made again and written down, in a format; of a scenario the one in the order of time, of a
 * schedule the one that it says.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "tool/load.h"
#include "tool/output.h"
#include "tool/program.h"
#include "tool/watched.h"

enum { HANG_MS = 10000 };

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Of the run, without a path of this machine. */
static void describe(cap_about *about, const tool_request *request, const char *scenario, char *command,
                     size_t size)
{
    const char *program = file_name(request->program);
    bool is_schedule = strcmp(scenario, request->words[0]) != 0;
    if (is_schedule)
        snprintf(command, size, "%s replay %s", program, file_name(request->words[0]));
    else
        snprintf(command, size, "%s run %s --seed %llu", program, scenario,
                 (unsigned long long)request->seed);
    *about = (cap_about){.program = program,
                         .scenario = scenario,
                         .schedule = is_schedule ? file_name(request->words[0]) : NULL,
                         .command = command,
                         .seed = request->seed,
                         .has_seed = !is_schedule};
}

static int finish(const watch_plan *watch)
{
    if (watch->error.code == 0)
        return TOOL_CLEAN;
    return tool_complain(TOOL_USAGE, watch->error.why, watch->error.fix, "%s", watch->error.what);
}

static int trace_scenario(const tool_request *request, watch_plan *watch)
{
    sim_order_options options = {.mode = SIM_TIMED};
    sim_order *order;
    watched w;
    sim_result result;
    if (!watched_init(&w, watch))
        return tool_no_memory();
    int error = sim_order_create(&options, &order);
    if (error == 0) {
        sim_run_options run = {.seed = request->seed, .order = order};
        error = sim_scenario_run(&w.scenario, &run, &result);
        sim_order_destroy(order);
    }
    watched_fini(&w);
    return error != 0 ? tool_no_memory() : finish(watch);
}

/* In this process: a schedule whose run ends its process has been written down when it was found. */
static int trace_schedule(const tool_request *request, const tool_output *output)
{
    char command[512];
    loaded l;
    watched w;
    sim_rerun rerun;
    watch_plan watch = {.outputs = {*output}, .output_count = 1};
    int code = loaded_init(&l, request, request->words[0], HANG_MS);
    if (code != 0)
        return code;
    watch.inner = l.scenario;
    describe(&watch.about, request, l.scenario->name, command, sizeof command);
    sim_schedule_set_runner(l.schedule, NULL);
    if (!watched_init(&w, &watch)) {
        loaded_fini(&l);
        return tool_no_memory();
    }
    bool is_exact = sim_schedule_has_exact(l.schedule) && !request->portable;
    (void)(is_exact ? sim_schedule_replay_exact(l.schedule, &w.scenario, &rerun)
                    : sim_schedule_replay(l.schedule, &w.scenario, &rerun));
    watched_fini(&w);
    loaded_fini(&l);
    return finish(&watch);
}

static const sim_scenario *find(const tool_request *request)
{
    for (size_t i = 0; request->scenarios[i] != NULL; i++) {
        if (strcmp(request->scenarios[i]->name, request->words[0]) == 0)
            return request->scenarios[i];
    }
    return NULL;
}

int tool_trace(const tool_request *request)
{
    char command[512];
    tool_output output = {.format = request->format != NULL ? request->format
                                    : request->out != NULL  ? "pcapng"
                                                            : "ladder",
                          .path = request->out,
                          .stream = stdout,
                          .host = request->host};
    const sim_scenario *scenario = find(request);
    if (!output_check(output.format, output.path))
        return TOOL_USAGE;
    if (scenario == NULL && strpbrk(request->words[0], "./") == NULL)
        return tool_find_scenario(request, request->words[0]) == NULL ? TOOL_USAGE : TOOL_BROKEN;
    if (scenario == NULL)
        return trace_schedule(request, &output);
    watch_plan watch = {.inner = scenario, .outputs = {output}, .output_count = 1};
    describe(&watch.about, request, scenario->name, command, sizeof command);
    return trace_scenario(request, &watch);
}
