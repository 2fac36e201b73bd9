/* SPDX-License-Identifier: MIT
 *
 * See poll.h.
 */
#include "simnet/explore/poll.h"

#include <string.h>

enum { TIMES_OF_TIMER = 3, TIMES_OF_CALLBACK = 64 };

void simp_poll_begin(simp_poll *poll)
{
    poll->count = poll->label = poll->times = 0;
    poll->packets = 0;
}

static void forget(simp_poll *poll, uint32_t index)
{
    poll->count--;
    memmove(&poll->chains[index], &poll->chains[index + 1], (poll->count - index) * sizeof poll->chains[0]);
}

static void demote(simp_poll *poll, uint64_t chain)
{
    uint32_t rank = simp_poll_rank(poll, chain);
    if (rank != 0)
        forget(poll, rank - 1);
    else if (poll->count == SIMP_POLL_CHAINS_MAX)
        forget(poll, 0);
    poll->chains[poll->count++] = chain;
}

void simp_poll_ran(simp_poll *poll, const simp_step *step)
{
    bool again = step->label == poll->label && step->packets == poll->packets &&
                 step->source != SIMP_SOURCE_ARRIVAL;
    poll->times = again ? poll->times + 1 : 1;
    poll->label = step->label;
    poll->packets = step->packets;
    uint32_t most = step->source == SIMP_SOURCE_DISPATCH ? TIMES_OF_CALLBACK : TIMES_OF_TIMER;
    if (poll->times < most)
        return;
    demote(poll, step->chain);
    poll->times = 0;
}
