/* SPDX-License-Identifier: MIT
 *
 * See path.h.
 */
#include "simnet/path.h"

#include <stddef.h>

#include "simnet/link.h"
#include "simnet/pipeline.h"

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

void simp_path_take_off(simp_path *path, simp_transit *transit)
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

static void on_arrival(sim_world *world, simp_event *event)
{
    simp_path *path = (simp_path *)((char *)event - offsetof(simp_path, arrival));
    sim_packet *packet = path->flight;
    path->flight = packet->next;
    packet->next = NULL;
    arm(path);
    if (path->pipeline != NULL && !simp_pipeline_lets_arrive(path, packet))
        return;
    path->delivered++;
    simp_record_event(world, SIMP_RECORD_ARRIVAL, path->from->host->name_hash >> 8, packet->id);
    simp_link_deliver(path->from, packet);
}

/* ---- what observers are told ---- */

void simp_path_report(const simp_path *path, const sim_packet *packet, sim_fate fate)
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

/* ---- the line ---- */

/* Bytes that wait, the one on the line included; the product fits for waits below 18 s at 8 Gbit/s and is
 * saturated beyond. */
static bool has_room(const simp_line *line, uint64_t wait_ns, uint32_t size)
{
    uint64_t rate = line->rate_bps;
    uint64_t waiting = wait_ns > UINT64_MAX / rate ? UINT64_MAX : wait_ns * rate / UINT64_C(8000000000);
    return waiting <= UINT64_MAX - size && waiting + size <= line->queue_bytes;
}

/* When the line has taken the packet; false: the queue is full. */
static bool pass_line(simp_line *line, uint32_t size, uint64_t now, uint64_t *leave)
{
    uint64_t start = line->free_ns;
    if (start <= now) {
        start = now;
        line->remainder = 0;
    }
    if (!has_room(line, start - now, size)) {
        line->overflowed++;
        return false;
    }
    uint64_t scaled = (uint64_t)size * UINT64_C(8000000000) + line->remainder;
    *leave = line->free_ns = start + scaled / line->rate_bps;
    line->remainder = scaled % line->rate_bps;
    return true;
}

bool simp_path_serialise(simp_path *path, simp_transit *transit)
{
    uint64_t now = path->from->host->world->now_ns, leave = now;
    bool has_rate = path->line != NULL && path->line->rate_bps != 0;
    if (has_rate && !pass_line(path->line, transit->size, now, &leave)) {
        transit->fate = SIM_FATE_OVERFLOWED;
        return false;
    }
    transit->arrive_ns = leave + path->latency_ns + transit->late_ns;
    transit->on_line = true;
    return true;
}

void simp_path_submit(simp_path *path, sim_packet *packet)
{
    simp_transit transit = {.packet = packet, .ordinal = ++path->packets, .size = simp_packet_size(packet)};
    path->bytes += transit.size;
    if (path->pipeline != NULL) {
        simp_pipeline_submit(path, &transit);
        return;
    }
    bool flies = simp_path_serialise(path, &transit);
    simp_path_report(path, packet, transit.fate);
    if (flies)
        simp_path_take_off(path, &transit);
    else
        simp_packet_free(&path->from->host->world->arena, packet);
}

/* ---- making ---- */

static void discard(simp_path *path)
{
    simp_free(&path->from->host->world->arena, path->line, sizeof *path->line);
    path->line = NULL;
    simp_pipeline_discard(path);
}

int simp_path_init(simp_path *path, simp_interface *from, const sim_link_options *options)
{
    sim_world *world = from->host->world;
    *path = (simp_path){.from = from, .arrival = {.run = on_arrival}};
    if (simp_path_prepare(path, options) != 0 || !simp_events_reserve(&world->events, &world->arena)) {
        discard(path);
        return WSAENOBUFS;
    }
    simp_path_set_options(path, options);
    return 0;
}

void simp_path_fini(simp_path *path)
{
    simp_events_release(&path->from->host->world->events);
    discard(path);
}
