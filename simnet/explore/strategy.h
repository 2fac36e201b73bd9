/* SPDX-License-Identifier: MIT
 *
 * Strategies: who answers when an order asks what happens next.
 *
 * A strategy is made once and used for many runs, from which it may learn.  It sees what it chooses among and
 * what happened, and touches nothing: not the world, not a candidate.
 *
 * Invariant: what it answers is a function of the seed of the run, and of the runs before.
 */
#ifndef SIMNET_STRATEGY_H
#define SIMNET_STRATEGY_H

#include "castanet/sim_explore.h"
#include "simnet/explore/candidate.h"
#include "simnet/world/choice.h"

typedef struct simp_strategy simp_strategy;

/* What happened; a packet with all that it caused at once, where that is one step. */
typedef struct simp_step {
    uint64_t chain, object, kin, at_ns;
    uint64_t packets; /* ids given when it was over */
    uint32_t host, label, occurrence;
    uint32_t enabled_by; /* the number, from 1, of the step after which it could first be chosen; 0: none */
    uint32_t made_by; /* the number, from 1, of the step that made it possible; 0: none did */
    uint32_t enabled, picked;
    uint32_t overtaken_by; /* the number, from 1, of the last step before it that was due later; 0: none */
    uint64_t packet;       /* that arrived; 0: none */
    uint8_t source;        /* simp_source */
    bool is_racy;          /* one of the others that were enabled touched the same state */
    bool is_racy_there;    /* one of them was about the same object */
} simp_step;

/* An event that could have happened, and cannot any more: the step with that number ended it.  Timers of
 * stacks are ended all the time: there is one only if it was overtaken. */
typedef struct simp_lost_event {
    uint64_t chain, object;
    uint32_t host, made_by, ended_by;
    uint32_t label, occurrence; /* that it would have had */
    uint32_t overtaken_by;      /* see simp_step */
    uint8_t source;             /* simp_source */
} simp_lost_event;

typedef struct simp_strategy_ops {
    const char *name, *summary;
    uint32_t parameter;                    /* a depth, a budget: what tells strategies of one kind apart */
    const struct simp_strategy_ops *inner; /* of one whose runs are another's */
    size_t size; /* of what embeds the simp_strategy as its first member; zero when it is made */
    /* Each but pick may be NULL. */
    bool (*init)(simp_strategy *); /* false: no memory */
    void (*fini)(simp_strategy *);
    void (*begin)(simp_strategy *, uint64_t seed); /* of a run */
    /* One of count >= 2 candidates, which are in the order of their times: an index. */
    size_t (*pick)(simp_strategy *, const simp_candidate *const *, size_t count);
    void (*ran)(simp_strategy *, const simp_step *);
    /* A decision that is not one of order, 0 being the boring outcome: below bound.  drawn: what chance says.
     * NULL: that is taken. */
    uint32_t (*choose)(simp_strategy *, const simp_site *, uint64_t ordinal, uint32_t bound, uint32_t drawn);
    void (*end)(simp_strategy *, const sim_result *);
    /* Instead of all these: a run has ended that followed a script, and is none of this strategy. */
    void (*followed)(simp_strategy *, const sim_result *);
    /* Is there another run to make?  NULL: always. */
    bool (*next)(simp_strategy *);
    /* What the runs made so far say, in sentences; see sim_explore. */
    void (*state)(const simp_strategy *, char *text, size_t size);
} simp_strategy_ops;

struct simp_strategy {
    const simp_strategy_ops *ops;
    struct sim_order *order; /* to read: labels, the steps of this run */
    const char *runs;        /* who makes the present run, where that changes; NULL: the strategy itself */
    bool keeps_seed;         /* its runs are one world's: a search gives all of them the first one's seed */
};

/* NULL: no memory. */
simp_strategy *simp_strategy_create(struct sim_order *, const simp_strategy_ops *);
void simp_strategy_destroy(simp_strategy *);

/* Members of simp_strategy_pct and simp_strategy_delay. */
enum {
    SIMP_PCT_2,
    SIMP_PCT_3,
    SIMP_PCT_4,
    SIMP_PCT_5,
    SIMP_TAPCT_2,
    SIMP_TAPCT_3,
    SIMP_TAPCT_4,
    SIMP_TAPCT_5
};
enum { SIMP_DELAY_1, SIMP_DELAY_2, SIMP_DELAY_3, SIMP_DELAY_1_ALL, SIMP_DELAY_2_ALL };

extern const simp_strategy_ops simp_strategy_natural, simp_strategy_random, simp_strategy_late,
    simp_strategy_pct[8], simp_strategy_pos, simp_strategy_urw, simp_strategy_surw, simp_strategy_delay[5],
    simp_strategy_hold, simp_strategy_swarm[6], simp_strategy_bytes, simp_strategy_feedback,
    simp_strategy_portfolio, simp_strategy_dpor, simp_strategy_dpor_fault, simp_strategy_odometer,
    simp_strategy_faults[2];

/* NULL: there is none of that name. */
const simp_strategy_ops *simp_strategy_find(const char *name);

#endif
