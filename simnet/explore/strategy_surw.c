/* SPDX-License-Identifier: MIT
 *
 * SURW: the order at one resource, drawn for each run, is as good as uniform, and all that is not about it
 * goes first and takes none of the chances.
 *
 * A chain weighs what earlier runs say that it still has to do there.  Resources are the hosts and objects
 * that two chains or more touch; they are drawn by the races that were seen there, but every fourth time with
 * equal chances.  Until one is known a run is a random walk.
 *
 * Source: ASPLOS 2025.
 */
#include "simnet/explore/knowledge.h"
#include "simnet/explore/order.h"
#include "simnet/explore/poll.h"
#include "simnet/explore/weighted.h"

typedef struct surw {
    simp_strategy base; /* first */
    const simp_knowledge *knowledge;
    simp_resource resource; /* of this run; no chains: none */
    simp_stream stream;
    simp_tally done; /* by chain: its steps at the resource */
    simp_poll poll;
} surw;

static bool init(simp_strategy *base)
{
    surw *self = (surw *)base;
    self->knowledge = simp_knowledge_of(base->order);
    return self->knowledge != NULL && simp_tally_init(&self->done, base->order->memory);
}

static void fini(simp_strategy *base) { simp_tally_fini(&((surw *)base)->done); }

static void begin(simp_strategy *base, uint64_t seed)
{
    surw *self = (surw *)base;
    simp_stream_init(&self->stream, seed, "order", "surw");
    simp_tally_clear(&self->done);
    simp_poll_begin(&self->poll);
    self->resource = (simp_resource){0};
    const simp_resource *drawn = simp_draw_resource(self->knowledge, &self->stream);
    if (drawn != NULL)
        self->resource = *drawn;
}

/* Of those that are about the resource; 0: the others. */
static uint64_t weight_of(const simp_strategy *base, const simp_candidate *c)
{
    const surw *self = (const surw *)base;
    if (!simp_touches(&self->resource, c->host, c->kin))
        return 0;
    uint64_t resource = simp_resource_key(self->resource.host, self->resource.kin);
    uint64_t mean = simp_tally_get(&self->knowledge->shares, simp_hash_pair(c->chain, resource));
    uint64_t done = simp_tally_get(&self->done, c->chain) * SIMP_WEIGHT_ONE;
    return mean < done + SIMP_WEIGHT_ONE ? SIMP_WEIGHT_ONE : mean - done;
}

/* What is not about the resource; what polls is not among them.  count: there is none. */
static size_t pick_other(surw *self, const simp_candidate *const *candidates, size_t count)
{
    size_t others = 0, chosen = count;
    for (size_t i = 0; i < count; i++) {
        const simp_candidate *c = candidates[i];
        if (simp_touches(&self->resource, c->host, c->kin) || simp_poll_rank(&self->poll, c->chain) != 0)
            continue;
        others++;
        if (simp_stream_below(&self->stream, others) == 0)
            chosen = i;
    }
    return chosen;
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    surw *self = (surw *)base;
    if (self->resource.chains == 0)
        return (size_t)simp_stream_below(&self->stream, count);
    size_t other = pick_other(self, candidates, count);
    return other < count ? other : simp_pick_weighted(base, candidates, count, weight_of, &self->stream);
}

static void ran(simp_strategy *base, const simp_step *step)
{
    surw *self = (surw *)base;
    simp_poll_ran(&self->poll, step);
    if (!simp_touches(&self->resource, step->host, step->kin))
        return;
    simp_tally_entry *done = simp_tally_at(&self->done, step->chain);
    if (done == NULL)
        simp_out_of_memory(base->order->world);
    else
        done->value++;
}

const simp_strategy_ops simp_strategy_surw = {
    .name = "surw",
    .summary = "each order at one random resource with the same chances, and the rest first",
    .size = sizeof(surw),
    .init = init,
    .fini = fini,
    .begin = begin,
    .pick = pick,
    .ran = ran,
};
