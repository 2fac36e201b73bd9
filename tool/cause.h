/* SPDX-License-Identifier: MIT
 *
 * From a run that failed to its cause: its schedule recorded, shrunk and explained, in a worker, whatever the
 * program does to it.
 */
#ifndef TOOL_CAUSE_H
#define TOOL_CAUSE_H

#include "castanet/sim_schedule.h"
#include "tool/guard.h"

typedef struct cause_plan {
    const sim_scenario *scenario;
    sim_order_options order; /* of the run: mode, windows, promises */
    uint64_t seed;
    const uint32_t *values; /* its decisions */
    uint32_t count;
    sim_outcome outcome; /* how it ended */
    uint64_t events;     /* that it had; 0: not known */
    unsigned quiet_ms;   /* that a run may take */
} cause_plan;

typedef struct cause {
    guard *guard; /* who has the memory of all the rest */
    sim_schedule *schedule;
    bool is_shrunk; /* else its facts alone do not make it fail: the exact form does */
    sim_shrink shrink;
    char *explanation; /* lines; may be empty */
    char message[512]; /* of a run that ended its process: how, and in which step; else empty */
} cause;

/* 0, or a WSAE code: WSAEINVAL: its decisions do not lead to this failure again. */
int cause_find(const cause_plan *, cause *);
/* The same from a schedule that was recorded before, whose text that is. */
int cause_shrink(const cause_plan *, const char *text, size_t len, cause *);
void cause_fini(cause *);

#endif
