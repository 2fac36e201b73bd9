/* SPDX-License-Identifier: MIT
 *
 * ICMP by meaning, the same for both families: echo, and errors with the packet that caused them.
 */
#include "simnet/ip.h"

static bool is_icmp(const sim_packet *packet)
{
    return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
}

static bool is_icmp_error(const sim_packet *packet)
{
    return is_icmp(packet) && packet->icmp.kind != SIMP_ICMP_ECHO &&
           packet->icmp.kind != SIMP_ICMP_ECHO_REPLY;
}

static uint8_t protocol_for(simp_ip destination)
{
    return simp_ip_is_v4(destination) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

enum { ICMP_HEADER = 8, IPV4_HEADER = 20, IPV6_HEADER = 40, QUOTED_TRANSPORT = 8 };

void simp_icmp_send_error(sim_host *host, const sim_packet *packet, simp_icmp_kind kind, uint32_t mtu)
{
    sim_world *world = host->world;
    /* RFC 1122 3.2.2: never about an ICMP error, a group, or a fragment that is not the first. */
    if (is_icmp_error(packet) || simp_ip_is_multicast(packet->destination) || packet->fragment_offset != 0 ||
        simp_host_is_broadcast(host, packet->destination) || simp_ip_is_any(packet->source))
        return;
    sim_packet *error = simp_packet_create(&world->arena);
    sim_packet *quoted = error == NULL ? NULL : simp_packet_create(&world->arena);
    if (quoted == NULL) {
        simp_packet_free(&world->arena, error);
        simp_out_of_memory(world);
        return;
    }
    *quoted = *packet;
    quoted->next = NULL;
    quoted->block = NULL;
    quoted->offset = quoted->length = 0;
    bool v4 = simp_ip_is_v4(packet->source);
    simp_next_hop next;
    error->destination = packet->source;
    error->source = simp_ip_route(host, packet->source, &next) == 0 ? next.source : packet->destination;
    error->protocol = protocol_for(packet->source);
    error->icmp = (simp_icmp_header){.kind = kind, .mtu = mtu, .quoted = quoted};
    error->ip_payload_len = (uint32_t)(ICMP_HEADER + (v4 ? IPV4_HEADER : IPV6_HEADER) + QUOTED_TRANSPORT);
    simp_ip_output(host, error);
}

/* What a transport is told. */
static int error_of(simp_icmp_kind kind)
{
    switch (kind) {
    case SIMP_ICMP_NET_UNREACHABLE: return WSAENETUNREACH;
    case SIMP_ICMP_HOST_UNREACHABLE: return WSAEHOSTUNREACH;
    case SIMP_ICMP_PORT_UNREACHABLE: return WSAECONNREFUSED;
    case SIMP_ICMP_TOO_BIG: return WSAEMSGSIZE;
    default: return WSAENETRESET;
    }
}

static void answer_echo(sim_host *host, sim_packet *packet)
{
    bool group = !simp_host_owns(host, packet->destination);
    simp_ip asked = packet->destination;
    simp_next_hop next;
    if (group || simp_ip_route(host, packet->source, &next) != 0) {
        simp_packet_free(&host->world->arena, packet);
        return;
    }
    packet->destination = packet->source;
    packet->source = asked;
    packet->icmp.kind = SIMP_ICMP_ECHO_REPLY;
    packet->ttl = 0;
    simp_ip_output(host, packet);
}

void simp_icmp_input(sim_host *host, sim_packet *packet)
{
    if (packet->icmp.kind == SIMP_ICMP_ECHO) {
        answer_echo(host, packet);
        return;
    }
    const sim_packet *quoted = packet->icmp.quoted;
    if (quoted != NULL && simp_host_owns(host, quoted->source)) {
        int error = error_of(packet->icmp.kind);
        if (quoted->protocol == IPPROTO_UDP)
            simp_udp_error(host, quoted, error);
        else if (quoted->protocol == IPPROTO_TCP)
            simp_tcp_error(host, quoted, error, packet->icmp.mtu);
    }
    simp_packet_free(&host->world->arena, packet);
}
