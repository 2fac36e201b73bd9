/* SPDX-License-Identifier: MIT
 *
 * Latency: each packet, callback and timer is late by a random time within its window, and they happen in the
 * order of the times that result.  What seeds and random latency find, without a search; a yardstick.
 */
#include "simnet/explore/lateness.h"
#include "simnet/explore/order.h"

typedef struct latency {
    simp_strategy base; /* first */
    uint64_t key;
} latency;

static void begin(simp_strategy *base, uint64_t seed)
{
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", "latency");
    ((latency *)base)->key = simp_stream_next(&stream);
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    uint64_t key = ((const latency *)base)->key, first = UINT64_MAX;
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t at_ns = simp_late_time(key, candidates[i]);
        if (at_ns < first) {
            first = at_ns;
            best = i;
        }
    }
    return best;
}

const simp_strategy_ops simp_strategy_latency = {
    .name = "latency",
    .summary = "each event late by a random time within its window",
    .size = sizeof(latency),
    .begin = begin,
    .pick = pick,
};
