/* SPDX-License-Identifier: MIT
 *
 * See coverage.h.
 */
#include "simnet/explore/coverage.h"

#include <string.h>

#include "simnet/explore/knowledge.h"
#include "simnet/explore/order.h"

simp_coverage *simp_coverage_of(sim_order *order)
{
    if (order->coverage != NULL)
        return order->coverage;
    simp_coverage *fresh = cas_alloc(order->memory, sizeof *fresh);
    if (fresh == NULL)
        return NULL;
    memset(fresh, 0, sizeof *fresh);
    fresh->memory = order->memory;
    if (!simp_tally_init(&fresh->last, order->memory)) {
        cas_free(order->memory, fresh, sizeof *fresh);
        return NULL;
    }
    order->coverage = fresh;
    return fresh;
}

void simp_coverage_destroy(simp_coverage *coverage)
{
    if (coverage == NULL)
        return;
    simp_tally_fini(&coverage->last);
    cas_free(coverage->memory, coverage->roles, coverage->role_capacity * sizeof *coverage->roles);
    cas_free(coverage->memory, coverage, sizeof *coverage);
}

/* ---- roles ---- */

/* Of the text without the numbers that tell sockets of one kind apart: "server/conn#2 OnClose" is
 * "server/conn# OnClose". */
static uint64_t hash_of_role(const char *text)
{
    uint64_t hash = 1;
    bool in_number = false;
    for (; *text != '\0'; text++) {
        in_number = in_number ? *text >= '0' && *text <= '9' : false;
        if (!in_number)
            hash = simp_hash_pair(hash, (unsigned char)*text);
        in_number = in_number || *text == '#';
    }
    return hash | 1;
}

static bool has_roles(simp_coverage *coverage, const simp_label_table *labels)
{
    uint32_t before = coverage->role_capacity;
    if (labels->count <= before)
        return true;
    uint64_t *grown = coverage->memory->resize(coverage->memory, coverage->roles, before * sizeof *grown,
                                               labels->count * sizeof *grown);
    if (grown == NULL)
        return false;
    coverage->roles = grown;
    coverage->role_capacity = labels->count;
    for (uint32_t i = before; i < labels->count; i++)
        grown[i] = i == 0 ? 0 : hash_of_role(labels->labels[i].text);
    return true;
}

/* ---- bits ---- */

static void set_bit(simp_coverage *coverage, uint64_t hash)
{
    uint64_t *word = &coverage->bits[(hash & (SIMP_COVERAGE_BITS - 1)) / 64];
    uint64_t bit = UINT64_C(1) << (hash & 63);
    if ((*word & bit) != 0)
        return;
    *word |= bit;
    coverage->set++;
    coverage->grown_run = coverage->runs;
}

/* What happened there before it, and it; from now on that is what happened last. */
static bool follow(simp_coverage *coverage, uint64_t where, uint64_t what)
{
    simp_tally_entry *last = simp_tally_at(&coverage->last, where);
    if (last == NULL)
        return false;
    set_bit(coverage, simp_hash_pair(last->value, what));
    last->value = what;
    return true;
}

static bool add_step(simp_coverage *coverage, const sim_order *order, const simp_step *step)
{
    uint64_t what = order->labels.labels[step->label].hash;
    if (!follow(coverage, simp_resource_key(step->host, 0), what))
        return false;
    if (step->object == 0)
        return true;
    uint64_t where = simp_resource_key(step->host, step->object);
    if (!follow(coverage, where, what))
        return false;
    return step->source != SIMP_SOURCE_DISPATCH ||
           follow(coverage, simp_mix(where), coverage->roles[step->label]);
}

bool simp_coverage_add(simp_coverage *coverage, const sim_order *order)
{
    if (!has_roles(coverage, &order->labels))
        return false;
    coverage->runs++;
    simp_tally_clear(&coverage->last);
    for (size_t i = 0; i < order->step_count; i++) {
        if (!add_step(coverage, order, &order->steps[i]))
            return false;
    }
    coverage->growths += simp_coverage_grew(coverage);
    if ((coverage->runs & (coverage->runs - 1)) == 0) {
        coverage->mark_run = coverage->runs;
        coverage->mark_growths = coverage->growths;
    }
    return true;
}
