/* SPDX-License-Identifier: MIT
 *
 * The gate that partitions put before each host.
 */
#ifndef SIMNET_PARTITION_H
#define SIMNET_PARTITION_H

#include "castanet/sim_partition.h"
#include "simnet/packet/packet.h"

/* Takes the packet over, and returns true, if a partition keeps it from host at, where it has arrived. */
bool simp_partition_takes(sim_world *, sim_host *at, sim_packet *);

/* Does one that holds keep what from sends from to? */
bool simp_partition_is_between(const sim_world *, const sim_host *from, const sim_host *to);

#endif
