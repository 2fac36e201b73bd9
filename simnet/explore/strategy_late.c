/* SPDX-License-Identifier: MIT
 *
 * Late: each packet, callback and timer is late by a random time within its window, and they happen in the
 * order of the times that result.  A slow network and busy programs: what comes from many hosts at about the
 * same time comes in any order with about the same chances.
 */
#include "simnet/explore/lateness.h"
#include "simnet/explore/order.h"

typedef struct late {
    simp_strategy base; /* first */
    uint64_t key;
} late;

static void begin(simp_strategy *base, uint64_t seed)
{
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", "late");
    ((late *)base)->key = simp_stream_next(&stream);
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    uint64_t key = ((const late *)base)->key, first = UINT64_MAX;
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

const simp_strategy_ops simp_strategy_late = {
    .name = "late",
    .summary = "each event late by a random time within its window",
    .size = sizeof(late),
    .begin = begin,
    .pick = pick,
};
