/* SPDX-License-Identifier: MIT
 *
 * A tally: numbers by 64-bit key, forgotten all at once.
 *
 * Keys are hashes already: their low bits are as good as any.
 *
 * Costs: everything O(1); adding may double the table, which keeps its size when it is emptied, so that runs
 * of one kind allocate nothing after the first.
 */
#ifndef SIMNET_TALLY_H
#define SIMNET_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/alloc.h"

typedef struct simp_tally_entry {
    uint64_t key;
    uint64_t value;
    uint32_t round; /* in which it was added: of another round than the table's, it is free */
    uint32_t times; /* the user's; 0 at first */
} simp_tally_entry;

typedef struct simp_tally {
    cas_allocator *memory;
    simp_tally_entry *entries;
    uint32_t capacity, count; /* at most half full */
    uint32_t round;
} simp_tally;

/* False: no memory. */
bool simp_tally_init(simp_tally *, cas_allocator *);
void simp_tally_fini(simp_tally *);
void simp_tally_clear(simp_tally *);
/* Its entry, which is added with 0 when there was none; valid until another is added.  NULL: no memory. */
simp_tally_entry *simp_tally_at(simp_tally *, uint64_t key);

/* NULL: there is none. */
static inline const simp_tally_entry *simp_tally_find(const simp_tally *tally, uint64_t key)
{
    uint32_t at = (uint32_t)key & (tally->capacity - 1);
    while (tally->entries[at].round == tally->round) {
        if (tally->entries[at].key == key)
            return &tally->entries[at];
        at = (at + 1) & (tally->capacity - 1);
    }
    return NULL;
}

static inline uint64_t simp_tally_get(const simp_tally *tally, uint64_t key)
{
    const simp_tally_entry *entry = simp_tally_find(tally, key);
    return entry == NULL ? 0 : entry->value;
}

#endif
