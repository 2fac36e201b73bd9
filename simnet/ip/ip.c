/* SPDX-License-Identifier: MIT
 *
 * See ip.h.
 */
#include "core/cold.h"
#include "simnet/host/bridge.h"
#include "simnet/ip/fragment.h"
#include "simnet/host/host_fault.h"
#include "simnet/ip/ip_state.h"
#include "simnet/link/link.h"
#include "simnet/ip/multicast.h"
#include "simnet/link/partition.h"
#include "simnet/ip/way.h"
#include "simnet/packet/wire.h"

/* ---- output ---- */

/* The neighbour's host, everybody, or nobody. */
static uint16_t next_host_of(const sim_host *host, const simp_next_hop *next)
{
    if (next->interface->link == NULL)
        return (uint16_t)host->index;
    if (simp_ip_is_multicast(next->hop) || simp_host_is_broadcast(host, next->hop))
        return SIMP_EVERYBODY;
    const simp_interface *neighbour = simp_link_neighbour(next->interface->link, next->hop);
    return neighbour == NULL ? SIMP_NOBODY : (uint16_t)neighbour->host->index;
}

/* Nobody answers, and the host is one that waits for the answer and notices. */
static bool is_noticed(const sim_host *host, const sim_packet *packet)
{
    return packet->next_host == SIMP_NOBODY &&
           (!packet->originated || (host->ip != NULL && host->ip->unreachable_delay_ns != 0));
}

static void submit(sim_host *host, sim_packet *packet, uint32_t size, simp_interface *interface)
{
    if (is_noticed(host, packet))
        simp_ip_unreachable(host, packet);
    else
        simp_path_submit(&interface->path, packet, size);
}

void simp_ip_transmit(sim_host *host, sim_packet *packet, const simp_next_hop *next)
{
    packet->next_hop = next->hop;
    packet->source_host = (uint16_t)host->index;
    packet->next_host = next_host_of(host, next);
    packet->to = NULL;
    packet->topology = 0;
    packet->is_direct = false;
    submit(host, packet, simp_packet_size(packet), next->interface);
}

/* The same on a way that is known. */
static void transmit_on(sim_host *host, sim_packet *packet, uint32_t size, const simp_way *way)
{
    packet->next_hop = way->next.hop;
    packet->source_host = (uint16_t)host->index;
    packet->to = way->to;
    packet->topology = way->topology;
    packet->is_direct = way->is_direct && simp_ip_equal(packet->source, way->next.source) &&
                        packet->protocol != IPPROTO_ICMPV6; /* it may quote addresses with zones */
    packet->next_host = way->next_host;
    submit(host, packet, size, way->next.interface);
}

/* A second packet for the host itself, that nobody else sees; it carries the interface by which it left. */
static void loop_back(sim_host *host, const sim_packet *packet, const simp_next_hop *next)
{
    sim_packet *copy = simp_outlets_ensure(host) ? simp_packet_copy(&host->world->arena, packet) : NULL;
    if (copy == NULL) {
        simp_out_of_memory(host->world);
        return;
    }
    copy->interface = next->interface->index;
    copy->originated = false;
    simp_next_hop loopback = {.interface = simp_loopback_of(host), .hop = packet->destination};
    simp_ip_transmit(host, copy, &loopback);
}

static void begin(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    packet->id = ++world->packet_count;
    packet->originated = true;
    packet->origin = host->index;
    packet->sent_ns = world->now_ns;
    packet->ip_id = ++host->ip_id;
    if (packet->ttl == 0)
        packet->ttl = simp_ip_is_multicast(packet->destination) ? 1 : (uint8_t)host->stack->ttl;
}

/* What must leave by one interface, or is to be cut or looped back, goes without a way. */
static int output_on(sim_host *host, sim_packet *packet, const simp_next_hop *next)
{
    begin(host, packet);
    if (packet->loops && next->interface->link != NULL)
        loop_back(host, packet, next);
    if (simp_packet_size(packet) <= next->mtu) {
        simp_ip_transmit(host, packet, next);
        return 0;
    }
    if (packet->dont_fragment) {
        simp_ip_drop(host, packet, SIM_DROP_TOO_BIG);
        return 0;
    }
    int error = simp_fragment_output(host, packet, next);
    if (error != 0) { /* the numbers are those of a packet that never was */
        host->world->packet_count--;
        host->ip_id--;
    }
    return error;
}

/* As its interface demands. */
static int output_by_interface(sim_host *host, sim_packet *packet)
{
    simp_next_hop next;
    const simp_interface *only = simp_host_interface(host, packet->interface);
    if (simp_ip_route_by(host, packet->destination, only, &next) == 0)
        return output_on(host, packet, &next);
    simp_ip_drop(host, packet, SIM_DROP_NO_ROUTE);
    return 0;
}

