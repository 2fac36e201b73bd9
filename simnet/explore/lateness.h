/* SPDX-License-Identifier: MIT
 *
 * Random latency: how late an event is within its window, by the key of the run.
 */
#ifndef SIMNET_LATENESS_H
#define SIMNET_LATENESS_H

#include "simnet/explore/strategy.h"

/* The time of the event and its lateness. */
static inline uint64_t simp_late_time(uint64_t key, const simp_candidate *c)
{
    uint64_t number = simp_mix(simp_mix(key ^ c->chain) + c->tie * 0x9E3779B97F4A7C15u);
    uint64_t window = c->latest_ns - c->at_ns;
    return c->at_ns + simp_share_of(number, window == UINT64_MAX ? window : window + 1);
}

#endif
