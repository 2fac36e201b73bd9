/* SPDX-License-Identifier: MIT
 *
 * What the IP layer asks of bridges.
 */
#ifndef SIMNET_BRIDGE_H
#define SIMNET_BRIDGE_H

#include "castanet/sim_bridge.h"
#include "simnet/packet/packet.h"

/* A packet has arrived at a host that stands for the outside; takes it over. */
void simp_bridge_take(sim_host *, sim_packet *);

#endif
