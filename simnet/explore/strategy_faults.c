/* SPDX-License-Identifier: MIT
 *
 * Every placement of at most k faults in the default order, one a run: first without any, then each single
 * fault, then each pair, the second of which may be at an event that only the first one brought about.
 *
 *   a run with fewer than k faults -> a base: where its further decisions are, and how many values each has
 *   a base, one of its decisions, a value -> a run with one fault more
 *
 * Invariant: no two runs have the same faults, since a run's last fault is behind those of its base.
 */
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "simnet/explore/order.h"

enum { FAULTS_MAX = 2 };

/* The decision with that number, from 0 in a run, is the value. */
typedef struct placed {
    uint32_t at, value;
} placed;

typedef struct base {
    placed faults[FAULTS_MAX];
    size_t first;  /* of its decisions, in bounds */
    uint32_t from; /* the number of the first of them */
    uint32_t count;
} base;

/* Runs with so many faults. */
typedef struct level {
    base *bases;
    size_t base_count, base_capacity;
    uint32_t *bounds;
    size_t bound_count, bound_capacity;
    uint64_t total; /* placements with one fault more */
} level;

typedef struct enumerator {
    simp_strategy base; /* first */
    uint32_t faults;    /* of the present run */
    placed placed[FAULTS_MAX];
    level levels[FAULTS_MAX]; /* by faults; runs of the last level are no bases */
    size_t at_base;           /* the run's, at the level below */
    uint32_t at_bound;        /* the place of its last fault there */
    uint32_t decisions;       /* made in this run */
    uint64_t runs[FAULTS_MAX + 1];
    uint32_t places; /* decisions of the run without faults */
    bool finished, refused;
} enumerator;

static enumerator *enumerator_of(simp_strategy *self) { return (enumerator *)self; }
static cas_allocator *memory_of(const enumerator *e) { return e->base.order->memory; }
static uint32_t most_of(const enumerator *e) { return e->base.ops->parameter; }

/* ---- memory ---- */

static void *grow(enumerator *e, void *array, size_t size, size_t *capacity, size_t wanted)
{
    if (wanted <= *capacity)
        return array;
    size_t larger = *capacity == 0 ? CASP_LIMIT(64, 1) : *capacity * 2;
    void *grown = memory_of(e)->resize(memory_of(e), array, *capacity * size, larger * size);
    if (grown == NULL) {
        e->refused = true;
        return array;
    }
    *capacity = larger;
    return grown;
}

static void add_bound(enumerator *e, level *l, uint32_t bound)
{
    l->bounds = grow(e, l->bounds, sizeof *l->bounds, &l->bound_capacity, l->bound_count + 1);
    if (e->refused)
        return;
    l->bounds[l->bound_count++] = bound;
    l->bases[l->base_count - 1].count++;
    l->total += bound - 1;
}

/* The run that begins is one. */
static void add_base(enumerator *e, level *l)
{
    l->bases = grow(e, l->bases, sizeof *l->bases, &l->base_capacity, l->base_count + 1);
    if (e->refused)
        return;
    base *added = &l->bases[l->base_count++];
    *added = (base){.first = l->bound_count};
    memcpy(added->faults, e->placed, sizeof added->faults);
    added->from = e->faults == 0 ? 0 : e->placed[e->faults - 1].at + 1;
}

static bool init(simp_strategy *self)
{
    self->keeps_seed = true;
    return true;
}

static void fini(simp_strategy *self)
{
    enumerator *e = enumerator_of(self);
    for (size_t i = 0; i < FAULTS_MAX; i++) {
        cas_free(memory_of(e), e->levels[i].bases, e->levels[i].base_capacity * sizeof(base));
        cas_free(memory_of(e), e->levels[i].bounds, e->levels[i].bound_capacity * sizeof(uint32_t));
    }
}

/* ---- a run ---- */

static void begin(simp_strategy *self, uint64_t seed)
{
    enumerator *e = enumerator_of(self);
    (void)seed;
    e->decisions = 0;
    if (e->faults < most_of(e))
        add_base(e, &e->levels[e->faults]);
}

static size_t pick(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    (void)self, (void)candidates, (void)count;
    return 0;
}

