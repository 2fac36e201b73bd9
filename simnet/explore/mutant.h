/* SPDX-License-Identifier: MIT
 *
 * Mutants: runs that showed something new leave their choices in a pool, and later runs repeat one of them
 * with a change: one choice flipped, the head of one and the tail of another, or a tail drawn anew.
 *
 * Source: the feedback of Fray.
 */
#ifndef SIMNET_MUTANT_H
#define SIMNET_MUTANT_H

#include "simnet/explore/strategy.h"

enum { SIMP_POOL_MAX = 64 };

/* The choices of order of a run, and what its faults were drawn from. */
typedef struct simp_choices {
    uint32_t *picks;
    uint32_t count, capacity;
    uint64_t fault_seed; /* 0: it had none */
} simp_choices;

typedef enum simp_change { SIMP_FLIP, SIMP_SPLICE, SIMP_REDRAW } simp_change;

typedef struct simp_mutant {
    cas_allocator *memory;
    simp_choices pool[SIMP_POOL_MAX]; /* the oldest is replaced when it is full */
    uint64_t kept;                    /* since the beginning */
    const simp_choices *head, *tail;  /* of this run */
    uint32_t cut;                     /* choices of the head before the change */
    simp_change change;
    uint32_t at; /* choices that were made */
    simp_stream stream;
} simp_mutant;

void simp_mutant_init(simp_mutant *, cas_allocator *);
void simp_mutant_fini(simp_mutant *);

static inline bool simp_mutant_has_pool(const simp_mutant *mutant) { return mutant->kept != 0; }

/* The run that just ended is worth keeping.  False: no memory. */
bool simp_mutant_keep(simp_mutant *, const struct sim_order *, uint64_t fault_seed);
/* A run that is made of the pool, which is not empty; the seed of its faults, 0: none.  */
uint64_t simp_mutant_begin(simp_mutant *, uint64_t seed);
/* See simp_strategy_ops.pick. */
size_t simp_mutant_pick(simp_mutant *, size_t count);

#endif
