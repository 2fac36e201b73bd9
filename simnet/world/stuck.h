/* SPDX-License-Identifier: MIT
 *
 * Time that no longer moves: who keeps it from moving.
 */
#ifndef SIMNET_STUCK_H
#define SIMNET_STUCK_H

#include "simnet/world/world.h"

/* Too many events have happened at one instant.  Lets some more happen, looks who takes part, and fills the
 * world's error: SIM_STOP_STUCK.  Should time move meanwhile, or the run stop, what a step returns. */
sim_stop simp_stuck(sim_world *);

#endif
