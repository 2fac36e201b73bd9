/* SPDX-License-Identifier: MIT
 *
 * Memory for a run that is to show what it does with memory: always in the same place, or elsewhere on
 * demand, and full of a byte.
 *
 * Invariant: with equal fill and shift, equal requests get equal addresses.
 */
#ifndef SIMNET_SOIL_H
#define SIMNET_SOIL_H

#include <stdbool.h>

#include "castanet/sim_scenario.h"

typedef struct simp_soil {
    cas_allocator base; /* first */
    cas_allocator *below;
    uint8_t *pool; /* that requests are served from, as long as it lasts */
    size_t size, used;
    uint8_t fill;
} simp_soil;

/* False: no memory. */
bool simp_soil_init(simp_soil *, cas_allocator *below);
void simp_soil_fini(simp_soil *);

/* Nothing that it gave out is in use.  Fresh memory begins with fill, shift bytes further on. */
void simp_soil_reset(simp_soil *, uint8_t fill, size_t shift);

/* Makes a run on it; also the stack begins with fill, and lies elsewhere if deep. */
int simp_soil_run(simp_soil *, const sim_scenario *, const sim_run_options *, bool deep, sim_result *);

#endif
