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
    cas_free(coverage->memory, coverage->at_host, coverage->host_capacity * sizeof *coverage->at_host);
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

/* Both are hashes already. */
static void set_bit(simp_coverage *coverage, uint64_t before, uint64_t after)
{
    uint64_t bit = (before * 0x9E3779B97F4A7C15u + after) * 0xBF58476D1CE4E5B9u >> 48;
    uint64_t *word = &coverage->bits[bit / 64], mask = UINT64_C(1) << bit % 64;
    if ((*word & mask) != 0)
        return;
    *word |= mask;
    coverage->set++;
    coverage->grown_run = coverage->runs;
}

/* The value of an entry is the label's hash, times the number of the label of the last notification. */
static bool follow_at_object(simp_coverage *coverage, const simp_step *step, uint64_t what)
{
    simp_tally_entry *last = simp_tally_at(&coverage->last, simp_resource_key(step->host, step->object));
    if (last == NULL)
        return false;
    set_bit(coverage, last->value, what);
    last->value = what;
    if (step->source == SIMP_SOURCE_DISPATCH) {
        set_bit(coverage, coverage->roles[last->times], coverage->roles[step->label]);
        last->times = step->label;
    }
    return true;
}

static bool add_step(simp_coverage *coverage, const sim_order *order, const simp_step *step)
{
    uint64_t what = order->labels.labels[step->label].hash;
    uint64_t *at_host = &coverage->at_host[step->host == SIMP_ALL_HOSTS ? 0 : step->host + 1];
    set_bit(coverage, *at_host, what);
    *at_host = what;
    return step->object == 0 || follow_at_object(coverage, step, what);
}

static bool has_hosts(simp_coverage *coverage, uint32_t count)
{
    if (count > coverage->host_capacity) {
        uint64_t *grown = coverage->memory->resize(coverage->memory, coverage->at_host,
                                                   coverage->host_capacity * sizeof *grown,
                                                   count * sizeof *grown);
        if (grown == NULL)
            return false;
        coverage->at_host = grown;
        coverage->host_capacity = count;
    }
    memset(coverage->at_host, 0, count * sizeof *coverage->at_host);
    return true;
}

bool simp_coverage_add(simp_coverage *coverage, const sim_order *order)
{
    if (!has_roles(coverage, &order->labels) || !has_hosts(coverage, order->world->host_count + 1))
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
