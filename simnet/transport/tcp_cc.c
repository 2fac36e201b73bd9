/* SPDX-License-Identifier: MIT
 *
 * The congestion window: slow start and avoidance (RFC 5681 3.1), what a loss and idle time do to it.  By how
 * much it grows and shrinks is Reno's here; with CUBIC, cc_cubic.c's.
 */
#include "simnet/transport/tcp.h"

#define CWND_MAX (UINT32_C(1) << 30)

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }
static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

static uint32_t initial_window(const simp_tcp *t)
{
    return t->stack->initial_window * (uint32_t)t->mss; /* RFC 6928 */
}

void simp_tcp_cc_init(simp_tcp *t)
{
    t->cwnd = initial_window(t);
    t->ssthresh = UINT32_MAX >> 1;
    t->recover = t->iss;
}

/* A window that was not used says nothing about what the path takes: RFC 7661 4.3 in its simplest form. */
static bool was_limiting(const simp_tcp *t, uint32_t flight)
{
    return t->cwnd < t->ssthresh ? flight >= t->cwnd / 2 : flight + t->mss > t->cwnd;
}

/* Equation 2, with the bound of RFC 3465 2.2; after a time-out one segment (2.3), since an ACK may then cover
 * much that had arrived long before. */
static uint32_t slow_start_gain(const simp_tcp *t, uint32_t bytes)
{
    uint32_t segments = simp_seq_before(t->una, t->recover) ? 1 : t->stack->slow_start_max;
    return smaller(bytes, segments * t->mss);
}

void simp_tcp_cc_acked(simp_tcp *t, uint32_t bytes, uint32_t flight)
{
    uint32_t mss = t->mss;
    if (!was_limiting(t, flight))
        return;
    if (t->cwnd < t->ssthresh)
        t->cwnd += slow_start_gain(t, bytes);
    else if (t->cubic != NULL)
        simp_cubic_acked(t, bytes);
    else
        t->cwnd += larger((uint32_t)((uint64_t)mss * bytes / t->cwnd), 1); /* a segment a round trip */
    t->cwnd = smaller(t->cwnd, CWND_MAX);
}

/* Equation 4.  What limited transmit sent beyond the window does not count (RFC 5681 3.2 step 2). */
void simp_tcp_cc_reduce(simp_tcp *t)
{
    uint32_t flight = smaller(t->max - t->una, t->cwnd);
    uint32_t window = t->cubic != NULL ? simp_cubic_reduce(t, flight) : flight / 2;
    t->ssthresh = larger(window, 2u * t->mss);
}

void simp_tcp_cc_timeout(simp_tcp *t)
{
    if (t->active->retries == 0)
        simp_tcp_cc_reduce(t);
    t->cwnd = t->mss;
}

void simp_tcp_cc_idle(simp_tcp *t)
{
    t->cwnd = smaller(t->cwnd, initial_window(t)); /* RFC 5681 4.1 */
    if (t->cubic != NULL)
        simp_cubic_restart(t);
}
