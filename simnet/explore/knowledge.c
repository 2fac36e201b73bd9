/* SPDX-License-Identifier: MIT
 *
 * See knowledge.h.
 */
#include "simnet/explore/knowledge.h"

#include <string.h>

#include "core/limits.h"
#include "simnet/explore/order.h"

enum { UNSETTLED_RUNS = 8, UNSETTLED_EVERY = 16, SETTLED_MAX = 32 };
enum { EAGER_RUNS = 64, LAZY_EVERY = 8, MEAN_OF = 64 };

/* ---- making ---- */

simp_knowledge *simp_knowledge_of(sim_order *order)
{
    if (order->knowledge != NULL)
        return order->knowledge;
    simp_knowledge *fresh = cas_alloc(order->memory, sizeof *fresh);
    if (fresh == NULL)
        return NULL;
    *fresh = (simp_knowledge){.memory = order->memory};
    bool done = simp_tally_init(&fresh->wakes, order->memory) &&
                simp_tally_init(&fresh->shares, order->memory) &&
                simp_tally_init(&fresh->seen, order->memory) && simp_tally_init(&fresh->index, order->memory);
    if (!done) {
        simp_knowledge_destroy(fresh);
        return NULL;
    }
    order->knowledge = fresh;
    return fresh;
}

static void fini_tally(simp_tally *tally)
{
    if (tally->entries != NULL)
        simp_tally_fini(tally);
}

void simp_knowledge_destroy(simp_knowledge *knowledge)
{
    if (knowledge == NULL)
        return;
    fini_tally(&knowledge->wakes);
    fini_tally(&knowledge->shares);
    fini_tally(&knowledge->seen);
    fini_tally(&knowledge->index);
    cas_allocator *memory = knowledge->memory;
    cas_free(memory, knowledge->is_racy, knowledge->label_capacity * sizeof *knowledge->is_racy);
    cas_free(memory, knowledge->resources, knowledge->resource_capacity * sizeof *knowledge->resources);
    cas_free(memory, knowledge->sizes, knowledge->size_capacity * sizeof *knowledge->sizes);
    cas_free(memory, knowledge, sizeof *knowledge);
}

static bool has_labels(simp_knowledge *knowledge, uint32_t count)
{
    if (count <= knowledge->label_capacity)
        return true;
    bool *grown = knowledge->memory->resize(knowledge->memory, knowledge->is_racy,
                                            knowledge->label_capacity * sizeof *grown, count * sizeof *grown);
    if (grown == NULL)
        return false;
    for (uint32_t i = knowledge->label_capacity; i < count; i++)
        grown[i] = false;
    knowledge->is_racy = grown;
    knowledge->label_capacity = count;
    return true;
}

static bool has_sizes(simp_knowledge *knowledge, size_t count)
{
    if (count <= knowledge->size_capacity)
        return true;
    uint32_t *grown = knowledge->memory->resize(knowledge->memory, knowledge->sizes,
                                                knowledge->size_capacity * sizeof *grown,
                                                2 * count * sizeof *grown);
    if (grown == NULL)
        return false;
    knowledge->sizes = grown;
    knowledge->size_capacity = 2 * count;
    return true;
}

/* ---- lengths ---- */

static void add_length(simp_length *length, uint32_t run, uint32_t value)
{
    length->of_run[run % SIMP_KNOWLEDGE_WINDOW] = value;
    length->max = 0;
    for (uint32_t i = 0; i < SIMP_KNOWLEDGE_WINDOW; i++)
        length->max = length->of_run[i] > length->max ? length->of_run[i] : length->max;
}

uint32_t simp_length_bound(const simp_length *length)
{
    uint32_t bound = length->max == 0 ? 0 : 1;
    while (bound < length->max && bound < UINT32_C(1) << 31)
        bound *= 2;
    return bound;
}

static void learn_lengths(simp_knowledge *knowledge, const sim_order *order)
{
    uint32_t choices = 0, racy = 0;
    for (size_t i = 0; i < order->step_count; i++) {
        const simp_step *step = &order->steps[i];
        knowledge->is_racy[step->label] |= step->is_racy;
        choices += step->enabled > 1;
        racy += step->enabled > 1 && knowledge->is_racy[step->label];
    }
    add_length(&knowledge->steps, knowledge->runs, (uint32_t)order->step_count);
    add_length(&knowledge->choices, knowledge->runs, choices);
    add_length(&knowledge->racy, knowledge->runs, racy);
}

/* ---- what does not matter ---- */

/* What is known well enough; and not once more what has just happened, which may be a program that polls. */
static bool is_settled(const sim_order *order, const simp_candidate *c)
{
    const simp_knowledge *knowledge = order->knowledge;
    if (c->label >= knowledge->label_capacity || knowledge->is_racy[c->label])
        return false;
    return order->step_count == 0 || order->steps[order->step_count - 1].label != c->label;
}

size_t simp_find_settled(sim_order *order, const simp_candidate *const *candidates, size_t count)
{
    simp_knowledge *knowledge = order->knowledge;
    size_t i = 0;
    if (knowledge->runs < UNSETTLED_RUNS || knowledge->runs % UNSETTLED_EVERY == 0)
        return count;
    while (i < count && !is_settled(order, candidates[i]))
        i++;
    knowledge->settled = i < count && knowledge->settled < SETTLED_MAX ? knowledge->settled + 1 : 0;
    return knowledge->settled != 0 ? i : count;
}