/* Connections know their path themselves. */
static uint32_t mtu_for(const sim_host *host, const sim_packet *packet, const simp_way *way)
{
    bool known = packet->protocol != IPPROTO_TCP && host->ip != NULL && host->ip->path_mtus != NULL;
    return known ? simp_path_mtu_of(host, packet->destination, way->next.mtu) : way->next.mtu;
}

static bool minds_sources(const sim_host *host)
{
    return host->ip != NULL && (host->ip->is_strong || host->ip->addresses_changed);
}

/* A source that is gone sends nothing; a strong host sends by its source's interface. */
static bool has_source(sim_host *host, sim_packet *packet)
{
    const simp_interface *interface = simp_host_interface_of(host, packet->source);
    if (host->ip->is_strong && interface != NULL && !simp_host_owns(host, packet->destination))
        packet->interface = interface->index;
    return !host->ip->addresses_changed || interface != NULL || simp_ip_is_loopback(packet->source);
}

/* Where there is more to it than the way. */
static COLD int output_with_care(sim_host *host, sim_packet *packet, const simp_way *way)
{
    if (minds_sources(host) && !has_source(host, packet)) {
        simp_ip_drop(host, packet, SIM_DROP_NO_ROUTE);
        return 0;
    }
    if (packet->interface != 0)
        return output_by_interface(host, packet);
    if (way == NULL) {
        simp_ip_drop(host, packet, SIM_DROP_NO_ROUTE);
        return 0;
    }
    simp_next_hop next = way->next;
    next.mtu = mtu_for(host, packet, way);
    uint32_t size = simp_packet_size(packet);
    if (packet->loops || size > next.mtu)
        return output_on(host, packet, &next);
    begin(host, packet);
    transmit_on(host, packet, size, way);
    return 0;
}

int simp_ip_try_output_on(sim_host *host, sim_packet *packet, const simp_way *way)
{
    bool plain = host->ip == NULL && way != NULL && packet->interface == 0 && !packet->loops;
    uint32_t size = plain ? way->header_len + packet->ip_payload_len : 0;
    if (!plain || size > way->next.mtu)
        return output_with_care(host, packet, way);
    begin(host, packet);
    transmit_on(host, packet, size, way);
    return 0;
}

int simp_ip_try_output(sim_host *host, sim_packet *packet)
{
    const simp_way *way = packet->interface != 0 ? NULL : simp_way_to(host, packet->destination);
    return simp_ip_try_output_on(host, packet, way);
}

void simp_ip_output(sim_host *host, sim_packet *packet)
{
    if (simp_ip_try_output(host, packet) != 0)
        simp_out_of_memory(host->world);
}

/* ---- forwarding ---- */

/* Only the source fragments IPv6 (RFC 8200 4.5). */
static bool may_split(const sim_packet *packet)
{
    return !packet->dont_fragment && simp_ip_is_v4(packet->destination);
}

static void pass_on(sim_host *host, sim_packet *packet, const simp_next_hop *next)
{
    if (simp_packet_size(packet) > next->mtu && !may_split(packet)) {
        simp_icmp_send_error(host, packet, SIMP_ICMP_TOO_BIG, next->mtu);
        simp_ip_drop(host, packet, SIM_DROP_TOO_BIG);
        return;
    }
    packet->ttl--;
    packet->originated = false;
    if (simp_packet_size(packet) <= next->mtu)
        simp_ip_transmit(host, packet, next);
    else if (simp_fragment_output(host, packet, next) != 0)
        simp_out_of_memory(host->world);
}

/* RFC 1812 5.3.1: the time to live is looked at before the route. */
static void forward(sim_host *host, sim_packet *packet)
{
    simp_next_hop next;
    if (simp_ip_is_link_local(packet->source) || simp_ip_is_link_local(packet->destination)) {
        simp_ip_drop(host, packet, SIM_DROP_NOT_OURS); /* RFC 4291 2.5.6 */
    } else if (packet->ttl <= 1) {
        simp_icmp_send_error(host, packet, SIMP_ICMP_TIME_EXCEEDED, 0);
        simp_ip_drop(host, packet, SIM_DROP_HOP_LIMIT);
    } else if (simp_ip_route(host, packet->destination, &next) != 0) {
        simp_icmp_send_error(host, packet, SIMP_ICMP_NET_UNREACHABLE, 0);
        simp_ip_drop(host, packet, SIM_DROP_NO_ROUTE);
    } else {
        pass_on(host, packet, &next);
    }
}

/* ---- input ---- */

/* Frees what is no packet. */
static bool refuse(sim_host *host, sim_packet *packet, simp_wire_error error)
{
    if (error == SIMP_WIRE_NO_MEMORY)
        simp_out_of_memory(host->world);
    bool summed_wrong = simp_wire_is_checksum(error);
    simp_ip_drop(host, packet, summed_wrong ? SIM_DROP_BAD_CHECKSUM : SIM_DROP_MALFORMED);
    return false;
}

/* A packet that was corrupted on its way is what its bytes say; false: nothing, and it is gone. */
static bool open_raw(sim_host *host, sim_packet **packet)
{
    simp_wire_error error = simp_packet_open(&host->world->arena, packet);
    return error == SIMP_WIRE_OK || refuse(host, *packet, error);
}

