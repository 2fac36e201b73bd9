/* SPDX-License-Identifier: MIT
 *
 * Fragmentation and reassembly, RFC 791 and RFC 8200.
 *
 * Invariants:
 *  1. The pieces of a reassembly are sorted by offset and do not overlap: what arrived first stays (RFC
 *     791); in IPv6 an overlap that is no mere duplicate drops the whole datagram (RFC 5722).
 *  2. A reassembly has one event, its time-out.
 *
 * Fragments share their whole's payload block, so the whole is had back without copying when all pieces are
 * there.
 */
#include "simnet/ip.h"

enum { UNIT = 8, TRANSPORT = 8, IPV4_HEADER = 20, IPV6_HEADER = 48 /* with the fragment header */ };

static void free_list(sim_world *world, sim_packet *packet)
{
    while (packet != NULL) {
        sim_packet *rest = packet->next;
        simp_packet_free(&world->arena, packet);
        packet = rest;
    }
}

/* ---- splitting ---- */

static sim_packet *piece_of(sim_world *world, const sim_packet *whole, uint32_t at, uint32_t len)
{
    sim_packet *piece = simp_packet_copy(&world->arena, whole);
    if (piece == NULL)
        return NULL;
    uint32_t header = at == 0 ? TRANSPORT : 0;
    piece->fragment_offset = (uint16_t)at;
    piece->offset = whole->offset + (at == 0 ? 0 : at - TRANSPORT);
    piece->length = len - header;
    piece->more_fragments = at + len < whole->ip_payload_len;
    return piece;
}

/* All pieces as a list, or NULL. */
static sim_packet *pieces_of(sim_world *world, const sim_packet *whole, uint32_t room)
{
    sim_packet *first = NULL, **end = &first;
    uint32_t total = whole->ip_payload_len;
    for (uint32_t at = 0; at < total; at += room) {
        *end = piece_of(world, whole, at, total - at < room ? total - at : room);
        if (*end == NULL) {
            free_list(world, first);
            return NULL;
        }
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

int simp_fragment_output(sim_host *host, sim_packet *packet, const simp_next_hop *next)
{
    sim_world *world = host->world;
    uint32_t header = simp_ip_is_v4(packet->destination) ? IPV4_HEADER : IPV6_HEADER;
    sim_packet *piece = pieces_of(world, packet, (next->mtu - header) / UNIT * UNIT);
    int error = piece == NULL ? WSAENOBUFS : 0;
    while (piece != NULL) {
        sim_packet *rest = piece->next;
        piece->next = NULL;
        if (piece->fragment_offset != 0)
            piece->id = ++world->packet_count;
        simp_ip_transmit(host, piece, next);
        piece = rest;
    }
    simp_packet_free(&world->arena, packet);
    return error;
}

/* ---- putting together ---- */

typedef struct simp_reassembly {
    struct simp_reassembly *next;
    sim_host *host;
    sim_packet *pieces;
    simp_event timeout;
} simp_reassembly;

static bool is_same_datagram(const sim_packet *a, const sim_packet *b)
{
    return a->ip_id == b->ip_id && a->protocol == b->protocol && simp_ip_equal(a->source, b->source) &&
           simp_ip_equal(a->destination, b->destination);
}

static void discard(simp_reassembly *r)
{
    sim_world *world = r->host->world;
    simp_reassembly **place = &r->host->reassemblies;
    while (*place != r)
        place = &(*place)->next;
    *place = r->next;
    free_list(world, r->pieces);
    simp_events_cancel(&world->events, &r->timeout);
    simp_events_release(&world->events);
    simp_free(&world->arena, r, sizeof *r);
}

void simp_reassembly_clear(sim_host *host)
{
    while (host->reassemblies != NULL)
        discard(host->reassemblies);
}

static void on_timeout(sim_world *world, simp_event *event)
{
    simp_reassembly *r = (simp_reassembly *)((char *)event - offsetof(simp_reassembly, timeout));
    simp_record_event(world, SIMP_RECORD_TIMER, r->host->name_hash >> 8, r->pieces->id);
    if (r->pieces->fragment_offset == 0)
        simp_icmp_send_error(r->host, r->pieces, SIMP_ICMP_REASSEMBLY_TIME, 0);
    discard(r);
}

static simp_reassembly *find_or_create(sim_host *host, const sim_packet *fragment)
{
    sim_world *world = host->world;
    for (simp_reassembly *r = host->reassemblies; r != NULL; r = r->next) {
        if (is_same_datagram(r->pieces, fragment))
            return r;
    }
    simp_reassembly *r = simp_alloc_zero(&world->arena, sizeof *r);
    if (r == NULL || !simp_events_reserve(&world->events, &world->arena)) {
        simp_free(&world->arena, r, sizeof *r);
        return NULL;
    }
    r->host = host;
    r->timeout.run = on_timeout;
    r->next = host->reassemblies;
    host->reassemblies = r;
    const sim_stack *stack = host->stack;
    bool v4 = simp_ip_is_v4(fragment->destination);
    uint64_t timeout = (uint64_t)(v4 ? stack->reassembly_v4_ns : stack->reassembly_v6_ns);
    simp_schedule(world, &r->timeout, SIMP_CLASS_TIMER, host, world->now_ns + timeout);
    return r;
}

/* Bytes of the IP payload in this piece. */
static uint32_t span(const sim_packet *piece)
{
    return piece->length + (piece->fragment_offset == 0 ? (uint32_t)TRANSPORT : 0);
}

typedef enum insertion { INSERTED, DUPLICATE, OVERLAP } insertion;

static insertion insert(simp_reassembly *r, sim_packet *fragment)
{
    sim_packet **place = &r->pieces;
    while (*place != NULL && (*place)->fragment_offset + span(*place) <= fragment->fragment_offset)
        place = &(*place)->next;
    const sim_packet *at = *place;
    if (at != NULL && at->fragment_offset == fragment->fragment_offset && span(at) == span(fragment))
        return DUPLICATE;
    if (at != NULL && at->fragment_offset < fragment->fragment_offset + span(fragment))
        return OVERLAP;
    fragment->next = *place;
    *place = fragment;
    return INSERTED;
}

static bool is_complete(const simp_reassembly *r)
{
    uint32_t expected = 0;
    for (const sim_packet *piece = r->pieces; piece != NULL; piece = piece->next) {
        if (piece->fragment_offset != expected)
            return false;
        expected += span(piece);
        if (piece->next == NULL)
            return !piece->more_fragments;
    }
    return false;
}

sim_packet *simp_reassemble(sim_host *host, sim_packet *fragment)
{
    sim_world *world = host->world;
    simp_reassembly *r = find_or_create(host, fragment);
    if (r == NULL) {
        simp_packet_free(&world->arena, fragment);
        simp_out_of_memory(world);
        return NULL;
    }
    insertion result = insert(r, fragment);
    if (result != INSERTED) {
        if (result == OVERLAP && !simp_ip_is_v4(fragment->destination))
            discard(r);
        simp_packet_free(&world->arena, fragment);
        return NULL;
    }
    if (!is_complete(r))
        return NULL;
    sim_packet *whole = r->pieces;
    r->pieces = whole->next;
    whole->next = NULL;
    whole->length = whole->ip_payload_len - TRANSPORT;
    whole->more_fragments = false;
    discard(r);
    return whole;
}
