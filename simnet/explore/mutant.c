/* SPDX-License-Identifier: MIT
 *
 * See mutant.h.
 */
#include "simnet/explore/mutant.h"

#include "simnet/explore/order.h"

/* Longer lists are cut: behind them what is due first runs. */
enum { PICKS_MAX = 16384 };

void simp_mutant_init(simp_mutant *mutant, cas_allocator *memory)
{
    *mutant = (simp_mutant){.memory = memory};
}

void simp_mutant_fini(simp_mutant *mutant)
{
    for (uint32_t i = 0; i < SIMP_POOL_MAX; i++) {
        simp_choices *choices = &mutant->pool[i];
        cas_free(mutant->memory, choices->picks, choices->capacity * sizeof *choices->picks);
    }
}

static bool has_room(simp_mutant *mutant, simp_choices *choices, uint32_t count)
{
    if (count <= choices->capacity)
        return true;
    uint32_t *grown = mutant->memory->resize(mutant->memory, choices->picks,
                                             choices->capacity * sizeof *grown, count * sizeof *grown);
    if (grown == NULL)
        return false;
    choices->picks = grown;
    choices->capacity = count;
    return true;
}

bool simp_mutant_keep(simp_mutant *mutant, const sim_order *order, uint64_t fault_seed)
{
    uint32_t count = 0;
    for (size_t i = 0; i < order->step_count; i++)
        count += order->steps[i].enabled > 1;
    count = count > PICKS_MAX ? PICKS_MAX : count;
    simp_choices *choices = &mutant->pool[mutant->kept % SIMP_POOL_MAX];
    if (!has_room(mutant, choices, count))
        return false;
    choices->count = 0;
    choices->fault_seed = fault_seed;
    for (size_t i = 0; choices->count < count; i++) {
        if (order->steps[i].enabled > 1)
            choices->picks[choices->count++] = order->steps[i].picked;
    }
    mutant->kept++;
    return true;
}

static const simp_choices *draw(simp_mutant *mutant)
{
    uint64_t size = mutant->kept < SIMP_POOL_MAX ? mutant->kept : SIMP_POOL_MAX;
    return &mutant->pool[simp_stream_below(&mutant->stream, size)];
}

uint64_t simp_mutant_begin(simp_mutant *mutant, uint64_t seed)
{
    simp_stream_init(&mutant->stream, seed, "order", "mutant");
    mutant->head = mutant->tail = draw(mutant);
    mutant->change = (simp_change)simp_stream_below(&mutant->stream, 3);
    if (mutant->change == SIMP_SPLICE)
        mutant->tail = draw(mutant);
    mutant->cut = (uint32_t)simp_stream_below(&mutant->stream, mutant->head->count + UINT64_C(1));
    mutant->at = 0;
    return mutant->head->fault_seed;
}

/* What the list says; past its end what is due first. */
static size_t read_pick(const simp_choices *choices, uint32_t at, size_t count)
{
    return at < choices->count && choices->picks[at] < count ? choices->picks[at] : 0;
}

size_t simp_mutant_pick(simp_mutant *mutant, size_t count)
{
    uint32_t at = mutant->at++;
    if (at < mutant->cut)
        return read_pick(mutant->head, at, count);
    if (mutant->change == SIMP_REDRAW)
        return (size_t)simp_stream_below(&mutant->stream, count);
    size_t old = read_pick(mutant->tail, at, count);
    if (mutant->change == SIMP_SPLICE || at != mutant->cut)
        return old;
    return (old + 1 + (size_t)simp_stream_below(&mutant->stream, count - 1)) % count;
}
