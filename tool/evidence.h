/* SPDX-License-Identifier: MIT
 *
 * Evidence of a run under a schedule, as files: its capture, its ladder and its report.  Of a run that ends
 * its process they hold all but the event that ended it.
 */
#ifndef TOOL_EVIDENCE_H
#define TOOL_EVIDENCE_H

#include <stdio.h>

#include "castanet/sim_schedule.h"
#include "castanet/trace.h"

typedef struct evidence_plan {
    sim_schedule *schedule; /* in memory that is shared: see guard.h */
    bool is_exact;          /* the form that is to be run */
    const sim_scenario *scenario;
    unsigned quiet_ms;
    const char *pcapng, *ladder, *page; /* paths; NULL: not wanted, but for the page */
    cap_report_options report;          /* what the page says; passing is filled in */
    cap_about about;
    FILE *brief;        /* a file that takes a ladder of few rows; NULL: not wanted */
    const char *ending; /* how a run that ended its process did; it becomes the ladder's last line */
} evidence_plan;

/* True: both are there.  If not, it was said why. */
bool evidence_write(const evidence_plan *);

#endif
