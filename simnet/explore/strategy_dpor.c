/* SPDX-License-Identifier: MIT
 *
 * See dpor.h.
 */
#include "simnet/explore/dpor.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"

static simp_dpor *dpor_of(simp_strategy *self) { return (simp_dpor *)self; }
static cas_allocator *memory_of(const simp_dpor *d) { return d->base.order->memory; }

/* ---- memory ---- */

static bool reserve(simp_dpor *d, void **array, size_t size, size_t *capacity, size_t wanted)
{
    if (wanted <= *capacity)
        return true;
    size_t larger = *capacity * 2 < wanted ? wanted + CASP_LIMIT(64, 0) : *capacity * 2;
    void *grown = memory_of(d)->resize(memory_of(d), *array, *capacity * size, larger * size);
    if (grown == NULL) {
        d->refused = true;
        return false;
    }
    *array = grown;
    *capacity = larger;
    return true;
}

static bool add_branch(simp_dpor *d, simp_branch branch)
{
    void *branches = d->branches;
    bool done = reserve(d, &branches, sizeof branch, &d->branch_capacity, d->branch_count + 1);
    d->branches = branches;
    if (done)
        d->branches[d->branch_count++] = branch;
    return done;
}

static simp_node *add_node(simp_dpor *d)
{
    void *nodes = d->nodes;
    bool done = reserve(d, &nodes, sizeof *d->nodes, &d->node_capacity, d->node_count + 1);
    d->nodes = nodes;
    if (!done)
        return NULL;
    d->nodes[d->node_count] = (simp_node){0};
    return &d->nodes[d->node_count++];
}

/* ---- sleeping ---- */

static bool is_dependent(const simp_dpor *d, const simp_branch *branch, const simp_step *step)
{
    return branch->chain == step->chain || simp_is_dependent(branch->host, branch->object, step->host,
                                                             step->object, d->base.order->by_object);
}

/* What slept at the node, or was tried there, sleeps on behind a step that does not touch its state. */
static bool inherit_sleep(simp_dpor *d, const simp_node *parent, const simp_step *step)
{
    simp_node from = *parent;
    for (size_t i = from.enabled; i < from.end; i++) {
        simp_branch branch = d->branches[i];
        bool sleeps = i >= from.asleep || (from.tried >> (i - from.enabled) & 1) != 0;
        if (sleeps && !is_dependent(d, &branch, step) && !add_branch(d, branch))
            return false;
    }
    return true;
}

static bool is_asleep(const simp_dpor *d, const simp_node *node, uint64_t chain)
{
    for (size_t i = node->asleep; i < node->end; i++) {
        if (d->branches[i].chain == chain)
            return true;
    }
    return false;
}

/* ---- nodes ---- */

/* Where the run comes to a step that it never came to in this form.  NULL: refused. */
static simp_node *open_node(simp_dpor *d, const simp_branch *enabled, size_t count)
{
    const sim_order *order = d->base.order;
    size_t at = d->node_count, begin = d->branch_count;
    if (count > SIMP_BRANCHES_MAX)
        d->refused = true;
    if (d->refused || add_node(d) == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!add_branch(d, enabled[i]))
            return NULL;
    }
    size_t asleep = d->branch_count;
    if (at > 0 && !inherit_sleep(d, &d->nodes[at - 1], &order->steps[at - 1]))
        return NULL;
    d->nodes[at].enabled = begin;
    d->nodes[at].asleep = asleep;
    d->nodes[at].end = d->branch_count;
    return &d->nodes[at];
}

/* The first that does not sleep. */
static void choose_first(simp_dpor *d, simp_node *node)
{
    size_t count = node->asleep - node->enabled, i = 0;
    while (i < count && is_asleep(d, node, d->branches[node->enabled + i].chain))
        i++;
    d->blocked = d->blocked || i == count;
    node->picked = (uint32_t)(i == count ? 0 : i);
    node->wanted = UINT64_C(1) << node->picked;
}

static simp_branch branch_of(const simp_candidate *c) { return (simp_branch){c->chain, c->object, c->host}; }

static size_t pick(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    simp_dpor *d = dpor_of(self);
    size_t depth = self->order->step_count;
    if (depth < d->node_count)
        return d->nodes[depth].picked;
    simp_branch enabled[SIMP_BRANCHES_MAX];
    for (size_t i = 0; i < count && i < SIMP_BRANCHES_MAX; i++)
        enabled[i] = branch_of(candidates[i]);
    simp_node *node = d->blocked || depth != d->node_count ? NULL : open_node(d, enabled, count);
    if (node == NULL)
        return 0;
    choose_first(d, node);
    return node->picked;
}

