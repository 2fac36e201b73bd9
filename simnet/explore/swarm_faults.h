/* SPDX-License-Identifier: MIT
 *
 * Swarm faults: which kinds of faults a run may have, and how often they fire, drawn for each run.
 *
 * A kind is the purpose of a site ("loss").  Half of the kinds are available in a run, each with a strength
 * of its own from 1/2 down to 1/1024 of all decisions, and one run of ten has no faults.  After half the run
 * nothing fires any more, so that what must come right in the end can.  Draws of the user's own are left to
 * chance.
 *
 * Source: Groce et al., ISSTA 2012.
 */
#ifndef SIMNET_SWARM_FAULTS_H
#define SIMNET_SWARM_FAULTS_H

#include "simnet/explore/knowledge.h"

typedef struct simp_swarm {
    uint64_t key;
    size_t last_step; /* from here on nothing fires */
    bool is_empty;    /* no faults in this run */
    bool swizzles;    /* clogs are one for each of some directions, instead of by chance */
} simp_swarm;

/* Of a run with that seed, when runs are as long as is known. */
void simp_swarm_begin(simp_swarm *, uint64_t seed, const simp_knowledge *);
/* See simp_strategy_ops.choose; step: the number of steps that are done. */
uint32_t simp_swarm_choose(const simp_swarm *, size_t step, const simp_site *, uint64_t ordinal,
                           uint32_t bound, uint32_t drawn);
#endif
