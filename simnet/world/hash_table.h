/* SPDX-License-Identifier: MIT
 *
 * A hash table of nodes that lie in what they find: 16 bytes each, and no block of their own.
 *
 * The user hashes keys, and compares them along the chain that simp_hash_first begins; a node is the first
 * member of its owner.  Chains hold up to two nodes on average.
 *
 * Costs: adding, removing and finding O(1); adding may double the table.
 */
#ifndef SIMNET_HASH_TABLE_H
#define SIMNET_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "simnet/world/arena.h"
#include "simnet/ip/ip_address.h"
#include "simnet/world/random.h"

typedef struct simp_hash_node {
    struct simp_hash_node *next; /* in the chain; whose hash may be another one */
    uint32_t hash;
    uint32_t note; /* the owner's; it costs nothing here */
} simp_hash_node;

typedef struct simp_hash_table {
    simp_hash_node **chains;
    uint32_t capacity; /* 0 or a power of two */
    uint32_t count;
} simp_hash_table;

/* Doubles it.  False: no memory, and nothing changed. */
bool simp_hash_grow(simp_hash_table *, simp_arena *);
/* A node that is in the table. */
void simp_hash_remove(simp_hash_table *, simp_hash_node *);
/* All nodes in an order that depends on the hashes alone: the first one after node, or after NULL; NULL ends
 * it.  node may be removed once its successor is known. */
simp_hash_node *simp_hash_after(const simp_hash_table *, const simp_hash_node *);

static inline simp_hash_node **simp_hash_chain(const simp_hash_table *table, uint32_t hash)
{
    return &table->chains[hash & (table->capacity - 1)];
}

static inline simp_hash_node *simp_hash_first(const simp_hash_table *table, uint32_t hash)
{
    return table->capacity == 0 ? NULL : *simp_hash_chain(table, hash);
}

/* A node that has its hash, into a table that has room. */
static inline void simp_hash_link(simp_hash_table *table, simp_hash_node *node)
{
    simp_hash_node **chain = simp_hash_chain(table, node->hash);
    node->next = *chain;
    *chain = node;
}

/* False: no memory, and nothing changed. */
static inline bool simp_hash_add(simp_hash_table *table, simp_arena *memory, simp_hash_node *node,
                                 uint32_t hash)
{
    if (table->count >= 2 * table->capacity && !simp_hash_grow(table, memory))
        return false;
    node->hash = hash;
    simp_hash_link(table, node);
    table->count++;
    return true;
}

static inline uint32_t simp_hash_ip(simp_ip ip)
{
    return (uint32_t)simp_mix(ip.high * 0x9E3779B97F4A7C15u ^ ip.low);
}

#endif
