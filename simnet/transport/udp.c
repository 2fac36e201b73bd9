/* SPDX-License-Identifier: MIT
 *
 * UDP: datagrams out and in, and what ICMP says about them.
 */
#include <string.h>

#include "core/cold.h"
#include "simnet/ip/ip_state.h"
#include "simnet/ip/multicast.h"
#include "simnet/transport/port_table.h"
#include "simnet/ip/way.h"

enum { UDP_HEADER = 8, PAYLOAD_MAX_V4 = 65507, PAYLOAD_MAX_V6 = 65527, HEADERS_V4 = 28, HEADERS_V6 = 48 };

/* ---- sending ---- */

/* Where a datagram goes. */
typedef struct target {
    simp_ip ip;
    uint16_t port;
    bool addressed;             /* the call names it; else it is the connected peer */
    const simp_interface *only; /* NULL: by whichever interface the routes choose */
} target;

static int check_send(size_t len, const target *to)
{
    if (len > (simp_ip_is_v4(to->ip) ? PAYLOAD_MAX_V4 : PAYLOAD_MAX_V6))
        return WSAEMSGSIZE;
    return simp_ip_is_any(to->ip) || to->port == 0 ? WSAEADDRNOTAVAIL : 0;
}

static sim_packet *datagram(cas_port_socket *s, const void *buf, size_t len)
{
    simp_arena *arena = &s->host->world->arena;
    sim_packet *packet = simp_packet_create(arena);
    if (packet == NULL)
        return NULL;
    if (len > 0 && (packet->block = simp_block_copy(arena, buf, (uint32_t)len)) == NULL) {
        simp_packet_free(arena, packet);
        return NULL;
    }
    packet->protocol = IPPROTO_UDP;
    packet->length = (uint32_t)len;
    packet->ip_payload_len = UDP_HEADER + (uint32_t)len;
    packet->dont_fragment = s->options->dont_fragment;
    return packet;
}

/* How it goes to a group or to everybody. */
static COLD void set_manner(const cas_port_socket *s, sim_packet *packet, const target *to)
{
    const simp_multicast *m = s->udp->multicast;
    packet->loops = true;
    packet->interface = to->only == NULL ? 0 : to->only->index;
    if (!simp_ip_is_multicast(to->ip))
        return;
    packet->ttl = m == NULL ? 1 : m->ttl;
    packet->loops = m == NULL || m->loop || !simp_socket_profile(s)->unix_datagrams;
}

/* Unix: whichever call comes next fails. */
static int take_unix_error(cas_port_socket *s)
{
    int error = s->udp->error_pending;
    if (error == 0 || !simp_socket_profile(s)->unix_datagrams)
        return 0;
    s->udp->error_pending = 0;
    return error;
}

static const simp_interface *chosen_interface(const cas_port_socket *s, simp_ip to)
{
    bool chosen = s->udp->multicast != NULL && s->udp->multicast->interface != 0 && simp_ip_is_multicast(to);
    return chosen ? simp_host_interface(s->host, s->udp->multicast->interface) : NULL;
}

/* What is known of the way there; NULL: there is none.  The way by one interface is written down in room. */
static const simp_way *find_way(sim_host *host, const target *to, simp_way *room)
{
    if (to->only == NULL)
        return simp_way_to(host, to->ip);
    room->to_many = true;
    return simp_ip_route_by(host, to->ip, to->only, &room->next) == 0 ? room : NULL;
}

/* BRD-02: a connected peer may be a broadcast address, whatever SO_BROADCAST says. */
static bool is_forbidden(const cas_port_socket *s, const target *to, const simp_way *way)
{
    return way->to_many && to->addressed && !s->options->broadcast && !simp_ip_is_multicast(to->ip);
}

/* A datagram that must not be cut has to fit what is known of the way. */
static bool is_too_big(const cas_port_socket *s, size_t len, const target *to, uint32_t mtu)
{
    if (!s->options->dont_fragment)
        return false;
    uint32_t headers = simp_ip_is_v4(to->ip) ? HEADERS_V4 : HEADERS_V6;
    return len + headers > simp_path_mtu_of(s->host, to->ip, mtu);
}