/* A step without alternatives is a node too. */
static void ran(simp_strategy *self, const simp_step *step)
{
    simp_dpor *d = dpor_of(self);
    size_t at = self->order->step_count - 1;
    if (d->blocked || d->refused || at != d->node_count)
        return;
    simp_branch only = {step->chain, step->object, step->host};
    simp_node *node = open_node(d, &only, 1);
    if (node != NULL)
        choose_first(d, node);
}

/* ---- races ---- */

static uint64_t *row(const simp_dpor *d, size_t step) { return d->before + step * d->words; }
static bool has(const uint64_t *bits, size_t i) { return (bits[i / 64] >> i % 64 & 1) != 0; }
static void set(uint64_t *bits, size_t i) { bits[i / 64] |= UINT64_C(1) << i % 64; }

static void join(uint64_t *into, const uint64_t *bits, size_t words)
{
    for (size_t w = 0; w < words; w++)
        into[w] |= bits[w];
}

static bool touch_the_same(const simp_dpor *d, const simp_step *a, const simp_step *b)
{
    return simp_is_dependent(a->host, a->object, b->host, b->object, d->base.order->by_object);
}

/* A timer of a stack waits until nothing else is left. */
static bool waits_for_all(const simp_step *step) { return step->source == SIMP_SOURCE_TIMER; }

/* A step that comes after those below at: one that happened, or one that could have. */
typedef struct latecomer {
    const simp_step *step;
    size_t at;
    uint64_t *before, *races; /* steps below at that come first; those of them that did so by chance */
} latecomer;

/* Does the step with index i come first in each order? */
static bool is_bound(const simp_step *steps, size_t i, const simp_step *later)
{
    return later->made_by == i + 1 || steps[i].chain == later->chain || waits_for_all(later);
}

/* Fills its rows; those of the steps below at are there.  A step races with it that touches the same state,
 * if it is not bound to come first, and nothing that happens after it is before the latecomer. */
static void order_before(simp_dpor *d, const simp_step *steps, const latecomer *l)
{
    memset(l->before, 0, d->words * sizeof *l->before);
    memset(l->races, 0, d->words * sizeof *l->races);
    for (size_t i = l->at; i-- > 0;) {
        if (has(l->before, i))
            continue;
        bool bound = is_bound(steps, i, l->step);
        if (!bound && !touch_the_same(d, &steps[i], l->step))
            continue;
        if (!bound)
            set(l->races, i);
        set(l->before, i);
        join(l->before, row(d, i), d->words);
    }
}

/* Can x be the first of what happens after i without i, and then the latecomer?  x may be the latter. */
static bool is_initial(const simp_dpor *d, size_t i, const latecomer *l, size_t x)
{
    const uint64_t *before = x == l->at ? l->before : row(d, x);
    if (x != l->at && has(before, i))
        return false; /* it needs i */
    for (size_t y = i + 1; y < x; y++) {
        if (!has(row(d, y), i) && has(before, y))
            return false;
    }
    return true;
}

/* The index of a chain among what could happen at the node; asleep - enabled: it could not. */
static size_t index_of(const simp_dpor *d, const simp_node *node, uint64_t chain)
{
    size_t i = node->enabled;
    while (i < node->asleep && d->branches[i].chain != chain)
        i++;
    return i - node->enabled;
}

/* Some run must have the latecomer before i: the node of i gets one whose first step begins that way, if it
 * has none. */
static void reverse(simp_dpor *d, const simp_step *steps, size_t i, const latecomer *l)
{
    simp_node *node = &d->nodes[i];
    size_t count = node->asleep - node->enabled, chosen = count;
    for (size_t x = i + 1; x <= l->at; x++) {
        if (!is_initial(d, i, l, x))
            continue;
        size_t index = index_of(d, node, x == l->at ? l->step->chain : steps[x].chain);
        if (index == count)
            continue;
        if ((node->wanted >> index & 1) != 0)
            return;
        if (chosen == count)
            chosen = index;
    }
    if (chosen != count)
        node->wanted |= UINT64_C(1) << chosen;
}

static void find_races_of(simp_dpor *d, const simp_step *steps, const latecomer *l)
{
    order_before(d, steps, l);
    for (size_t i = l->at; i-- > 0;) {
        if (has(l->races, i))
            reverse(d, steps, i, l);
    }
}

/* What could have happened until a step ended it races with that step. */
static void find_lost_races(simp_dpor *d, size_t count)
{
    const sim_order *order = d->base.order;
    for (size_t n = 0; n < order->lost_count; n++) {
        const simp_lost_event *lost = &order->lost[n];
        simp_step step = {.chain = lost->chain,
                          .object = lost->object,
                          .host = lost->host,
                          .made_by = lost->made_by,
                          .source = SIMP_SOURCE_WAKE};
        latecomer l = {&step, lost->ended_by, row(d, order->step_count), row(d, order->step_count + 1)};
        if (lost->source != SIMP_SOURCE_TIMER && lost->ended_by > d->fresh && lost->ended_by <= count)
            find_races_of(d, order->steps, &l);
    }
}

