/* SPDX-License-Identifier: MIT
 *
 * See path.h.
 */
#include "simnet/path.h"

#include <stddef.h>
#include <string.h>

#include "simnet/host.h"
#include "simnet/ip.h"
#include "simnet/link.h"

/* ---- in flight ---- */

static bool is_before(const sim_packet *a, const sim_packet *b)
{
    return a->arrive_ns < b->arrive_ns || (a->arrive_ns == b->arrive_ns && a->order < b->order);
}

static void arm(simp_path *path)
{
    const sim_packet *head = path->flight;
    sim_host *host = path->from->host;
    if (head != NULL) {
        simp_events_schedule(&host->world->events, &path->arrival, head->arrive_ns,
                             simp_tie(SIMP_CLASS_ARRIVAL, host->index, head->order));
    }
}

/* Nearly always behind the last one. */
static void insert(simp_path *path, sim_packet *packet)
{
    packet->next = NULL;
    if (path->flight == NULL) {
        path->flight = path->flight_last = packet;
    } else if (!is_before(packet, path->flight_last)) {
        path->flight_last->next = packet;
        path->flight_last = packet;
        return;
    } else {
        sim_packet **place = &path->flight;
        while (!is_before(packet, *place))
            place = &(*place)->next;
        packet->next = *place;
        *place = packet;
    }
    if (path->flight == packet)
        arm(path);
}

static void on_arrival(sim_world *world, simp_event *event)
{
    simp_path *path = (simp_path *)((char *)event - offsetof(simp_path, arrival));
    sim_packet *packet = path->flight;
    path->flight = packet->next;
    packet->next = NULL;
    arm(path);
    path->counters.delivered++;
    simp_record_event(world, SIMP_RECORD_ARRIVAL, path->from->host->name_hash >> 8, packet->id);
    simp_link_deliver(path->from, packet);
}

/* ---- through the stages ---- */

static void report(const simp_path *path, const sim_packet *packet, sim_fate fate)
{
    sim_host *host = path->from->host;
    sim_world *world = host->world;
    if (fate != SIM_FATE_SENT)
        simp_record_event(world, SIMP_RECORD_FATE, (uint64_t)fate, packet->id);
    if (!packet->originated)
        return; /* a router passes it on: it was seen already */
    for (sim_observer *at = world->observers; at != NULL; at = at->next) {
        if (at->on_sent != NULL)
            at->on_sent(at, world, packet, host, fate);
    }
}

static void take_off(simp_path *path, simp_transit *transit)
{
    sim_packet *packet = transit->packet;
    packet->arrive_ns = transit->arrive_ns;
    if (!transit->displaced) {
        if (packet->arrive_ns < path->last_arrive_ns)
            packet->arrive_ns = path->last_arrive_ns;
        path->last_arrive_ns = packet->arrive_ns;
    }
    packet->order = ++path->from->host->sequence;
    insert(path, packet);
}

/* From stage on; true if the packet flies.  A copy is left in *copy with the stage where it goes on. */
static bool pass(simp_path *path, simp_transit *transit, const simp_stage **stage, sim_packet **copy)
{
    sim_world *world = path->from->host->world;
    for (; **stage != NULL; ++*stage) {
        simp_stage_result result = (**stage)(world, path, transit);
        if (result == SIMP_STAGE_DROP)
            return false;
        if (result == SIMP_STAGE_COPY && copy != NULL && *copy == NULL) {
            *copy = simp_packet_copy(&world->arena, transit->packet);
            if (*copy == NULL)
                simp_out_of_memory(world);
            ++*stage;
            return true;
        }
    }
    return true;
}

void simp_path_submit(simp_path *path, sim_packet *packet)
{
    sim_world *world = path->from->host->world;
    simp_transit transit = {.packet = packet,
                            .leave_ns = world->now_ns,
                            .arrive_ns = world->now_ns,
                            .size = simp_packet_size(packet)};
    path->counters.packets++;
    path->counters.bytes += transit.size;
    sim_packet *copy = NULL;
    const simp_stage *stage = simp_stages;
    bool flies = pass(path, &transit, &stage, &copy);
    simp_transit copied = transit;
    copied.packet = copy;
    if (flies && *stage != NULL)
        flies = pass(path, &transit, &(const simp_stage *){stage}, NULL);
    report(path, packet, transit.fate);
    if (flies)
        take_off(path, &transit);
    else
        simp_packet_free(&world->arena, packet);
    if (copy == NULL)
        return;
    if (pass(path, &copied, &stage, NULL))
        take_off(path, &copied);
    else
        simp_packet_free(&world->arena, copy);
}

/* ---- making ---- */

int simp_path_init(simp_path *path, simp_interface *from, const sim_link_options *options, const char *name)
{
    sim_world *world = from->host->world;
    uint64_t seed = world->options.seed;
    *path = (simp_path){.from = from, .options = *options, .arrival = {.run = on_arrival}};
    char *who = simp_copy_text(&world->arena, name);
    if (who == NULL || !simp_events_reserve(&world->events, &world->arena)) {
        simp_free(&world->arena, who, strlen(name) + 1);
        return WSAENOBUFS;
    }
    simp_site_init(&path->loss, seed, who, "loss");
    simp_site_init(&path->duplicate, seed, who, "duplicate");
    simp_site_init(&path->reorder, seed, who, "reorder");
    simp_stream_init(&path->jitter, seed, who, "jitter");
    return 0;
}

void simp_path_fini(simp_path *path)
{
    sim_world *world = path->from->host->world;
    char *who = (char *)(uintptr_t)path->loss.who; /* copied by init */
    simp_events_release(&world->events);
    simp_free(&world->arena, who, strlen(who) + 1);
}
