/* SPDX-License-Identifier: MIT
 *
 * ask: somebody outside chooses, who is shown what may happen.  Faults are left to chance.
 */
#include "simnet/explore/order.h"

typedef struct asking {
    simp_strategy base; /* first */
    sim_asked *asked;   /* NULL: what is due first */
    sim_possible *possible;
    size_t capacity;
} asking;

static const char *text_of(const sim_order *order, uint32_t label)
{
    return order->labels.labels[label].text;
}

static sim_possible show(const sim_order *order, const simp_candidate *c)
{
    uint32_t maker = simp_order_maker(order, c);
    const simp_step *cause = maker == 0 || maker > order->step_count ? NULL : &order->steps[maker - 1];
    return (sim_possible){.label = text_of(order, c->label),
                          .occurrence = simp_label_count(&order->labels, c->label) + 1,
                          .due_ns = c->at_ns,
                          .cause = cause == NULL ? NULL : text_of(order, cause->label),
                          .cause_occurrence = cause == NULL ? 0 : cause->occurrence};
}

static bool has_room(asking *a, size_t count)
{
    cas_allocator *memory = a->base.order->memory;
    if (count <= a->capacity)
        return true;
    void *grown = memory->resize(memory, a->possible, a->capacity * sizeof *a->possible,
                                 count * sizeof *a->possible);
    if (grown == NULL)
        return false;
    a->possible = grown;
    a->capacity = count;
    return true;
}

static size_t pick(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    asking *a = (asking *)self;
    if (a->asked == NULL)
        return 0;
    if (!has_room(a, count)) {
        simp_out_of_memory(self->order->world);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        a->possible[i] = show(self->order, candidates[i]);
    return a->asked->pick(a->asked, a->possible, count);
}

static void ran(simp_strategy *self, const simp_step *step)
{
    asking *a = (asking *)self;
    if (a->asked != NULL && a->asked->ran != NULL)
        a->asked->ran(a->asked, text_of(self->order, step->label), step->occurrence, step->at_ns);
}

static void fini(simp_strategy *self)
{
    asking *a = (asking *)self;
    cas_free(self->order->memory, a->possible, a->capacity * sizeof *a->possible);
}

static const simp_strategy_ops ask = {
    .name = "ask",
    .summary = "somebody outside is asked",
    .size = sizeof(asking),
    .fini = fini,
    .pick = pick,
    .ran = ran,
};

int sim_order_ask(sim_order *order, sim_asked *asked)
{
    simp_strategy *strategy = simp_strategy_create(order, &ask);
    if (strategy == NULL)
        return WSAENOBUFS;
    ((asking *)strategy)->asked = asked;
    simp_strategy_destroy(order->strategy);
    order->strategy = strategy;
    return 0;
}
