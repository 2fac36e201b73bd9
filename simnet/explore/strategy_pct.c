/* SPDX-License-Identifier: MIT
 *
 * PCT: chains have random priorities, the biggest runs first, and at d - 1 random moments the chain that is
 * about to run falls below all others.  A bug of depth d among n chains and k moments is found with a
 * probability of at least 1 / (n k^(d-1)) in each run.
 *
 * taPCT counts as moments only steps of labels that race, and what never raced goes first.
 *
 * Sources: Burckhardt et al., ASPLOS 2010; for chains of events Ozkan et al., OOPSLA 2018 and 2019.
 */
#include <stdio.h>

#include "simnet/explore/chance_text.h"
#include "simnet/explore/knowledge.h"
#include "simnet/explore/order.h"
#include "simnet/explore/poll.h"

enum { DEPTH_MAX = 8 };

typedef struct pct {
    simp_strategy base; /* first */
    simp_knowledge *knowledge;
    simp_poll poll;
    uint64_t key;    /* of the priorities of this run */
    uint32_t moment; /* moments that passed */
    uint32_t points[DEPTH_MAX];
    uint64_t fallen[DEPTH_MAX]; /* chains, by the point that felled them: the first is the lowest */
    uint32_t point_count;
    bool learns; /* no run has told how long runs are */
    bool counts_races;
    uint64_t clean_runs;
} pct;

static const simp_length *length_of(const pct *self)
{
    return self->counts_races ? &self->knowledge->racy : &self->knowledge->choices;
}

/* Distinct ones of 1 to the length of a run. */
static void draw_points(pct *self, simp_stream *stream)
{
    uint32_t k = simp_length_bound(length_of(self));
    self->point_count = self->base.ops->parameter - 1;
    k = k < self->point_count ? self->point_count : k;
    for (uint32_t i = 0; i < self->point_count;) {
        uint32_t point = 1 + (uint32_t)simp_stream_below(stream, k), j = 0;
        while (j < i && self->points[j] != point)
            j++;
        if (j == i)
            self->points[i++] = point;
    }
    for (uint32_t i = 0; i < self->point_count; i++)
        self->fallen[i] = 0;
}

static void begin(simp_strategy *base, uint64_t seed)
{
    pct *self = (pct *)base;
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", base->ops->name);
    self->key = simp_stream_next(&stream);
    self->moment = 0;
    self->learns = self->knowledge->runs == 0;
    simp_poll_begin(&self->poll);
    draw_points(self, &stream);
}

/* Chains that have not fallen are above 2^63, in an order that is random because the hash is; those that fell
 * are above those that poll. */
static uint64_t priority_of(const pct *self, uint64_t chain)
{
    uint32_t poll = simp_poll_rank(&self->poll, chain);
    if (poll != 0)
        return SIMP_POLL_CHAINS_MAX - poll;
    for (uint32_t i = 0; i < self->point_count; i++) {
        if (self->fallen[i] == chain)
            return SIMP_POLL_CHAINS_MAX + i;
    }
    return simp_mix(self->key ^ chain) | UINT64_C(1) << 63;
}

static size_t find_biggest(const pct *self, const simp_candidate *const *candidates, size_t count)
{
    size_t best = 0;
    uint64_t most = priority_of(self, candidates[0]->chain);
    for (size_t i = 1; i < count; i++) {
        uint64_t priority = priority_of(self, candidates[i]->chain);
        if (priority > most) {
            most = priority;
            best = i;
        }
    }
    return best;
}

/* From now on it has the priority of the point alone. */
static void fell(pct *self, uint32_t point, uint64_t chain)
{
    for (uint32_t i = 0; i < self->point_count; i++)
        self->fallen[i] = self->fallen[i] == chain ? 0 : self->fallen[i];
    self->fallen[point] = chain;
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    pct *self = (pct *)base;
    if (self->learns)
        return 0;
    size_t settled = self->counts_races ? simp_find_settled(base->order, candidates, count) : count;
    if (settled < count)
        return settled;
    size_t best = find_biggest(self, candidates, count);
    if (self->counts_races && !simp_is_racy_label(self->knowledge, candidates[best]->label))
        return best;
    self->moment++;
    for (uint32_t i = 0; i < self->point_count; i++) {
        if (self->points[i] != self->moment)
            continue;
        fell(self, i, candidates[best]->chain);
        return find_biggest(self, candidates, count);
    }
    return best;
}

static void ran(simp_strategy *base, const simp_step *step) { simp_poll_ran(&((pct *)base)->poll, step); }

static void end(simp_strategy *base, const sim_result *result)
{
    pct *self = (pct *)base;
    self->clean_runs += !self->learns && result->outcome == SIM_PASSED;
}

static bool init(simp_strategy *base)
{
    ((pct *)base)->knowledge = simp_knowledge_of(base->order);
    return ((pct *)base)->knowledge != NULL;
}

static bool init_aware(simp_strategy *base)
{
    ((pct *)base)->counts_races = true;
    return init(base);
}

/* "pct-3: a bug of depth 3 would have been missed with a probability of 0.71 at most (9 chains, ...)" */
static void state(const simp_strategy *base, char *text, size_t size)
{
    const pct *self = (const pct *)base;
    uint32_t chains = self->knowledge->chains, k = simp_length_bound(length_of(self));
    if (self->clean_runs == 0) {
        snprintf(text, size, "%s: no run has passed yet", base->ops->name);
        return;
    }
    char miss[SIMP_CHANCE_TEXT_MAX];
    simp_write_miss(miss, simp_miss_of_pct(chains, k, base->ops->parameter), self->clean_runs);
    snprintf(text, size,
             "%s: a bug of depth %u would have been missed with a probability of %s (%u chains, %u moments, "
             "%llu runs)",
             base->ops->name, base->ops->parameter, miss, chains, k, (unsigned long long)self->clean_runs);
}

#define OPS(which, what, depth, initialize)                                                                  \
    {                                                                                                        \
        .name = which, .summary = what, .parameter = depth, .size = sizeof(pct), .init = initialize,         \
        .begin = begin, .pick = pick, .ran = ran, .end = end, .state = state                                 \
    }

const simp_strategy_ops simp_strategy_pct[] = {
    OPS("pct-2", "random priorities of chains, one random fall", 2, init),
    OPS("pct-3", "the same, two falls", 3, init),
    OPS("pct-4", "the same, three falls", 4, init),
    OPS("pct-5", "the same, four falls", 5, init),
    OPS("tapct-2", "like pct-2, and only where there is a race", 2, init_aware),
    OPS("tapct-3", "like pct-3, and only where there is a race", 3, init_aware),
    OPS("tapct-4", "like pct-4, and only where there is a race", 4, init_aware),
    OPS("tapct-5", "like pct-5, and only where there is a race", 5, init_aware),
};
