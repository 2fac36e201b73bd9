/* SPDX-License-Identifier: MIT
 *
 * POS: each pending event has a random priority, the biggest runs, and after it the priorities of all pending
 * events that depend on it are drawn anew.  What never raced goes first.
 *
 * The priority is a hash of the event and of the last step that it depends on: so none needs to be kept, and
 * drawing anew costs nothing.
 *
 * Source: Yuan, Yang, Gu, CAV 2018.
 */
#include "simnet/explore/knowledge.h"
#include "simnet/explore/order.h"

typedef struct pos {
    simp_strategy base; /* first */
    uint64_t key;
    simp_tally last; /* by host, and by host and object: the number of the last step there */
    uint64_t steps, everywhere;
} pos;

static bool init(simp_strategy *base)
{
    return simp_knowledge_of(base->order) != NULL &&
           simp_tally_init(&((pos *)base)->last, base->order->memory);
}

static void fini(simp_strategy *base) { simp_tally_fini(&((pos *)base)->last); }

static void begin(simp_strategy *base, uint64_t seed)
{
    pos *self = (pos *)base;
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", "pos");
    self->key = simp_stream_next(&stream);
    self->steps = self->everywhere = 0;
    simp_tally_clear(&self->last);
}

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* The keys of what happened at a host: anything, and what was about no object of it. */
static uint64_t key_of_any(uint32_t host) { return simp_mix(host + UINT64_C(1)); }
static uint64_t key_of_whole(uint32_t host) { return simp_mix(~(uint64_t)host); }

/* The number of the last step that it depends on. */
static uint64_t last_cause(const pos *self, const simp_candidate *c)
{
    if (c->host == SIMP_ALL_HOSTS)
        return self->steps;
    if (!self->base.order->by_object || c->object == 0)
        return later(self->everywhere, simp_tally_get(&self->last, key_of_any(c->host)));
    uint64_t whole = simp_tally_get(&self->last, key_of_whole(c->host));
    uint64_t object = simp_tally_get(&self->last, simp_resource_key(c->host, c->object));
    return later(self->everywhere, later(whole, object));
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    const pos *self = (const pos *)base;
    size_t best = 0, settled = simp_find_settled(base->order, candidates, count);
    uint64_t most = 0;
    if (settled < count)
        return settled;
    for (size_t i = 0; i < count; i++) {
        const simp_candidate *c = candidates[i];
        uint64_t priority = simp_mix(simp_hash_pair(self->key ^ c->chain, c->tie) + last_cause(self, c));
        if (priority >= most) {
            most = priority;
            best = i;
        }
    }
    return best;
}

static void mark(pos *self, uint64_t key)
{
    simp_tally_entry *entry = simp_tally_at(&self->last, key);
    if (entry == NULL)
        simp_out_of_memory(self->base.order->world);
    else
        entry->value = self->steps;
}

static void ran(simp_strategy *base, const simp_step *step)
{
    pos *self = (pos *)base;
    self->steps++;
    if (step->host == SIMP_ALL_HOSTS) {
        self->everywhere = self->steps;
        return;
    }
    mark(self, key_of_any(step->host));
    if (self->base.order->by_object)
        mark(self,
             step->object == 0 ? key_of_whole(step->host) : simp_resource_key(step->host, step->object));
}

const simp_strategy_ops simp_strategy_pos = {
    .name = "pos",
    .summary = "random priorities of events, drawn anew by each race",
    .size = sizeof(pos),
    .init = init,
    .fini = fini,
    .begin = begin,
    .pick = pick,
    .ran = ran,
};
