/* SPDX-License-Identifier: MIT
 *
 * See ip.h.
 */
#include "simnet/ip.h"

#include "simnet/bridge.h"
#include "simnet/host_fault.h"
#include "simnet/link.h"
#include "simnet/partition.h"
#include "simnet/way.h"
#include "simnet/wire.h"

/* ---- addresses ---- */

static bool is_broadcast_of(const simp_interface_address *address, simp_ip ip)
{
    if (!simp_ip_is_v4(address->ip) || address->node.note >= 127)
        return false;
    uint32_t host_bits = UINT32_MAX >> (address->node.note - 96);
    return simp_ip_match(address->ip, ip, address->node.note) && (simp_ip_v4_of(ip) & host_bits) == host_bits;
}

bool simp_host_owns(const sim_host *host, simp_ip ip)
{
    if (simp_ip_is_loopback(ip))
        return true;
    for (const simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (simp_ip_equal(a->ip, ip))
                return true;
        }
    }
    return false;
}

bool simp_host_is_broadcast(const sim_host *host, simp_ip ip)
{
    if (simp_ip_is_limited_broadcast(ip) || simp_ip_is_loopback_broadcast(ip))
        return true;
    for (const simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (is_broadcast_of(a, ip))
                return true;
        }
    }
    return false;
}

/* ---- routing ---- */

static const simp_interface_address *source_on(const simp_interface *interface, bool v4)
{
    for (const simp_interface_address *a = interface->addresses; a != NULL; a = a->next) {
        if (simp_ip_is_v4(a->ip) == v4)
            return a;
    }
    return NULL;
}

/* The interface whose own network holds ip, by the longest prefix. */
static const simp_interface_address *connected(const sim_host *host, simp_ip ip, simp_interface **interface)
{
    const simp_interface_address *best = NULL;
    for (simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (simp_ip_is_v4(a->ip) != simp_ip_is_v4(ip) || !simp_ip_match(a->ip, ip, a->node.note))
                continue;
            if (best == NULL || a->node.note > best->node.note) {
                best = a;
                *interface = i;
            }
        }
    }
    return best;
}

static const simp_route *find_route(const sim_host *host, simp_ip ip)
{
    const simp_route *best = NULL;
    for (const simp_route *r = host->routes; r != NULL; r = r->next) {
        bool fits = simp_ip_is_v4(r->gateway) == simp_ip_is_v4(ip) && simp_ip_match(r->prefix, ip, r->bits);
        if (fits && (best == NULL || r->bits > best->bits))
            best = r;
    }
    return best;
}

static int route_group(const sim_host *host, simp_ip destination, simp_next_hop *out)
{
    for (simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        const simp_interface_address *source = source_on(i, simp_ip_is_v4(destination));
        if (source == NULL)
            continue;
        *out = (simp_next_hop){i, destination, source->ip, i->path.mtu};
        return 0;
    }
    return WSAENETUNREACH;
}

int simp_ip_route(const sim_host *host, simp_ip destination, simp_next_hop *out)
{
    if (simp_host_owns(host, destination)) {
        if (host->loopback == NULL)
            return WSAENETUNREACH;
        *out = (simp_next_hop){host->loopback, destination, destination, host->loopback->path.mtu};
        return 0;
    }
    if (simp_ip_is_multicast(destination) || simp_ip_is_limited_broadcast(destination))
        return route_group(host, destination, out);
    simp_interface *interface = NULL;
    simp_ip hop = destination;
    const simp_interface_address *near = connected(host, destination, &interface);
    const simp_route *route = find_route(host, destination);
    if (near == NULL || (route != NULL && route->bits > near->node.note)) {
        if (route == NULL)
            return WSAENETUNREACH;
        hop = route->gateway;
        near = connected(host, hop, &interface);
    }
    if (near == NULL)
        return WSAENETUNREACH;
    *out = (simp_next_hop){interface, hop, near->ip, interface->path.mtu};
    return 0;
}

/* ---- output ---- */

void simp_ip_transmit(sim_host *host, sim_packet *packet, const simp_next_hop *next)
{
    simp_interface *interface = next->interface;
    packet->next_hop = next->hop;
    packet->source_host = (uint16_t)host->index;
    packet->topology = 0;
    if (interface->link == NULL) {
        packet->next_host = (uint16_t)host->index;
    } else if (simp_ip_is_multicast(next->hop) || simp_host_is_broadcast(host, next->hop)) {
        packet->next_host = SIMP_EVERYBODY;
    } else {
        const simp_interface *neighbour = simp_link_neighbour(interface->link, next->hop);
        packet->next_host = neighbour == NULL ? SIMP_NOBODY : (uint16_t)neighbour->host->index;
    }
    simp_path_submit(&interface->path, packet);
}

/* The same on a way that is known. */
static void transmit_on(sim_host *host, sim_packet *packet, const simp_way *way)
{
    packet->next_hop = way->next.hop;
    packet->source_host = (uint16_t)host->index;
    packet->to = way->to;
    packet->topology = way->topology;
    packet->is_direct = way->is_direct;
    packet->next_host = way->everybody                      ? SIMP_EVERYBODY
                        : way->next.interface->link == NULL ? (uint16_t)host->index
                        : way->to == NULL                   ? SIMP_NOBODY
                                                            : (uint16_t)way->to->host->index;
    simp_path_submit(&way->next.interface->path, packet);
}

