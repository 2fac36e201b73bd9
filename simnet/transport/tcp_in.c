/* SPDX-License-Identifier: MIT
 *
 * What a segment does that arrives, RFC 9293 3.10.7: in SYN-SENT, and else what tcp_validate.c let in, in the
 * order of the steps: ACK, URG, text, FIN.  The functions of a step return false when the segment, or the
 * connection, is done with.
 */
#include "core/cold.h"
#include "simnet/ip/way.h"
#include "simnet/transport/port_table.h"
#include "simnet/transport/tcp_sack.h"

/* Our SYN is acknowledged. */
static void measure_handshake(simp_tcp *t)
{
    if (t->timing)
        simp_tcp_rtt_sample(t, t->host->world->now_ns - t->active->timed_at_ns, 1);
    t->timing = false;
}

/* ---- SYN-SENT, 3.10.7.3 ---- */

/* Text that came with a SYN waits, as the only early packet, until the connection is established.  Takes the
 * packet over; a FIN is not believed yet, it will be sent again. */
static void keep_syn_text(simp_tcp *t, sim_packet *packet)
{
    packet->tcp.seq++;
    packet->tcp.flags &= (uint8_t) ~(SIMP_SYN | SIMP_FIN);
    simp_tcp_trim(t, packet);
    if (packet->length > 0 && t->active->receive.early == NULL) {
        packet->next = NULL;
        t->active->receive.early = packet;
    } else {
        simp_packet_free(&t->host->world->arena, packet);
    }
}

void simp_tcp_open_passively(simp_tcp *t, sim_packet *syn)
{
    simp_tcp_take_syn(t, syn);
    simp_tcp_set_state(t, SIMP_TCP_SYN_RECEIVED);
    if (!simp_tcp_send_syn(t))
        simp_out_of_memory(t->host->world);
    keep_syn_text(t, syn);
}

static void on_syn_acknowledged(simp_tcp *t, const sim_packet *packet)
{
    simp_tcp_take_syn(t, packet);
    measure_handshake(t);
    t->una = packet->tcp.ack;
    t->wnd_edge = t->una + t->wnd;
    t->ack_now = true;
    simp_tcp_established(t);
}

/* False: the segment was taken.  True: it acknowledged our SYN, and its text is still to be processed.  RFC
 * 5961 asks that a RST have the sequence number that is expected: before the peer has spoken that is 0, as
 * 3.10.7.1 forms it. */
static APART bool on_syn_sent(simp_tcp *t, sim_packet *packet)
{
    simp_arena *arena = &t->host->world->arena;
    uint8_t flags = packet->tcp.flags;
    bool acknowledged = (flags & SIMP_ACK) != 0;
    if (acknowledged && packet->tcp.ack != t->nxt) {
        simp_tcp_reply_reset(t->host, packet);
    } else if ((flags & SIMP_RST) != 0) {
        if (acknowledged && packet->tcp.seq == t->rcv_nxt)
            simp_tcp_fail(t, WSAECONNREFUSED);
    } else if ((flags & SIMP_SYN) != 0 && !acknowledged) { /* 3.5 figure 7: both sides open */
        simp_tcp_open_passively(t, packet);
        return false;
    } else if ((flags & SIMP_SYN) != 0) {
        on_syn_acknowledged(t, packet);
        packet->tcp.seq++;
        packet->tcp.flags &= (uint8_t)~SIMP_SYN;
        simp_tcp_trim(t, packet);
        return true;
    }
    simp_packet_free(arena, packet);
    return false;
}

/* ---- fifth: ACK ---- */

static APART bool on_syn_received(simp_tcp *t, const sim_packet *packet)
{
    if (packet->tcp.ack != t->nxt) {
        simp_tcp_reply_reset(t->host, packet);
        return false;
    }
    if (t->active->listener != NULL && simp_listen_refuses_ack(t->active->listener, t->stack))
        return false; /* as if it was lost: our SYN,ACK will ask again */
    measure_handshake(t);
    t->una = packet->tcp.ack;
    t->wnd = (uint32_t)packet->tcp.window << t->snd_scale;
    t->wnd_edge = t->una + t->wnd;
    t->wl1 = packet->tcp.seq;
    simp_tcp_established(t);
    return true;
}

static void stop_probing(simp_tcp *t)
{
    if (simp_tcp_timer_is_on(t, SIMP_TIMER_PERSIST))
        t->backoff = 0;
    simp_tcp_timer_stop(t, SIMP_TIMER_PERSIST);
}

