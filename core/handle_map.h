/* SPDX-License-Identifier: MIT
 *
 * Handle to sink.  Handles are small integers on every backend, so this is a two-level table: constant time,
 * no hashing, memory by the page.
 */
#ifndef CORE_HANDLE_MAP_H
#define CORE_HANDLE_MAP_H

#include "castanet/alloc.h"
#include "castanet/winsock.h"
#include "core/limits.h"

enum { CASP_PAGE_HANDLES = CASP_LIMIT(16, 2), CASP_HANDLE_LIMIT = 1 << 24 };

typedef struct casp_sink casp_sink; /* engine.h */

typedef struct casp_handle_map {
    casp_sink ***pages; /* a block, or the address of first: the map stays where it is */
    casp_sink **first;
    size_t page_count;
} casp_handle_map;

void casp_handle_map_fini(casp_handle_map *map, cas_allocator *memory);

/* 0, WSAENOBUFS, or WSAEMFILE for a handle beyond the limit.  Makes room only; the entry stays empty. */
int casp_handle_map_reserve(casp_handle_map *map, cas_allocator *memory, SOCKET handle);

/* After a successful reserve.  NULL empties the entry. */
void casp_handle_map_put(casp_handle_map *map, SOCKET handle, casp_sink *sink);

static inline casp_sink *casp_handle_map_get(const casp_handle_map *map, SOCKET handle)
{
    size_t page = handle / CASP_PAGE_HANDLES;
    if (page >= map->page_count || map->pages[page] == NULL)
        return NULL;
    return map->pages[page][handle % CASP_PAGE_HANDLES];
}

#endif
