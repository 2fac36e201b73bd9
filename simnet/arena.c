/* SPDX-License-Identifier: MIT
 *
 * See arena.h.  Blocks up to 1 KiB come in steps of 16 bytes, up to 16 KiB in powers of two and once between
 * them, larger ones singly.
 */
#include "simnet/arena.h"

#include <stdbool.h>
#include <string.h>

#include "core/limits.h"

enum {
    FINE_MAX = SIMP_FINE_CLASSES * SIMP_CLASS_GRAIN,
    FIRST_CHUNK = CASP_LIMIT(16384, 256),
    LAST_CHUNK = 1 << 18,
    COARSE_MAX = 16384
};

typedef struct simp_chunk {
    struct simp_chunk *next;
    size_t size;
} simp_chunk;

typedef struct simp_large {
    struct simp_large *next, *previous;
    size_t size;
    size_t padding; /* keeps what follows aligned to 16 */
} simp_large;

static void *arena_resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    simp_arena *arena = (simp_arena *)self;
    if (new_size == 0) {
        simp_free(arena, block, old_size);
        return NULL;
    }
    void *fresh = simp_alloc(arena, new_size);
    if (fresh != NULL && block != NULL) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        simp_free(arena, block, old_size);
    }
    return fresh;
}

void simp_arena_init(simp_arena *arena, cas_allocator *below)
{
    *arena = (simp_arena){.base = {arena_resize}, .below = below, .chunk_size = FIRST_CHUNK};
}

void simp_arena_fini(simp_arena *arena)
{
    while (arena->large != NULL) {
        simp_large *large = arena->large;
        arena->large = large->next;
        cas_free(arena->below, large, large->size);
    }
    while (arena->chunks != NULL) {
        simp_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        cas_free(arena->below, chunk, chunk->size);
    }
}

static void *large_alloc(simp_arena *arena, size_t size)
{
    simp_large *large = cas_alloc(arena->below, sizeof *large + size);
    if (large == NULL)
        return NULL;
    *large = (simp_large){.next = arena->large, .size = sizeof *large + size};
    if (large->next != NULL)
        large->next->previous = large;
    arena->large = large;
    return large + 1;
}

static void large_free(simp_arena *arena, void *block)
{
    simp_large *large = (simp_large *)block - 1;
    if (large->previous != NULL)
        large->previous->next = large->next;
    else
        arena->large = large->next;
    if (large->next != NULL)
        large->next->previous = large->previous;
    cas_free(arena->below, large, large->size);
}

/* The class of a size, and the size all blocks of that class have; false for a large one. */
static bool class_of(size_t size, size_t *index, size_t *rounded)
{
    if (size <= FINE_MAX) {
        *index = (size + SIMP_CLASS_GRAIN - 1) / SIMP_CLASS_GRAIN;
        *rounded = *index * SIMP_CLASS_GRAIN;
        return true;
    }
    size_t power = FINE_MAX;
    *index = SIMP_FINE_CLASSES + 1;
    for (; 2 * power < size; power *= 2)
        *index += 2;
    *rounded = 2 * power;
    if (size <= power + power / 2)
        *rounded = power + power / 2;
    else
        ++*index;
    return *rounded <= COARSE_MAX;
}

static bool add_chunk(simp_arena *arena, size_t at_least)
{
    size_t size = arena->chunk_size;
    while (size < at_least + SIMP_CLASS_GRAIN + sizeof(simp_chunk))
        size *= 2;
    simp_chunk *chunk = cas_alloc(arena->below, size);
    if (chunk == NULL)
        return false;
    *chunk = (simp_chunk){arena->chunks, size};
    arena->chunks = chunk;
    arena->at = (uint8_t *)chunk +
                (sizeof *chunk + SIMP_CLASS_GRAIN - 1) / SIMP_CLASS_GRAIN * SIMP_CLASS_GRAIN;
    arena->end = (uint8_t *)chunk + size;
    if (arena->chunk_size < LAST_CHUNK)
        arena->chunk_size *= 2;
    return true;
}

#ifdef CASTANET_DIRECT_ALLOC
static bool is_direct(void) { return true; }
#else
static bool is_direct(void) { return false; }
#endif

void *simp_alloc(simp_arena *arena, size_t size)
{
    size_t index, rounded;
    if (is_direct() || !class_of(size, &index, &rounded))
        return large_alloc(arena, size);
    void *block = arena->free_lists[index];
    if (block != NULL) {
        memcpy(&arena->free_lists[index], block, sizeof block);
        return block;
    }
    if ((size_t)(arena->end - arena->at) < rounded && !add_chunk(arena, rounded))
        return NULL;
    block = arena->at;
    arena->at += rounded;
    return block;
}

void *simp_alloc_zero(simp_arena *arena, size_t size)
{
    void *block = simp_alloc(arena, size);
    if (block != NULL)
        memset(block, 0, size);
    return block;
}

void simp_free(simp_arena *arena, void *block, size_t size)
{
    size_t index, rounded;
    if (block == NULL)
        return;
    if (is_direct() || !class_of(size, &index, &rounded)) {
        large_free(arena, block);
        return;
    }
    memcpy(block, &arena->free_lists[index], sizeof block);
    arena->free_lists[index] = block;
}

char *simp_copy_text(simp_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = simp_alloc(arena, size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}
