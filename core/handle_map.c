/* SPDX-License-Identifier: MIT
 *
 * See handle_map.h.
 */
#include "core/handle_map.h"

#include <stdbool.h>
#include <string.h>

#include "core/check.h"

static const size_t page_bytes = CASP_PAGE_HANDLES * sizeof(casp_sink *);

/* The directory of one page lies in the map. */
static bool has_block(const casp_handle_map *map) { return map->page_count > 1; }

void casp_handle_map_fini(casp_handle_map *map, cas_allocator *memory)
{
    for (size_t i = 0; i < map->page_count; i++)
        cas_free(memory, map->pages[i], page_bytes);
    if (has_block(map))
        cas_free(memory, map->pages, map->page_count * sizeof *map->pages);
    *map = (casp_handle_map){0};
}

static int grow_directory(casp_handle_map *map, cas_allocator *memory, size_t needed)
{
    if (needed == 1) {
        map->pages = &map->first;
        map->page_count = 1;
        return 0;
    }
    size_t count = map->page_count == 0 ? 1 : map->page_count;
    while (count < needed)
        count *= 2;
    casp_sink ***old = has_block(map) ? map->pages : NULL;
    casp_sink ***pages = memory->resize(memory, old, old == NULL ? 0 : map->page_count * sizeof *pages,
                                        count * sizeof *pages);
    if (pages == NULL)
        return WSAENOBUFS;
    if (old == NULL)
        pages[0] = map->first;
    for (size_t i = map->page_count == 0 ? 1 : map->page_count; i < count; i++)
        pages[i] = NULL;
    map->pages = pages;
    map->page_count = count;
    return 0;
}

int casp_handle_map_reserve(casp_handle_map *map, cas_allocator *memory, SOCKET handle)
{
    if (handle >= CASP_HANDLE_LIMIT)
        return WSAEMFILE;
    size_t page = handle / CASP_PAGE_HANDLES;
    if (page >= map->page_count && grow_directory(map, memory, page + 1) != 0)
        return WSAENOBUFS;
    if (map->pages[page] == NULL) {
        map->pages[page] = cas_alloc(memory, page_bytes);
        if (map->pages[page] == NULL)
            return WSAENOBUFS;
        memset(map->pages[page], 0, page_bytes);
    }
    return 0;
}

void casp_handle_map_put(casp_handle_map *map, SOCKET handle, casp_sink *sink)
{
    size_t page = handle / CASP_PAGE_HANDLES;
    CHECK(page < map->page_count && map->pages[page] != NULL);
    map->pages[page][handle % CASP_PAGE_HANDLES] = sink;
}
