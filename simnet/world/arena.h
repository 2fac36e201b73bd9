/* SPDX-License-Identifier: MIT
 *
 * The memory of a world: taken from the allocator below in growing chunks, given out by size class, recycled
 * last in first out so that what is in flight stays in cache, and returned all at once.
 *
 * With CASTANET_DIRECT_ALLOC every block is a block of the allocator below, so that sanitizers see each one.
 */
#ifndef SIMNET_ARENA_H
#define SIMNET_ARENA_H

#include <stdbool.h>
#include <string.h>

#include "castanet/alloc.h"
#include "core/cold.h"

enum {
    SIMP_FINE_CLASSES = 96,
    SIMP_COARSE_CLASSES = 8,
    SIMP_CLASS_GRAIN = 16,
    SIMP_FINE_MAX = SIMP_FINE_CLASSES * SIMP_CLASS_GRAIN
};

typedef struct simp_arena {
    cas_allocator base; /* the arena as an allocator, for what the engine keeps for a simulated thread */
    cas_allocator *below;
    struct simp_chunk *chunks;
    struct simp_large *large; /* blocks too big for a class */
    uint8_t *at, *end;        /* what is left of the newest chunk */
    size_t chunk_size;        /* of the next one */
    bool direct;              /* every block is one of the allocator below */
    void *free_lists[SIMP_FINE_CLASSES + SIMP_COARSE_CLASSES + 1];
} simp_arena;

void simp_arena_init(simp_arena *, cas_allocator *below);
/* May lie in its own memory. */
void simp_arena_fini(simp_arena *);
/* An arena in its own memory, as the first member of an object of that size, of which nothing else is filled
 * in; NULL when the allocator below refuses. */
simp_arena *simp_arena_create(cas_allocator *below, size_t size);

/* Beyond the fine classes. */
APART void *simp_alloc_coarse(simp_arena *, size_t size);
APART void simp_free_coarse(simp_arena *, void *block, size_t size);
/* From a new chunk; rounded. */
APART void *simp_alloc_grown(simp_arena *, size_t size);

static inline size_t simp_round_up(size_t size)
{
    return (size + SIMP_CLASS_GRAIN - 1) & ~(size_t)(SIMP_CLASS_GRAIN - 1);
}

static inline bool simp_is_coarse(const simp_arena *memory, size_t size)
{
    return size > SIMP_FINE_MAX || memory->direct;
}

/* NULL when the allocator below refuses.  Aligned for every type. */
static inline void *simp_alloc(simp_arena *memory, size_t size)
{
    if (simp_is_coarse(memory, size))
        return simp_alloc_coarse(memory, size);
    size_t rounded = simp_round_up(size);
    void **list = &memory->free_lists[rounded / SIMP_CLASS_GRAIN], *block = *list;
    if (block != NULL) {
        memcpy(list, block, sizeof block);
        return block;
    }
    if ((size_t)(memory->end - memory->at) < rounded)
        return simp_alloc_grown(memory, rounded);
    block = memory->at;
    memory->at += rounded;
    return block;
}

/* As simp_alloc, filled with zero. */
static inline void *simp_alloc_zero(simp_arena *memory, size_t size)
{
    void *block = simp_alloc(memory, size);
    return block == NULL ? NULL : memset(block, 0, size);
}

/* size is what the block was asked with; NULL is ignored. */
static inline void simp_free(simp_arena *memory, void *block, size_t size)
{
    if (block == NULL)
        return;
    if (simp_is_coarse(memory, size)) {
        simp_free_coarse(memory, block, size);
        return;
    }
    void **list = &memory->free_lists[simp_round_up(size) / SIMP_CLASS_GRAIN];
    memcpy(block, list, sizeof block);
    *list = block;
}

/* A block of another size with the same beginning; block NULL: a new one.  NULL: refused, and nothing
 * changed. */
void *simp_resize(simp_arena *, void *block, size_t old_size, size_t new_size);

char *simp_copy_text(simp_arena *, const char *text);

#endif
