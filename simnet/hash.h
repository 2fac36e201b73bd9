/* SPDX-License-Identifier: MIT
 *
 * uthash for a world: memory from the world's arena, keys hashed by XXH3, refusal of memory reported instead
 * of fatal.
 *
 * Where the macros are used, `world` must be the sim_world *, and around HASH_ADD a bool `refused` must be
 * in scope. Iteration is never in hash order here: nothing iterates.
 */
#ifndef SIMNET_HASH_H
#define SIMNET_HASH_H

#include "simnet/random.h"
#include "simnet/world.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) simp_alloc(&world->arena, size)
#define uthash_free(block, size) simp_free(&world->arena, block, size)
#define uthash_nonfatal_oom(element) (refused = true)
#define HASH_FUNCTION(key, key_len, hash) ((hash) = (unsigned)simp_hash_bytes(0, key, key_len))

#if defined(__GNUC__)
#pragma GCC system_header
#endif
#include <uthash.h>

#endif
