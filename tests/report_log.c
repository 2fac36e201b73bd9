/* SPDX-License-Identifier: MIT
 *
 * See report_log.h.
 */
#include "tests/report_log.h"

#include <string.h>

static void on_report(sim_observer *observer, const sim_world *world, const sim_host *at,
                      const sim_report *report)
{
    report_log *log = (report_log *)observer;
    (void)at;
    if (log->count == REPORT_LOG_MAX)
        return;
    log->at_ns[log->count] = sim_world_now(world);
    log->report[log->count++] = *report;
}

void report_log_start(report_log *log, sim_world *world)
{
    memset(log, 0, sizeof *log);
    log->observer.on_report = on_report;
    sim_world_add_observer(world, &log->observer);
}

const sim_report *report_log_at(const report_log *log, sim_report_kind kind, unsigned n)
{
    for (unsigned i = 0; i < log->count; i++) {
        if (log->report[i].kind == kind && n-- == 0)
            return &log->report[i];
    }
    return NULL;
}

unsigned report_log_count(const report_log *log, sim_report_kind kind)
{
    unsigned n = 0;
    while (report_log_at(log, kind, n) != NULL)
        n++;
    return n;
}
