/* SPDX-License-Identifier: MIT
 *
 * Explicit congestion notification, RFC 3168 6.1: agreed by the SYNs, told back by ECE until CWR answers, and
 * obeyed once a round trip.
 */
#include "simnet/transport/tcp.h"

/* 6.1.1: a SYN with both flags offers, a SYN,ACK with ECE alone accepts.  Two SYNs that cross offer both. */
void simp_ecn_agree(simp_tcp *t, const sim_packet *syn)
{
    uint8_t flags = syn->tcp.flags & (SIMP_ECE | SIMP_CWR);
    bool answers = (syn->tcp.flags & SIMP_ACK) != 0;
    t->ecn = t->ecn && flags == (answers ? SIMP_ECE : SIMP_ECE | SIMP_CWR);
}

/* An offer that got no answer is not repeated, 6.1.1.1: something on the path may drop it. */
uint8_t simp_ecn_syn_flags(simp_tcp *t, bool answer)
{
    if (!answer && t->active->retries > 0)
        t->ecn = false;
    if (!t->ecn)
        return 0;
    return answer ? SIMP_ECE : SIMP_ECE | SIMP_CWR;
}

/* A segment with new text is ECN-capable; retransmissions, probes and bare ACKs are not: 6.1.4 to 6.1.6. */
void simp_ecn_mark(simp_tcp *t, sim_packet *packet, bool new_text)
{
    if ((packet->tcp.flags & (SIMP_SYN | SIMP_RST)) != 0)
        return;
    if (t->ecn_echo && (packet->tcp.flags & SIMP_ACK) != 0)
        packet->tcp.flags |= SIMP_ECE;
    if (!new_text)
        return;
    packet->traffic_class = (uint8_t)((packet->traffic_class & ~SIMP_ECN_MASK) | SIMP_ECT_0);
    if (t->ecn_reduced)
        packet->tcp.flags |= SIMP_CWR;
    t->ecn_reduced = false;
}

void simp_ecn_receive(simp_tcp *t, const sim_packet *packet)
{
    if ((packet->tcp.flags & SIMP_CWR) != 0)
        t->ecn_echo = false;
    if ((packet->traffic_class & SIMP_ECN_MASK) == SIMP_CE)
        t->ecn_echo = true; /* 6.1.3: in every ACK from now on, until the peer has reduced */
}

/* 6.1.2: as for a loss, but nothing is sent again; not more than once for a window, and not in recovery,
 * which has reduced already. */
void simp_ecn_acked(simp_tcp *t, const sim_packet *packet)
{
    if ((packet->tcp.flags & SIMP_ECE) == 0 || (packet->tcp.flags & SIMP_SYN) != 0)
        return;
    if (t->recovering || t->max == t->una || simp_seq_before(t->una, t->active->ecn_recover))
        return;
    simp_tcp_cc_reduce(t);
    t->cwnd = t->ssthresh;
    t->active->ecn_recover = t->max;
    t->ecn_reduced = true;
}
