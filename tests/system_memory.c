/* SPDX-License-Identifier: MIT
 *
 * See system_memory.h.
 */
#include "tests/system_memory.h"

#include <stdlib.h>

/* The names that the linker's --wrap gives. */
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

static cas_counting_allocator counted;

cas_counting_allocator *system_memory(void) { return &counted; }

void *__wrap_realloc(void *block, size_t size)
{
    counted.calls++;
    if (counted.calls == counted.refuse_at) {
        counted.refused++;
        return NULL;
    }
    return __real_realloc(block, size);
}
