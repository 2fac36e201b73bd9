/* SPDX-License-Identifier: MIT
 *
 * report: the page about a failure, made again from its schedule: shrunk, explained, and beside the nearest
 * run that passes.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule.h"
#include "tool/cause.h"
#include "tool/evidence.h"
#include "tool/files.h"
#include "tool/load.h"

enum { HANG_MS_DEFAULT = 10000, COMMAND_MAX = 512 };

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Beside the schedule, if nothing else is asked for. */
static void name_page(char path[FILES_PATH_MAX], const tool_request *request)
{
    static const char ending[] = ".castanet";
    const char *schedule = request->words[0];
    size_t len = strlen(schedule), tail = sizeof ending - 1;
    if (request->out != NULL) {
        snprintf(path, FILES_PATH_MAX, "%s", request->out);
        return;
    }
    if (len > tail && strcmp(schedule + len - tail, ending) == 0)
        len -= tail;
    snprintf(path, FILES_PATH_MAX, "%.*s.report.html", (int)len, schedule);
}

static int write_page(const tool_request *request, const cause_plan *plan, const cause *c)
{
    char page[FILES_PATH_MAX], replay[COMMAND_MAX], debug[COMMAND_MAX];
    const char *program = file_name(request->program), *schedule = file_name(request->words[0]);
    const char *ending = c->message[0] != '\0' ? c->message : NULL;
    name_page(page, request);
    snprintf(replay, sizeof replay, "%s replay %s", program, schedule);
    snprintf(debug, sizeof debug, "gdb --args %s replay %s --here", program, schedule);
    evidence_plan evidence = {.schedule = c->schedule,
                              .is_exact = !c->is_shrunk,
                              .scenario = plan->scenario,
                              .quiet_ms = plan->quiet_ms,
                              .page = page,
                              .report = {.outcome = sim_outcome_word(plan->outcome),
                                         .message = ending,
                                         .debug = debug,
                                         .explanation = c->explanation},
                              .about = {.scenario = plan->scenario->name,
                                        .command = replay,
                                        .seed = c->schedule->seed,
                                        .has_seed = true},
                              .ending = ending};
    if (!evidence_write(&evidence))
        return TOOL_USAGE;
    printf("written: %s\n", page);
    return TOOL_CLEAN;
}

static int report(const tool_request *request, const loaded *l, unsigned quiet_ms)
{
    cause c;
    cause_plan plan = {
        .scenario = l->scenario, .outcome = sim_schedule_outcome(l->schedule), .quiet_ms = quiet_ms};
    if (plan.outcome == SIM_PASSED)
        return tool_complain(TOOL_USAGE, "its outcome is that the scenario passed",
                             "write it down with trace --format report", "%s has no failure to report",
                             l->path);
    int code = cause_shrink(&plan, l->text, l->len, &c) != 0 ? tool_no_memory()
                                                             : write_page(request, &plan, &c);
    cause_fini(&c);
    return code;
}

int tool_report(const tool_request *request)
{
    loaded l;
    unsigned quiet_ms = request->hang_s != 0 ? (unsigned)request->hang_s * 1000 : HANG_MS_DEFAULT;
    int code = loaded_init(&l, request, request->words[0], quiet_ms);
    if (code != 0)
        return code;
    code = report(request, &l, quiet_ms);
    loaded_fini(&l);
    return code;
}
