/* SPDX-License-Identifier: MIT
 *
 * Picking with given odds.
 */
#ifndef SIMNET_WEIGHTED_H
#define SIMNET_WEIGHTED_H

#include "simnet/explore/strategy.h"

typedef uint64_t simp_weigh(const simp_strategy *, const simp_candidate *);

/* One of the candidates, with a probability proportional to its weight; those of weight 0 only if all are. */
static inline size_t simp_pick_weighted(const simp_strategy *self, const simp_candidate *const *candidates,
                                        size_t count, simp_weigh *weigh, simp_stream *stream)
{
    enum { KEPT = 32 };
    uint64_t kept[KEPT], total = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t weight = weigh(self, candidates[i]);
        total += weight;
        if (i < KEPT)
            kept[i] = weight;
    }
    if (total == 0)
        return (size_t)simp_stream_below(stream, count);
    uint64_t at = simp_stream_below(stream, total);
    for (size_t i = 0; i < count; i++) {
        uint64_t weight = i < KEPT ? kept[i] : weigh(self, candidates[i]);
        if (at < weight)
            return i;
        at -= weight;
    }
    return count - 1;
}

#endif
