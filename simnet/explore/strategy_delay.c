/* SPDX-License-Identifier: MIT
 *
 * Delay bounding: what is due first runs, but for at most b times in a run, when the chain that is about to
 * run becomes the last of all.  By chance, or every placement of at most b delays.
 *
 * A placement is a list of rising numbers of looks: each time that a chain is about to run is a look, and so
 * is the next one when that chain was made the last.
 *
 * Source: Emmi, Qadeer, Rakamaric, POPL 2011.
 */
#include <stdio.h>

#include "simnet/explore/knowledge.h"
#include "simnet/explore/order.h"
#include "simnet/explore/poll.h"

enum { BUDGET_MAX = 4 };

typedef struct delays {
    simp_strategy base;              /* first */
    const simp_knowledge *knowledge; /* by chance */
    simp_poll poll;
    uint32_t points[BUDGET_MAX]; /* looks at which to delay */
    uint32_t point_count;
    uint32_t looks;
    uint64_t late[BUDGET_MAX]; /* chains, by delay: the last is the last of all */
    uint32_t late_count;
    bool is_complete; /* every placement was run */
    uint64_t runs;
} delays;

static void start(delays *self)
{
    self->looks = self->late_count = 0;
    simp_poll_begin(&self->poll);
}

/* 0: in time; else the bigger, the later its turn. */
static uint32_t rank_of(const delays *self, uint64_t chain)
{
    uint32_t poll = simp_poll_rank(&self->poll, chain);
    if (poll != 0)
        return BUDGET_MAX + poll;
    for (uint32_t i = self->late_count; i > 0; i--) {
        if (self->late[i - 1] == chain)
            return i;
    }
    return 0;
}

static size_t find_head(const delays *self, const simp_candidate *const *candidates, size_t count)
{
    size_t head = 0;
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < count && least != 0; i++) {
        uint32_t rank = rank_of(self, candidates[i]->chain);
        if (rank < least) {
            least = rank;
            head = i;
        }
    }
    return head;
}

static bool is_point(const delays *self, uint32_t look)
{
    for (uint32_t i = 0; i < self->point_count; i++) {
        if (self->points[i] == look)
            return true;
    }
    return false;
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    delays *self = (delays *)base;
    size_t head = find_head(self, candidates, count);
    while (is_point(self, ++self->looks) && self->late_count < BUDGET_MAX) {
        self->late[self->late_count++] = candidates[head]->chain;
        head = find_head(self, candidates, count);
    }
    return head;
}

static void ran(simp_strategy *base, const simp_step *step) { simp_poll_ran(&((delays *)base)->poll, step); }

/* ---- by chance ---- */

static bool init(simp_strategy *base)
{
    ((delays *)base)->knowledge = simp_knowledge_of(base->order);
    return ((delays *)base)->knowledge != NULL;
}

static void begin(simp_strategy *base, uint64_t seed)
{
    delays *self = (delays *)base;
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", base->ops->name);
    start(self);
    uint32_t k = self->knowledge->choices.max;
    self->point_count = k == 0 ? 0 : base->ops->parameter;
    for (uint32_t i = 0; i < self->point_count; i++)
        self->points[i] = 1 + (uint32_t)simp_stream_below(&stream, k);
}

/* ---- every placement ---- */

static bool init_all(simp_strategy *base)
{
    base->keeps_seed = true;
    return true;
}

static void begin_all(simp_strategy *base, uint64_t seed)
{
    (void)seed;
    start((delays *)base);
}

/* Points from this one on follow one another. */
static void line_up(delays *self, uint32_t from)
{
    for (uint32_t i = from; i < self->point_count; i++)
        self->points[i] = i == 0 ? 1 : self->points[i - 1] + 1;
}

/* The next placement.  Where the run did not come to a point, all later values of it are in vain, too. */
static void advance(delays *self)
{
    uint32_t reached = 0;
    while (reached < self->point_count && self->points[reached] <= self->looks)
        reached++;
    if (reached > 0) {
        self->points[reached - 1]++;
        line_up(self, reached);
        return;
    }
    self->is_complete = self->point_count == self->base.ops->parameter;
    if (!self->is_complete) {
        self->point_count++;
        line_up(self, 0);
    }
}

static void end_all(simp_strategy *base, const sim_result *result)
{
    delays *self = (delays *)base;
    (void)result;
    self->runs++;
    if (!self->is_complete)
        advance(self);
}

static bool next_all(simp_strategy *base) { return !((delays *)base)->is_complete; }

static void state_all(const simp_strategy *base, char *text, size_t size)
{
    const delays *self = (const delays *)base;
    unsigned budget = self->is_complete ? base->ops->parameter : self->point_count;
    const char *which = self->is_complete ? "every order with at most" : "not yet every order with at most";
    snprintf(text, size, "%s: %s %u delay%s was run (%llu runs)", base->ops->name, which, budget,
             budget == 1 ? "" : "s", (unsigned long long)self->runs);
}

/* ---- all ---- */

#define BY_CHANCE(which, what, budget)                                                                       \
    {                                                                                                        \
        .name = which, .summary = what, .parameter = budget, .size = sizeof(delays), .init = init,           \
        .begin = begin, .pick = pick, .ran = ran                                                             \
    }
#define EVERY(which, what, budget)                                                                           \
    {                                                                                                        \
        .name = which, .summary = what, .parameter = budget, .size = sizeof(delays), .init = init_all,       \
        .begin = begin_all, .pick = pick, .ran = ran, .end = end_all, .next = next_all, .state = state_all   \
    }

const simp_strategy_ops simp_strategy_delay[] = {
    BY_CHANCE("delay-1", "one chain becomes the last of all, at a random moment", 1),
    BY_CHANCE("delay-2", "the same, twice", 2),
    BY_CHANCE("delay-3", "the same, three times", 3),
    EVERY("delay-1-all", "every order with at most one delay", 1),
    EVERY("delay-2-all", "every order with at most two delays", 2),
};
