/* SPDX-License-Identifier: MIT
 *
 * Words that a program or a scenario has with those who search: here something may go wrong, and here is a
 * state that is worth reaching.
 */
#ifndef CASTANET_SIM_PROBE_H
#define CASTANET_SIM_PROBE_H

#include "castanet/sim_world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* May the code here do what is rare, but allowed: fail, wait, take the other branch?  In a quarter of the
 * runs the place is active, and then a quarter of the visits say yes, each a choice of the world ("buggify
 * NAME#3" in a schedule).  Never after sim_world_heal.  The name is copied. */
bool sim_world_buggify(sim_world *, const char *name);
/* The same with other shares, in parts per million (SIM_PERCENT). */
bool sim_world_buggify_at(sim_world *, const char *name, int64_t active_ppm, int64_t fires_ppm);

/* Should be true in some run: if it never is, the statement of a search says so, for then what follows from
 * that state was not tried.  Names that the scenario lists (probes) are missed even where no code comes to
 * this call.  The name is copied. */
void sim_world_sometimes(sim_world *, bool condition, const char *name);
/* Was it true in this run? */
bool sim_world_was_reached(const sim_world *, const char *name);

#ifdef __cplusplus
}
#endif

#endif
