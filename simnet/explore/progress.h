/* SPDX-License-Identifier: MIT
 *
 * Livelock in bytes: events go on and time passes, but no program gets a byte, no connection begins or ends,
 * and the scenario is not done.
 *
 * Nothing is observed while all is well: every 1 024 events an observer looks at some, and stays only until
 * it has seen progress.
 */
#ifndef SIMNET_PROGRESS_H
#define SIMNET_PROGRESS_H

#include "castanet/sim_scenario.h"
#include "simnet/world/world.h"

typedef struct simp_progress {
    simp_vigil vigil;      /* first */
    sim_observer observer; /* is added while watching */
    sim_world *world;
    const sim_scenario *scenario;
    void *state;
    uint64_t quiet_ns;
    bool watching, seen; /* seen: progress, since the watch began */
    bool found;          /* a livelock: the run has ended, world->error says why */
    uint64_t since_ns, since_event;
    const sim_host *host; /* who did something last, and what */
    SOCKET handle;
    const char *what;
} simp_progress;

/* From now on the world's run ends with SIM_STOP_STUCK when nothing came forward for that long (and 256
 * events or more).  It is borrowed until the run has ended.  A scenario that is never done is not watched. */
void simp_progress_watch(simp_progress *, sim_world *, const sim_scenario *, void *state, uint64_t quiet_ns);

#endif
