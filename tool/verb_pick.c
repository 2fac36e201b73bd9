/* SPDX-License-Identifier: MIT
 *
 * run --pick: the user decides what happens next, in this process, and may keep what he chose.
 */
#include <stdlib.h>

#include "castanet/sim_schedule.h"
#include "tool/files.h"
#include "tool/pick.h"
#include "tool/program.h"

enum { DECISIONS_MAX = 1 << 18 };

static int save(const tool_request *request, const sim_scenario *plain, sim_order_options options,
                const sim_journal *journal)
{
    sim_schedule *schedule;
    options.journal = NULL;
    int error = sim_schedule_record(plain, &options, journal->seed, journal->values, journal->count,
                                    &schedule);
    if (error != 0)
        return tool_complain(TOOL_DIVERGED, "the run was another one when it was made again",
                             "check says what the program depends on", "%s was not written", request->save);
    int code = schedule_save(schedule, request->save, "picked by hand");
    sim_schedule_destroy(schedule);
    return code;
}

static int pick(const tool_request *request, const sim_order_options *options, const sim_scenario *scenario,
                sim_result *result)
{
    sim_order *order;
    picker p;
    if (sim_order_create(options, &order) != 0)
        return tool_no_memory();
    picker_init(&p, stdin, stdout);
    int error = picker_run(&p, order, scenario, request->seed, result);
    picker_fini(&p);
    sim_order_destroy(order);
    return error != 0 ? tool_no_memory() : 0;
}

int tool_pick(const tool_request *request, const sim_scenario *scenario, const sim_scenario *plain,
              sim_result *result)
{
    uint32_t *values = malloc(DECISIONS_MAX * sizeof *values);
    sim_journal journal = {.capacity = DECISIONS_MAX, .values = values};
    sim_order_options options = {.mode = SIM_WINDOWED, .by_packet = request->by_packet, .journal = &journal};
    int code = TOOL_USAGE;
    if (values == NULL)
        code = tool_no_memory();
    else if (tool_read_mode(request, &options.mode))
        code = pick(request, &options, scenario, result);
    if (code == 0 && request->save != NULL)
        code = save(request, plain, options, &journal);
    free(values);
    return code;
}