/* SND.WL1 and WL2, which is UNA, keep an old segment from taking the window back: its ACK is not before UNA.
 * One that acknowledges more is not old, whatever its sequence number: it may be a retransmission, and UNA
 * must not move without the window that belongs to it. */
static bool update_window(simp_tcp *t, const sim_packet *packet)
{
    uint32_t seq = packet->tcp.seq, ack = packet->tcp.ack;
    if (simp_seq_before(seq, t->wl1) && ack == t->una)
        return false;
    uint32_t window = (uint32_t)packet->tcp.window << t->snd_scale;
    uint32_t hidden = t->wnd_edge - (ack + window);
    if (hidden < UINT32_C(1) << t->snd_scale)
        window += hidden; /* the edge is where it was, but scaling rounds it off (RFC 7323 2.4) */
    else if (simp_seq_before(t->wnd_edge, ack + window))
        t->wnd_edge = ack + window;
    bool changed = window != t->wnd;
    t->wnd = window;
    t->wl1 = seq;
    if (window > t->wnd_max)
        t->wnd_max = window;
    if (changed && window > 0)
        stop_probing(t);
    return changed;
}

static void on_fin_acked(simp_tcp *t)
{
    if (t->state == SIMP_TCP_FIN_WAIT_1) {
        simp_tcp_set_state(t, SIMP_TCP_FIN_WAIT_2);
        if (t->orphan)
            simp_tcp_timer_set(t, SIMP_TIMER_WAIT, (uint64_t)t->stack->fin_wait_2_ns);
    } else if (t->state == SIMP_TCP_CLOSING) {
        simp_tcp_enter_time_wait(t);
    }
}

/* Room came back for a program that found none. */
static void report_room(simp_tcp *t)
{
    cas_port_socket *socket = t->socket;
    if (socket == NULL || !socket->send_blocked || t->send_end - t->una > t->send_limit / 2)
        return;
    socket->send_blocked = false;
    simp_socket_report(socket, FD_WRITE, 0);
}

static void on_new_ack(simp_tcp *t, const sim_packet *packet)
{
    uint32_t ack = packet->tcp.ack, old = t->una, bytes = ack - old, flight = t->max - old;
    if (t->stamps) {
        simp_option_measure(t, packet, flight);
    } else if (t->timing && simp_seq_before(t->active->timed_seq, ack)) {
        simp_tcp_rtt_sample(t, t->host->world->now_ns - t->active->timed_at_ns, 1);
        t->timing = false;
    }
    t->active->retries = 0;
    t->active->soft_error = 0;
    t->una = ack;
    if (simp_seq_before(t->nxt, ack))
        t->nxt = ack;
    if (t->urgent && simp_seq_upto(t->extras->urgent_end, ack))
        t->urgent = false;
    if (t->recovery != NULL)
        simp_sack_advance(t, old);
    simp_send_buffer_release(t, ack);
    if (t->una == t->max) {
        simp_tcp_timer_stop(t, SIMP_TIMER_RETRANSMIT); /* RFC 6298 5.2 */
        stop_probing(t);
    } else {
        simp_tcp_timer_set(t, SIMP_TIMER_RETRANSMIT, simp_tcp_timeout(t)); /* 5.3 */
    }
    t->active->duplicate_acks = 0;
    if (t->recovering)
        simp_recovery_advanced(t, bytes);
    else
        simp_tcp_cc_acked(t, bytes, flight);
    if (t->fin_queued && ack == t->send_end + 1)
        on_fin_acked(t);
    report_room(t);
}

/* RFC 5681 2: no data, no window change, something in flight, the same ACK again.  bare: it came without
 * text.  The answer to a probe of a closed window says nothing about a loss. */
static bool is_duplicate(const simp_tcp *t, const sim_packet *packet, bool bare, bool window_changed)
{
    return packet->tcp.ack == t->una && bare && !window_changed && t->max != t->una && t->wnd != 0 &&
           !simp_tcp_timer_is_on(t, SIMP_TIMER_PERSIST);
}

/* The rest of the fifth step. */
static bool check_ack(simp_tcp *t, const sim_packet *packet, bool bare)
{
    uint32_t ack = packet->tcp.ack;
    if (!simp_tcp_validate_ack(t, ack))
        return false;
    if (simp_seq_before(ack, t->una))
        return true; /* old; its text may still be new */
    bool changed = update_window(t, packet), advanced = simp_seq_before(t->una, ack);
    if (advanced)
        on_new_ack(t, packet);
    bool news = t->sacks && packet->tcp.sack_count > 0 && simp_sack_update(t, packet);
    if (t->ecn)
        simp_ecn_acked(t, packet);
    if (advanced && t->state == SIMP_TCP_LAST_ACK && ack == t->send_end + 1) {
        simp_tcp_finish(t);
        return false;
    }
    if (t->sacks ? news : !advanced && is_duplicate(t, packet, bare, changed))
        simp_recovery_duplicate(t);
    return true;
}

