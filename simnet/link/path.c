/* SPDX-License-Identifier: MIT
 *
 * See path.h.
 */
#include "simnet/link/path.h"

#include <stddef.h>

#include "simnet/link/link.h"
#include "simnet/link/pipeline.h"

/* ---- in flight ---- */

static bool is_before(const sim_packet *a, const sim_packet *b)
{
    return a->arrive_ns < b->arrive_ns || (a->arrive_ns == b->arrive_ns && a->order < b->order);
}

static void arm(simp_path *path)
{
    const sim_packet *head = path->flight;
    if (head != NULL) {
        sim_host *host = path->from->host;
        simp_events_schedule(&host->world->events, &path->arrival, head->arrive_ns,
                             simp_tie(SIMP_CLASS_ARRIVAL, host->index, head->order));
    }
}

/* It overtakes the last one at least. */
static COLD void insert_before(simp_path *path, sim_packet *packet)
{
    sim_packet **place = &path->flight;
    while (!is_before(packet, *place))
        place = &(*place)->next;
    packet->next = *place;
    *place = packet;
    if (path->flight == packet)
        arm(path);
}

/* It is the only one. */
static APART void fly_alone(simp_path *path, sim_packet *packet)
{
    path->flight = path->flight_last = packet;
    arm(path);
}

static void insert(simp_path *path, sim_packet *packet)
{
    packet->next = NULL;
    if (path->flight == NULL) {
        fly_alone(path, packet);
    } else if (!is_before(packet, path->flight_last)) {
        path->flight_last->next = packet;
        path->flight_last = packet;
    } else {
        insert_before(path, packet);
    }
}

static void fly(simp_path *path, sim_packet *packet, uint64_t arrive_ns)
{
    packet->arrive_ns = arrive_ns;
    packet->order = ++path->from->host->sequence;
    insert(path, packet);
}

static void fly_in_order(simp_path *path, sim_packet *packet, uint64_t arrive_ns)
{
    if (path->last_arrive_ns < arrive_ns)
        path->last_arrive_ns = arrive_ns;
    fly(path, packet, path->last_arrive_ns);
}

void simp_path_take_off(simp_path *path, simp_transit *transit)
{
    if (transit->displaced)
        fly(path, transit->packet, transit->arrive_ns);
    else
        fly_in_order(path, transit->packet, transit->arrive_ns);
}

void simp_path_return(simp_path *path, sim_packet *packet, uint64_t arrive_ns)
{
    fly(path, packet, arrive_ns);
}

void simp_path_follow(simp_path *path, sim_packet *packet)
{
    sim_packet *head = path->flight;
    packet->arrive_ns = head->arrive_ns;
    packet->order = head->order;
    packet->next = head->next;
    head->next = packet;
    if (path->flight_last == head)
        path->flight_last = packet;
}

static inline sim_packet *take_head(simp_path *path)
{
    sim_packet *packet = path->flight;
    path->flight = packet->next;
    packet->next = NULL;
    arm(path);
    return packet;
}

sim_packet *simp_path_take_head(simp_path *path) { return take_head(path); }

static void on_arrival(sim_world *world, simp_event *event)
{
    simp_path *path = (simp_path *)((char *)event - offsetof(simp_path, arrival));
    sim_packet *packet = take_head(path);
    if (path->pipeline != NULL && !simp_pipeline_lets_arrive(path, packet))
        return;
    path->delivered++;
    simp_record_event(world, SIMP_RECORD_ARRIVAL, path->who, packet->id);
    simp_link_deliver(world, path->from, packet);
}

simp_path *simp_path_of(const simp_event *event)
{
    char *at = (char *)(uintptr_t)event;
    return event->run == on_arrival ? (simp_path *)(void *)(at - offsetof(simp_path, arrival)) : NULL;
}

/* ---- what observers are told ---- */

void simp_path_report(const simp_path *path, const sim_packet *packet, sim_fate fate)
{
    sim_host *host = path->from->host;
    sim_world *world = host->world;
    world->told_of = path->from;
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

/* Bytes that go in a time, rounded down; saturated where the product does not fit, as beyond 18 s at 1
 * Gbit/s. */
static uint64_t bytes_in(uint64_t rate_bps, uint64_t ns)
{
    bool fits = (rate_bps | ns) >> 32 == 0 || ns <= UINT64_MAX / rate_bps;
    return fits ? ns * rate_bps / UINT64_C(8000000000) : UINT64_MAX;
}

/* Beside what waits, the one on the line included. */
static inline bool has_room(const simp_line *line, uint64_t wait_ns, uint32_t size)
{
    uint64_t waiting = wait_ns == 0 ? 0 : bytes_in(line->rate_bps, wait_ns);
    return waiting <= UINT64_MAX - size && waiting + size <= line->queue_bytes;
}

/* When the line, which has a rate, has taken the packet; false: the queue is full. */
static bool pass_line(simp_line *line, uint32_t size, uint64_t now, uint64_t *leave)
{
    uint64_t start = line->free_ns;
    if (start <= now) {
        start = now;
        line->remainder = 0;
    }
    if (start - now >= line->roomy_ns && !has_room(line, start - now, size)) {
        line->overflowed++;
        return false;
    }
    uint64_t scaled = (uint64_t)size * UINT64_C(8000000000) + line->remainder;
    *leave = line->free_ns = start + scaled / line->rate_bps;
    line->remainder = scaled % line->rate_bps;
    return true;
}

/* The time at which it will be at the other end; false: the queue is full. */
static inline bool serialise(simp_path *path, uint32_t size, uint64_t now, uint64_t *arrive)
{
    uint64_t leave = now;
    if (path->line != NULL && path->line->rate_bps != 0 && !pass_line(path->line, size, now, &leave))
        return false;
    *arrive = leave + path->latency_ns;
    return true;
}

bool simp_path_serialise(simp_path *path, simp_transit *transit)
{
    if (!serialise(path, transit->size, path->from->host->world->now_ns, &transit->arrive_ns)) {
        transit->fate = SIM_FATE_OVERFLOWED;
        return false;
    }
    transit->arrive_ns += transit->late_ns;
    transit->on_line = true;
    return true;
}

static COLD void submit_to_stages(simp_path *path, sim_packet *packet, uint32_t size)
{
    simp_transit transit = {.packet = packet, .ordinal = path->packets, .size = size};
    simp_pipeline_submit(path, &transit);
}

static COLD void fly_observed(simp_path *path, sim_packet *packet, uint64_t arrive_ns)
{
    simp_path_report(path, packet, SIM_FATE_SENT);
    fly_in_order(path, packet, arrive_ns);
}

static COLD void overflow(simp_path *path, sim_packet *packet)
{
    simp_path_report(path, packet, SIM_FATE_OVERFLOWED);
    simp_packet_free(&path->from->host->world->arena, packet);
}

void simp_path_submit(simp_path *path, sim_packet *packet, uint32_t size)
{
    const sim_world *world = path->from->host->world;
    uint64_t arrive_ns;
    path->packets++;
    path->bytes += size;
    if (path->pipeline != NULL)
        submit_to_stages(path, packet, size);
    else if (!serialise(path, size, world->now_ns, &arrive_ns))
        overflow(path, packet);
    else if (world->observers != NULL)
        fly_observed(path, packet, arrive_ns);
    else
        fly_in_order(path, packet, arrive_ns);
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
    path->from = from;
    path->who = from->host->name_hash >> 8;
    path->arrival.run = on_arrival;
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