int simp_ip_try_output(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    const simp_way *way = simp_way_to(host, packet->destination);
    int error = 0;
    if (way == NULL) {
        simp_packet_free(&world->arena, packet);
        return 0;
    }
    packet->id = ++world->packet_count;
    packet->originated = true;
    packet->origin = host->index;
    packet->sent_ns = world->now_ns;
    packet->ip_id = ++host->ip_id;
    if (packet->ttl == 0)
        packet->ttl = simp_ip_is_multicast(packet->destination) ? 1 : (uint8_t)host->stack->ttl;
    if (simp_packet_size(packet) <= way->next.mtu)
        transmit_on(host, packet, way);
    else if (!packet->dont_fragment)
        error = simp_fragment_output(host, packet, &way->next);
    else
        simp_packet_free(&world->arena, packet);
    if (error != 0) { /* the numbers are those of a packet that never was */
        world->packet_count--;
        host->ip_id--;
    }
    return error;
}

void simp_ip_output(sim_host *host, sim_packet *packet)
{
    if (simp_ip_try_output(host, packet) != 0)
        simp_out_of_memory(host->world);
}

/* ---- input ---- */

/* Frees what is no packet. */
static bool refuse(sim_host *host, sim_packet *packet, simp_wire_error error)
{
    if (error == SIMP_WIRE_NO_MEMORY)
        simp_out_of_memory(host->world);
    simp_packet_free(&host->world->arena, packet);
    return false;
}

/* A packet that was corrupted on its way is what its bytes say; false: nothing, and it is gone. */
static bool open_raw(sim_host *host, sim_packet **packet)
{
    simp_wire_error error = simp_packet_open(&host->world->arena, packet);
    return error == SIMP_WIRE_OK || refuse(host, *packet, error);
}

static void forward(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    simp_next_hop next;
    if (packet->ttl <= 1) {
        simp_icmp_send_error(host, packet, SIMP_ICMP_TIME_EXCEEDED, 0);
    } else if (simp_ip_route(host, packet->destination, &next) != 0) {
        simp_icmp_send_error(host, packet, SIMP_ICMP_NET_UNREACHABLE, 0);
    } else if (next.interface->link != NULL && simp_link_neighbour(next.interface->link, next.hop) == NULL) {
        simp_icmp_send_error(host, packet, SIMP_ICMP_HOST_UNREACHABLE, 0);
    } else {
        packet->ttl--;
        packet->originated = false;
        uint32_t size = simp_packet_size(packet);
        if (size <= next.mtu) {
            simp_ip_transmit(host, packet, &next);
            return;
        }
        if (!packet->dont_fragment && simp_ip_is_v4(packet->destination) && packet->fragment_offset == 0 &&
            !packet->more_fragments) {
            if (simp_fragment_output(host, packet, &next) != 0)
                simp_out_of_memory(world);
            return;
        }
        simp_icmp_send_error(host, packet, SIMP_ICMP_TOO_BIG, next.mtu);
    }
    simp_packet_free(&world->arena, packet);
}

/* What came as bytes gets its transport header; false: it had none, and is gone. */
static bool understand(sim_host *host, sim_packet **packet)
{
    simp_wire_error error = (*packet)->from_bytes ? simp_packet_parse_transport(&host->world->arena, packet)
                                                  : SIMP_WIRE_OK;
    return error == SIMP_WIRE_OK || refuse(host, *packet, error);
}

static void deliver(sim_host *host, sim_packet *packet)
{
    if (!understand(host, &packet))
        return;
    switch (packet->protocol) {
    case IPPROTO_TCP: simp_tcp_input(host, packet); break;
    case IPPROTO_UDP: simp_udp_input(host, packet); break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: simp_icmp_input(host, packet); break;
    default: simp_packet_free(&host->world->arena, packet); break;
    }
}

static bool is_for(const sim_host *host, simp_ip ip)
{
    return simp_ip_is_multicast(ip) || simp_host_is_broadcast(host, ip) || simp_host_owns(host, ip);
}

/* It is at its destination, and seen there; false: a partition is in between, and it is gone. */
static bool reach(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    if (world->partitions != NULL && simp_partition_takes(world, host, packet))
        return false;
    for (sim_observer *at = world->observers; at != NULL; at = at->next) {
        if (at->on_arrived != NULL)
            at->on_arrived(at, world, packet, host);
    }
    return true;
}

void simp_ip_input(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    if (simp_host_is_deaf(host)) {
        simp_packet_free(&world->arena, packet);
        return;
    }
    if (host->outside) { /* whatever it is, and whoever it is for there */
        if (reach(host, packet))
            simp_bridge_take(host, packet);
        return;
    }
    if (packet->raw != NULL && !open_raw(host, &packet))
        return;
    if (!simp_packet_is_direct(packet, world) && !is_for(host, packet->destination)) {
        if (host->forwarding)
            forward(host, packet);
        else
            simp_packet_free(&world->arena, packet);
        return;
    }
    if (!reach(host, packet))
        return;
    if (packet->more_fragments || packet->fragment_offset != 0)
        packet = simp_reassemble(host, packet);
    if (packet != NULL)
        deliver(host, packet);
}
