/* SPDX-License-Identifier: MIT
 *
 * Congestion control: slow start and avoidance (RFC 5681 3.1), fast retransmit and NewReno's fast recovery
 * (RFC 6582), limited transmit (RFC 3042).
 */
#include "simnet/tcp.h"

enum { DUPLICATE_THRESHOLD = 3 };

static uint32_t flight(const simp_tcp *t) { return t->max - t->una; }

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

void simp_tcp_cc_init(simp_tcp *t)
{
    t->cwnd = t->stack->initial_window * (uint32_t)t->mss; /* RFC 6928 */
    t->ssthresh = UINT32_MAX >> 1;
    t->recover = t->iss;
}

void simp_tcp_cc_acked(simp_tcp *t, uint32_t bytes)
{
    uint32_t mss = t->mss;
    if (t->cwnd < t->ssthresh)
        t->cwnd += bytes < mss ? bytes : mss; /* equation 2 */
    else
        t->cwnd += larger((uint32_t)((uint64_t)mss * mss / t->cwnd), 1); /* equation 3 */
    if (t->cwnd > UINT32_C(1) << 30)
        t->cwnd = UINT32_C(1) << 30;
}

static void halve(simp_tcp *t) { t->ssthresh = larger(flight(t) / 2, 2u * t->mss); } /* equation 4 */

void simp_tcp_cc_timeout(simp_tcp *t)
{
    if (t->retries == 0)
        halve(t);
    t->cwnd = t->mss;
    t->recovering = false;
    t->duplicate_acks = 0;
    t->recover = t->max; /* RFC 6582 3.2 step 4 */
}

void simp_tcp_cc_duplicate(simp_tcp *t)
{
    t->duplicate_acks++;
    if (t->recovering) {
        t->cwnd += t->mss;
        return;
    }
    if (t->duplicate_acks != DUPLICATE_THRESHOLD || simp_seq_upto(t->una, t->recover))
        return; /* the first two let new data out through tcp_out.c */
    halve(t);
    t->recover = t->max;
    t->recovering = true;
    simp_tcp_retransmit(t);
    t->cwnd = t->ssthresh + DUPLICATE_THRESHOLD * (uint32_t)t->mss;
}

void simp_tcp_cc_recovering(simp_tcp *t, uint32_t bytes)
{
    if (!simp_seq_before(t->una, t->recover)) { /* a full acknowledgement: RFC 6582 3.2 step 3, option 1 */
        uint32_t limit = larger(flight(t), t->mss) + t->mss;
        t->cwnd = limit < t->ssthresh ? limit : t->ssthresh;
        t->recovering = false;
        return;
    }
    simp_tcp_retransmit(t); /* a partial one: the next hole; the window deflates by what was acknowledged */
    t->cwnd -= bytes < t->cwnd ? bytes : t->cwnd;
    t->cwnd += t->mss;
}
