/* SPDX-License-Identifier: MIT
 *
 * Checks of the plain options of a link.
 */
#ifndef SIMNET_LINK_OPTIONS_H
#define SIMNET_LINK_OPTIONS_H

#include "castanet/sim_link.h"
#include "simnet/world/world.h"

/* 0, with what was left open filled in; or WSAEINVAL, with the reason in world->error. */
int simp_link_check_options(sim_world *, const char *link, sim_link_options *);

#endif
