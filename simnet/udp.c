/* SPDX-License-Identifier: MIT
 *
 * UDP: datagrams out and in, and what ICMP says about them.
 */
#include <string.h>

#include "simnet/ip.h"
#include "simnet/port_table.h"
#include "simnet/way.h"

enum { UDP_HEADER = 8, PAYLOAD_MAX_V4 = 65507, PAYLOAD_MAX_V6 = 65527 };

/* ---- sending ---- */

/* asks: the call names the destination, which may be many hosts.  BRD-02: a connected peer may be a broadcast
 * address, whatever SO_BROADCAST says. */
static int check_send(const cas_port_socket *s, size_t len, simp_ip to, uint16_t port, bool asks)
{
    if (len > (simp_ip_is_v4(to) ? PAYLOAD_MAX_V4 : PAYLOAD_MAX_V6))
        return WSAEMSGSIZE;
    if (simp_ip_is_any(to) || port == 0)
        return WSAEADDRNOTAVAIL;
    if (asks && simp_host_is_broadcast(s->host, to) && !s->options.broadcast)
        return WSAEACCES;
    return 0;
}

static sim_packet *datagram(cas_port_socket *s, const void *buf, size_t len)
{
    simp_arena *arena = &s->host->world->arena;
    sim_packet *packet = simp_packet_create(arena);
    if (packet == NULL)
        return NULL;
    if (len > 0) {
        packet->block = simp_block_create(arena, (uint32_t)len);
        if (packet->block == NULL) {
            simp_packet_free(arena, packet);
            return NULL;
        }
        memcpy(packet->block->bytes, buf, len);
        packet->block->used = packet->length = (uint32_t)len;
    }
    packet->protocol = IPPROTO_UDP;
    packet->ttl = (uint8_t)s->options.ttl;
    packet->ip_payload_len = UDP_HEADER + (uint32_t)len;
    return packet;
}

int simp_udp_send(cas_port_socket *s, const void *buf, size_t len, simp_ip to, uint16_t port, bool addressed)
{
    const simp_way *way = simp_way_to(s->host, to);
    bool to_one = way != NULL && !way->everybody && way->next.interface->link != NULL;
    int error = check_send(s, len, to, port, addressed && !to_one);
    if (error != 0 || way == NULL)
        return error != 0 ? error : WSAENETUNREACH;
    sim_packet *packet = datagram(s, buf, len);
    if (packet == NULL)
        return WSAENOBUFS;
    bool was_bound = s->bound;
    if (!was_bound)
        error = simp_port_bind(s, s->ipv6 ? (simp_ip){0, 0} : simp_ip_v4(0), 0);
    if (error != 0) {
        simp_packet_free(&s->host->world->arena, packet);
        return error;
    }
    packet->source_port = s->local_port;
    packet->source = simp_ip_is_any(s->local) ? way->next.source : s->local;
    packet->destination = to;
    packet->destination_port = port;
    error = simp_ip_try_output(s->host, packet);
    if (error != 0 && !was_bound)
        simp_port_unbind_ephemeral(s);
    return error;
}

/* ---- arriving ---- */

static void enqueue(cas_port_socket *s, sim_packet *packet)
{
    simp_arena *arena = &s->host->world->arena;
    simp_datagram_queue *queue = &s->datagrams;
    /* One datagram is always taken, however small the buffer (OPT-7); the newest is the one that is lost. */
    bool full = queue->first != NULL && queue->bytes + packet->length > (uint32_t)s->options.receive_buffer;
    if (full || s->receive_shut) {
        simp_packet_free(arena, packet);
        return;
    }
    packet->next = NULL;
    if (queue->last != NULL)
        queue->last->next = packet;
    else
        queue->first = packet;
    queue->last = packet;
    queue->bytes += packet->length;
    simp_socket_report(s, FD_READ, 0);
}

static void deliver_to_all(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    for (cas_port_socket *s = simp_port_first_datagram(host, packet->destination_port); s != NULL;
         s = s->port_next) {
        bool from_peer = simp_ip_equal(s->remote, packet->source) && s->remote_port == packet->source_port;
        if (!simp_ip_is_any(s->local) || (s->connected && !from_peer))
            continue;
        sim_packet *copy = simp_packet_copy(&world->arena, packet);
        if (copy == NULL)
            simp_out_of_memory(world);
        else
            enqueue(s, copy);
    }
    simp_packet_free(&world->arena, packet);
}

void simp_udp_input(sim_host *host, sim_packet *packet)
{
    bool to_one = simp_packet_is_direct(packet, host->world) ||
                  (simp_host_owns(host, packet->destination) &&
                   !simp_ip_is_loopback_broadcast(packet->destination));
    if (!to_one) {
        deliver_to_all(host, packet);
        return;
    }
    cas_port_socket *s = simp_port_find_datagram(host, packet->destination, packet->destination_port,
                                                 packet->source, packet->source_port);
    if (s != NULL) {
        enqueue(s, packet);
        return;
    }
    simp_icmp_send_error(host, packet, SIMP_ICMP_PORT_UNREACHABLE, 0);
    simp_packet_free(&host->world->arena, packet);
}

/* The next receive of the sending socket fails, once for each error; what is queued is intact. */
void simp_udp_error(sim_host *host, const sim_packet *quoted, int error)
{
    cas_port_socket *s = simp_port_find_datagram(host, quoted->source, quoted->source_port,
                                                 quoted->destination, quoted->destination_port);
    if (s == NULL || s->receive_shut)
        return;
    if (error == WSAECONNREFUSED) {
        if (!s->connreset)
            return;
        s->errors_pending++;
    } else if (error == WSAENETRESET) {
        s->error_pending = error;
    } else {
        return;
    }
    simp_socket_report(s, FD_READ, 0);
}

/* ---- receiving ---- */

/* One failing call for each ICMP message, whether it peeks or not. */
static bool take_error(cas_port_socket *s, int *error)
{
    if (s->errors_pending > 0) {
        s->errors_pending--;
        *error = WSAECONNRESET;
        return true;
    }
    *error = s->error_pending;
    s->error_pending = 0;
    return *error != 0;
}

static void dequeue(cas_port_socket *s)
{
    simp_datagram_queue *queue = &s->datagrams;
    sim_packet *packet = queue->first;
    queue->first = packet->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->bytes -= packet->length;
    simp_packet_free(&s->host->world->arena, packet);
}

int simp_udp_receive(cas_port_socket *s, void *buf, size_t len, bool peek, SOCKADDR_STORAGE *from,
                     size_t *count)
{
    int error;
    if (s->receive_shut)
        return WSAESHUTDOWN;
    if (!s->bound)
        return WSAEINVAL;
    if (take_error(s, &error))
        return error;
    const sim_packet *packet = s->datagrams.first;
    if (packet == NULL)
        return WSAEWOULDBLOCK;
    size_t part = packet->length < len ? packet->length : len;
    if (part > 0)
        memcpy(buf, packet->block->bytes + packet->offset, part);
    if (from != NULL)
        simp_ip_to_sockaddr(packet->source, packet->source_port, s->ipv6 ? AF_INET6 : AF_INET, from);
    error = packet->length > len ? WSAEMSGSIZE : 0;
    *count = part;
    if (!peek)
        dequeue(s);
    return error;
}

void simp_udp_clear(cas_port_socket *s)
{
    while (s->datagrams.first != NULL)
        dequeue(s);
}
