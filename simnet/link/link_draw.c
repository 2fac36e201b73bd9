/* SPDX-License-Identifier: MIT
 *
 * Parameters that a run draws for itself between two bounds: a swarm of networks under one seed after
 * another.
 *
 * Each amount is a choice of its own, in steps of a thousandth of its range, so that 0 is the least and what
 * was drawn shrinks to it.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "simnet/link/stage.h"

enum { STEPS = 1000, NAME_LEN_MAX = 63 };

/* An int64_t in a struct. */
typedef struct amount {
    const char *name;
    size_t offset;
} amount;

static int64_t read_amount(const void *at, size_t offset)
{
    int64_t value;
    memcpy(&value, (const char *)at + offset, sizeof value);
    return value;
}

static int check_range(sim_world *world, const char *name, const amount *a, int64_t least, int64_t most)
{
    if (least >= 0 && least <= most && most - least <= INT64_MAX / STEPS)
        return 0;
    return simp_refuse_named(world, WSAEINVAL, "the range of %s cannot be drawn from", a->name,
                             name[0] == '\0' ? "a drawing needs a name"
                                             : "least is above most, or out of range",
                             "give bounds from 0 to 9 * 10^15 in order");
}

static int draw_amount(sim_world *world, const char *name, const amount *a, const void *least,
                       const void *most, void *out)
{
    int64_t from = read_amount(least, a->offset), to = read_amount(most, a->offset);
    int error = check_range(world, name, a, from, to);
    if (error != 0)
        return error;
    char label[NAME_LEN_MAX * 2 + 2];
    snprintf(label, sizeof label, "%.63s %.63s", name, a->name);
    uint32_t step = from == to ? 0 : sim_world_choose(world, label, STEPS + 1);
    int64_t value = from + (to - from) * step / STEPS;
    memcpy((char *)out + a->offset, &value, sizeof value);
    return 0;
}

static int draw_all(sim_world *world, const char *name, const amount *amounts, const void *least,
                    const void *most, void *out)
{
    int error = 0;
    for (const amount *a = amounts; error == 0 && a->name != NULL; a++)
        error = draw_amount(world, name == NULL ? "" : name, a, least, most, out);
    return error;
}

/* ---- plain options ---- */

#define AMOUNT(type, field)                                                                                  \
    {                                                                                                        \
#field, offsetof(type, field)                                                                        \
    }

static const amount option_amounts[] = {
    AMOUNT(sim_link_options, latency_ns),  AMOUNT(sim_link_options, jitter_ns),
    AMOUNT(sim_link_options, rate_bps),    AMOUNT(sim_link_options, queue_bytes),
    AMOUNT(sim_link_options, loss_ppm),    AMOUNT(sim_link_options, duplicate_ppm),
    AMOUNT(sim_link_options, reorder_ppm), AMOUNT(sim_link_options, reorder_delay_ns),
    AMOUNT(sim_link_options, mtu),         {NULL, 0}};

/* What was drawn one by one may contradict itself. */
static void reconcile(sim_link_options *o)
{
    int64_t mtu = o->mtu == 0 ? 1500 : o->mtu;
    if (o->jitter_ns > o->latency_ns)
        o->jitter_ns = o->latency_ns;
    if (o->rate_bps == 0)
        o->queue_bytes = 0;
    else if (o->queue_bytes < mtu)
        o->queue_bytes = mtu;
    if (o->reorder_delay_ns == 0)
        o->reorder_ppm = 0;
}

int sim_link_options_draw(sim_world *world, const char *name, const sim_link_options *least,
                          const sim_link_options *most, sim_link_options *out)
{
    sim_link_options drawn = *least;
    int error = draw_all(world, name, option_amounts, least, most, &drawn);
    if (error != 0)
        return error;
    if (least->jitter_reorders != most->jitter_reorders) {
        char label[NAME_LEN_MAX + 32];
        snprintf(label, sizeof label, "%.63s jitter_reorders", name);
        drawn.jitter_reorders = sim_world_choose(world, label, 2) != 0;
    }
    reconcile(&drawn);
    *out = drawn;
    return 0;
}

