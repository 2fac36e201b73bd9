/* SPDX-License-Identifier: MIT
 *
 * What a world knows of its program's probes (castanet/sim_probe.h).
 */
#ifndef SIMNET_PROBE_H
#define SIMNET_PROBE_H

#include "castanet/sim_probe.h"

/* In the order in which they were met, newest first. */
typedef struct simp_probe {
    struct simp_probe *next;
    const char *name;
    bool is_reached;
} simp_probe;

/* NULL: no memory. */
simp_probe *simp_probe_of(sim_world *, const char *name);

#endif
