/* SPDX-License-Identifier: MIT
 *
 * The system's allocator behind the hook, and the counting one for tests.
 */
#include "castanet/alloc.h"

#include <stdlib.h>

static void *system_resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    (void)self, (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

cas_allocator *cas_allocator_system(void)
{
    /* Never written, so that the cast is safe; the type is not const because other allocators keep state. */
    static const cas_allocator system_allocator = {system_resize};
    return (cas_allocator *)(uintptr_t)&system_allocator;
}

static void *counting_resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    cas_counting_allocator *counting = (cas_counting_allocator *)self;
    if (new_size == 0) {
        counting->below->resize(counting->below, block, old_size, 0);
        counting->blocks_live--;
        counting->bytes_live -= (int64_t)old_size;
        return NULL;
    }
    counting->calls++;
    if (counting->calls == counting->refuse_at) {
        counting->refused++;
        return NULL;
    }
    void *fresh = counting->below->resize(counting->below, block, old_size, new_size);
    if (fresh == NULL)
        return NULL;
    counting->blocks_live += block == NULL ? 1 : 0;
    counting->bytes_live += (int64_t)new_size - (block == NULL ? 0 : (int64_t)old_size);
    return fresh;
}

void cas_counting_allocator_init(cas_counting_allocator *counting, cas_allocator *below)
{
    *counting = (cas_counting_allocator){.base = {counting_resize}, .below = below};
}
