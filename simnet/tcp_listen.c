/* SPDX-License-Identifier: MIT
 *
 * The passive side: what a segment for a listener does, RFC 9293 3.10.7.2.
 *
 * A connection counts against the backlog from its SYN on.  When the backlog is full the newcomer is reset,
 * as Windows does it.
 */
#include "simnet/ip.h"
#include "simnet/tcp.h"

static simp_tcp_key key_of(const sim_host *host, const sim_packet *packet)
{
    return (simp_tcp_key){packet->destination, packet->source, host->index, packet->destination_port,
                          packet->source_port};
}

static void open_passively(cas_port_socket *listener, const sim_packet *packet)
{
    sim_host *host = listener->host;
    simp_tcp_key key = key_of(host, packet);
    simp_tcp *t;
    if (simp_tcp_create(host, &key, &listener->options, &t) != 0)
        return; /* no memory: as if the SYN was lost; the peer tries again */
    simp_socket_begin_handshake(listener, t);
    simp_option_offer(t, false);
    simp_tcp_take_syn(t, packet);
    simp_tcp_set_state(t, SIMP_TCP_SYN_RECEIVED);
    if (!simp_tcp_send_syn(t))
        simp_out_of_memory(host->world);
}

void simp_tcp_listen_input(cas_port_socket *listener, sim_packet *packet)
{
    sim_host *host = listener->host;
    uint8_t flags = packet->tcp.flags;
    bool full = listener->accept_count + listener->handshake_count >= listener->backlog;
    if ((flags & SIMP_RST) != 0) {
        /* Ignored. */
    } else if ((flags & SIMP_ACK) != 0) {
        simp_tcp_reply_reset(host, packet);
    } else if ((flags & SIMP_SYN) != 0 && simp_host_owns(host, packet->destination)) { /* MUST-57 */
        if (full)
            simp_tcp_reply_reset(host, packet);
        else
            open_passively(listener, packet);
    }
    simp_packet_free(&host->world->arena, packet);
}
