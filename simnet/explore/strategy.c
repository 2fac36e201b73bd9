/* SPDX-License-Identifier: MIT
 *
 * The list of strategies, and the two simplest.
 */
#include "simnet/explore/order.h"

#include <string.h>

/* ---- making ---- */

simp_strategy *simp_strategy_create(sim_order *order, const simp_strategy_ops *ops)
{
    simp_strategy *strategy = cas_alloc(order->memory, ops->size);
    if (strategy == NULL)
        return NULL;
    memset(strategy, 0, ops->size);
    *strategy = (simp_strategy){.ops = ops, .order = order};
    if (ops->init == NULL || ops->init(strategy))
        return strategy;
    cas_free(order->memory, strategy, ops->size);
    return NULL;
}

void simp_strategy_destroy(simp_strategy *strategy)
{
    if (strategy == NULL)
        return;
    if (strategy->ops->fini != NULL)
        strategy->ops->fini(strategy);
    cas_free(strategy->order->memory, strategy, strategy->ops->size);
}

/* ---- natural: what is due first ---- */

static size_t pick_first(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    (void)self, (void)candidates, (void)count;
    return 0;
}

const simp_strategy_ops simp_strategy_natural = {
    .name = "natural",
    .summary = "what is due first",
    .size = sizeof(simp_strategy),
    .pick = pick_first,
};

/* ---- random: any, with equal chances ---- */

typedef struct random_strategy {
    simp_strategy base; /* first */
    simp_stream stream;
} random_strategy;

static void begin_random(simp_strategy *self, uint64_t seed)
{
    simp_stream_init(&((random_strategy *)self)->stream, seed, "order", "random");
}

static size_t pick_any(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    (void)candidates;
    return (size_t)simp_stream_below(&((random_strategy *)self)->stream, count);
}

const simp_strategy_ops simp_strategy_random = {
    .name = "random",
    .summary = "any that may happen, with equal chances",
    .size = sizeof(random_strategy),
    .begin = begin_random,
    .pick = pick_any,
};

/* ---- all ---- */

static const simp_strategy_ops *const all[] = {
    &simp_strategy_natural,   &simp_strategy_random,     &simp_strategy_late,     &simp_strategy_pct[0],
    &simp_strategy_pct[1],    &simp_strategy_pct[2],     &simp_strategy_pct[3],   &simp_strategy_pct[4],
    &simp_strategy_pct[5],    &simp_strategy_pct[6],     &simp_strategy_pct[7],   &simp_strategy_pos,
    &simp_strategy_urw,       &simp_strategy_surw,       &simp_strategy_delay[0], &simp_strategy_delay[1],
    &simp_strategy_delay[2],  &simp_strategy_delay[3],   &simp_strategy_delay[4], &simp_strategy_hold,
    &simp_strategy_feedback,  &simp_strategy_portfolio,  &simp_strategy_bytes,    &simp_strategy_swarm[0],
    &simp_strategy_swarm[1],  &simp_strategy_swarm[2],   &simp_strategy_swarm[3], &simp_strategy_swarm[4],
    &simp_strategy_swarm[5],  &simp_strategy_dpor,       &simp_strategy_odometer, &simp_strategy_faults[0],
    &simp_strategy_faults[1], &simp_strategy_dpor_fault,
};
enum { COUNT = sizeof all / sizeof *all };

const simp_strategy_ops *simp_strategy_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

const char *sim_strategy_name(size_t index) { return index < COUNT ? all[index]->name : NULL; }
const char *sim_strategy_summary(size_t index) { return index < COUNT ? all[index]->summary : NULL; }
