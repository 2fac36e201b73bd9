/* SPDX-License-Identifier: MIT
 *
 * See load.h.
 */
#include "tool/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tool/files.h"

static int complain(const sim_schedule_error *error, const char *path)
{
    if (error->line != 0)
        return tool_complain(TOOL_USAGE, error->why, error->fix, "%s:%u:%u: %s", path, error->line,
                             error->column, error->what);
    return tool_complain(TOOL_USAGE, error->why, error->fix, "%s: %s", path, error->what);
}

static int parse(loaded *l)
{
    sim_schedule_error error;
    int code = sim_schedule_parse(l->text, l->len, guard_memory(l->guard), &l->schedule, &error);
    if (code == 0)
        sim_schedule_set_runner(l->schedule, guard_runner(l->guard));
    return code == 0 ? 0 : code == WSAENOBUFS ? tool_no_memory() : complain(&error, l->path);
}

static int find_scenario(loaded *l, const tool_request *request)
{
    const char *name = sim_schedule_scenario(l->schedule);
    for (size_t i = 0; request->scenarios[i] != NULL; i++) {
        if (strcmp(request->scenarios[i]->name, name) == 0)
            l->scenario = request->scenarios[i];
    }
    if (l->scenario != NULL)
        return 0;
    char fix[160];
    snprintf(fix, sizeof fix,
             "replay it with the program it was recorded of; %.60s list names what this one has",
             request->program);
    return tool_complain(TOOL_USAGE, "this program has no scenario of that name", fix,
                         "%s is a schedule of scenario \"%.63s\"", l->path, name);
}

int loaded_init(loaded *l, const tool_request *request, const char *path, unsigned quiet_ms)
{
    *l = (loaded){.path = path};
    int code = file_read(path, &l->text, &l->len);
    if (code != 0)
        return code;
    l->guard = guard_create(quiet_ms);
    code = l->guard == NULL ? tool_no_memory() : parse(l);
    if (code == 0)
        code = find_scenario(l, request);
    if (code != 0)
        loaded_fini(l);
    return code;
}

void loaded_fini(loaded *l)
{
    free(l->text);
    guard_destroy(l->guard);
    *l = (loaded){0};
}
