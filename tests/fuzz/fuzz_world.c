/* SPDX-License-Identifier: MIT
 *
 * See fuzz_world.h.
 */
#include "tests/fuzz/fuzz_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "simnet/ip/ip.h"
#include "simnet/packet/wire.h"

enum { EVENTS_MAX = 100000, TCP_PROTOCOL = 6 };

void fuzz_demand(bool ok, const char *promise)
{
    if (ok)
        return;
    fprintf(stderr, "broken: %s\n", promise);
    abort();
}

/* ---- the outside ---- */

static uint64_t no_time(cas_packet_port *port)
{
    (void)port;
    return 0;
}

static int nothing(cas_packet_port *port, uint8_t *packet, size_t capacity, size_t *len)
{
    (void)port, (void)packet, (void)capacity, (void)len;
    return WSAEWOULDBLOCK;
}

static void note_segment(fuzz_port *port, const uint8_t *tcp, size_t len)
{
    uint8_t flags = tcp[13];
    port->resets += (flags & SIMP_RST) != 0;
    port->seq = simp_get32(tcp + 4) + (uint32_t)len - (tcp[12] >> 4) * 4u + ((flags & SIMP_SYN) != 0) +
                ((flags & SIMP_FIN) != 0);
}

static int note(cas_packet_port *port, const uint8_t *packet, size_t len)
{
    fuzz_port *self = (fuzz_port *)port;
    self->packets++;
    if (len >= SIMP_V4_HEADER_LEN + SIMP_TCP_HEADER_LEN && packet[0] == 0x45 && packet[9] == TCP_PROTOCOL)
        note_segment(self, packet + SIMP_V4_HEADER_LEN, len - SIMP_V4_HEADER_LEN);
    return 0;
}

static const cas_packet_port_ops port_ops = {.now_ns = no_time, .receive = nothing, .send = note};

/* ---- the world ---- */

void fuzz_world_open(fuzz_world *w)
{
    sim_link *link = NULL;
    sim_bridge *bridge = NULL;
    *w = (fuzz_world){.port.port.ops = &port_ops};
    bool made = sim_world_create(&(sim_world_options){.seed = 1}, &w->world) == 0 &&
                sim_host_create(w->world, "inside", &w->inside) == 0 &&
                sim_bridge_create(w->world, "outside", &w->port.port, &bridge) == 0 &&
                sim_link_create(w->world, "edge", NULL, &link) == 0 &&
                sim_host_attach(w->inside, link, "10.9.0.2/24 fd09::2/64") == 0 &&
                sim_host_attach(sim_bridge_host(bridge), link, "10.9.0.1/24 fd09::1/64") == 0;
    fuzz_demand(made, "a world is made");
}

void fuzz_world_close(fuzz_world *w) { sim_world_destroy(w->world); }

static void check(const sim_world *world)
{
    char what[256];
    if (simp_world_check(world, what, sizeof what) != 0)
        fuzz_demand(false, what);
}

void fuzz_world_bring(fuzz_world *w, const uint8_t *bytes, size_t len, bool fix_checksums)
{
    simp_arena *arena = &w->world->arena;
    sim_packet *packet = simp_packet_create(arena);
    fuzz_demand(packet != NULL, "there is memory");
    packet->raw = simp_block_copy(arena, bytes, (uint32_t)len);
    packet->origin = SIMP_OUTSIDE;
    if (fix_checksums)
        simp_packet_flip_bits(arena, packet, NULL, 0, true);
    simp_ip_input(w->inside, packet);
    check(w->world);
}

void fuzz_world_run(fuzz_world *w, uint64_t ns)
{
    uint64_t until_ns = sim_world_now(w->world) + ns;
    unsigned events = 0;
    while (simp_events_next_at(&w->world->events) <= until_ns) {
        fuzz_demand(++events < EVENTS_MAX, "time goes on");
        sim_world_step(w->world);
        check(w->world);
    }
    sim_world_run(w->world, until_ns);
}
