/* SPDX-License-Identifier: MIT
 *
 * What a connection needs while something is missing: gaps on the receiving side, and the scoreboard of RFC
 * 6675 on the sending side.  Both exist only as long as there is something to keep.
 *
 * Invariants, with those of tcp.h:
 *  1. t->gaps is NULL when nothing lies behind a gap and no duplicate is to be told.  Its held is exactly
 *     what the early packets hold, and last is the last of them.
 *  2. t->recovery is NULL when nothing is SACKed and no SACK recovery goes on.
 *  3. sacked lies behind una, up to max.
 *  4. una <= high_rxt <= max; retransmitted is the count of bytes of [una, high_rxt) that are not in sacked.
 */
#ifndef SIMNET_TCP_SACK_H
#define SIMNET_TCP_SACK_H

#include "simnet/packet/ranges.h"
#include "simnet/transport/tcp.h"

struct simp_gaps {
    simp_ranges held;
    sim_packet *last;
    uint32_t recent[SIMP_SACK_MAX]; /* a sequence number of each range, the last to change first */
    unsigned recent_count;
    simp_sack_range duplicate; /* D-SACK, RFC 2883: to be told once */
    bool has_duplicate;
};

struct simp_recovery {
    simp_ranges sacked;
    uint32_t high_rxt;      /* RFC 6675 2, HighRxt: behind the last byte that was sent again */
    uint32_t retransmitted; /* bytes below it that are still missing */
    uint32_t rescue;        /* RescueRxt, valid with rescued */
    bool rescued;
    simp_block *block; /* of the send buffer: where the last look-up for a retransmission ended */
};

/* ---- tcp_sack.c ---- */
/* The scoreboard takes what a segment says.  True: it names bytes that were not known to have arrived. */
bool simp_sack_update(simp_tcp *, const sim_packet *);
/* una has moved from old: what lies before it is forgotten. */
void simp_sack_advance(simp_tcp *, uint32_t old);
/* Everything is forgotten: at a time-out the peer may have taken back what it said (RFC 2018 8). */
void simp_sack_forget(simp_tcp *);
/* Below the result everything that is not SACKed counts as lost (IsLost of RFC 6675 4). */
uint32_t simp_sack_lost_edge(const simp_tcp *);
/* SetPipe: bytes that are believed to be in the network. */
uint32_t simp_sack_pipe(const simp_tcp *);
/* [seq, end) was sent again, above all that was before. */
void simp_sack_note_retransmitted(simp_tcp *, uint32_t seq, uint32_t end);
/* The scoreboard, made when there is none; NULL: no memory, and the run is void. */
struct simp_recovery *simp_sack_board(simp_tcp *);

#endif
