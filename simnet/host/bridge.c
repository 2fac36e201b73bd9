/* SPDX-License-Identifier: MIT
 *
 * See castanet/sim_bridge.h.
 *
 * Invariants:
 *  1. Virtual time is never ahead of the port's clock.
 *  2. Packets come in between events, at the virtual time at which the port was looked at.
 */
#include "simnet/host/bridge.h"

#include "castanet/error.h"
#include "simnet/ip/fragment.h"
#include "simnet/ip/ip.h"
#include "simnet/packet/wire.h"

enum { BATCH = 64 /* packets that come in before the world runs on */ };

struct sim_bridge {
    sim_bridge *next;
    sim_host *host;
    cas_packet_port *port;
    uint64_t start_ns; /* the port's clock at virtual time 0 */
    sim_bridge_counters counters;
    uint64_t refusals[SIMP_WIRE_ERRORS];
    uint8_t buffer[SIMP_ETHERNET_LEN + CAS_PACKET_MAX];
};

/* ---- making ---- */

int sim_bridge_create(sim_world *world, const char *name, cas_packet_port *port, sim_bridge **out)
{
    if (port == NULL || port->ops == NULL || out == NULL)
        return simp_refuse(world, WSAEINVAL, "a bridge without a packet port, or a place for the result",
                           "all it does is to carry packets between the world and the port",
                           "open a port, as with cas_tun_open");
    sim_host *host;
    sim_bridge *bridge = simp_alloc_zero(&world->arena, sizeof *bridge);
    if (bridge == NULL)
        return simp_no_memory(world);
    int error = sim_host_create(world, name, &host);
    if (error != 0) {
        simp_free(&world->arena, bridge, sizeof *bridge);
        return error;
    }
    host->outside = true;
    bridge->host = host;
    bridge->port = port;
    bridge->next = world->bridges;
    world->bridges = bridge;
    *out = bridge;
    return 0;
}

sim_host *sim_bridge_host(const sim_bridge *bridge) { return bridge->host; }

void sim_bridge_counters_read(const sim_bridge *bridge, sim_bridge_counters *out) { *out = bridge->counters; }

const char *sim_bridge_refusal(const sim_bridge *bridge, unsigned reason, uint64_t *count)
{
    unsigned error = reason + SIMP_WIRE_OK + 1;
    if (error >= SIMP_WIRE_ERRORS)
        return NULL;
    *count = bridge->refusals[error];
    return simp_wire_error_name((simp_wire_error)error);
}

/* ---- outwards ---- */

static sim_bridge *bridge_of(const sim_host *host)
{
    sim_bridge *bridge = host->world->bridges;
    while (bridge->host != host)
        bridge = bridge->next;
    return bridge;
}

void simp_bridge_take(sim_host *host, sim_packet *packet)
{
    sim_bridge *bridge = bridge_of(host);
    size_t len = sim_packet_frame(packet, bridge->buffer, sizeof bridge->buffer);
    cas_packet_port *port = bridge->port;
    if (port->ops->send(port, bridge->buffer + SIMP_ETHERNET_LEN, len - SIMP_ETHERNET_LEN) == 0)
        bridge->counters.sent++;
    else
        bridge->counters.unsent++;
    simp_packet_free(&host->world->arena, packet);
}

/* ---- inwards ---- */

/* As a router that has the outside behind it, but for the time to live. */
static void set_out(sim_bridge *bridge, sim_packet *packet)
{
    sim_host *host = bridge->host;
    sim_world *world = host->world;
    simp_next_hop next;
    packet->id = ++world->packet_count;
    packet->origin = host->index;
    packet->sent_ns = world->now_ns;
    bool is_lost = simp_host_owns(host, packet->destination) ||
                   simp_ip_route(host, packet->destination, &next) != 0;
    if (!is_lost && simp_packet_size(packet) <= next.mtu) {
        simp_ip_transmit(host, packet, &next);
        return;
    }
    if (!is_lost && simp_ip_is_v4(packet->destination) && !packet->dont_fragment) {
        if (simp_fragment_output(host, packet, &next) != 0)
            simp_out_of_memory(world);
        return;
    }
    bridge->counters.lost++;
    if (!is_lost)
        simp_icmp_send_error(host, packet, SIMP_ICMP_TOO_BIG, next.mtu);
    simp_packet_free(&world->arena, packet);
}

static void take_in(sim_bridge *bridge, const uint8_t *bytes, size_t len)
{
    sim_world *world = bridge->host->world;
    sim_packet *packet = NULL;
    simp_wire_error error = SIMP_WIRE_NO_MEMORY;
    bridge->counters.received++;
    simp_record_event(world, SIMP_RECORD_INJECTED, bridge->host->name_hash >> 8,
                      simp_hash_bytes(0, bytes, len));
    simp_block *block = simp_block_copy(&world->arena, bytes, (uint32_t)len);
    if (block != NULL)
        error = simp_packet_parse(&world->arena, block, &packet);
    simp_block_release(&world->arena, block);
    if (error == SIMP_WIRE_OK) {
        set_out(bridge, packet);
        return;
    }
    bridge->counters.refused++;
    bridge->refusals[error]++;
    if (error == SIMP_WIRE_NO_MEMORY)
        simp_out_of_memory(world);
}

/* Returns 0 when there is nothing more for now, WSAEALREADY when there may be, else why the port is gone. */
static int take_all_in(sim_bridge *bridge)
{
    cas_packet_port *port = bridge->port;
    for (unsigned i = 0; i < BATCH; i++) {
        size_t len = 0;
        int error = port->ops->receive(port, bridge->buffer, CAS_PACKET_MAX, &len);
        if (error != 0)
            return error == WSAEWOULDBLOCK ? 0 : error;
        take_in(bridge, bridge->buffer, len);
    }
    return WSAEALREADY;
}

/* ---- real time ---- */

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void wait_for(const sim_bridge *bridge, uint64_t until_ns)
{
    cas_packet_port *port = bridge->port;
    uint64_t at = until_ns > UINT64_MAX - bridge->start_ns ? UINT64_MAX : until_ns + bridge->start_ns;
    port->ops->wait(port, at);
}

sim_stop sim_bridge_run(sim_bridge *bridge, uint64_t until_ns)
{
    sim_world *world = bridge->host->world;
    cas_packet_port *port = bridge->port;
    bridge->start_ns = port->ops->now_ns(port) - world->now_ns;
    for (;;) {
        uint64_t now_ns = earlier(port->ops->now_ns(port) - bridge->start_ns, until_ns);
        sim_stop stop = sim_world_run(world, now_ns);
        if (stop != SIM_STOP_TIME && stop != SIM_STOP_IDLE)
            return stop;
        if (now_ns == until_ns)
            return SIM_STOP_TIME;
        int error = take_all_in(bridge);
        if (error != 0 && error != WSAEALREADY) {
            sim_world_fail(world, "the packet port of %s failed: %s", bridge->host->name,
                           cas_error_text(error));
            return SIM_STOP_REQUESTED;
        }
        if (error == 0)
            wait_for(bridge, earlier(simp_events_next_at(&world->events), until_ns));
    }
}
