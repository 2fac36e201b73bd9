/* SPDX-License-Identifier: MIT
 *
 * What became of a worker, as the result of the run that it made.
 */
#ifndef TOOL_VERDICT_H
#define TOOL_VERDICT_H

#include "castanet/sim_scenario.h"
#include "tool/worker.h"

/* Of a worker that did not return: outcome, identity and message; all else is 0. */
void verdict_of(const worker_report *, sim_result *);

/* "SIGSEGV"; "signal 64" for one without a name.  Valid until the next call. */
const char *verdict_signal(int number);

#endif