static uint32_t choose(simp_strategy *self, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    enumerator *e = enumerator_of(self);
    (void)ordinal;
    if (simp_is_users_site(site))
        return drawn;
    uint32_t at = e->decisions++;
    for (uint32_t i = 0; i < e->faults; i++) {
        if (e->placed[i].at == at)
            return e->placed[i].value;
    }
    bool is_behind = e->faults == 0 || at > e->placed[e->faults - 1].at;
    if (is_behind && e->faults < most_of(e) && !e->refused)
        add_bound(e, &e->levels[e->faults], bound);
    return 0;
}

/* ---- the next run ---- */

static placed *last_of(enumerator *e) { return &e->placed[e->faults - 1]; }

/* At the present base, from its next decision on that can be a fault; false: there is none. */
static bool place_next(enumerator *e, const level *l)
{
    const base *b = &l->bases[e->at_base];
    while (e->at_bound < b->count && l->bounds[b->first + e->at_bound] < 2)
        e->at_bound++;
    if (e->at_bound == b->count)
        return false;
    *last_of(e) = (placed){b->from + e->at_bound, 1};
    return true;
}

/* The first base, from the present one on, that has a decision left; false: the level is done. */
static bool take_base(enumerator *e, const level *l)
{
    for (; e->at_base < l->base_count; e->at_base++) {
        memcpy(e->placed, l->bases[e->at_base].faults, sizeof e->placed);
        e->at_bound = 0;
        if (place_next(e, l))
            return true;
    }
    return false;
}

static bool begin_level(enumerator *e)
{
    if (e->faults == most_of(e))
        return false;
    e->faults++;
    e->at_base = 0;
    return take_base(e, &e->levels[e->faults - 1]);
}

static bool advance(enumerator *e)
{
    if (e->faults == 0)
        return begin_level(e);
    const level *l = &e->levels[e->faults - 1];
    const base *b = &l->bases[e->at_base];
    if (last_of(e)->value + 1 < l->bounds[b->first + e->at_bound]) {
        last_of(e)->value++;
        return true;
    }
    e->at_bound++;
    if (place_next(e, l))
        return true;
    e->at_base++;
    return take_base(e, l) || begin_level(e);
}

static void end(simp_strategy *self, const sim_result *result)
{
    enumerator *e = enumerator_of(self);
    (void)result;
    e->runs[e->faults]++;
    if (e->faults == 0)
        e->places = e->decisions;
    e->finished = e->refused || !advance(e);
}

static bool next(simp_strategy *self) { return !enumerator_of(self)->finished; }

/* ---- the statement ---- */

/* Runs that are left: known for the present level, and for the one above as if each fault left as much behind
 * it as there is in the middle. */
static uint64_t estimate_left(const enumerator *e)
{
    uint64_t one = e->levels[0].total, left = 0;
    if (e->faults == 0)
        return 1;
    left = e->levels[e->faults - 1].total - e->runs[e->faults];
    if (most_of(e) == 2 && e->faults == 1)
        left += one * one / 2;
    return left;
}

static void state(const simp_strategy *self, char *text, size_t size)
{
    const enumerator *e = (const enumerator *)self;
    unsigned long long none = e->runs[0], one = e->runs[1], two = e->runs[2];
    if (e->finished && !e->refused)
        snprintf(
            text, size,
            "every placement of at most %lu fault%s in the default order: %llu runs (%llu without, %llu with "
            "one, %llu with two), at %lu places",
            (unsigned long)most_of(e), most_of(e) == 1 ? "" : "s", none + one + two, none, one, two,
            (unsigned long)e->places);
    else
        snprintf(
            text, size,
            "placements of faults in the default order: %llu runs (%llu without, %llu with one, %llu with "
            "two), about %llu are left",
            none + one + two, none, one, two, (unsigned long long)estimate_left(e));
}

#define PLACEMENTS(which, what, most)                                                                        \
    {                                                                                                        \
        .name = which, .summary = what, .parameter = most, .size = sizeof(enumerator), .init = init,         \
        .fini = fini, .begin = begin, .pick = pick, .choose = choose, .end = end, .next = next,              \
        .state = state                                                                                       \
    }

const simp_strategy_ops simp_strategy_faults[] = {
    PLACEMENTS("faults-1", "what is due first, with each single fault", 1),
    PLACEMENTS("faults-2", "what is due first, with each single fault and each pair", 2),
};
