/* SPDX-License-Identifier: MIT
 *
 * URW: an event is picked with a probability proportional to the number of steps that it has in its wake, as
 * earlier runs have told.  Where each event is made by one other, every order is equally likely: steps are a
 * forest then, and this is how one draws a linear extension of a forest.  What never raced goes first, and
 * takes none of the chances.
 *
 * The first run knows nothing, and is a random walk.
 *
 * Source: the sampler that goes with SURW, ASPLOS 2025.
 */
#include "simnet/explore/knowledge.h"
#include "simnet/explore/order.h"
#include "simnet/explore/weighted.h"

typedef struct urw {
    simp_strategy base; /* first */
    const simp_knowledge *knowledge;
    simp_stream stream;
} urw;

static bool init(simp_strategy *base)
{
    ((urw *)base)->knowledge = simp_knowledge_of(base->order);
    return ((urw *)base)->knowledge != NULL;
}

static void begin(simp_strategy *base, uint64_t seed)
{
    simp_stream_init(&((urw *)base)->stream, seed, "order", "urw");
}

static uint64_t weight_of(const simp_strategy *base, const simp_candidate *c)
{
    const urw *self = (const urw *)base;
    uint32_t occurrence = simp_label_count(&base->order->labels, c->label) + 1;
    uint64_t mean = simp_tally_get(&self->knowledge->wakes, simp_wake_key(c->label, occurrence));
    return mean < SIMP_WEIGHT_ONE ? SIMP_WEIGHT_ONE : mean;
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    urw *self = (urw *)base;
    size_t settled = simp_find_settled(base->order, candidates, count);
    return settled < count ? settled : simp_pick_weighted(base, candidates, count, weight_of, &self->stream);
}

const simp_strategy_ops simp_strategy_urw = {
    .name = "urw",
    .summary = "each order of independent chains with the same chances",
    .size = sizeof(urw),
    .init = init,
    .begin = begin,
    .pick = pick,
};