/* ---- sixth: URG; seventh: text; eighth: FIN ---- */

static bool takes_text(const simp_tcp *t)
{
    return t->state == SIMP_TCP_ESTABLISHED || t->state == SIMP_TCP_FIN_WAIT_1 ||
           t->state == SIMP_TCP_FIN_WAIT_2;
}

/* Senders whose urgent byte lies further ahead than 16 bits reach say 65535 until it comes near.  Taken at
 * its word, that would make a byte urgent that is none. */
static bool is_cut_short(const sim_packet *packet)
{
    return packet->tcp.urgent == UINT16_MAX && packet->length < UINT16_MAX;
}

static APART void check_urgent(simp_tcp *t, const sim_packet *packet, uint32_t seq)
{
    if (!takes_text(t) || (packet->tcp.urgent == 0 && !t->stack->urgent_points_at_last))
        return;
    uint32_t end = seq + packet->tcp.urgent + (t->stack->urgent_points_at_last ? 1 : 0);
    if (simp_seq_upto(end, t->rcv_nxt) || (t->rcv_has_urgent && !simp_seq_before(t->extras->rcv_urgent, end)))
        return;
    if (simp_tcp_extras(t) == NULL) {
        simp_out_of_memory(t->host->world);
        return;
    }
    t->rcv_has_urgent = true;
    t->extras->rcv_urgent = end;
    if (!is_cut_short(packet))
        simp_receive_buffer_mark(t, end - 1);
    simp_tcp_report(t, SIM_REPORT_URGENT, (int)(end - t->rcv_nxt));
}

/* SHLD-18, 19; RFC 5681 4.2: at once behind a gap and when one closes. */
static void schedule_ack(simp_tcp *t, bool in_order)
{
    t->segments_unacked++;
    if (t->quick_acks > 0) {
        t->quick_acks--;
        t->ack_now = true;
    } else if (!in_order || t->active->receive.early != NULL || t->segments_unacked >= 2) {
        t->ack_now = true;
    } else if (!simp_tcp_timer_is_on(t, SIMP_TIMER_DELAYED_ACK)) {
        simp_tcp_timer_set(t, SIMP_TIMER_DELAYED_ACK, (uint64_t)t->stack->delayed_ack_ns);
    }
}

/* Nobody will read it.  True: the connection has ended, and the packet with it. */
static APART bool refuses_text(simp_tcp *t, sim_packet *packet)
{
    cas_port_socket *socket = t->socket;
    if (t->orphan) {
        simp_packet_free(&t->host->world->arena, packet);
        simp_tcp_abort(t);
        return true;
    }
    if (!simp_tcp_profile(t)->shutdown_receive_resets)
        return false;
    simp_packet_free(&t->host->world->arena, packet);
    simp_tcp_abandon(t);
    simp_socket_report(socket, FD_CLOSE, socket->dead);
    return true;
}

/* Takes the packet over if it has text. */
static inline bool take_text(simp_tcp *t, sim_packet *packet)
{
    bool in_order = packet->tcp.seq == t->rcv_nxt;
    bool gap_before = t->active->receive.early != NULL;
    if ((t->orphan || t->receive_shut) && refuses_text(t, packet))
        return false;
    simp_receive_buffer_add(t, packet);
    if (t->rcv_has_urgent && simp_seq_upto(t->extras->rcv_urgent, t->rcv_nxt))
        t->rcv_has_urgent = false; /* or half the sequence space further on it would lie ahead again */
    if (t->receive_shut) {
        t->dropped_some = true;
        simp_receive_buffer_clear(t);
    }
    schedule_ack(t, in_order && !gap_before);
    if (in_order && t->socket != NULL && simp_receive_buffer_has_some(t))
        simp_socket_report(t->socket, FD_READ, 0);
    return true;
}

