/* SPDX-License-Identifier: MIT
 *
 * Feedback: a third of the runs are mutants of runs that showed something new, the others a random walk.
 */
#include "simnet/explore/coverage.h"
#include "simnet/explore/mutant.h"
#include "simnet/explore/order.h"

typedef struct feedback {
    simp_strategy base; /* first */
    simp_mutant mutant;
    simp_stream stream;
    uint64_t runs;
    bool is_mutant; /* the present run */
} feedback;

static bool init(simp_strategy *base)
{
    simp_mutant_init(&((feedback *)base)->mutant, base->order->memory);
    return simp_coverage_of(base->order) != NULL;
}

static void fini(simp_strategy *base) { simp_mutant_fini(&((feedback *)base)->mutant); }

static void begin(simp_strategy *base, uint64_t seed)
{
    feedback *self = (feedback *)base;
    self->is_mutant = ++self->runs % 3 == 0 && simp_mutant_has_pool(&self->mutant);
    if (self->is_mutant)
        (void)simp_mutant_begin(&self->mutant, seed);
    else
        simp_stream_init(&self->stream, seed, "order", "feedback");
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    feedback *self = (feedback *)base;
    (void)candidates;
    return self->is_mutant ? simp_mutant_pick(&self->mutant, count)
                           : (size_t)simp_stream_below(&self->stream, count);
}

static void end(simp_strategy *base, const sim_result *result)
{
    (void)result;
    if (simp_coverage_grew(base->order->coverage) &&
        !simp_mutant_keep(&((feedback *)base)->mutant, base->order, 0))
        simp_out_of_memory(base->order->world);
}

const simp_strategy_ops simp_strategy_feedback = {
    .name = "feedback",
    .summary = "random, and changed runs of those that showed something new",
    .size = sizeof(feedback),
    .init = init,
    .fini = fini,
    .begin = begin,
    .pick = pick,
    .end = end,
    .followed = end,
};
