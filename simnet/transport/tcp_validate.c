/* SPDX-License-Identifier: MIT
 *
 * Which segments a connection lets in, RFC 9293 3.10.7.4, first to fourth step, with the protection of
 * RFC 5961: the sequence number, RST, and SYN.
 *
 * A segment that goes on from here lies in the window and begins at or behind RCV.NXT; or it has lost its
 * text, and only its ACK and its urgent pointer count.
 */
#include "simnet/transport/tcp_sack.h"

uint32_t simp_tcp_sequence_len(const sim_packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    return packet->length + ((flags & SIMP_SYN) != 0) + ((flags & SIMP_FIN) != 0);
}

/* RFC 5961 7 and its erratum 4772: a flood of bad segments is not answered by a flood of ACKs. */
void simp_tcp_challenge(simp_tcp *t)
{
    uint32_t now_ms = (uint32_t)(t->host->world->now_ns / SIMP_MS_NS);
    uint64_t period_ms = (uint64_t)t->stack->challenge_period_ns / SIMP_MS_NS;
    simp_extras *x = simp_tcp_extras(t);
    if (x == NULL) {
        simp_out_of_memory(t->host->world);
        return;
    }
    if (x->challenges == 0 || now_ms - x->challenged_ms >= period_ms) {
        x->challenged_ms = now_ms;
        x->challenges = 0;
    }
    if (x->challenges >= t->stack->challenge_acks)
        return;
    x->challenges++;
    simp_tcp_send_ack(t);
}

/* ---- RST ---- */

/* 3.10.7.4, second step.  After our FIN was queued and the peer's came, the end is near anyway: there nobody
 * is told, unless text is lost (MUST-12). */
static void on_reset(simp_tcp *t)
{
    bool is_ending = t->state == SIMP_TCP_CLOSING || t->state == SIMP_TCP_LAST_ACK;
    if (t->state == SIMP_TCP_SYN_RECEIVED && t->active->listener != NULL)
        simp_tcp_destroy(t); /* back to LISTEN, without a word */
    else if (t->state == SIMP_TCP_SYN_RECEIVED)
        simp_tcp_fail(t, WSAECONNREFUSED);
    else if (is_ending && !simp_tcp_has_unsent(t))
        simp_tcp_finish(t);
    else
        simp_tcp_fail(t, WSAECONNRESET);
}

/* RFC 5961 3.2: exactly at RCV.NXT it resets, elsewhere in the window it is challenged.  Only SEG.SEQ counts,
 * whatever text comes along (SHLD-2), and also when the window is closed (MUST-66). */
static void check_reset(simp_tcp *t, const sim_packet *packet)
{
    uint32_t offset = packet->tcp.seq - t->rcv_nxt;
    if (t->state == SIMP_TCP_TIME_WAIT)
        return; /* RFC 1337 */
    if (offset == 0)
        on_reset(t);
    else if (offset < simp_tcp_receive_window(t))
        simp_tcp_challenge(t);
}

/* ---- SYN ---- */

/* The SYN of our peer once more, in SYN-RECEIVED: alone it says that our SYN,ACK was lost; with an ACK it
 * completes a simultaneous open (3.5 figure 7), and is an ACK like any other once its SYN is cut off. */
static bool check_repeated_syn(simp_tcp *t, sim_packet *packet)
{
    if ((packet->tcp.flags & SIMP_ACK) == 0) {
        simp_tcp_send_syn(t);
        return false;
    }
    packet->tcp.flags &= (uint8_t)~SIMP_SYN;
    packet->tcp.seq++;
    return true;
}

/* RFC 9293 3.10.7.4, fourth step; RFC 5961 4.2: challenged whatever its sequence number is. */
static bool check_syn(simp_tcp *t, sim_packet *packet)
{
    if ((packet->tcp.flags & SIMP_SYN) == 0)
        return true;
    if (t->state == SIMP_TCP_SYN_RECEIVED && packet->tcp.seq == t->irs)
        return check_repeated_syn(t, packet);
    bool is_in_window = packet->tcp.seq - t->rcv_nxt < simp_tcp_receive_window(t);
    if (t->state == SIMP_TCP_SYN_RECEIVED && t->active->listener != NULL && is_in_window)
        simp_tcp_destroy(t); /* back to LISTEN: its peer began anew, and will ask again */
    else
        simp_tcp_challenge(t);
    return false;
}

/* ---- sequence number ---- */

/* Table 6, but for a segment without length at the edge: a peer that has filled the window acknowledges from
 * there. */
static bool is_acceptable(const simp_tcp *t, const sim_packet *packet)
{
    uint32_t window = simp_tcp_receive_window(t), len = simp_tcp_sequence_len(packet);
    uint32_t first = packet->tcp.seq - t->rcv_nxt, last = first + len - 1;
    if (len == 0)
        return first <= window;
    return window != 0 && (first < window || last < window);
}

/* A closed window still takes the ACK and URG of a segment: MUST-66. */
static bool is_probe(const simp_tcp *t, const sim_packet *packet)
{
    return simp_tcp_receive_window(t) == 0 && packet->tcp.seq == t->rcv_nxt;
}

void simp_tcp_trim(simp_tcp *t, sim_packet *packet)
{
    if (simp_seq_before(packet->tcp.seq, t->rcv_nxt)) {
        uint32_t old = t->rcv_nxt - packet->tcp.seq;
        uint32_t cut = old < packet->length ? old : packet->length;
        simp_gaps_duplicate(t, packet->tcp.seq, packet->tcp.seq + cut);
        packet->tcp.seq += cut;
        packet->offset += cut;
        packet->length -= cut;
    }
    uint32_t end = packet->tcp.seq + packet->length;
    if (simp_seq_before(t->rcv_edge, end)) {
        packet->length -= end - t->rcv_edge;
        packet->tcp.flags &= (uint8_t)~SIMP_FIN;
    }
}

static bool check_sequence(simp_tcp *t, sim_packet *packet)
{
    if (is_acceptable(t, packet)) {
        simp_tcp_trim(t, packet);
        return true;
    }
    t->ack_now = true;
    if (t->state == SIMP_TCP_TIME_WAIT && (packet->tcp.flags & SIMP_FIN) != 0)
        simp_tcp_enter_time_wait(t); /* a retransmitted FIN starts the wait again */
    /* The ACK of an old segment still counts: after a probe was taken, the ACKs come from before it. */
    if (simp_seq_before(packet->tcp.seq, t->rcv_nxt) || is_probe(t, packet)) {
        uint32_t end = packet->tcp.seq + packet->length;
        if (simp_seq_upto(end, t->rcv_nxt))
            simp_gaps_duplicate(t, packet->tcp.seq, end);
        packet->length = 0;
        packet->tcp.flags &= (uint8_t)~SIMP_FIN;
        return true;
    }
    simp_tcp_output(t);
    return false;
}

bool simp_tcp_validate(simp_tcp *t, sim_packet *packet)
{
    if ((packet->tcp.flags & SIMP_RST) != 0) {
        check_reset(t, packet);
        return false;
    }
    return check_syn(t, packet) && simp_option_accept(t, packet) && check_sequence(t, packet);
}

/* RFC 5961 5.2 (MAY-12): what is acknowledged was sent, and not longer ago than a window. */
bool simp_tcp_validate_ack(simp_tcp *t, uint32_t ack)
{
    if (!simp_seq_before(t->max, ack) && !simp_seq_before(ack, t->una - t->wnd_max))
        return true;
    simp_tcp_challenge(t);
    return false;
}
