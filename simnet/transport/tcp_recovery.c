/* SPDX-License-Identifier: MIT
 *
 * What follows a loss: fast retransmit and fast recovery, with SACK by RFC 6675, without it by NewReno (RFC
 * 6582), and limited transmit (RFC 3042).
 *
 *   open -> recovering    the third duplicate ACK, or SACKs that say as much   [simp_recovery_duplicate]
 *   recovering -> open    everything up to recover is acknowledged             [simp_recovery_advanced]
 *   any -> open           a time-out; no recovery before recover is reached    [simp_recovery_timeout]
 *
 * While SACK recovery goes on, simp_recovery_output decides what is sent, and pipe is what cwnd allows; in
 * NewReno the window is inflated instead, and tcp_out.c goes on as ever.
 */
#include "simnet/transport/tcp_sack.h"

enum { DUPLICATE_THRESHOLD = 3 };

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* One segment from seq, up to what the peer has already.  False: nothing was there to be sent. */
static bool retransmit_hole(simp_tcp *t, uint32_t seq)
{
    const struct simp_recovery *r = t->recovery;
    uint32_t i = simp_ranges_find(&r->sacked, seq);
    uint32_t end = simp_tcp_resend(t, seq, i < r->sacked.count ? r->sacked.at[i].left : t->max);
    if (end == seq)
        return false;
    simp_sack_note_retransmitted(t, seq, end);
    return true;
}

/* ---- into recovery ---- */

/* RFC 6675 5: by count, or when the scoreboard says that the first missing segment is lost. */
static bool is_first_lost(const simp_tcp *t)
{
    return t->active->duplicate_acks >= DUPLICATE_THRESHOLD ||
           (t->sacks && simp_seq_before(t->una, simp_sack_lost_edge(t)));
}

/* After a time-out what was sent before it may answer with duplicates that say nothing about a loss: RFC
 * 6582 3.2 step 2 wants more than recover acknowledged; RFC 6675 5.1 all of it, since a SACK is no mere
 * duplicate. */
static bool may_enter(const simp_tcp *t)
{
    return t->sacks ? !simp_seq_before(t->una, t->recover) : simp_seq_before(t->recover, t->una);
}

static void enter_with_sack(simp_tcp *t)
{
    struct simp_recovery *r = simp_sack_board(t);
    if (r == NULL)
        return;
    r->high_rxt = t->una;
    r->retransmitted = 0;
    r->rescued = false;
    t->cwnd = t->ssthresh;
    retransmit_hole(t, t->una); /* step 4.3; what more may go follows in output */
}

void simp_recovery_duplicate(simp_tcp *t)
{
    t->active->duplicate_acks++;
    if (t->recovering) {
        t->cwnd += t->sacks ? 0 : t->mss;
        return;
    }
    if (!is_first_lost(t) || !may_enter(t))
        return;
    simp_tcp_cc_reduce(t);
    t->recover = t->max;
    t->recovering = true;
    if (t->sacks) {
        enter_with_sack(t);
    } else {
        simp_tcp_retransmit(t);
        t->cwnd = t->ssthresh + DUPLICATE_THRESHOLD * (uint32_t)t->mss;
    }
}

/* ---- out of it ---- */

static void leave(simp_tcp *t)
{
    t->recovering = false;
    if (t->recovery != NULL && t->recovery->sacked.count == 0)
        simp_sack_forget(t);
    if (t->sacks)
        return;
    uint32_t limit = larger(t->max - t->una, t->mss) + t->mss; /* RFC 6582 3.2 step 3, option 1 */
    t->cwnd = limit < t->ssthresh ? limit : t->ssthresh;
}

void simp_recovery_advanced(simp_tcp *t, uint32_t bytes)
{
    if (!simp_seq_before(t->una, t->recover)) {
        leave(t);
    } else if (!t->sacks) { /* a partial one: the next hole; the window deflates by what was acknowledged */
        simp_tcp_retransmit(t);
        t->cwnd -= bytes < t->cwnd ? bytes : t->cwnd;
        t->cwnd += t->mss;
    }
}

void simp_recovery_timeout(simp_tcp *t)
{
    simp_sack_forget(t);
    t->recovering = false;
    t->active->duplicate_acks = 0;
    t->recover = t->max;
}

/* ---- what may be sent ---- */

/* Limited transmit: the first two duplicate ACKs let a new segment out each.  With SACK pipe says so. */
uint32_t simp_recovery_congestion_end(const simp_tcp *t)
{
    uint32_t window = t->cwnd;
    if (t->recovery != NULL && t->nxt == t->max) {
        uint32_t pipe = simp_sack_pipe(t);
        return t->max + (pipe < window ? window - pipe : 0);
    }
    if (t->recovery != NULL) /* after a time-out: what the peer has is not in flight */
        return t->una + window + simp_ranges_covered(&t->recovery->sacked, t->una, t->nxt);
    if (!t->sacks && !t->recovering && t->active->duplicate_acks > 0)
        window += (t->active->duplicate_acks < DUPLICATE_THRESHOLD ? t->active->duplicate_acks : 2u) * t->mss;
    return t->una + window;
}

/* Rule 4 of NextSeg: once per recovery the segment that ends the outstanding data. */
static bool rescue(simp_tcp *t)
{
    struct simp_recovery *r = t->recovery;
    if (r->rescued && simp_seq_upto(t->una, r->rescue))
        return false;
    uint32_t last = r->sacked.count, end = t->max, begin = t->una;
    if (last > 0 && r->sacked.at[last - 1].right == end)
        end = r->sacked.at[--last].left;
    if (simp_seq_upto(end, r->high_rxt))
        return false; /* it was sent again just now */
    if (last > 0)
        begin = r->sacked.at[last - 1].right;
    if (end - begin > t->mss)
        begin = end - t->mss;
    r->rescued = true;
    r->rescue = t->recover;
    return simp_tcp_resend(t, begin, end) != begin; /* HighRxt stays */
}

/* NextSeg, RFC 6675 4; false: nothing is left to send. */
static bool send_next_segment(simp_tcp *t)
{
    const struct simp_recovery *r = t->recovery;
    uint32_t hole = simp_ranges_skip(&r->sacked, r->high_rxt);
    bool has_hole = r->sacked.count > 0 && simp_seq_before(hole, r->sacked.at[r->sacked.count - 1].left);
    if (has_hole && simp_seq_before(hole, simp_sack_lost_edge(t)))
        return retransmit_hole(t, hole);
    if (simp_tcp_send_new(t, 1))
        return true;
    return has_hole ? retransmit_hole(t, hole) : rescue(t);
}

/* RFC 6675 5, step C. */
void simp_recovery_output(simp_tcp *t)
{
    const sim_world *world = t->host->world;
    while (t->recovery != NULL && !world->out_of_memory && simp_sack_pipe(t) + t->mss <= t->cwnd) {
        if (!send_next_segment(t))
            break;
    }
}
