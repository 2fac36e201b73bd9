/* SPDX-License-Identifier: MIT
 *
 * See evidence.h.  A run that ends its process is made twice: the first time its events are counted, in
 * memory that outlives it; the second time it is cut off before the last.  The nearest run that passes, the
 * one without the last fact, is made in a worker of its own, since it may end its process as well.
 */
#include "tool/evidence.h"

#include <errno.h>
#include <string.h>

#include "simnet/explore/schedule.h"
#include "tool/files.h"
#include "tool/program.h"
#include "tool/watched.h"
#include "tool/worker.h"

enum { BRIEF_ROWS = 40 };

/* What a worker is for. */
typedef enum step { STEP_COUNT, STEP_PASSING, STEP_WRITE } step;

typedef struct taking {
    const evidence_plan *plan;
    volatile uint64_t events; /* that came to their end */
    step step;
    FILE *passing; /* its events */
    bool has_passing;
    int code;
    sim_error error;
} taking;

static void make_run(const evidence_plan *plan, const sim_scenario *scenario)
{
    sim_rerun rerun;
    sim_schedule_set_runner(plan->schedule, NULL);
    if (plan->is_exact)
        (void)sim_schedule_replay_exact(plan->schedule, scenario, &rerun);
    else
        (void)sim_schedule_replay(plan->schedule, scenario, &rerun);
}

static int count_events(taking *t)
{
    watch_plan watch = {.inner = t->plan->scenario, .events = &t->events};
    watched w;
    if (!watched_init(&w, &watch))
        return 1;
    make_run(t->plan, &w.scenario);
    watched_fini(&w);
    return 0;
}

/* Without the last fact: what the failure hangs on is what differs. */
static int write_passing(taking *t)
{
    const evidence_plan *plan = t->plan;
    watch_plan watch = {
        .inner = plan->scenario, .outputs = {{.format = "run", .stream = t->passing}}, .output_count = 1};
    size_t count = sim_schedule_fact_count(plan->schedule);
    sim_schedule *less = count == 0 ? NULL : simp_schedule_copy(plan->schedule, count - 1, 1);
    watched w;
    sim_rerun rerun = {.same = false};
    if (less == NULL || !watched_init(&w, &watch))
        return 1;
    sim_schedule_set_runner(less, NULL);
    int error = sim_schedule_replay(less, &w.scenario, &rerun);
    watched_fini(&w);
    sim_schedule_destroy(less);
    fflush(t->passing);
    t->has_passing = error == 0 && rerun.result.outcome == SIM_PASSED && watch.error.code == 0;
    return 0;
}

static void add_output(watch_plan *watch, tool_output output)
{
    watch->outputs[watch->output_count++] = output;
}

static void add_outputs(watch_plan *watch, const evidence_plan *plan, const file_writer *ladder,
                        const cap_report_options *report)
{
    if (plan->pcapng != NULL)
        add_output(watch, (tool_output){.format = "pcapng", .path = plan->pcapng});
    if (plan->ladder != NULL)
        add_output(watch, (tool_output){.format = "ladder", .stream = ladder->stream});
    if (plan->brief != NULL)
        add_output(watch, (tool_output){.format = "ladder", .stream = plan->brief, .rows_max = BRIEF_ROWS});
    add_output(watch, (tool_output){.format = "report", .path = plan->page, .report = report});
}

static int write_down(taking *t)
{
    const evidence_plan *plan = t->plan;
    watch_plan watch = {.inner = plan->scenario, .about = plan->about, .events_max = t->events};
    watched w;
    file_writer ladder;
    t->code = plan->ladder != NULL ? file_open(&ladder, plan->ladder) : 0;
    if (t->code != 0)
        return 1;
    cap_report_options report = plan->report;
    report.passing = t->has_passing ? t->passing : NULL;
    add_outputs(&watch, plan, &ladder, &report);
    if (!watched_init(&w, &watch))
        return 1;
    make_run(plan, &w.scenario);
    watched_fini(&w);
    if (plan->ending != NULL && plan->ladder != NULL)
        fprintf(ladder.stream, "\nthen: %s\n", plan->ending);
    if (plan->ending != NULL && plan->brief != NULL)
        fprintf(plan->brief, "then: %s\n", plan->ending);
    if (plan->brief != NULL)
        fflush(plan->brief);
    t->code = plan->ladder != NULL ? file_close(&ladder) : 0;
    t->error = watch.error;
    return 0;
}

static int task(void *argument)
{
    taking *t = argument;
    switch (t->step) {
    case STEP_COUNT: return count_events(t);
    case STEP_PASSING: return write_passing(t);
    default: return write_down(t);
    }
}

static bool take(taking *t)
{
    const evidence_plan *plan = t->plan;
    worker_report report;
    worker_limits limits = {.quiet_ms = plan->quiet_ms,
                            .memory_bytes = worker_memory_for(plan->scenario->memory_max)};
    t->step = STEP_COUNT;
    if (plan->ending != NULL && (worker_run(task, t, &limits, &report) != 0 || t->events == 0))
        return false; /* it ended before anything happened: there is nothing to show */
    t->step = STEP_PASSING;
    t->has_passing = worker_run(task, t, &limits, &report) == 0 && report.end == WORKER_RETURNED &&
                     report.status == 0 && t->has_passing;
    t->step = STEP_WRITE;
    if (worker_run(task, t, &limits, &report) != 0 || report.end != WORKER_RETURNED) {
        tool_complain(TOOL_BROKEN, "the run that was to be captured did not go as before",
                      "look at the program with check", "%s cannot be written", plan->page);
        return false;
    }
    if (report.status != 0 || t->code != 0) {
        fputs(report.words, stderr);
        return false;
    }
    if (t->error.code != 0)
        tool_complain(TOOL_USAGE, t->error.why, t->error.fix, "%s", t->error.what);
    return t->error.code == 0;
}

bool evidence_write(const evidence_plan *plan)
{
    taking *t = worker_share(sizeof *t);
    if (t == NULL)
        return tool_no_memory() == 0;
    *t = (taking){.plan = plan, .passing = tmpfile()};
    bool done = t->passing != NULL && take(t);
    if (t->passing == NULL)
        tool_complain(TOOL_USAGE, strerror(errno), "free some space where temporary files go",
                      "the run cannot be written down");
    else
        fclose(t->passing);
    worker_unshare(t, sizeof *t);
    return done;
}
