/* SPDX-License-Identifier: MIT
 *
 * Every order that differs, and each again with every single fault: first all orders in which nothing goes
 * wrong, which show where something may; then, for each place and value, all orders in which it happens
 * there.
 *
 * A place is an event of a chain by its number ("the third segment"), so it means the same in orders that are
 * equivalent.  What concerns hosts far from the event (partitions), or depends on what else is under way
 * (delays), is left out.
 */
#include <stdio.h>

#include "core/limits.h"
#include "simnet/explore/dpor.h"

typedef struct site_place {
    uint64_t label, ordinal;
    uint32_t bound;
} site_place;

typedef struct with_fault {
    simp_strategy base; /* first */
    simp_strategy *inner;
    site_place *places;
    size_t count, capacity;
    size_t at;                      /* the place of the fault */
    uint32_t value;                 /* 0: orders without a fault */
    bool has_happened;              /* in this run */
    uint64_t quiet, faulty, beside; /* orders without it, with it, and those that did not come to it */
    uint64_t before;                /* complete runs of inner when this one began */
    size_t steps_max;
    bool finished, refused;
} with_fault;

static with_fault *self_of(simp_strategy *base) { return (with_fault *)base; }
static simp_dpor *dpor_of(const with_fault *self) { return (simp_dpor *)self->inner; }

static bool init(simp_strategy *base)
{
    with_fault *self = self_of(base);
    base->keeps_seed = true;
    self->inner = simp_strategy_create(base->order, &simp_strategy_dpor);
    return self->inner != NULL;
}

static void fini(simp_strategy *base)
{
    with_fault *self = self_of(base);
    simp_strategy_destroy(self->inner);
    cas_free(base->order->memory, self->places, self->capacity * sizeof *self->places);
}

/* ---- places ---- */

static bool is_one_of(const simp_site *site, unsigned kinds)
{
    for (unsigned bit = 1; bit < 1u << SIM_MAY_KINDS; bit <<= 1) {
        if ((bit & kinds) != 0 && site->who == sim_may_word((sim_may)bit))
            return true;
    }
    return false;
}

/* Where sockets share nothing, a fault of their host would still concern all of them. */
static bool is_near(const with_fault *self, const simp_site *site)
{
    unsigned far = SIM_MAY_PARTITIONS | SIM_MAY_DELAY;
    if (self->base.order->by_object)
        far |= SIM_MAY_HOSTS;
    return !site->by_search || !is_one_of(site, far);
}

static void note_place(with_fault *self, const simp_site *site, uint64_t ordinal, uint32_t bound)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->places[i].label == site->label_hash && self->places[i].ordinal == ordinal)
            return;
    }
    cas_allocator *memory = self->base.order->memory;
    if (self->count == self->capacity) {
        size_t capacity = self->capacity == 0 ? CASP_LIMIT(64, 1) : self->capacity * 2;
        site_place *grown = memory->resize(memory, self->places, self->capacity * sizeof *grown,
                                           capacity * sizeof *grown);
        self->refused = self->refused || grown == NULL;
        if (grown == NULL)
            return;
        self->places = grown;
        self->capacity = capacity;
    }
    self->places[self->count++] = (site_place){site->label_hash, ordinal, bound};
}

static uint32_t choose(simp_strategy *base, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    with_fault *self = self_of(base);
    if (simp_is_users_site(site))
        return drawn;
    if (bound < 2 || !is_near(self, site))
        return 0;
    if (self->value == 0) {
        note_place(self, site, ordinal, bound);
        return 0;
    }
    const site_place *place = &self->places[self->at];
    if (self->has_happened || place->label != site->label_hash || place->ordinal != ordinal)
        return 0;
    self->has_happened = true;
    return self->value;
}

/* ---- runs ---- */

static void begin(simp_strategy *base, uint64_t seed)
{
    with_fault *self = self_of(base);
    self->has_happened = false;
    self->before = dpor_of(self)->complete_runs;
    self->inner->ops->begin(self->inner, seed);
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    simp_strategy *inner = self_of(base)->inner;
    return inner->ops->pick(inner, candidates, count);
}

static void ran(simp_strategy *base, const simp_step *step)
{
    simp_strategy *inner = self_of(base)->inner;
    inner->ops->ran(inner, step);
}

/* A new tree for the next place or value. */
static void move_on(with_fault *self)
{
    if (self->value == 0 || self->value + 1 < self->places[self->at].bound)
        self->value++;
    else {
        self->at++;
        self->value = 1;
    }
    self->finished = self->at >= self->count;
    simp_strategy *fresh = self->finished ? NULL
                                          : simp_strategy_create(self->base.order, &simp_strategy_dpor);
    if (fresh == NULL) {
        self->refused = self->refused || !self->finished;
        return;
    }
    simp_strategy_destroy(self->inner);
    self->inner = fresh;
}

static void end(simp_strategy *base, const sim_result *result)
{
    with_fault *self = self_of(base);
    self->inner->ops->end(self->inner, result);
    self->steps_max = dpor_of(self)->steps_max > self->steps_max ? dpor_of(self)->steps_max : self->steps_max;
    uint64_t complete = dpor_of(self)->complete_runs - self->before;
    if (self->value == 0)
        self->quiet += complete;
    else if (self->has_happened)
        self->faulty += complete;
    else
        self->beside += complete;
    if (!self->inner->ops->next(self->inner) && !dpor_of(self)->refused)
        move_on(self);
}

static bool next(simp_strategy *base)
{
    const with_fault *self = self_of(base);
    return !self->finished && !self->refused && !dpor_of(self)->refused;
}

static void state(const simp_strategy *base, char *text, size_t size)
{
    const with_fault *self = (const with_fault *)base;
    unsigned long long quiet = self->quiet, faulty = self->faulty, places = self->count, at = self->at;
    if (self->finished && !self->refused)
        snprintf(text, size,
                 "all %llu inequivalent orders of at most %zu steps with at most 1 fault: %llu without, %llu "
                 "with one, at %llu places",
                 quiet + faulty, self->steps_max, quiet, faulty, places);
    else if (self->value == 0)
        self->inner->ops->state(self->inner, text, size);
    else
        snprintf(text, size,
                 "all %llu inequivalent orders without a fault, and %llu with one, of about %llu, at %llu of "
                 "%llu places",
                 quiet, faulty, at == 0 ? faulty * places : faulty * places / at, at, places);
}

const simp_strategy_ops simp_strategy_dpor_fault = {
    .name = "dpor-1",
    .summary = "dpor, and again with every single fault; causal mode",
    .size = sizeof(with_fault),
    .init = init,
    .fini = fini,
    .begin = begin,
    .pick = pick,
    .ran = ran,
    .choose = choose,
    .end = end,
    .next = next,
    .state = state,
};
