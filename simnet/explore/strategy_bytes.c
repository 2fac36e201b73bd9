/* SPDX-License-Identifier: MIT
 *
 * Choices from bytes, as a fuzzer makes them: one byte for each choice of order and for each other decision;
 * after the last byte what is due first runs, and nothing else happens.
 */
#include "simnet/explore/order.h"
#include "simnet/explore/swarm_faults.h"

/* A fault takes a byte of at least this much, so that most bytes leave the world at peace. */
enum { FAULT_BYTE = 0xE0 };

typedef struct from_bytes {
    simp_strategy base;   /* first */
    const uint8_t *bytes; /* borrowed */
    size_t count, used;
} from_bytes;

static void begin(simp_strategy *base, uint64_t seed)
{
    (void)seed;
    ((from_bytes *)base)->used = 0;
}

static uint8_t take(from_bytes *self) { return self->used < self->count ? self->bytes[self->used++] : 0; }

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    (void)candidates;
    return take((from_bytes *)base) % count;
}

static uint32_t choose(simp_strategy *base, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    (void)ordinal, (void)drawn;
    uint8_t byte = take((from_bytes *)base);
    if (simp_is_users_site(site))
        return byte % bound;
    return byte < FAULT_BYTE || bound < 2 ? 0 : 1 + (byte - (uint32_t)FAULT_BYTE) % (bound - 1);
}

int sim_order_set_bytes(sim_order *order, const void *bytes, size_t count)
{
    if (order == NULL || order->strategy->ops != &simp_strategy_bytes || (bytes == NULL && count != 0))
        return WSAEINVAL;
    from_bytes *self = (from_bytes *)order->strategy;
    self->bytes = bytes;
    self->count = count;
    return 0;
}

const simp_strategy_ops simp_strategy_bytes = {
    .name = "bytes",
    .summary = "choices from the bytes of sim_order_set_bytes, then what is due first",
    .size = sizeof(from_bytes),
    .begin = begin,
    .pick = pick,
    .choose = choose,
};
