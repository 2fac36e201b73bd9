/* SPDX-License-Identifier: MIT
 *
 * A scenario with somebody who writes down what happens in it.  It goes as it would
 * without.
 */
#ifndef TOOL_WATCHED_H
#define TOOL_WATCHED_H

#include "castanet/sim_scenario.h"
#include "tool/output.h"

enum { WATCH_OUTPUTS = 4 };

typedef struct watch_plan {
    const sim_scenario *inner;
    tool_output outputs[WATCH_OUTPUTS];
    unsigned output_count;
    cap_about about;
    volatile uint64_t *events; /* counts those that are over; NULL: nobody asks */
    uint64_t events_max;       /* the run is cut off there; 0: it is not */
    sim_error error;           /* of the first output that could not be written; code 0: none */
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
