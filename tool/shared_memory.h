/* SPDX-License-Identifier: MIT
 *
 * Memory that a worker shares with its parent: what a worker put there outlives it, however it ends.
 *
 * Blocks are of sizes that are powers of two; a block that is freed is used again.
 */
#ifndef TOOL_SHARED_MEMORY_H
#define TOOL_SHARED_MEMORY_H

#include "castanet/alloc.h"

typedef struct shared_memory shared_memory;

/* At most bytes, of which only those that are used cost something.  NULL: the system refused. */
shared_memory *shared_memory_create(size_t bytes);
void shared_memory_destroy(shared_memory *); /* with all blocks */
cas_allocator *shared_memory_allocator(shared_memory *);

#endif