/* ---- means ---- */

/* Of the last MEAN_OF values, about. */
static void add_to_mean(simp_tally_entry *mean, uint64_t value)
{
    if (mean->times < MEAN_OF)
        mean->times++;
    int64_t difference = (int64_t)(value * SIMP_WEIGHT_ONE) - (int64_t)mean->value;
    mean->value = (uint64_t)((int64_t)mean->value + difference / (int64_t)mean->times);
}

/* The step after which an event could first be chosen is its parent, whether it made the event or was all
 * that time was waiting for: steps are a forest, and what an event has in its wake is its tree. */
static bool learn_wakes(simp_knowledge *knowledge, const sim_order *order)
{
    uint32_t *sizes = knowledge->sizes;
    memset(sizes, 0, order->step_count * sizeof *sizes);
    for (size_t i = order->step_count; i-- > 0;) {
        const simp_step *step = &order->steps[i];
        sizes[i]++;
        if (step->enabled_by != 0 && step->enabled_by <= i)
            sizes[step->enabled_by - 1] += sizes[i];
        simp_tally_entry *mean = simp_tally_at(&knowledge->wakes,
                                               simp_wake_key(step->label, step->occurrence));
        if (mean == NULL)
            return false;
        add_to_mean(mean, sizes[i]);
    }
    return true;
}

/* ---- resources ---- */

static simp_resource *find_resource(simp_knowledge *knowledge, uint32_t host, uint64_t kin)
{
    simp_tally_entry *number = simp_tally_at(&knowledge->index, simp_resource_key(host, kin));
    if (number == NULL)
        return NULL;
    if (number->value != 0)
        return &knowledge->resources[number->value - 1];
    if (knowledge->resource_count == knowledge->resource_capacity) {
        uint32_t before = knowledge->resource_capacity, larger = before == 0 ? CASP_LIMIT(16, 1) : before * 2;
        simp_resource *grown = knowledge->memory->resize(knowledge->memory, knowledge->resources,
                                                         before * sizeof *grown, larger * sizeof *grown);
        if (grown == NULL)
            return NULL;
        knowledge->resources = grown;
        knowledge->resource_capacity = larger;
    }
    number->value = ++knowledge->resource_count;
    simp_resource *fresh = &knowledge->resources[number->value - 1];
    *fresh = (simp_resource){.host = host, .kin = kin};
    return fresh;
}

/* As one counts lots: by races, or one each. */
static uint64_t lots_of(const simp_resource *resource, bool by_races)
{
    return resource->chains < 2 ? 0 : by_races ? resource->races : 1;
}

const simp_resource *simp_draw_resource(const simp_knowledge *knowledge, simp_stream *stream)
{
    const simp_resource *chosen = NULL;
    uint64_t all = 0;
    bool by_races = simp_stream_below(stream, 4) != 0;
    for (uint32_t i = 0; i < knowledge->resource_count; i++) {
        uint64_t lots = lots_of(&knowledge->resources[i], by_races);
        all += lots;
        if (lots != 0 && simp_stream_below(stream, all) < lots)
            chosen = &knowledge->resources[i];
    }
    return chosen;
}

/* races: it could have gone after another step there. */
static bool see(simp_knowledge *knowledge, const simp_step *step, uint64_t kin, bool races)
{
    uint64_t key = simp_hash_pair(step->chain, simp_resource_key(step->host, kin));
    simp_tally_entry *seen = simp_tally_at(&knowledge->seen, key);
    simp_resource *resource = find_resource(knowledge, step->host, kin);
    if (seen == NULL || resource == NULL)
        return false;
    resource->races += races;
    if (seen->value++ != 0 || simp_tally_find(&knowledge->shares, key) != NULL)
        return true;
    resource->chains++;
    return simp_tally_at(&knowledge->shares, key) != NULL;
}

static bool learn_shares(simp_knowledge *knowledge, const sim_order *order)
{
    simp_tally_clear(&knowledge->seen);
    uint32_t chains = 0;
    for (size_t i = 0; i < order->step_count; i++) {
        const simp_step *step = &order->steps[i];
        simp_tally_entry *chain = simp_tally_at(&knowledge->seen, step->chain);
        if (chain == NULL)
            return false;
        chains += chain->value++ == 0;
        if (step->host == SIMP_ALL_HOSTS)
            continue;
        if (!see(knowledge, step, 0, step->is_racy) ||
            (step->kin != 0 && !see(knowledge, step, step->kin, step->is_racy_there)))
            return false;
    }
    knowledge->chains = chains > knowledge->chains ? chains : knowledge->chains;
    for (uint32_t i = 0; i < knowledge->shares.capacity; i++) {
        simp_tally_entry *share = &knowledge->shares.entries[i];
        if (share->round == knowledge->shares.round)
            add_to_mean(share, simp_tally_get(&knowledge->seen, share->key));
    }
    return true;
}

/* ---- all ---- */

bool simp_knowledge_learn(simp_knowledge *knowledge, const sim_order *order)
{
    if (!has_labels(knowledge, order->labels.count) || !has_sizes(knowledge, order->step_count))
        return false;
    learn_lengths(knowledge, order);
    bool teaches = knowledge->runs < EAGER_RUNS || knowledge->runs % LAZY_EVERY == 0;
    knowledge->runs++;
    return !teaches || order->step_count == 0 ||
           (learn_wakes(knowledge, order) && learn_shares(knowledge, order));
}