static int check_way(const cas_port_socket *s, size_t len, const target *to, const simp_way *way)
{
    if (way == NULL)
        return WSAENETUNREACH;
    if (is_forbidden(s, to, way))
        return WSAEACCES;
    return is_too_big(s, len, to, way->next.mtu) ? WSAEMSGSIZE : 0;
}

static bool has_lost_address(const cas_port_socket *s)
{
    return s->host->ip != NULL && !simp_ip_is_any(s->local) && !simp_host_owns(s->host, s->local);
}

static int send_bound(cas_port_socket *s, const void *buf, size_t len, const target *to)
{
    if (has_lost_address(s))
        return WSAEADDRNOTAVAIL;
    simp_way room;
    const simp_way *way = find_way(s->host, to, &room);
    int error = check_way(s, len, to, way);
    if (error != 0)
        return error;
    sim_packet *packet = datagram(s, buf, len);
    if (packet == NULL)
        return WSAENOBUFS;
    packet->ttl = s->ttl;
    packet->source_port = s->local_port;
    packet->source = simp_ip_is_any(s->local) ? way->next.source : s->local;
    packet->destination = to->ip;
    packet->destination_port = to->port;
    if (way->to_many)
        set_manner(s, packet, to);
    return simp_ip_try_output_on(s->host, packet, way);
}

/* What would fail anyway, or fails then, binds nothing. */
static COLD int bind_and_send(cas_port_socket *s, const void *buf, size_t len, const target *to)
{
    simp_way room;
    int error = check_way(s, len, to, find_way(s->host, to, &room));
    if (error == 0)
        error = simp_port_bind(s, s->ipv6 ? (simp_ip){0, 0} : simp_ip_v4(0), 0);
    if (error != 0)
        return error;
    error = send_bound(s, buf, len, to);
    if (error != 0)
        simp_port_unbind_ephemeral(s);
    return error;
}

static int send_to(cas_port_socket *s, const void *buf, size_t len, const target *to)
{
    return s->bound ? send_bound(s, buf, len, to) : bind_and_send(s, buf, len, to);
}

/* RFC 919 7: to everybody on each network the host is on, from its address there. */
static COLD int send_to_everybody(cas_port_socket *s, const void *buf, size_t len, target *to)
{
    int error = WSAENETUNREACH;
    for (to->only = s->host->interfaces; to->only != NULL; to->only = to->only->next) {
        int result = send_to(s, buf, len, to);
        if (error == WSAENETUNREACH)
            error = result;
    }
    return error;
}

/* To everybody, to a group, or where nothing can go. */
static COLD int send_with_care(cas_port_socket *s, const void *buf, size_t len, target *to)
{
    int error = take_unix_error(s);
    if (error == 0)
        error = check_send(len, to);
    if (error != 0)
        return error;
    if (simp_ip_is_limited_broadcast(to->ip) && simp_ip_is_any(s->local))
        return send_to_everybody(s, buf, len, to);
    to->only = chosen_interface(s, to->ip);
    return send_to(s, buf, len, to);
}

/* By its first octet no wildcard, no group, not everybody. */
static bool is_one_v4(simp_ip ip) { return simp_ip_is_v4(ip) && (simp_ip_v4_of(ip) >> 24) - 1 < 223; }

int simp_udp_send(cas_port_socket *s, const void *buf, size_t len, simp_ip ip, uint16_t port, bool addressed)
{
    target to = {ip, port, addressed, NULL};
    bool plain = is_one_v4(ip) && port != 0 && len <= PAYLOAD_MAX_V4 && s->udp->error_pending == 0;
    return plain ? send_to(s, buf, len, &to) : send_with_care(s, buf, len, &to);
}

/* ---- arriving ---- */

