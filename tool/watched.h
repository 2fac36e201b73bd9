/* SPDX-License-Identifier: MIT
 *
 * A scenario with somebody who writes down what happens in it: a capture, a ladder.  It goes as it would
 * without.
 */
#ifndef TOOL_WATCHED_H
#define TOOL_WATCHED_H

#include <stdio.h>

#include "castanet/sim_scenario.h"
#include "castanet/trace.h"

typedef struct watch_plan {
    const sim_scenario *inner;
    const char *pcap;          /* NULL: no capture */
    cap_about about;           /* of the capture */
    FILE *ladder;              /* written at the end; NULL: none */
    FILE *brief;               /* the same, with fewer rows */
    volatile uint64_t *events; /* counts those that are over; NULL: nobody asks */
    uint64_t events_max;       /* the run is cut off there; 0: it is not */
    sim_error error;           /* of the capture; code 0: none */
} watch_plan;

typedef struct watched {
    sim_scenario scenario; /* to be run */
    void *initial;
    size_t size;
} watched;

/* False: no memory.  The plan is borrowed until the end. */
bool watched_init(watched *, watch_plan *);
void watched_fini(watched *);

#endif
