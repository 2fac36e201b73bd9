/* SPDX-License-Identifier: MIT
 *
 * Long holds: a host, a socket, or what has one label waits for a random stretch of the run, and all else
 * goes with random latency, in every fourth run in the order of its time.  It finds what starves.
 *
 * What is held goes nevertheless when nothing else is left but what polls.
 */
#include "simnet/explore/knowledge.h"
#include "simnet/explore/lateness.h"
#include "simnet/explore/order.h"
#include "simnet/explore/poll.h"

enum { HOLDS_MAX = 2 };

/* From one step to another, by their numbers. */
typedef struct hold {
    simp_resource resource; /* label 0 */
    uint32_t label;
    uint32_t from, to;
} hold;

typedef struct holds {
    simp_strategy base; /* first */
    const simp_knowledge *knowledge;
    simp_poll poll;
    uint64_t key; /* of latencies */
    bool is_late; /* there is latency */
    hold holds[HOLDS_MAX];
    uint32_t hold_count;
} holds;

static bool init(simp_strategy *base)
{
    ((holds *)base)->knowledge = simp_knowledge_of(base->order);
    return ((holds *)base)->knowledge != NULL;
}

static hold draw_hold(const holds *self, simp_stream *stream)
{
    const simp_knowledge *knowledge = self->knowledge;
    uint64_t steps = knowledge->steps.max;
    hold drawn = {.from = (uint32_t)simp_stream_below(stream, steps)};
    drawn.to = drawn.from + 1 + (uint32_t)simp_stream_below(stream, steps * 9 / 10);
    bool by_label = simp_stream_below(stream, 3) == 0;
    if (by_label || knowledge->resource_count == 0)
        drawn.label = 1 + (uint32_t)simp_stream_below(stream, self->base.order->labels.count - 1);
    else
        drawn.resource = knowledge->resources[simp_stream_below(stream, knowledge->resource_count)];
    return drawn;
}

static void begin(simp_strategy *base, uint64_t seed)
{
    holds *self = (holds *)base;
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", "hold");
    simp_poll_begin(&self->poll);
    self->key = simp_stream_next(&stream);
    self->hold_count = 0;
    self->is_late = false;
    if (self->knowledge->steps.max == 0)
        return;
    self->is_late = simp_stream_below(&stream, 4) != 0;
    self->hold_count = 1 + (uint32_t)simp_stream_below(&stream, HOLDS_MAX);
    for (uint32_t i = 0; i < self->hold_count; i++)
        self->holds[i] = draw_hold(self, &stream);
}

static bool is_held(const holds *self, const simp_candidate *c)
{
    size_t step = self->base.order->step_count;
    for (uint32_t i = 0; i < self->hold_count; i++) {
        const hold *h = &self->holds[i];
        if (step < h->from || step >= h->to)
            continue;
        if (h->label != 0 ? c->label == h->label : simp_touches(&h->resource, c->host, c->kin))
            return true;
    }
    return false;
}

/* 0: free, 1: held, more: it polls. */
static uint32_t rank_of(const holds *self, const simp_candidate *c)
{
    uint32_t poll = simp_poll_rank(&self->poll, c->chain);
    return poll != 0 ? 1 + poll : is_held(self, c);
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    const holds *self = (const holds *)base;
    size_t best = 0;
    uint32_t least = UINT32_MAX;
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        uint32_t rank = rank_of(self, candidates[i]);
        uint64_t at_ns = self->is_late ? simp_late_time(self->key, candidates[i]) : i;
        if (rank < least || (rank == least && at_ns < first)) {
            least = rank;
            first = at_ns;
            best = i;
        }
    }
    return best;
}

static void ran(simp_strategy *base, const simp_step *step) { simp_poll_ran(&((holds *)base)->poll, step); }

const simp_strategy_ops simp_strategy_hold = {
    .name = "hold",
    .summary = "a host, a socket or a label waits for a random stretch of the run",
    .size = sizeof(holds),
    .init = init,
    .begin = begin,
    .pick = pick,
    .ran = ran,
};
