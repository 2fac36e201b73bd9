/* SPDX-License-Identifier: MIT
 *
 * What connections reported to observers, in order.
 */
#ifndef TESTS_REPORT_LOG_H
#define TESTS_REPORT_LOG_H

#include "castanet/sim_observer.h"

enum { REPORT_LOG_MAX = 64 };

typedef struct report_log {
    sim_observer observer;
    unsigned count; /* kept; more are dropped */
    sim_report report[REPORT_LOG_MAX];
    uint64_t at_ns[REPORT_LOG_MAX];
} report_log;

void report_log_start(report_log *, sim_world *);
unsigned report_log_count(const report_log *, sim_report_kind);
/* The n-th (from 0) of a kind; NULL: there is none. */
const sim_report *report_log_at(const report_log *, sim_report_kind, unsigned n);

#endif
