/* SPDX-License-Identifier: MIT
 *
 * The one way to memory.  Every thread, backend and world is given an allocator; nothing else allocates.
 */
#ifndef CASTANET_ALLOC_H
#define CASTANET_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cas_allocator cas_allocator;
struct cas_allocator {
    /* block NULL: allocate; new_size 0: free, returns NULL; else resize.  NULL means refused, block
     * untouched. old_size is what the block was asked with. */
    void *(*resize)(cas_allocator *self, void *block, size_t old_size, size_t new_size);
};

/* malloc, realloc and free.  Holds no state; any thread may use it. */
cas_allocator *cas_allocator_system(void);

/* Wraps another allocator; counts, and refuses on demand.  For tests; one thread at a time. */
typedef struct cas_counting_allocator {
    cas_allocator base; /* hand out &counting.base */
    cas_allocator *below;
    uint64_t calls;     /* allocations and growths asked for so far */
    uint64_t refuse_at; /* 0: never; else the number of the call (from 1) that is refused */
    uint64_t refused;
    int64_t blocks_live;
    int64_t bytes_live;
} cas_counting_allocator;

void cas_counting_allocator_init(cas_counting_allocator *, cas_allocator *below);

static inline void *cas_alloc(cas_allocator *a, size_t size) { return a->resize(a, NULL, 0, size); }

static inline void cas_free(cas_allocator *a, void *block, size_t size)
{
    if (block != NULL)
        a->resize(a, block, size, 0);
}

#ifdef __cplusplus
}
#endif

#endif
