/* SPDX-License-Identifier: MIT
 *
 * shrink: a schedule is reduced to what matters, and explained.
 */
#include <stdio.h>

#include "tool/failure.h"
#include "tool/files.h"
#include "tool/load.h"

enum { HANG_MS_DEFAULT = 10000 };

static int save(const tool_request *request, const cause *c)
{
    if (request->out != NULL)
        return schedule_save(c->schedule, request->out, "");
    sim_schedule_write(c->schedule, sink_of_stream(stdout));
    return 0;
}

static int complain(const loaded *l)
{
    sim_rerun rerun;
    int error = sim_schedule_replay(l->schedule, l->scenario, &rerun);
    return tool_complain(TOOL_DIVERGED,
                         error == 0 && rerun.text[0] != '\0'
                             ? rerun.text
                             : "under its holds and choices the scenario does not fail as recorded",
                         "replay it with --reanchor; or record it anew, if the program was changed",
                         "%s cannot be shrunk", l->path);
}

static int shrink(const tool_request *request, const loaded *l, unsigned quiet_ms)
{
    cause c;
    cause_plan plan = {
        .scenario = l->scenario, .outcome = sim_schedule_outcome(l->schedule), .quiet_ms = quiet_ms};
    if (plan.outcome == SIM_PASSED)
        return tool_complain(TOOL_USAGE, "its outcome is that the scenario passed", "give one of a failure",
                             "%s has nothing to shrink", l->path);
    int error = cause_shrink(&plan, l->text, l->len, &c);
    int code = error != 0 ? tool_no_memory() : 0;
    if (error == 0 && !c.is_shrunk)
        code = complain(l);
    else if (error == 0)
        code = save(request, &c);
    if (code == 0 && request->out != NULL)
        failure_print_cause(&c);
    cause_fini(&c);
    return code;
}

int tool_shrink(const tool_request *request)
{
    loaded l;
    unsigned quiet_ms = request->hang_s != 0 ? (unsigned)request->hang_s * 1000 : HANG_MS_DEFAULT;
    int code = loaded_init(&l, request, request->words[0], quiet_ms);
    if (code != 0)
        return code;
    code = shrink(request, &l, quiet_ms);
    loaded_fini(&l);
    return code;
}
