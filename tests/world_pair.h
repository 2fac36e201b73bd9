/* SPDX-License-Identifier: MIT
 *
 * The smallest network: hosts "a" (10.0.0.1, fd00::1) and "b" (10.0.0.2, fd00::2) on the link "a-b" with 1 ms
 * latency.
 */
#ifndef TESTS_WORLD_PAIR_H
#define TESTS_WORLD_PAIR_H

#include "castanet/sim.h"

typedef struct world_pair {
    sim_world *world;
    sim_host *a, *b;
    sim_link *link;
} world_pair;

/* Makes the world and all in it.  On failure a WSAE code; pair->world may exist, knows the reason, and is the
 * caller's to destroy. */
int world_pair_create(world_pair *pair, const sim_world_options *options);

/* Runs the world until nothing is left to happen, at most virtual 10 seconds. */
void world_pair_settle(const world_pair *);

#endif