static void on_fin(simp_tcp *t)
{
    t->rcv_nxt++;
    if (t->active->receive.first == NULL)
        t->read = t->rcv_nxt;
    t->fin_received = true;
    t->ack_now = true;
    if (t->active->receive.early != NULL)
        simp_receive_buffer_finish(t);
    cas_port_socket *socket = t->socket;
    switch (t->state) {
    case SIMP_TCP_ESTABLISHED: simp_tcp_set_state(t, SIMP_TCP_CLOSE_WAIT); break;
    case SIMP_TCP_FIN_WAIT_1: simp_tcp_set_state(t, SIMP_TCP_CLOSING); break;
    default: simp_tcp_enter_time_wait(t); break;
    }
    if (socket != NULL) {
        socket->finished = true;
        simp_socket_report(socket, FD_CLOSE, 0);
    }
}

/* Sixth to eighth step.  Takes the packet over; seq is where its urgent pointer counts from, whatever was cut
 * off. */
static void process_text(simp_tcp *t, sim_packet *packet, uint32_t seq)
{
    if ((packet->tcp.flags & SIMP_URG) != 0)
        check_urgent(t, packet, seq);
    if ((packet->tcp.flags & SIMP_FIN) != 0) {
        t->fin_known = true;
        t->fin_at = packet->tcp.seq + packet->length;
        t->ack_now = true;
    }
    if (packet->length > 0 && takes_text(t)) {
        if (!take_text(t, packet))
            return;
    } else {
        if (packet->length > 0)
            t->ack_now = true;
        simp_packet_free(&t->host->world->arena, packet);
    }
    if (t->fin_known && !t->fin_received && t->fin_at == t->rcv_nxt && takes_text(t))
        on_fin(t);
    simp_tcp_output(t);
}

/* The handshake is done: what came with the SYN is in order now.  The segment that completed it may have the
 * same text again. */
static APART bool take_syn_text(simp_tcp *t, sim_packet *packet)
{
    sim_packet *first = t->active->receive.early;
    if (first == NULL)
        return true;
    t->active->receive.early = NULL;
    if (!take_text(t, first))
        return false;
    simp_tcp_trim(t, packet);
    return true;
}

/* The next one of the segments that may come as they are, and nothing asks for a second look at it. */
static bool is_expected(const simp_tcp *t, const sim_packet *packet)
{
    uint8_t flags = packet->tcp.flags & (SIMP_SYN | SIMP_FIN | SIMP_RST | SIMP_ACK);
    return packet->tcp.seq == t->rcv_nxt && flags == SIMP_ACK && !t->stamps && !t->ecn &&
           t->state >= SIMP_TCP_ESTABLISHED && packet->length <= simp_tcp_receive_window(t);
}

/* Does it acknowledge and offer what the one before did? */
static bool repeats_ack(const simp_tcp *t, const sim_packet *packet)
{
    return packet->tcp.ack == t->una && (uint32_t)packet->tcp.window << t->snd_scale == t->wnd &&
           packet->tcp.sack_count == 0 && simp_seq_upto(t->wl1, packet->tcp.seq);
}

/* First to fourth step, and whether there is an ACK.  False: the segment is done with. */
static bool check(simp_tcp *t, sim_packet *packet)
{
    uint32_t seq = packet->tcp.seq;
    if (!simp_tcp_validate(t, packet))
        return false;
    if (t->stamps)
        simp_option_record(t, packet, seq);
    if (t->ecn)
        simp_ecn_receive(t, packet);
    if ((packet->tcp.flags & SIMP_ACK) == 0)
        return false;
    return t->state != SIMP_TCP_SYN_RECEIVED || on_syn_received(t, packet);
}

/* Takes the packet over if its text is not to be processed: false.  Of most segments either the text is news
 * or the ACK is. */
static bool lets_in(simp_tcp *t, sim_packet *packet)
{
    simp_arena *arena = &t->host->world->arena;
    bool bare = packet->length == 0 && (packet->tcp.flags & (SIMP_SYN | SIMP_FIN)) == 0;
    bool expected = is_expected(t, packet), opens = t->state == SIMP_TCP_SYN_RECEIVED;
    if (expected && !bare && repeats_ack(t, packet)) {
        t->wl1 = packet->tcp.seq;
        return true;
    }
    if ((expected || check(t, packet)) && check_ack(t, packet, bare) && (!opens || take_syn_text(t, packet)))
        return true;
    simp_packet_free(arena, packet);
    return false;
}

static void input(simp_tcp *t, sim_packet *packet)
{
    uint32_t seq = packet->tcp.seq;
    if (t->state == SIMP_TCP_SYN_SENT ? on_syn_sent(t, packet) : lets_in(t, packet))
        process_text(t, packet, seq);
}

