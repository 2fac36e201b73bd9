/* SPDX-License-Identifier: MIT
 *
 * What the runs of an order teach those who choose: how long runs are, which labels race, how much each event
 * has in its wake, and who shares what.
 *
 * Costs: a run is read once when it ends.  After the first 64 runs only every eighth teaches anything but the
 * lengths, since means hardly move then.
 *
 * Invariant: everything here is a function of the runs that ended before.
 */
#ifndef SIMNET_KNOWLEDGE_H
#define SIMNET_KNOWLEDGE_H

#include "simnet/explore/strategy.h"
#include "simnet/explore/tally.h"

enum { SIMP_KNOWLEDGE_WINDOW = 32, SIMP_WEIGHT_ONE = 256 };

/* The longest of the last runs. */
typedef struct simp_length {
    uint32_t of_run[SIMP_KNOWLEDGE_WINDOW];
    uint32_t max;
} simp_length;

/* What events touch: connections, a listener or a port of a host, or (kin 0) anything of a host. */
typedef struct simp_resource {
    uint64_t kin;
    uint32_t host;
    uint32_t chains; /* that touched it in any run */
    uint64_t races;  /* steps there that could have gone after another one's there */
} simp_resource;

typedef struct simp_knowledge {
    cas_allocator *memory;
    uint32_t runs;
    simp_length steps, choices,
        racy;         /* all, those with two candidates or more, those of racy labels among these */
    uint32_t chains;  /* the most of one run */
    uint32_t settled; /* found in a row by simp_find_settled */
    bool *is_racy;    /* by label */
    uint32_t label_capacity;
    simp_tally wakes;  /* by label and occurrence: the mean number of steps in its wake, itself included */
    simp_tally shares; /* by chain and resource: the mean number of steps */
    simp_tally seen;   /* by chain and resource: steps of the run that is read */
    simp_tally index;  /* by resource: its number, from 1 */
    simp_resource *resources;
    uint32_t resource_count, resource_capacity;
    uint32_t *sizes; /* by step of the run that is read */
    size_t size_capacity;
} simp_knowledge;

/* That of the order, which is made when it is first asked for.  NULL: no memory. */
simp_knowledge *simp_knowledge_of(struct sim_order *);
void simp_knowledge_destroy(simp_knowledge *);
/* A run has ended; its steps are those of the order.  False: no memory. */
bool simp_knowledge_learn(simp_knowledge *, const struct sim_order *);

/* The power of two that is not below, so that a run hardly ever changes it; 0 before the first run. */
uint32_t simp_length_bound(const simp_length *);

/* One that two chains or more touch.  NULL: none is known. */
const simp_resource *simp_draw_resource(const simp_knowledge *, simp_stream *);

/* Is it known to race?  Everything is until a run has ended. */
static inline bool simp_is_racy_label(const simp_knowledge *knowledge, uint32_t label)
{
    return knowledge->runs == 0 || (label < knowledge->label_capacity && knowledge->is_racy[label]);
}

/* The first that never raced with anything, as far as is known: when it goes does not matter, so it should go
 * at once, and take none of the chances.  An index; count: there is none.  Sometimes one is passed over: in
 * every sixteenth run all are, to see whether it still holds, and after 32 in a row, so that the others get
 * their turn.  The order has its knowledge. */
size_t simp_find_settled(struct sim_order *, const simp_candidate *const *, size_t count);

static inline uint64_t simp_hash_pair(uint64_t a, uint64_t b)
{
    return simp_mix(a * 0x9E3779B97F4A7C15u + b);
}

static inline uint64_t simp_resource_key(uint32_t host, uint64_t kin) { return simp_hash_pair(kin, host); }
static inline uint64_t simp_wake_key(uint32_t label, uint32_t occurrence)
{
    return simp_mix((uint64_t)label << 32 | occurrence);
}

/* Does what happens there touch it? */
static inline bool simp_touches(const simp_resource *r, uint32_t host, uint64_t kin)
{
    return host == r->host && (r->kin == 0 || kin == r->kin);
}

#endif
