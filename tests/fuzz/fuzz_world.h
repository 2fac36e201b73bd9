/* SPDX-License-Identifier: MIT
 *
 * A world for a target: host "inside" (10.9.0.2, fd09::2) on a link to an outside (10.9.0.1, fd09::1) that
 * nobody is behind, so that what the input brings is all that comes, and what goes out is seen.
 */
#ifndef TESTS_FUZZ_FUZZ_WORLD_H
#define TESTS_FUZZ_FUZZ_WORLD_H

#include "castanet/sim_bridge.h"
#include "simnet/world/world.h"
#include "tests/fuzz/fuzz.h"

/* What went out so far. */
typedef struct fuzz_port {
    cas_packet_port port; /* first */
    unsigned packets, resets;
    uint32_t seq; /* behind the last TCP segment over IPv4 */
} fuzz_port;

typedef struct fuzz_world {
    fuzz_port port;
    sim_world *world;
    sim_host *inside;
} fuzz_world;

void fuzz_world_open(fuzz_world *);
void fuzz_world_close(fuzz_world *);
/* An IP packet arrives at the inside at once, its checksums made right first if asked for. */
void fuzz_world_bring(fuzz_world *, const uint8_t *bytes, size_t len, bool fix_checksums);
/* Virtual time passes; every invariant holds after every event. */
void fuzz_world_run(fuzz_world *, uint64_t ns);

#endif