static void find_races(simp_dpor *d)
{
    const sim_order *order = d->base.order;
    size_t count = d->node_count - (d->blocked ? 1 : 0);
    uint64_t *races = row(d, order->step_count + 1);
    for (size_t j = d->fresh; j < count; j++)
        find_races_of(d, order->steps, &(latecomer){&order->steps[j], j, row(d, j), races});
    find_lost_races(d, count);
}

static bool has_rows(simp_dpor *d)
{
    size_t words = (d->base.order->step_count + 63) / 64;
    if (words > d->words) {
        d->words = words;
        d->fresh = 0; /* rows are of another size: all are filled again */
    }
    void *before = d->before;
    bool done = reserve(d, &before, sizeof *d->before, &d->before_capacity,
                        (d->base.order->step_count + 2) * (d->words + 1));
    d->before = before;
    return done;
}

/* ---- branches ---- */

/* The next one at a node, or SIMP_BRANCHES_MAX. */
static uint32_t untried(simp_dpor *d, simp_node *node)
{
    uint64_t left = node->wanted & ~node->tried;
    for (uint32_t i = 0; i < SIMP_BRANCHES_MAX; i++) {
        if ((left >> i & 1) != 0 && !is_asleep(d, node, d->branches[node->enabled + i].chain))
            return i;
    }
    return SIMP_BRANCHES_MAX;
}

/* Cuts the tree off behind the deepest node that has something left. */
static void turn_back(simp_dpor *d)
{
    while (d->node_count > 0) {
        simp_node *node = &d->nodes[d->node_count - 1];
        d->branch_count = node->end;
        node->tried |= UINT64_C(1) << node->picked;
        uint32_t next = untried(d, node);
        if (next != SIMP_BRANCHES_MAX) {
            node->picked = next;
            d->fresh = d->node_count - 1;
            return;
        }
        d->node_count--;
    }
    d->finished = true;
}

static bool init(simp_strategy *self)
{
    self->keeps_seed = true;
    return true;
}

static void begin(simp_strategy *self, uint64_t seed)
{
    (void)seed;
    dpor_of(self)->blocked = false;
}

static void end(simp_strategy *self, const sim_result *result)
{
    simp_dpor *d = dpor_of(self);
    (void)result;
    d->complete_runs += !d->blocked;
    d->blocked_runs += d->blocked;
    d->steps_max = self->order->step_count > d->steps_max ? self->order->step_count : d->steps_max;
    if (!d->refused && has_rows(d)) {
        find_races(d);
        turn_back(d);
    }
}

static bool next(simp_strategy *self) { return !dpor_of(self)->finished && !dpor_of(self)->refused; }

static unsigned count_bits(uint64_t bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* The share of the tree that lies before the present branch, as far as it is known, in 2^-32. */
static uint64_t share_done(const simp_dpor *d)
{
    uint64_t weight = UINT64_C(1) << 62, done = 0;
    for (size_t i = 0; i < d->node_count; i++) {
        weight /= count_bits(d->nodes[i].wanted);
        done += weight * count_bits(d->nodes[i].tried & d->nodes[i].wanted);
    }
    return done >> 30;
}

static void state(const simp_strategy *self, char *text, size_t size)
{
    const simp_dpor *d = (const simp_dpor *)self;
    unsigned long long runs = d->complete_runs;
    if (d->finished) {
        snprintf(text, size, "all %llu inequivalent orders of at most %zu steps", runs, d->steps_max);
        return;
    }
    uint64_t share = share_done(d);
    if (d->refused || share == 0)
        snprintf(text, size, "%llu orders of at most %zu steps, of how many is not known", runs,
                 d->steps_max);
    else
        snprintf(text, size, "%llu orders of at most %zu steps, of about %llu", runs, d->steps_max,
                 (unsigned long long)(((uint64_t)runs << 32) / share));
}

static void fini(simp_strategy *self)
{
    simp_dpor *d = dpor_of(self);
    cas_free(memory_of(d), d->nodes, d->node_capacity * sizeof *d->nodes);
    cas_free(memory_of(d), d->branches, d->branch_capacity * sizeof *d->branches);
    cas_free(memory_of(d), d->before, d->before_capacity * sizeof *d->before);
}

const simp_strategy_ops simp_strategy_dpor = {
    .name = "dpor",
    .summary = "every order that differs in a way that can matter, once; causal mode",
    .size = sizeof(simp_dpor),
    .init = init,
    .fini = fini,
    .begin = begin,
    .pick = pick,
    .ran = ran,
    .end = end,
    .next = next,
    .state = state,
};
