/* SPDX-License-Identifier: MIT
 *
 * See shared_memory.h.
 */
#include "tool/shared_memory.h"

#include <string.h>

#include "tool/worker.h"

enum { CLASSES = 40, SMALLEST = 5 };

typedef struct free_block {
    struct free_block *next;
} free_block;

struct shared_memory {
    cas_allocator allocator; /* first */
    size_t bytes, used;
    free_block *free[CLASSES]; /* by the logarithm of their size */
};

static unsigned class_of(size_t size)
{
    unsigned k = SMALLEST;
    while (((size_t)1 << k) < size)
        k++;
    return k;
}

static void *take(shared_memory *m, size_t size)
{
    if (size > m->bytes)
        return NULL;
    unsigned k = class_of(size);
    size_t whole = (size_t)1 << k;
    if (m->free[k] != NULL) {
        free_block *block = m->free[k];
        m->free[k] = block->next;
        return block;
    }
    if (whole > m->bytes - m->used)
        return NULL;
    void *block = (char *)m + m->used;
    m->used += whole;
    return block;
}

static void give_back(shared_memory *m, void *block, size_t size)
{
    free_block *freed = block;
    unsigned k = class_of(size);
    freed->next = m->free[k];
    m->free[k] = freed;
}

static void *resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    shared_memory *m = (shared_memory *)(void *)self;
    if (new_size == 0) {
        if (block != NULL)
            give_back(m, block, old_size);
        return NULL;
    }
    if (block != NULL && class_of(new_size) == class_of(old_size))
        return block;
    void *fresh = take(m, new_size);
    if (fresh == NULL || block == NULL)
        return fresh;
    memcpy(fresh, block, old_size < new_size ? old_size : new_size);
    give_back(m, block, old_size);
    return fresh;
}

shared_memory *shared_memory_create(size_t bytes)
{
    shared_memory *m = worker_share(bytes);
    if (m == NULL)
        return NULL;
    size_t head = (size_t)1 << class_of(sizeof *m);
    *m = (shared_memory){.allocator = {resize}, .bytes = bytes, .used = head};
    return m;
}

void shared_memory_destroy(shared_memory *m)
{
    if (m != NULL)
        worker_unshare(m, m->bytes);
}

cas_allocator *shared_memory_allocator(shared_memory *m) { return &m->allocator; }
