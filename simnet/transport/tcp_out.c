/* SPDX-License-Identifier: MIT
 *
 * What is sent, and when: segments within the peer's window and the congestion window, Nagle (RFC 9293
 * 3.7.4), silly window avoidance on both sides (3.8.6.2), ACKs, probes and resets.
 */
#include "core/cold.h"
#include "simnet/ip/ip.h"
#include "simnet/transport/tcp_sack.h"
#include "simnet/ip/way.h"

enum { IPV4_AND_TCP = 40, IPV6_AND_TCP = 60, WINDOW_MAX = 65535 };

uint16_t simp_tcp_path_mss(sim_host *host, simp_ip destination)
{
    const simp_way *way = simp_way_to(host, destination);
    uint32_t mtu = way != NULL ? way->next.mtu : 1500;
    uint32_t headers = simp_ip_is_v4(destination) ? IPV4_AND_TCP : IPV6_AND_TCP;
    return (uint16_t)(mtu - headers);
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* ---- one segment ---- */

uint32_t simp_tcp_usable_receive_window(const simp_tcp *t)
{
    uint32_t queued = t->rcv_nxt - t->read;
    return queued < t->receive_limit ? t->receive_limit - queued : 0;
}

/* As the field of a segment; what its scale rounds off is not offered, and not taken either.  MUST-39: the
 * edge moves by at least a segment or half the buffer, and never back. */
static uint16_t advertise(simp_tcp *t, bool syn)
{
    unsigned scale = syn ? 0 : t->rcv_scale; /* RFC 7323 2.2: that of a SYN is not scaled */
    uint32_t window = simp_tcp_usable_receive_window(t);
    int32_t gain = simp_seq_diff(t->rcv_nxt + window, t->rcv_edge);
    if (gain < (int32_t)t->mss && gain < (int32_t)(t->receive_limit / 2))
        return (uint16_t)smaller(simp_tcp_receive_window(t) >> scale, WINDOW_MAX);
    uint32_t units = smaller(window >> scale, WINDOW_MAX);
    uint32_t edge = t->rcv_nxt + (units << scale);
    if (units > 0 && simp_seq_before(t->rcv_edge, edge))
        t->rcv_edge = edge;
    return (uint16_t)units;
}

/* MUST-62: points behind the last urgent octet.  Where 16 bits do not reach it, a later segment says it: a
 * pointer cut short would make another octet urgent. */
static void point_at_urgent(const simp_tcp *t, simp_tcp_header *header)
{
    uint32_t ahead = t->extras->urgent_end - header->seq;
    if (ahead - 1 >= WINDOW_MAX || (header->flags & SIMP_SYN) != 0)
        return;
    header->flags |= SIMP_URG;
    header->urgent = (uint16_t)(ahead - (t->stack->urgent_points_at_last ? 1 : 0));
}

/* What most segments do not have. */
static APART void dress(simp_tcp *t, sim_packet *packet, bool new_text)
{
    simp_tcp_header *header = &packet->tcp;
    if ((header->flags & SIMP_SYN) != 0)
        simp_option_fill_syn(t, packet);
    if (t->ecn)
        simp_ecn_mark(t, packet, new_text);
    if (t->urgent)
        point_at_urgent(t, header);
    simp_option_fill(t, packet);
    packet->ip_payload_len += simp_tcp_options_len(header);
}

/* The acknowledgment that goes with a segment. */
static void acknowledge(simp_tcp *t, simp_tcp_header *header)
{
    header->ack = t->rcv_nxt;
    header->window = advertise(t, (header->flags & SIMP_SYN) != 0);
    t->ack_now = false;
    t->segments_unacked = 0;
    simp_tcp_timer_stop(t, SIMP_TIMER_DELAYED_ACK);
}

/* One segment, with len bytes of the stream.  False: no memory, and nothing was sent. */
static inline bool try_segment(simp_tcp *t, uint32_t seq, uint32_t len, uint8_t flags, bool is_new)
{
    simp_arena *arena = &t->host->world->arena;
    sim_packet *packet = simp_packet_create(arena);
    if (packet == NULL)
        return false;
    packet->source = t->key.local;
    packet->destination = t->key.remote;
    packet->source_port = t->key.local_port;
    packet->destination_port = t->key.remote_port;
    packet->protocol = IPPROTO_TCP;
    packet->dont_fragment = true;
    if (t->socket != NULL)
        packet->ttl = t->socket->ttl;
    packet->tcp = (simp_tcp_header){.seq = seq, .flags = flags, .scale = SIMP_NO_SCALE};
    if (len > 0 && !simp_send_buffer_fill(t, packet, seq, len)) {
        simp_packet_free(arena, packet);
        return false;
    }
    packet->ip_payload_len = 20 + len;
    if ((flags & SIMP_ACK) != 0)
        acknowledge(t, &packet->tcp);
    if (t->stamps || t->ecn || t->urgent || t->gaps != NULL || (flags & SIMP_SYN) != 0)
        dress(t, packet, is_new && len > 0);
    t->way = simp_way_again(t->host, t->key.remote, t->way);
    if (simp_ip_try_output_on(t->host, packet, t->way) != 0)
        simp_out_of_memory(t->host->world);
    return true;
}

/* Where no call can report it, a refusal of memory voids the run. */
static inline bool segment(simp_tcp *t, uint32_t seq, uint32_t len, uint8_t flags, bool is_new)
{
    if (try_segment(t, seq, len, flags, is_new))
        return true;
    simp_out_of_memory(t->host->world);
    return false;
}

/* Bytes [seq, seq+len) of the stream, with the FIN if it follows.  is_new: sent for the first time. */
static void send_data(simp_tcp *t, uint32_t seq, uint32_t len, bool fin, bool is_new)
{
    bool push = len > 0 && seq + len == t->send_end;
    uint8_t flags = (uint8_t)(SIMP_ACK | (fin ? SIMP_FIN : 0) | (push ? SIMP_PSH : 0));
    if (segment(t, seq, len, flags, is_new))
        t->sent_ns = t->host->world->now_ns;
}

/* The sequence number of a segment without text: behind all that was sent, but not beyond what the peer's
 * window takes, or the peer would answer with an ACK that is as unacceptable here, and so on for ever. */
static uint32_t empty_seq(const simp_tcp *t)
{
    return simp_seq_upto(t->max, t->wnd_edge) ? t->max : t->wnd_edge;
}

void simp_tcp_send_ack(simp_tcp *t) { segment(t, empty_seq(t), 0, SIMP_ACK, false); }

/* ---- handshake ---- */

bool simp_tcp_send_syn(simp_tcp *t)
{
    bool answer = t->state == SIMP_TCP_SYN_RECEIVED;
    uint8_t flags = SIMP_SYN | (answer ? SIMP_ACK : 0) | simp_ecn_syn_flags(t, answer);
    simp_tcp_timer_set(t, SIMP_TIMER_RETRANSMIT, simp_tcp_timeout(t));
    if (!try_segment(t, t->iss, 0, flags, false))
        return false;
    t->timing = t->max == t->iss; /* Karn: only the first one */
    t->active->timed_seq = t->iss;
    t->active->timed_at_ns = t->host->world->now_ns;
    t->nxt = t->max = t->iss + 1;
    return true;
}

/* ---- data ---- */

/* What the smaller of the two windows still takes. */
static uint32_t window_room(const simp_tcp *t)
{
    uint32_t congestion = simp_recovery_congestion_end(t), flow = t->una + t->wnd;
    uint32_t end = simp_seq_before(congestion, flow) ? congestion : flow;
    return simp_seq_before(t->nxt, end) ? end - t->nxt : 0;
}

/* Does Nagle's rule let a segment go that is not full? */
static bool nagle_allows(const simp_tcp *t)
{
    if (t->nodelay || t->nxt == t->una)
        return true;
    return t->stack->nagle == SIM_NAGLE_MINSHALL && simp_seq_upto(t->active->small_end, t->una);
}

/* MUST-38, SHLD-7: is a segment of len bytes from nxt, which is not full, worth sending now? */
static bool is_worth_sending(const simp_tcp *t, uint32_t len, bool last, bool fin)
{
    if (last && (fin || nagle_allows(t) || (t->urgent && simp_seq_before(t->nxt, t->extras->urgent_end))))
        return true;
    return len > 0 && (len >= t->wnd_max / 2 || simp_seq_before(t->nxt, t->max));
}

static void note_sent(simp_tcp *t, uint32_t seq, uint32_t end)
{
    if (!t->timing && seq == t->max) {
        t->timing = true;
        t->active->timed_seq = seq;
        t->active->timed_at_ns = t->host->world->now_ns;
    }
    t->nxt = end;
    if (simp_seq_before(t->max, end))
        t->max = end;
    if (!simp_tcp_timer_is_on(t, SIMP_TIMER_RETRANSMIT)) /* RFC 6298 5.1 */
        simp_tcp_timer_set(t, SIMP_TIMER_RETRANSMIT, simp_tcp_timeout(t));
    simp_tcp_timer_stop(t, SIMP_TIMER_PERSIST);
}

/* Does the FIN, which is queued, end the segment [seq, seq+len)?  A new one does not ride on what is sent
 * again. */
static bool takes_fin(const simp_tcp *t, uint32_t seq, uint32_t len)
{
    uint32_t end = seq + len;
    return end == t->send_end && (seq == t->max || len == 0 || simp_seq_before(end, t->max));
}

/* What is sent again after a time-out is not mixed with what is new, and leaves out what the peer has: where
 * it ends, from nxt, which was moved behind what the peer has. */
static APART uint32_t resend_end(const simp_tcp *t)
{
    if (t->recovery == NULL)
        return t->max;
    const simp_ranges *sacked = &t->recovery->sacked;
    uint32_t i = simp_ranges_find(sacked, t->nxt);
    return i < sacked->count ? sacked->at[i].left : t->max;
}

/* Is there text, or a FIN, that was not sent yet, or is to be sent again? */
static bool has_to_send(const simp_tcp *t)
{
    return simp_seq_before(t->nxt, t->send_end) || (t->fin_queued && t->nxt == t->send_end);
}

/* One segment from nxt.  False: nothing may go. */
static inline bool send_next(simp_tcp *t)
{
    if (t->nxt != t->max && t->recovery != NULL)
        t->nxt = simp_ranges_skip(&t->recovery->sacked, t->nxt);
    if (!has_to_send(t))
        return false;
    uint32_t text_max = simp_option_text_max(t), left = t->send_end - t->nxt;
    uint32_t len = smaller(smaller(left, text_max), window_room(t));
    if (t->nxt != t->max)
        len = smaller(len, resend_end(t) - t->nxt);
    bool fin = t->fin_queued && takes_fin(t, t->nxt, len);
    if (len < text_max && ((len == 0 && !fin) || !is_worth_sending(t, len, len == left, fin)))
        return false;
    uint32_t seq = t->nxt, end = seq + len + (fin ? 1 : 0);
    send_data(t, seq, len, fin, seq == t->max);
    note_sent(t, seq, end);
    if (len < text_max)
        t->active->small_end = end;
    return true;
}

bool simp_tcp_send_new(simp_tcp *t, uint32_t most)
{
    uint32_t left = most;
    while (left > 0 && send_next(t)) {
        left--;
        if (t->host->world->out_of_memory)
            break;
    }
    return left < most;
}

/* Nothing is in flight and something waits: the window is closed, or too small to be worth it. */
static void watch_window(simp_tcp *t)
{
    if (has_to_send(t) && t->nxt == t->una && !simp_tcp_timer_is_on(t, SIMP_TIMER_RETRANSMIT) &&
        !simp_tcp_timer_is_on(t, SIMP_TIMER_PERSIST)) {
        t->backoff = 0;
        simp_tcp_timer_set(t, SIMP_TIMER_PERSIST, simp_tcp_timeout(t)); /* SHLD-29 */
    }
}

/* Nothing is in flight, and something is to be sent: the congestion window, and the size of segments, may be
 * out of date. */
static APART void resume(simp_tcp *t)
{
    if (t->host->world->now_ns - t->sent_ns >= simp_tcp_timeout(t))
        simp_tcp_cc_idle(t);
    if (t->extras != NULL && t->extras->pmtu != NULL)
        simp_pmtu_try_raise(t);
}

static void send_waiting(simp_tcp *t)
{
    if (t->una == t->max && t->max != t->send_end)
        resume(t);
    simp_tcp_send_new(t, UINT32_MAX);
    watch_window(t);
}

void simp_tcp_output(simp_tcp *t)
{
    if (t->recovering && t->sacks && simp_tcp_is_synchronised(t))
        simp_recovery_output(t);
    else if (has_to_send(t) && simp_tcp_is_synchronised(t))
        send_waiting(t);
    if (t->ack_now)
        simp_tcp_send_ack(t);
}

uint32_t simp_tcp_resend(simp_tcp *t, uint32_t seq, uint32_t limit)
{
    uint32_t left = simp_seq_before(seq, t->send_end) ? t->send_end - seq : 0;
    uint32_t len = smaller(smaller(left, limit - seq), simp_option_text_max(t));
    bool fin = t->fin_queued && len == left && simp_seq_before(seq + len, limit);
    if (len == 0 && !fin)
        return seq;
    t->timing = false; /* Karn */
    send_data(t, seq, len, fin, false);
    if (!simp_tcp_timer_is_on(t, SIMP_TIMER_RETRANSMIT))
        simp_tcp_timer_set(t, SIMP_TIMER_RETRANSMIT, simp_tcp_timeout(t));
    return seq + len + (fin ? 1 : 0);
}

void simp_tcp_retransmit(simp_tcp *t)
{
    uint32_t end = simp_tcp_resend(t, t->una, t->max); /* what was never sent waits for the window */
    if (end == t->una)
        return;
    if (simp_seq_before(t->nxt, end))
        t->nxt = end;
    simp_tcp_timer_set(t, SIMP_TIMER_RETRANSMIT, simp_tcp_timeout(t));
}

/* Below what the peer has, so that it answers. */
static void send_empty_probe(simp_tcp *t, uint32_t next) { segment(t, next - 1, 0, SIMP_ACK, false); }

/* RFC 9293 3.8.6.1: one octet of new data; or what there is, when the window is just too small (SWS
 * override). */
void simp_tcp_send_probe(simp_tcp *t)
{
    if (t->wnd == 0 && t->stack->zero_window_probe == SIM_PROBE_EMPTY) {
        send_empty_probe(t, t->una);
        return;
    }
    uint32_t left = simp_seq_before(t->una, t->send_end) ? t->send_end - t->una : 0;
    uint32_t len = smaller(smaller(left, t->wnd == 0 ? 1 : t->wnd), t->mss);
    bool fin = t->fin_queued && takes_fin(t, t->una, len);
    send_data(t, t->una, len, fin, false);
    uint32_t end = t->una + len + (fin ? 1 : 0);
    if (simp_seq_before(t->max, end))
        t->max = end;
    t->timing = false;
}

void simp_tcp_send_keepalive(simp_tcp *t) { send_empty_probe(t, t->nxt); } /* 3.8.4: SND.NXT-1, no data */

void simp_tcp_window_opened(simp_tcp *t)
{
    if (!simp_tcp_is_synchronised(t) || t->fin_received)
        return;
    uint32_t edge = t->rcv_nxt + simp_tcp_usable_receive_window(t);
    int32_t gain = simp_seq_diff(edge, t->rcv_edge);
    uint32_t half = t->receive_limit / 2;
    uint32_t open = simp_tcp_receive_window(t);
    bool was_narrow = open < half || open < 2u * t->mss;
    if (gain >= (int32_t)half || (was_narrow && gain >= (int32_t)t->mss))
        simp_tcp_send_ack(t);
}

/* ---- resets ---- */

void simp_tcp_send_reset(simp_tcp *t) { segment(t, empty_seq(t), 0, SIMP_RST | SIMP_ACK, false); }

/* RFC 9293 3.10.7.1 */
void simp_tcp_reply_reset(sim_host *host, const sim_packet *cause)
{
    if ((cause->tcp.flags & SIMP_RST) != 0 || !simp_host_owns(host, cause->destination))
        return;
    sim_packet *packet = simp_packet_create(&host->world->arena);
    if (packet == NULL) {
        simp_out_of_memory(host->world);
        return;
    }
    packet->source = cause->destination;
    packet->destination = cause->source;
    packet->source_port = cause->destination_port;
    packet->destination_port = cause->source_port;
    packet->protocol = IPPROTO_TCP;
    packet->dont_fragment = true;
    packet->tcp = (simp_tcp_header){.scale = SIMP_NO_SCALE};
    if ((cause->tcp.flags & SIMP_ACK) != 0) {
        packet->tcp.seq = cause->tcp.ack;
        packet->tcp.flags = SIMP_RST;
    } else {
        uint32_t len = cause->length + ((cause->tcp.flags & SIMP_SYN) != 0) +
                       ((cause->tcp.flags & SIMP_FIN) != 0);
        packet->tcp.ack = cause->tcp.seq + len;
        packet->tcp.flags = SIMP_RST | SIMP_ACK;
    }
    packet->ip_payload_len = 20;
    simp_ip_output(host, packet);
}
