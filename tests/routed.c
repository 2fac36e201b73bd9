/* SPDX-License-Identifier: MIT
 *
 * See routed.h.
 */
#include "tests/routed.h"

#include <string.h>

#include "tests/expect.h"

routed routed_build(sim_world *world)
{
    routed n = {.world = world};
    static const sim_link_options options = {.latency_ns = SIM_MS(1)};
    EXPECT_CODE(sim_host_create(world, "left", &n.a), 0);
    EXPECT_CODE(sim_host_create(world, "router", &n.r), 0);
    EXPECT_CODE(sim_host_create(world, "right", &n.b), 0);
    EXPECT_CODE(sim_link_create(world, "near", &options, &n.near), 0);
    EXPECT_CODE(sim_link_create(world, "far", &options, &n.far), 0);
    EXPECT_CODE(sim_host_attach(n.a, n.near, "10.1.0.1/24 fd01::1/64"), 0);
    EXPECT_CODE(sim_host_attach(n.r, n.near, "10.1.0.254/24 fd01::fe/64"), 0);
    EXPECT_CODE(sim_host_attach(n.r, n.far, "10.2.0.254/24 fd02::fe/64"), 0);
    EXPECT_CODE(sim_host_attach(n.b, n.far, "10.2.0.2/24 fd02::2/64"), 0);
    sim_host_set_forwarding(n.r, true);
    EXPECT_CODE(sim_host_add_route(n.a, "0.0.0.0/0", "10.1.0.254"), 0);
    EXPECT_CODE(sim_host_add_route(n.b, "0.0.0.0/0", "10.2.0.254"), 0);
    EXPECT_CODE(sim_host_add_route(n.a, "::/0", "fd01::fe"), 0);
    EXPECT_CODE(sim_host_add_route(n.b, "::/0", "fd02::fe"), 0);
    return n;
}

void routed_open(sim_host *host, recorder *r, UINT port, const char *local)
{
    recorder_construct(r);
    sim_host_enter(host);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&r->socket, port, SOCK_DGRAM, CASYNCSOCKET_DEFAULT_EVENTS, local));
}

void routed_run(sim_world *world, uint64_t ns) { sim_world_run(world, sim_world_now(world) + ns); }

sim_packet routed_datagram(const char *source, UINT source_port, const char *destination,
                           UINT destination_port)
{
    sim_packet packet = {.protocol = IPPROTO_UDP, .ttl = 64, .ip_payload_len = 8, .originated = true};
    EXPECT_TRUE_FATAL(simp_ip_parse(source, &packet.source));
    EXPECT_TRUE_FATAL(simp_ip_parse(destination, &packet.destination));
    packet.source_port = (uint16_t)source_port;
    packet.destination_port = (uint16_t)destination_port;
    return packet;
}

void routed_arrive(sim_host *host, const sim_packet *packet, uint32_t payload_len)
{
    simp_arena *memory = &host->world->arena;
    sim_packet *copy = simp_packet_copy(memory, packet);
    EXPECT_TRUE_FATAL(copy != NULL);
    if (payload_len > 0) {
        copy->block = simp_block_create(memory, payload_len);
        EXPECT_TRUE_FATAL(copy->block != NULL);
        memset(copy->block->bytes, 'x', payload_len);
        copy->block->used = copy->length = payload_len;
        copy->ip_payload_len += payload_len;
    }
    simp_ip_arrive(host->interfaces, copy);
}
