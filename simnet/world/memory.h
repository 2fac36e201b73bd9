/* SPDX-License-Identifier: MIT
 *
 * The allocator of a world for programs in it, which counts what they hold.
 */
#ifndef SIMNET_MEMORY_H
#define SIMNET_MEMORY_H

#include "castanet/sim_world.h"

uint64_t simp_memory_live(const sim_world *); /* bytes that were not freed */

#endif
