/* SPDX-License-Identifier: MIT
 *
 * See edit_case.h.
 */
#include "tests/museum/edit_case.h"

#include "tests/museum/shrink_case.h"

static sim_schedule *find(const sim_scenario *scenario, uint64_t seed)
{
    sim_explore_result found;
    sim_explore_options options = {.mode = SIM_WINDOWED, .seed = seed, .runs_max = SHRINK_CASE_RUNS_MAX};
    sim_order_options order = {.mode = SIM_WINDOWED};
    sim_schedule *schedule = NULL;
    sim_shrink shrink;
    if (sim_explore(scenario, &options, &found) == 0 && found.failure_count > 0 &&
        found.failures[0].journal != NULL)
        sim_schedule_record(scenario, &order, found.failures[0].seed, found.failures[0].journal->values,
                            found.failures[0].journal->count, &schedule);
    sim_explore_result_fini(&found);
    if (schedule != NULL && sim_schedule_shrink(schedule, scenario, 0, &shrink) == 0)
        return schedule;
    sim_schedule_destroy(schedule);
    return NULL;
}

edit_case edit_case_run(const museum_bug *bug, museum_edit_kind kind, uint64_t seed)
{
    edit_case c = {0};
    museum_edit *edit = museum_edit_create(bug->broken, kind, seed);
    if (edit == NULL)
        return c;
    sim_schedule *schedule = find(museum_edit_before(edit), seed);
    const sim_scenario *after = museum_edit_after(edit);
    sim_result plain;
    sim_rerun rerun;
    if (schedule != NULL) {
        c.is_found = true;
        sim_schedule_fact(schedule, 0, c.fact, sizeof c.fact);
        c.fails_anyway = sim_scenario_run(after, NULL, &plain) == 0 && plain.outcome != SIM_PASSED;
        c.survived = sim_schedule_replay(schedule, after, &rerun) == 0 && rerun.same;
        c.reanchored = sim_schedule_reanchor(schedule, after, &c.runs);
    }
    sim_schedule_destroy(schedule);
    museum_edit_destroy(edit);
    return c;
}
