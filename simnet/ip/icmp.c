/* SPDX-License-Identifier: MIT
 *
 * ICMP by meaning, the same for both families: echo, and errors with the packet that caused them.
 */
#include "simnet/ip/ip_state.h"

static bool is_icmp(const sim_packet *packet)
{
    return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
}

static bool is_icmp_error(const sim_packet *packet)
{
    return is_icmp(packet) && !packet->from_bytes && packet->icmp.kind != SIMP_ICMP_ECHO &&
           packet->icmp.kind != SIMP_ICMP_ECHO_REPLY;
}

static uint8_t protocol_for(simp_ip destination)
{
    return simp_ip_is_v4(destination) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

/* ---- sending errors ---- */

enum {
    ICMP_HEADER = 8,
    V4_MAX = 576, /* RFC 1812 4.3.2.3: as much of the packet as fits */
    V6_MAX = 1280 /* RFC 4443 3.1 */
};

/* A source that names one host, which can be told. */
static bool is_one_host(const sim_host *host, simp_ip ip)
{
    return !simp_ip_is_any(ip) && !simp_ip_is_multicast(ip) && !simp_host_is_broadcast(host, ip);
}

/* RFC 1122 3.2.2, RFC 1812 4.3.2.7, RFC 4443 2.4 (e). */
static bool may_answer(const sim_host *host, const sim_packet *packet, simp_icmp_kind kind)
{
    if (is_icmp_error(packet) || packet->fragment_offset != 0 || !is_one_host(host, packet->source))
        return false;
    bool to_many = packet->next_host == SIMP_EVERYBODY || simp_ip_is_multicast(packet->destination) ||
                   simp_host_is_broadcast(host, packet->destination);
    /* (e.3): path MTU discovery works for groups as well. */
    return !to_many || (kind == SIMP_ICMP_TOO_BIG && !simp_ip_is_v4(packet->destination));
}

/* As much of the payload as the size of an error allows; its transport header is quoted in full. */
static void quote(sim_packet *error, sim_packet *quoted)
{
    uint32_t headers = ICMP_HEADER + simp_packet_size(quoted) - quoted->length;
    uint32_t room = simp_ip_is_v4(quoted->source) ? V4_MAX - 20 : V6_MAX - 40;
    error->icmp.quoted = quoted;
    error->ip_payload_len = headers;
    if (quoted->block == NULL || headers >= room)
        return;
    error->block = quoted->block;
    error->block->references++;
    error->offset = quoted->offset;
    error->length = quoted->length < room - headers ? quoted->length : room - headers;
    error->ip_payload_len += error->length;
}

static simp_ip error_source(const sim_host *host, const sim_packet *packet)
{
    simp_next_hop next;
    return simp_ip_route(host, packet->source, &next) == 0 ? next.source : packet->destination;
}

void simp_icmp_send_error(sim_host *host, const sim_packet *packet, simp_icmp_kind kind, uint32_t word)
{
    sim_world *world = host->world;
    if (!may_answer(host, packet, kind) || !simp_icmp_limit_passes(host, packet->source))
        return;
    sim_packet *error = simp_packet_create(&world->arena);
    sim_packet *quoted = error == NULL ? NULL : simp_packet_copy(&world->arena, packet);
    if (quoted == NULL) {
        simp_packet_free(&world->arena, error);
        simp_out_of_memory(world);
        return;
    }
    error->destination = packet->source;
    error->source = error_source(host, packet);
    error->protocol = protocol_for(packet->source);
    error->icmp = (simp_icmp_header){.kind = kind, .mtu = word};
    quote(error, quoted);
    simp_ip_output(host, error);
}

/* ---- what the transports are told ---- */

/* The codes are those of the sockets of Unix, which RFC 1122 4.2.3.9 agrees with on what is hard. */
static const struct {
    int error;
    bool hard;
} meanings[SIMP_ICMP_KINDS] = {
    [SIMP_ICMP_NET_UNREACHABLE] = {WSAENETUNREACH, false},
    [SIMP_ICMP_HOST_UNREACHABLE] = {WSAEHOSTUNREACH, false},
    [SIMP_ICMP_PROTOCOL_UNREACHABLE] = {WSAENOPROTOOPT, true},
    [SIMP_ICMP_PORT_UNREACHABLE] = {WSAECONNREFUSED, true},
    [SIMP_ICMP_TOO_BIG] = {WSAEMSGSIZE, true},
    [SIMP_ICMP_SOURCE_ROUTE_FAILED] = {WSAEOPNOTSUPP, false},
    [SIMP_ICMP_NET_UNKNOWN] = {WSAENETUNREACH, true},
    [SIMP_ICMP_HOST_UNKNOWN] = {WSAEHOSTDOWN, true},
    [SIMP_ICMP_NET_PROHIBITED] = {WSAENETUNREACH, true},
    [SIMP_ICMP_HOST_PROHIBITED] = {WSAEHOSTUNREACH, true},
    [SIMP_ICMP_PROHIBITED] = {WSAEHOSTUNREACH, true},
    [SIMP_ICMP_TIME_EXCEEDED] = {WSAEHOSTUNREACH, false},
    [SIMP_ICMP_REASSEMBLY_TIME] = {WSAEHOSTUNREACH, false},
    [SIMP_ICMP_PARAMETER_PROBLEM] = {WSAENOPROTOOPT, true},
};

void simp_icmp_tell(sim_host *host, const sim_packet *quoted, simp_icmp_kind kind, uint32_t word)
{
    simp_icmp_news news = {kind, meanings[kind].error, meanings[kind].hard, 0};
    if (kind == SIMP_ICMP_PROHIBITED && !simp_ip_is_v4(quoted->source))
        news.error = WSAEACCES;
    if (kind == SIMP_ICMP_TOO_BIG)
        news.mtu = word;
    if (kind == SIMP_ICMP_TOO_BIG && quoted->protocol != IPPROTO_TCP)
        simp_path_mtu_learn(host, quoted->destination, word);
    if (quoted->fragment_offset != 0 || quoted->from_bytes)
        return; /* whose it was is not known */
    if (quoted->protocol == IPPROTO_UDP)
        simp_udp_error(host, quoted, &news);
    else if (quoted->protocol == IPPROTO_TCP)
        simp_tcp_error(host, quoted, &news);
}

/* ---- arriving ---- */

static bool is_echo_answered(const sim_host *host, const sim_packet *packet)
{
    if (simp_host_owns(host, packet->destination))
        return true;
    if (!simp_ip_is_v4(packet->destination))
        return true;
    return host->ip != NULL && host->ip->answers_broadcast_echo;
}

/* RFC 1122 3.2.2.6: from the address that was asked, or one of this host's where many were. */
static void answer_echo(sim_host *host, sim_packet *packet)
{
    simp_ip asked = packet->destination;
    simp_next_hop next;
    if (!is_echo_answered(host, packet) || !is_one_host(host, packet->source) ||
        simp_ip_route(host, packet->source, &next) != 0) {
        simp_packet_free(&host->world->arena, packet);
        return;
    }
    packet->destination = packet->source;
    packet->source = simp_host_owns(host, asked) ? asked : next.source;
    packet->icmp.kind = SIMP_ICMP_ECHO_REPLY;
    packet->ttl = 0;
    packet->interface = 0;
    packet->traffic_class &= (uint8_t)~SIMP_ECN_MASK;
    packet->dont_fragment = false;
    simp_ip_output(host, packet);
}

void simp_icmp_input(sim_host *host, sim_packet *packet)
{
    if (packet->icmp.kind == SIMP_ICMP_ECHO) {
        answer_echo(host, packet);
        return;
    }
    const sim_packet *quoted = packet->icmp.quoted;
    if (is_icmp_error(packet) && quoted != NULL && simp_host_owns(host, quoted->source))
        simp_icmp_tell(host, quoted, packet->icmp.kind, packet->icmp.mtu);
    simp_packet_free(&host->world->arena, packet);
}
