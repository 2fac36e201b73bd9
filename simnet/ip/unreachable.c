/* SPDX-License-Identifier: MIT
 *
 * Packets whose next hop does not answer: they wait as packets wait for address resolution, and then their
 * sender is told that the host is unreachable.
 */
#include "simnet/ip/ip_state.h"

typedef struct waiting {
    simp_event given_up;
    sim_host *host;
    sim_packet *packet;
} waiting;

static void give_up(sim_host *host, sim_packet *packet)
{
    if (packet->originated && packet->origin == host->index)
        simp_icmp_tell(host, packet, SIMP_ICMP_HOST_UNREACHABLE, 0);
    else
        simp_icmp_send_error(host, packet, SIMP_ICMP_HOST_UNREACHABLE, 0);
    simp_ip_drop(host, packet, SIM_DROP_NO_NEIGHBOUR);
}

static void on_given_up(sim_world *world, simp_event *event)
{
    waiting done = *(waiting *)(void *)event;
    simp_events_release(&world->events);
    simp_free(&world->arena, event, sizeof done);
    simp_record_event(world, SIMP_RECORD_TIMER, done.host->name_hash >> 8, done.packet->id);
    give_up(done.host, done.packet);
}

void simp_ip_unreachable(sim_host *host, sim_packet *packet)
{
    sim_world *world = host->world;
    uint64_t delay = host->ip == NULL ? 0 : host->ip->unreachable_delay_ns;
    if (delay == 0) {
        give_up(host, packet);
        return;
    }
    waiting *w = simp_alloc_zero(&world->arena, sizeof *w);
    if (w == NULL || !simp_events_reserve(&world->events, &world->arena)) {
        simp_free(&world->arena, w, sizeof *w);
        simp_packet_free(&world->arena, packet);
        simp_out_of_memory(world);
        return;
    }
    *w = (waiting){{.run = on_given_up}, host, packet};
    simp_schedule(world, &w->given_up, SIMP_CLASS_TIMER, host, world->now_ns + delay);
}
