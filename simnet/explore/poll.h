/* SPDX-License-Identifier: MIT
 *
 * Chains that only poll: those who run the biggest first must not run them for ever.
 *
 * A chain polls if the same label happens again and again, no packet arrives or is made, and nothing else
 * happens: three times for a timer, more often for a callback, which may have much to read.
 */
#ifndef SIMNET_POLL_H
#define SIMNET_POLL_H

#include "simnet/explore/strategy.h"

enum { SIMP_POLL_CHAINS_MAX = 16 };

typedef struct simp_poll {
    uint64_t chains[SIMP_POLL_CHAINS_MAX]; /* that poll: the last found is the last */
    uint32_t count;
    uint32_t label, times; /* that happened last, in a row */
    uint64_t packets;
} simp_poll;

void simp_poll_begin(simp_poll *);
void simp_poll_ran(simp_poll *, const simp_step *);

/* 0: it does not poll; else the bigger, the later its turn. */
static inline uint32_t simp_poll_rank(const simp_poll *poll, uint64_t chain)
{
    for (uint32_t i = poll->count; i > 0; i--) {
        if (poll->chains[i - 1] == chain)
            return i;
    }
    return 0;
}

#endif
