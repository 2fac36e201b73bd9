/* SPDX-License-Identifier: MIT
 *
 * See hash_table.h.
 */
#include "simnet/world/hash_table.h"

#include "core/check.h"
#include "core/limits.h"

enum { FIRST_CAPACITY = CASP_LIMIT(8, 1) };

static bool begin(simp_hash_table *table, simp_arena *arena)
{
    table->chains = simp_alloc_zero(arena, sizeof(simp_hash_node *[FIRST_CAPACITY]));
    table->capacity = table->chains == NULL ? 0 : FIRST_CAPACITY;
    return table->chains != NULL;
}

bool simp_hash_grow(simp_hash_table *table, simp_arena *arena)
{
    if (table->capacity == 0)
        return begin(table, arena);
    simp_hash_table grown = {.capacity = table->capacity * 2, .count = table->count};
    grown.chains = simp_alloc_zero(arena, grown.capacity * sizeof *grown.chains);
    if (grown.chains == NULL)
        return false;
    for (uint32_t i = 0; i < table->capacity; i++) {
        for (simp_hash_node *node = table->chains[i], *next; node != NULL; node = next) {
            next = node->next;
            simp_hash_link(&grown, node);
        }
    }
    simp_free(arena, table->chains, table->capacity * sizeof *table->chains);
    *table = grown;
    return true;
}

void simp_hash_remove(simp_hash_table *table, simp_hash_node *node)
{
    simp_hash_node **place = simp_hash_chain(table, node->hash);
    while (*place != node) {
        CHECK(*place != NULL);
        place = &(*place)->next;
    }
    *place = node->next;
    table->count--;
}

simp_hash_node *simp_hash_after(const simp_hash_table *table, const simp_hash_node *node)
{
    if (node != NULL && node->next != NULL)
        return node->next;
    uint32_t i = node == NULL ? 0 : (node->hash & (table->capacity - 1)) + 1;
    while (i < table->capacity && table->chains[i] == NULL)
        i++;
    return i < table->capacity ? table->chains[i] : NULL;
}