/* ---- impairments ---- */

#define PARAMETER(field) AMOUNT(sim_impairment, field)

static const amount common[] = {PARAMETER(chance_ppm), {NULL, 0}};

static const amount *amounts_of(sim_impairment_kind kind)
{
    static const amount none[] = {{NULL, 0}};
    static const amount mtu[] = {PARAMETER(mtu.bytes), {NULL, 0}};
    static const amount gilbert[] = {PARAMETER(gilbert.loss_ppm), PARAMETER(gilbert.burst_milli), {NULL, 0}};
    static const amount elliott[] = {PARAMETER(gilbert_elliott.to_bad_ppm),
                                     PARAMETER(gilbert_elliott.to_good_ppm),
                                     PARAMETER(gilbert_elliott.loss_bad_ppm),
                                     PARAMETER(gilbert_elliott.loss_good_ppm),
                                     {NULL, 0}};
    static const amount four_state[] = {PARAMETER(four_state.p13_ppm), PARAMETER(four_state.p31_ppm),
                                        PARAMETER(four_state.p32_ppm), PARAMETER(four_state.p23_ppm),
                                        PARAMETER(four_state.p14_ppm), {NULL, 0}};
    static const amount bit_error[] = {PARAMETER(bit_error.errors_per_tbit), {NULL, 0}};
    static const amount corrupt[] = {PARAMETER(corrupt.bits), {NULL, 0}};
    static const amount duplicate[] = {PARAMETER(duplicate.copies),
                                       PARAMETER(duplicate.delay.base_ns),
                                       PARAMETER(duplicate.delay.spread_ns),
                                       {NULL, 0}};
    static const amount replay[] = {PARAMETER(replay.age_max_ns), {NULL, 0}};
    static const amount queue[] = {PARAMETER(queue.rate_bps),
                                   PARAMETER(queue.bytes_max),
                                   PARAMETER(queue.packets_max),
                                   PARAMETER(queue.wait_max_ns),
                                   {NULL, 0}};
    static const amount delay[] = {PARAMETER(delay.by.base_ns),
                                   PARAMETER(delay.by.spread_ns),
                                   PARAMETER(delay.correlation_ppm),
                                   {NULL, 0}};
    static const amount reorder[] = {PARAMETER(reorder.packets), PARAMETER(reorder.delay_ns), {NULL, 0}};
    static const amount flap[] = {PARAMETER(flap.up.base_ns),
                                  PARAMETER(flap.up.spread_ns),
                                  PARAMETER(flap.down.base_ns),
                                  PARAMETER(flap.down.spread_ns),
                                  {NULL, 0}};
    switch (kind) {
    case SIM_IMPAIR_MTU: return mtu;
    case SIM_IMPAIR_GILBERT: return gilbert;
    case SIM_IMPAIR_GILBERT_ELLIOTT: return elliott;
    case SIM_IMPAIR_FOUR_STATE: return four_state;
    case SIM_IMPAIR_BIT_ERROR: return bit_error;
    case SIM_IMPAIR_CORRUPT: return corrupt;
    case SIM_IMPAIR_DUPLICATE: return duplicate;
    case SIM_IMPAIR_REPLAY: return replay;
    case SIM_IMPAIR_QUEUE: return queue;
    case SIM_IMPAIR_DELAY: return delay;
    case SIM_IMPAIR_REORDER: return reorder;
    case SIM_IMPAIR_FLAP: return flap;
    default: return none;
    }
}

int sim_impairment_draw(sim_world *world, const char *name, const sim_impairment *least,
                        const sim_impairment *most, sim_impairment *out)
{
    sim_impairment drawn = *least;
    if (least->kind != most->kind)
        return simp_refuse(world, WSAEINVAL, "an impairment is drawn between two kinds",
                           "the amounts of one kind are not those of another", "give both the same kind");
    int error = draw_all(world, name, common, least, most, &drawn);
    if (error == 0)
        error = draw_all(world, name, amounts_of(least->kind), least, most, &drawn);
    if (error == 0)
        *out = drawn;
    return error;
}
