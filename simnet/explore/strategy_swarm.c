/* SPDX-License-Identifier: MIT
 *
 * Swarm faults in the runs of another strategy.
 */
#include "simnet/explore/order.h"
#include "simnet/explore/swarm_faults.h"

typedef struct with_faults {
    simp_strategy base; /* first */
    simp_strategy *inner;
    const simp_knowledge *knowledge;
    simp_swarm swarm;
} with_faults;

static simp_strategy *inner_of(const simp_strategy *base) { return ((const with_faults *)base)->inner; }

static bool init(simp_strategy *base)
{
    with_faults *self = (with_faults *)base;
    self->knowledge = simp_knowledge_of(base->order);
    self->inner = self->knowledge == NULL ? NULL : simp_strategy_create(base->order, base->ops->inner);
    return self->inner != NULL;
}

static void fini(simp_strategy *base) { simp_strategy_destroy(inner_of(base)); }

static void begin(simp_strategy *base, uint64_t seed)
{
    with_faults *self = (with_faults *)base;
    simp_swarm_begin(&self->swarm, seed, self->knowledge);
    if (self->inner->ops->begin != NULL)
        self->inner->ops->begin(self->inner, seed);
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    return inner_of(base)->ops->pick(inner_of(base), candidates, count);
}

static void ran(simp_strategy *base, const simp_step *step)
{
    if (inner_of(base)->ops->ran != NULL)
        inner_of(base)->ops->ran(inner_of(base), step);
}

static uint32_t choose(simp_strategy *base, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    const with_faults *self = (const with_faults *)base;
    return simp_swarm_choose(&self->swarm, base->order->step_count, site, ordinal, bound, drawn);
}

static void end(simp_strategy *base, const sim_result *result)
{
    if (inner_of(base)->ops->end != NULL)
        inner_of(base)->ops->end(inner_of(base), result);
}

#define SWARM(which, what, whose)                                                                            \
    {                                                                                                        \
        .name = which, .summary = what, .inner = whose, .size = sizeof(with_faults), .init = init,           \
        .fini = fini, .begin = begin, .pick = pick, .ran = ran, .choose = choose, .end = end                 \
    }

const simp_strategy_ops simp_strategy_swarm[] = {
    SWARM("swarm", "what is due first, with swarm faults", &simp_strategy_natural),
    SWARM("swarm+random", "random, with swarm faults", &simp_strategy_random),
    SWARM("swarm+urw", "urw, with swarm faults", &simp_strategy_urw),
    SWARM("swarm+pos", "pos, with swarm faults", &simp_strategy_pos),
    SWARM("swarm+hold", "hold, with swarm faults", &simp_strategy_hold),
    SWARM("swarm+tapct-3", "tapct-3, with swarm faults", &simp_strategy_pct[SIMP_TAPCT_3]),
};