/* ---- to whom it belongs ---- */

/* A new SYN may take the place of a connection in TIME-WAIT: MAY-2; by its timestamp RFC 6191, SHLD-4. */
static bool is_reopening(const simp_tcp *t, const sim_packet *packet)
{
    if (t->state != SIMP_TCP_TIME_WAIT || (packet->tcp.flags & (SIMP_SYN | SIMP_ACK | SIMP_RST)) != SIMP_SYN)
        return false;
    bool is_beyond = simp_seq_before(t->rcv_nxt, packet->tcp.seq);
    if (!t->stamps || !packet->tcp.has_timestamps)
        return is_beyond;
    int32_t later = simp_seq_diff(packet->tcp.ts_value, t->extras->stamp_recent);
    return later > 0 || (later == 0 && is_beyond);
}

static void heard(simp_tcp *t)
{
    t->active->probes = 0;
    if (t->keepalive)
        simp_tcp_restart_keepalive(t);
}

/* MUST-57, MUST-63, RFC 1122 3.2.1.3: nothing that claims to come from a group, or went to one, counts. */
static bool has_valid_addresses(const sim_host *host, const sim_packet *packet)
{
    simp_ip source = packet->source;
    return simp_host_owns(host, packet->destination) && !simp_ip_is_any(source) &&
           !simp_ip_is_multicast(source) && !simp_ip_is_limited_broadcast(source) &&
           !simp_host_is_broadcast(host, source);
}

/* previous: in TIME-WAIT under the same four-tuple, and about to be reopened; NULL: there is none.  False:
 * nobody reopens it, and the packet is still for it. */
static COLD bool takes_unconnected(sim_host *host, simp_tcp *previous, sim_packet *packet)
{
    simp_arena *arena = &host->world->arena;
    if (!has_valid_addresses(host, packet)) {
        simp_packet_free(arena, packet);
        return true;
    }
    cas_port_socket *listener = simp_port_find_listener(host, packet->destination, packet->destination_port);
    if (listener != NULL) {
        simp_tcp_listen_input(listener, previous, packet);
    } else if (previous != NULL) {
        return false;
    } else {
        simp_tcp_reply_reset(host, packet);
        simp_packet_free(arena, packet);
    }
    return true;
}

/* What comes next is most often for the same one. */
static simp_tcp *find(sim_host *host, const sim_packet *packet)
{
    struct simp_outlets *outlets = host->outlets;
    simp_tcp *t = outlets != NULL ? outlets->recent : NULL;
    if (t != NULL && simp_tcp_key_fits(&t->key, packet))
        return t;
    simp_tcp_key key = simp_tcp_key_at(host, packet);
    t = simp_tcp_find(host->world, &key);
    if (outlets != NULL)
        outlets->recent = t;
    return t;
}

void simp_tcp_input(sim_host *host, sim_packet *packet)
{
    simp_tcp *t = find(host, packet);
    if ((t == NULL || is_reopening(t, packet)) && takes_unconnected(host, t, packet))
        return;
    if (!simp_tcp_wake(t)) {
        simp_out_of_memory(host->world);
        simp_packet_free(&host->world->arena, packet);
        return;
    }
    heard(t);
    input(t, packet);
}

/* RFC 9293 3.9.2.2: a hard error ends an attempt, and by policy a connection; a soft one is remembered, in
 * case the attempt fails (MUST-56).  RFC 5927 4.1: only about a segment that is in flight. */
void simp_tcp_error(sim_host *host, const sim_packet *quoted, const simp_icmp_news *news)
{
    simp_tcp_key key = {quoted->source, quoted->destination, quoted->destination_port, quoted->source_port,
                        host->index};
    simp_tcp *t = simp_tcp_find(host->world, &key);
    if (t == NULL || simp_seq_before(quoted->tcp.seq, t->una) || !simp_seq_before(quoted->tcp.seq, t->max))
        return;
    bool attempt = !simp_tcp_is_synchronised(t);
    bool ends = news->hard ? attempt || t->stack->hard_errors_end_connections
                           : attempt && t->stack->soft_errors_abort_connect;
    if (news->kind == SIMP_ICMP_TOO_BIG) {
        simp_pmtu_too_big(t, news->mtu);
    } else if (ends) {
        simp_tcp_fail(t, news->error);
    } else { /* MUST-47: who watches is told */
        t->active->soft_error = (uint16_t)news->error;
        simp_tcp_report(t, SIM_REPORT_SOFT_ERROR, news->error);
    }
}
