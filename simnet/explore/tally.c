/* SPDX-License-Identifier: MIT
 *
 * See tally.h.
 */
#include "simnet/explore/tally.h"

#include <string.h>

#include "core/limits.h"

/* False: no memory. */
static bool allocate(simp_tally *tally, uint32_t capacity)
{
    size_t size = capacity * sizeof *tally->entries;
    tally->entries = cas_alloc(tally->memory, size);
    if (tally->entries == NULL)
        return false;
    memset(tally->entries, 0, size);
    tally->capacity = capacity;
    tally->count = 0;
    tally->round = 1;
    return true;
}

bool simp_tally_init(simp_tally *tally, cas_allocator *memory)
{
    *tally = (simp_tally){.memory = memory};
    return allocate(tally, CASP_LIMIT(64, 2));
}

void simp_tally_fini(simp_tally *tally)
{
    cas_free(tally->memory, tally->entries, tally->capacity * sizeof *tally->entries);
}

void simp_tally_clear(simp_tally *tally)
{
    tally->count = 0;
    if (++tally->round == 0) {
        memset(tally->entries, 0, tally->capacity * sizeof *tally->entries);
        tally->round = 1;
    }
}

/* Where the key is, or would be. */
static simp_tally_entry *slot_of(const simp_tally *tally, uint64_t key)
{
    uint32_t at = (uint32_t)key & (tally->capacity - 1);
    while (tally->entries[at].round == tally->round && tally->entries[at].key != key)
        at = (at + 1) & (tally->capacity - 1);
    return &tally->entries[at];
}

static bool grow(simp_tally *tally)
{
    simp_tally grown = {.memory = tally->memory};
    if (!allocate(&grown, tally->capacity * 2))
        return false;
    for (uint32_t i = 0; i < tally->capacity; i++) {
        const simp_tally_entry *entry = &tally->entries[i];
        if (entry->round != tally->round)
            continue;
        *slot_of(&grown, entry->key) = (simp_tally_entry){entry->key, entry->value, grown.round,
                                                          entry->times};
        grown.count++;
    }
    simp_tally_fini(tally);
    *tally = grown;
    return true;
}

simp_tally_entry *simp_tally_at(simp_tally *tally, uint64_t key)
{
    simp_tally_entry *entry = slot_of(tally, key);
    if (entry->round == tally->round)
        return entry;
    if ((tally->count + 1) * 2 > tally->capacity) {
        if (!grow(tally))
            return NULL;
        entry = slot_of(tally, key);
    }
    *entry = (simp_tally_entry){.key = key, .round = tally->round};
    tally->count++;
    return entry;
}
