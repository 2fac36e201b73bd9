/* SPDX-License-Identifier: MIT
 *
 * A schedule from a file, with the scenario of this program that it is for.
 */
#ifndef TOOL_LOAD_H
#define TOOL_LOAD_H

#include "castanet/sim_schedule.h"
#include "tool/guard.h"
#include "tool/program.h"

typedef struct loaded {
    const char *path;
    char *text;
    size_t len;
    guard *guard; /* who makes its runs */
    sim_schedule *schedule;
    const sim_scenario *scenario;
} loaded;

/* 0, or an exit code: it was said why. */
int loaded_init(loaded *, const tool_request *, const char *path, unsigned quiet_ms);
void loaded_fini(loaded *);

#endif
