/* SPDX-License-Identifier: MIT
 *
 * The passive side: what a segment for a listener does, RFC 9293 3.10.7.2, and the two queues of RFC 4987 3:
 * handshakes under way, and connections that wait to be accepted.
 *
 * Where an overflow is reset, as Windows does, a connection counts against the backlog from its SYN on, and
 * the handshake that was begun has its place.  Where it is dropped, as on Linux, either queue takes as many
 * as the backlog says; the ACK that completes a handshake is dropped too while the second one is full, and
 * the SYN,ACK sent again asks for it.  Handshakes that never complete leave after the last SYN,ACK.
 */
#include "simnet/ip/ip.h"
#include "simnet/transport/tcp.h"

bool simp_listen_refuses_ack(const cas_port_socket *listener, const sim_stack *stack)
{
    return stack->accept_overflow == SIM_OVERFLOW_DROP &&
           listener->backlog->accept_count >= listener->backlog->limit + stack->accept_extra;
}

static bool is_full(const cas_port_socket *listener, const sim_stack *stack)
{
    unsigned begun = listener->backlog->handshake_count;
    if (stack->accept_overflow == SIM_OVERFLOW_DROP)
        return simp_listen_refuses_ack(listener, stack) || begun >= listener->backlog->limit;
    return listener->backlog->accept_count + begun >= listener->backlog->limit;
}

static void accept_syn(cas_port_socket *listener, simp_tcp *previous, sim_packet *packet)
{
    sim_host *host = listener->host;
    simp_tcp_key key = simp_tcp_key_at(host, packet);
    bool reopens = previous != NULL;
    uint32_t last = reopens ? previous->max : 0;
    simp_tcp *t;
    if (reopens)
        simp_tcp_finish(previous); /* what a program has not read yet stays readable */
    if (simp_tcp_create(host, &key, listener->options, &t) != 0) {
        simp_packet_free(&host->world->arena, packet); /* as if the SYN was lost; the peer tries again */
        return;
    }
    if (reopens)
        simp_tcp_begin_beyond(t, last);
    simp_socket_begin_handshake(listener, t);
    (void)simp_option_offer(t, false); /* which asks for no memory */
    simp_tcp_open_passively(t, packet);
}

void simp_tcp_listen_input(cas_port_socket *listener, simp_tcp *previous, sim_packet *packet)
{
    sim_host *host = listener->host;
    uint8_t flags = packet->tcp.flags & (SIMP_RST | SIMP_ACK | SIMP_SYN);
    bool full = is_full(listener, host->stack);
    if (flags == SIMP_SYN && !full) {
        accept_syn(listener, previous, packet);
        return;
    }
    bool refused = flags == SIMP_SYN && host->stack->accept_overflow == SIM_OVERFLOW_RESET;
    if (refused || ((flags & SIMP_ACK) != 0 && (flags & SIMP_RST) == 0))
        simp_tcp_reply_reset(host, packet);
    simp_packet_free(&host->world->arena, packet);
}
