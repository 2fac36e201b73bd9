/* SPDX-License-Identifier: MIT
 *
 * A program of the museum on the machine's own sockets, in real time: what castanet_search has to be compared
 * with.
 *
 * The museum is linked to this stage instead of the simulator.  The few calls that its programs make on a
 * world (sim_host_create, sim_world_fail ...) are here: a host is a thread of the operating system with an
 * event loop on real sockets, its addresses lie in 127.0.0.0/8, and a link is nothing.
 *
 * 1. The programs share a state, as in a world: one callback runs at a time, of whichever thread the system
 *    wakes first.
 * 2. Nothing leaves the machine, and no port is fixed: the system chooses one for each that a program binds.
 * 3. What real sockets cannot give (a power cut, another TCP) ends the run with its name in `missing`.
 */
#ifndef BENCH_SEARCH_LOOPBACK_STAGE_H
#define BENCH_SEARCH_LOOPBACK_STAGE_H

#include "castanet/sim_scenario.h"

enum { STAGE_SLOTS = 200 }; /* stages that can be there at a time, on one machine and by one program */

typedef struct stage_limits {
    uint64_t quiet_ns; /* without callbacks, timers and events: a program that is done has ended */
    uint64_t stall_ns; /* the same for one that is not: long enough for TCP to repeat what was dropped */
    uint64_t until_ns; /* of the whole run */
    unsigned callbacks_max;
} stage_limits;

typedef struct stage_result {
    sim_outcome outcome;
    char missing[64]; /* not empty: cannot be run on real sockets; outcome says nothing */
    char message[256];
    uint64_t took_ns;
} stage_result;

/* Once a process at a time; slot from 0 chooses the addresses. */
void stage_run(const sim_scenario *, unsigned slot, const stage_limits *, stage_result *);

#endif