static void enqueue(cas_port_socket *s, sim_packet *packet)
{
    simp_arena *arena = &s->host->world->arena;
    simp_datagrams *queue = s->udp;
    /* One datagram is always taken, however small the buffer (OPT-7); the newest is the one that is lost. */
    bool full = queue->first != NULL && queue->bytes + packet->length > (uint32_t)s->options->receive_buffer;
    if (full || s->receive_shut) {
        if (full)
            simp_ip_count_drop(s->host, SIM_DROP_BUFFER_FULL);
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

/* Windows: who does not want to hear its own host does not. */
static bool hears_own_host(const cas_port_socket *s, const sim_packet *packet)
{
    bool own = packet->origin == s->host->index;
    return !own || s->udp->multicast == NULL || s->udp->multicast->loop ||
           simp_socket_profile(s)->unix_datagrams;
}

static bool concerns(const cas_port_socket *s, const sim_packet *packet)
{
    bool from_peer = simp_ip_equal(s->remote, packet->source) && s->remote_port == packet->source_port;
    if (!simp_ip_is_any(s->local) || !simp_port_accepts(s, packet->destination) ||
        (s->connected && !from_peer))
        return false;
    return !simp_ip_is_multicast(packet->destination) ||
           (simp_multicast_hears(s, packet->destination, packet->interface) && hears_own_host(s, packet));
}

static COLD void deliver_to_all(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    for (cas_port_socket *s = simp_port_first_datagram(host, packet->destination_port); s != NULL;
         s = s->port_next) {
        if (!concerns(s, packet))
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
    bool to_one = packet->is_direct || (simp_host_owns(host, packet->destination) &&
                                        !simp_ip_is_loopback_broadcast(packet->destination));
    if (!to_one) {
        deliver_to_all(host, packet);
        return;
    }
    cas_port_socket *s = simp_port_find_datagram(host, &packet->destination, packet->destination_port,
                                                 &packet->source, packet->source_port);
    if (s != NULL) {
        enqueue(s, packet);
        return;
    }
    simp_icmp_send_error(host, packet, SIMP_ICMP_PORT_UNREACHABLE, 0);
    simp_ip_drop(host, packet, SIM_DROP_NO_PORT);
}

/* Measured Windows: a port or protocol without listener fails one receive each, also of a socket that is not
 * connected; a time to live that ran out is WSAENETRESET; nothing else is told. */
static bool keep_error(cas_port_socket *s, const simp_icmp_news *news)
{
    switch (news->kind) {
    case SIMP_ICMP_PORT_UNREACHABLE:
    case SIMP_ICMP_PROTOCOL_UNREACHABLE: s->udp->errors_pending += s->connreset; return s->connreset;
    case SIMP_ICMP_TIME_EXCEEDED:
    case SIMP_ICMP_REASSEMBLY_TIME: s->udp->error_pending = WSAENETRESET; return true;
    default: return false;
    }
}

/* Unix: a connected socket fails one call for what will not pass. */
static bool keep_unix_error(cas_port_socket *s, const simp_icmp_news *news)
{
    bool expected = news->kind == SIMP_ICMP_TOO_BIG && !s->options->dont_fragment;
    bool told = s->connected && news->hard && !expected;
    if (told)
        s->udp->error_pending = news->error;
    return told;
}

/* What is queued is intact. */
void simp_udp_error(sim_host *host, const sim_packet *quoted, const simp_icmp_news *news)
{
    cas_port_socket *s = simp_port_find_datagram(host, &quoted->source, quoted->source_port,
                                                 &quoted->destination, quoted->destination_port);
    if (s == NULL || s->receive_shut)
        return;
    bool kept = simp_socket_profile(s)->unix_datagrams ? keep_unix_error(s, news) : keep_error(s, news);
    if (kept)
        simp_socket_report(s, FD_READ, 0);
}

/* ---- receiving ---- */

/* One failing call for each ICMP message, whether it peeks or not. */
static bool take_error(cas_port_socket *s, int *error)
{
    if (s->udp->errors_pending > 0) {
        s->udp->errors_pending--;
        *error = WSAECONNRESET;
        return true;
    }
    *error = s->udp->error_pending;
    s->udp->error_pending = 0;
    return *error != 0;
}

static void dequeue(cas_port_socket *s)
{
    simp_datagrams *queue = s->udp;
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
    const sim_packet *packet = s->udp->first;
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
    while (s->udp->first != NULL)
        dequeue(s);
}
