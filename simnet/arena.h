/* SPDX-License-Identifier: MIT
 *
 * The memory of a world: taken from the allocator below in growing chunks, given out by size class, recycled
 * last in first out so that what is in flight stays in cache, and returned all at once.
 *
 * With CASTANET_DIRECT_ALLOC every block is a block of the allocator below, so that sanitizers see each one.
 */
#ifndef SIMNET_ARENA_H
#define SIMNET_ARENA_H

#include "castanet/alloc.h"

enum { SIMP_FINE_CLASSES = 64, SIMP_COARSE_CLASSES = 8, SIMP_CLASS_GRAIN = 16 };

typedef struct simp_arena {
    cas_allocator base; /* the arena as an allocator, for what the engine keeps for a simulated thread */
    cas_allocator *below;
    struct simp_chunk *chunks;
    struct simp_large *large; /* blocks too big for a class */
    uint8_t *at, *end;
    size_t chunk_size;
    void *free_lists[SIMP_FINE_CLASSES + SIMP_COARSE_CLASSES + 1];
} simp_arena;

void simp_arena_init(simp_arena *, cas_allocator *below);
void simp_arena_fini(simp_arena *);

/* NULL when the allocator below refuses.  Aligned for every type. */
void *simp_alloc(simp_arena *, size_t size);
/* As simp_alloc, filled with zero. */
void *simp_alloc_zero(simp_arena *, size_t size);
/* size is what the block was asked with; NULL is ignored. */
void simp_free(simp_arena *, void *block, size_t size);
char *simp_copy_text(simp_arena *, const char *text);

#endif
