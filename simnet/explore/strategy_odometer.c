/* SPDX-License-Identifier: MIT
 *
 * Every combination of decisions, of order and other, one a run: as an odometer counts, the last decision
 * first.  It needs to know nothing of what depends on what; so it is for few decisions.
 *
 * Invariant: the first at decisions of a run are those of the list, in which each value is below its bound.
 */
#include <stdio.h>

#include "core/limits.h"
#include "simnet/explore/order.h"

typedef struct digit {
    uint32_t value, bound;
} digit;

typedef struct odometer {
    simp_strategy base; /* first */
    digit *digits;
    size_t count, capacity;
    size_t at; /* decisions made in this run */
    uint64_t runs;
    bool finished, refused;
} odometer;

static odometer *odometer_of(simp_strategy *self) { return (odometer *)self; }
static cas_allocator *memory_of(const odometer *o) { return o->base.order->memory; }

static bool init(simp_strategy *self)
{
    self->keeps_seed = true;
    return true;
}

static bool has_room(odometer *o)
{
    if (o->count < o->capacity)
        return true;
    size_t capacity = o->capacity == 0 ? CASP_LIMIT(64, 1) : o->capacity * 2;
    digit *digits = memory_of(o)->resize(memory_of(o), o->digits, o->capacity * sizeof *digits,
                                         capacity * sizeof *digits);
    if (digits == NULL)
        return false;
    o->digits = digits;
    o->capacity = capacity;
    return true;
}

static uint32_t decide(odometer *o, uint32_t bound)
{
    if (o->at < o->count)
        return o->digits[o->at++].value;
    if (o->refused || !has_room(o)) {
        o->refused = true;
        return 0;
    }
    o->digits[o->count++] = (digit){0, bound};
    o->at++;
    return 0;
}

static void begin(simp_strategy *self, uint64_t seed)
{
    (void)seed;
    odometer_of(self)->at = 0;
}

static size_t pick(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    (void)candidates;
    return decide(odometer_of(self), (uint32_t)count);
}

static uint32_t choose(simp_strategy *self, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    (void)site, (void)ordinal, (void)drawn;
    return decide(odometer_of(self), bound);
}

static void end(simp_strategy *self, const sim_result *result)
{
    odometer *o = odometer_of(self);
    (void)result;
    o->runs++;
    while (o->count > 0 && o->digits[o->count - 1].value + 1 == o->digits[o->count - 1].bound)
        o->count--;
    if (o->count > 0)
        o->digits[o->count - 1].value++;
    o->finished = o->count == 0;
}

static bool next(simp_strategy *self) { return !odometer_of(self)->finished && !odometer_of(self)->refused; }

static void state(const simp_strategy *self, char *text, size_t size)
{
    const odometer *o = (const odometer *)self;
    snprintf(text, size, "%s%llu combinations of decisions", o->finished ? "all " : "",
             (unsigned long long)o->runs);
}

static void fini(simp_strategy *self)
{
    odometer *o = odometer_of(self);
    cas_free(memory_of(o), o->digits, o->capacity * sizeof *o->digits);
}

const simp_strategy_ops simp_strategy_odometer = {
    .name = "odometer",
    .summary = "every combination of decisions",
    .size = sizeof(odometer),
    .init = init,
    .fini = fini,
    .begin = begin,
    .pick = pick,
    .choose = choose,
    .end = end,
    .next = next,
    .state = state,
};
