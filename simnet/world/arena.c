/* SPDX-License-Identifier: MIT
 *
 * See arena.h.  Blocks up to 1.5 KiB come in steps of 16 bytes, up to 12 KiB in doubling steps and once
 * between them, larger ones singly.
 */
#include "simnet/world/arena.h"

#include <stdbool.h>
#include <string.h>

#include "core/limits.h"

enum { FIRST_CHUNK = CASP_LIMIT(16384, 256), LAST_CHUNK = 1 << 18, COARSE_MAX = 12288 };

typedef struct simp_chunk {
    struct simp_chunk *next;
    size_t size;
} simp_chunk;

typedef struct simp_large {
    struct simp_large *next, *previous;
    size_t size;
    size_t padding; /* keeps what follows aligned to 16 */
} simp_large;

enum { CHUNK_HEAD = (sizeof(simp_chunk) + SIMP_CLASS_GRAIN - 1) / SIMP_CLASS_GRAIN * SIMP_CLASS_GRAIN };

#ifdef CASTANET_DIRECT_ALLOC
static bool is_direct(void) { return true; }
#else
static bool is_direct(void) { return false; }
#endif

/* Never inline: arena_resize has no frame in its common ways. */
__attribute__((noinline)) void *simp_resize(simp_arena *arena, void *block, size_t old_size, size_t new_size)
{
    void *fresh = simp_alloc(arena, new_size);
    if (fresh != NULL && block != NULL) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        simp_free(arena, block, old_size);
    }
    return fresh;
}

static void *arena_resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    simp_arena *arena = (simp_arena *)self;
    if (new_size == 0) {
        simp_free(arena, block, old_size);
        return NULL;
    }
    return block == NULL ? simp_alloc(arena, new_size) : simp_resize(arena, block, old_size, new_size);
}

void simp_arena_init(simp_arena *arena, cas_allocator *below)
{
    *arena = (simp_arena){
        .base = {arena_resize}, .below = below, .chunk_size = FIRST_CHUNK, .direct = is_direct()};
}

simp_arena *simp_arena_create(cas_allocator *below, size_t size)
{
    size_t whole = CHUNK_HEAD + simp_round_up(size);
    if (!is_direct() && whole < FIRST_CHUNK)
        whole = FIRST_CHUNK;
    simp_chunk *chunk = cas_alloc(below, whole);
    if (chunk == NULL)
        return NULL;
    *chunk = (simp_chunk){NULL, whole};
    simp_arena *arena = (simp_arena *)(void *)((uint8_t *)chunk + CHUNK_HEAD);
    simp_arena_init(arena, below);
    arena->chunks = chunk;
    arena->at = (uint8_t *)arena + simp_round_up(size);
    arena->end = (uint8_t *)chunk + whole;
    return arena;
}

/* What is to be freed is known before the first block goes: the arena may lie in it. */
void simp_arena_fini(simp_arena *arena)
{
    cas_allocator *below = arena->below;
    simp_chunk *chunk = arena->chunks;
    for (simp_large *large = arena->large, *next; large != NULL; large = next) {
        next = large->next;
        cas_free(below, large, large->size);
    }
    for (simp_chunk *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        cas_free(below, chunk, chunk->size);
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

/* The class of a size beyond the fine ones, and the size all blocks of that class have; false for a large
 * one. */
static bool coarse_class(size_t size, size_t *index, size_t *rounded)
{
    size_t power = SIMP_FINE_MAX;
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
    while (size < at_least + CHUNK_HEAD)
        size *= 2;
    simp_chunk *chunk = cas_alloc(arena->below, size);
    if (chunk == NULL)
        return false;
    *chunk = (simp_chunk){arena->chunks, size};
    arena->chunks = chunk;
    arena->at = (uint8_t *)chunk + CHUNK_HEAD;
    arena->end = (uint8_t *)chunk + size;
    if (arena->chunk_size < LAST_CHUNK)
        arena->chunk_size *= 2;
    return true;
}

void *simp_alloc_grown(simp_arena *arena, size_t size)
{
    if (!add_chunk(arena, size))
        return NULL;
    void *block = arena->at;
    arena->at += size;
    return block;
}

void *simp_alloc_coarse(simp_arena *arena, size_t size)
{
    size_t index, rounded;
    if (is_direct() || !coarse_class(size, &index, &rounded))
        return large_alloc(arena, size);
    void *block = arena->free_lists[index];
    if (block != NULL) {
        memcpy(&arena->free_lists[index], block, sizeof block);
        return block;
    }
    if ((size_t)(arena->end - arena->at) < rounded)
        return simp_alloc_grown(arena, rounded);
    block = arena->at;
    arena->at += rounded;
    return block;
}

void simp_free_coarse(simp_arena *arena, void *block, size_t size)
{
    size_t index, rounded;
    if (is_direct() || !coarse_class(size, &index, &rounded)) {
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