/* What came as bytes gets its transport header; false: it had none, and is gone. */
static bool understand(sim_host *host, sim_packet **packet)
{
    simp_wire_error error = (*packet)->from_bytes ? simp_packet_parse_transport(&host->world->arena, packet)
                                                  : SIMP_WIRE_OK;
    return error == SIMP_WIRE_OK || refuse(host, *packet, error);
}

static COLD void deliver_other(sim_host *host, sim_packet *packet)
{
    if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) {
        simp_icmp_input(host, packet);
        return;
    }
    simp_icmp_send_error(host, packet, SIMP_ICMP_PROTOCOL_UNREACHABLE, 0);
    simp_ip_drop(host, packet, SIM_DROP_NO_PROTOCOL);
}

static inline void deliver(sim_host *host, sim_packet *packet)
{
    if (packet->protocol == IPPROTO_TCP)
        simp_tcp_input(host, packet);
    else if (packet->protocol == IPPROTO_UDP)
        simp_udp_input(host, packet);
    else
        deliver_other(host, packet);
}

static bool is_for_us(const sim_host *host, const sim_packet *packet)
{
    if (simp_ip_is_multicast(packet->destination))
        return simp_multicast_concerns(host, packet->destination, packet->interface);
    return simp_host_takes(host, simp_host_interface(host, packet->interface), packet->destination) ||
           simp_host_is_broadcast(host, packet->destination);
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

/* Not for this host. */
static void turn_away(sim_host *host, sim_packet *packet)
{
    if (simp_ip_is_multicast(packet->destination)) /* on every wire, and routed nowhere */
        simp_packet_free(&host->world->arena, packet);
    else if (host->forwarding)
        forward(host, packet);
    else
        simp_ip_drop(host, packet, SIM_DROP_NOT_OURS);
}

/* A packet of which nobody has said that it is for this host, and whole; or somebody looks on. */
static COLD void inspect(sim_host *host, sim_packet *packet)
{
    if (host->outside) { /* whatever it is, and whoever it is for there */
        if (reach(host, packet))
            simp_bridge_take(host, packet);
        return;
    }
    if (packet->raw != NULL && !open_raw(host, &packet))
        return;
    if (!packet->is_direct && !is_for_us(host, packet)) {
        turn_away(host, packet);
        return;
    }
    if (!reach(host, packet))
        return;
    if (simp_packet_is_fragment(packet))
        packet = simp_reassemble(host, packet);
    if (packet != NULL && understand(host, &packet))
        deliver(host, packet);
}

static inline void take(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    if (simp_host_is_deaf(host))
        simp_packet_free(&world->arena, packet);
    else if (packet->is_direct && world->partitions == NULL && world->observers == NULL)
        deliver(host, packet);
    else
        inspect(host, packet);
}

void simp_ip_input(sim_host *host, sim_packet *packet) { take(host, packet); }

bool simp_ip_is_martian(simp_ip source, simp_ip destination)
{
    if (simp_ip_is_v4(source)) { /* 127.x.x.x, and groups and what lies behind them */
        uint32_t from = simp_ip_v4_of(source) >> 24, to = simp_ip_v4_of(destination) >> 24;
        return from == 127 || from >= 224 || to == 127;
    }
    return simp_ip_is_loopback(source) || simp_ip_is_multicast(source) || simp_ip_is_loopback(destination);
}

/* What was the sender's link is now this host's. */
static void change_zones(sim_packet *packet, uint16_t zone)
{
    packet->source = simp_ip_in_zone(packet->source, zone);
    packet->destination = simp_ip_in_zone(packet->destination, zone);
}

static void enter_zone(sim_packet *packet, uint16_t zone)
{
    bool quotes = (packet->protocol == IPPROTO_ICMPV6 || packet->protocol == IPPROTO_ICMP) &&
                  !packet->from_bytes;
    change_zones(packet, zone);
    if (quotes && packet->icmp.quoted != NULL)
        change_zones(packet->icmp.quoted, zone);
}

/* What nobody has looked at yet; false: it does not pass the interface, and is gone. */
static COLD bool passes(simp_interface *interface, sim_packet *packet)
{
    if (interface->link == NULL)
        return true;
    if (!simp_ip_is_v4(packet->destination))
        enter_zone(packet, interface->index);
    bool martian = simp_ip_is_martian(packet->source, packet->destination);
    if (!interface->down && !martian)
        return true;
    simp_ip_drop(interface->host, packet, interface->down ? SIM_DROP_INTERFACE_DOWN : SIM_DROP_MARTIAN);
    return false;
}

void simp_ip_arrive(simp_interface *interface, sim_packet *packet)
{
    if (interface->link != NULL || packet->interface == 0)
        packet->interface = interface->index;
    if (packet->is_direct || passes(interface, packet))
        take(interface->host, packet);
}
