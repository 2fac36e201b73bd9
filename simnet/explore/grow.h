/* SPDX-License-Identifier: MIT
 *
 * Arrays that grow by doubling, and keep their size from run to run.
 */
#ifndef SIMNET_GROW_H
#define SIMNET_GROW_H

#include <stdbool.h>
#include <stddef.h>

#include "castanet/alloc.h"
#include "core/cold.h"
#include "core/limits.h"

static APART void *simp_grown(cas_allocator *memory, void *array, size_t size, size_t *capacity,
                              size_t wanted)
{
    size_t larger = *capacity == 0 ? CASP_LIMIT(64, 1) : *capacity * 2;
    larger = larger < wanted ? wanted : larger;
    void *grown = memory->resize(memory, array, *capacity * size, larger * size);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}

/* The array with room for so many elements of that size; NULL: no memory, and the array is as it was. */
static inline void *simp_grow(cas_allocator *memory, void *array, size_t size, size_t *capacity,
                              size_t wanted)
{
    return wanted <= *capacity ? array : simp_grown(memory, array, size, capacity, wanted);
}

#endif
