/* SPDX-License-Identifier: MIT
 *
 * In how many runs of an order each probe (castanet/sim_probe.h) was met, and in how many it was true.
 */
#ifndef SIMNET_REACHED_H
#define SIMNET_REACHED_H

#include "castanet/sim_explore.h"
#include "simnet/world/world.h"

typedef struct simp_reached {
    cas_allocator *memory;
    sim_order_probe *probes; /* names are owned */
    size_t count, capacity;
} simp_reached;

void simp_reached_fini(simp_reached *);
/* A run has ended.  False: no memory. */
bool simp_reached_add(simp_reached *, const sim_world *);
/* "never reached: x, y"; empty if there is nothing to say. */
void simp_reached_write(const simp_reached *, char *text, size_t size);

#endif
