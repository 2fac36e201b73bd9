/* SPDX-License-Identifier: MIT
 *
 * Putting fragments together: RFC 791 3.2, RFC 815, RFC 8200 4.5.
 *
 * Invariants:
 *  1. The pieces of a reassembly are sorted by offset and do not overlap.  IPv4: of what overlaps, the octets
 *     that arrived first stay.  IPv6: an overlap that is no mere duplicate drops the datagram, and what of it
 *     is still to come (RFC 5722 4).
 *  2. received is the sum of the pieces' spans; end, once known, is not less than the end of any piece.
 *  3. A reassembly has one event, its time-out, which begins with the first fragment and is never put off.
 */
#include <string.h>

#include "simnet/ip/fragment.h"
#include "simnet/ip/ip_state.h"

enum { DATAGRAM_MAX = 65535, HELD_MAX = 4 << 20 /* octets a host keeps at most in all */ };

typedef struct simp_reassembly {
    struct simp_reassembly *next; /* newest first */
    sim_host *host;
    simp_ip source, destination;
    uint32_t ip_id;
    uint8_t protocol;
    bool poisoned; /* pieces contradicted each other: all is dropped */
    sim_packet *pieces;
    uint32_t received;
    uint32_t end; /* of the datagram, once the last piece is here; 0: not known */
    simp_event timeout;
} simp_reassembly;

/* ---- the table ---- */

/* IPv6 does not count the protocol in: it may differ from piece to piece, and the first one's holds. */
static bool is_part_of(const simp_reassembly *r, const sim_packet *fragment)
{
    return r->ip_id == fragment->ip_id && simp_ip_equal(r->source, fragment->source) &&
           simp_ip_equal(r->destination, fragment->destination) &&
           (r->protocol == fragment->protocol || !simp_ip_is_v4(r->destination));
}

static void free_pieces(simp_reassembly *r)
{
    while (r->pieces != NULL) {
        sim_packet *piece = r->pieces;
        r->pieces = piece->next;
        simp_packet_free(&r->host->world->arena, piece);
    }
    r->received = 0;
}

static void discard(simp_reassembly *r)
{
    sim_world *world = r->host->world;
    simp_reassembly **place = &r->host->reassemblies;
    while (*place != r)
        place = &(*place)->next;
    *place = r->next;
    free_pieces(r);
    simp_events_cancel(&world->events, &r->timeout);
    simp_events_release(&world->events);
    simp_free(&world->arena, r, sizeof *r);
}

void simp_reassembly_clear(sim_host *host)
{
    while (host->reassemblies != NULL)
        discard(host->reassemblies);
}

/* RFC 792, RFC 8200 4.5: the sender is told if the first fragment is here. */
static void on_timeout(sim_world *world, simp_event *event)
{
    simp_reassembly *r = (simp_reassembly *)((char *)event - offsetof(simp_reassembly, timeout));
    const sim_packet *first = r->pieces;
    simp_record_event(world, SIMP_RECORD_TIMER, r->host->name_hash >> 8, r->ip_id);
    if (!r->poisoned)
        simp_ip_count_drop(r->host, SIM_DROP_REASSEMBLY_TIME);
    if (first != NULL && first->fragment_offset == 0)
        simp_icmp_send_error(r->host, first, SIMP_ICMP_REASSEMBLY_TIME, 0);
    discard(r);
}

static simp_reassembly *find(const sim_host *host, const sim_packet *fragment)
{
    simp_reassembly *r = host->reassemblies;
    while (r != NULL && !is_part_of(r, fragment))
        r = r->next;
    return r;
}

/* The oldest go first. */
static void make_room(sim_host *host)
{
    uint32_t held = 0;
    for (simp_reassembly *r = host->reassemblies; r != NULL; r = r->next)
        held += r->received;
    while (held > HELD_MAX - DATAGRAM_MAX) {
        simp_reassembly *oldest = host->reassemblies;
        while (oldest->next != NULL)
            oldest = oldest->next;
        held -= oldest->received;
        simp_ip_count_drop(host, SIM_DROP_REASSEMBLY_FULL);
        discard(oldest);
    }
}

static simp_reassembly *begin(sim_host *host, const sim_packet *fragment)
{
    sim_world *world = host->world;
    make_room(host);
    simp_reassembly *r = simp_alloc_zero(&world->arena, sizeof *r);
    if (r == NULL || !simp_events_reserve(&world->events, &world->arena)) {
        simp_free(&world->arena, r, sizeof *r);
        simp_out_of_memory(world);
        return NULL;
    }
    r->host = host;
    r->source = fragment->source;
    r->destination = fragment->destination;
    r->ip_id = fragment->ip_id;
    r->protocol = fragment->protocol;
    r->timeout.run = on_timeout;
    r->next = host->reassemblies;
    host->reassemblies = r;
    bool v4 = simp_ip_is_v4(fragment->destination);
    int64_t timeout = v4 ? host->stack->reassembly_v4_ns : host->stack->reassembly_v6_ns;
    simp_schedule(world, &r->timeout, SIMP_CLASS_TIMER, host, world->now_ns + (uint64_t)timeout);
    return r;
}

/* ---- one more fragment ---- */

static uint32_t end_of(const sim_packet *piece) { return piece->fragment_offset + simp_fragment_span(piece); }

/* Octets of a header that a parameter problem points at, RFC 8200 4.5. */
enum { V6_PAYLOAD_LENGTH_AT = 4, V6_FRAGMENT_OFFSET_AT = 42 };

/* Lengths that no sender can mean; IPv6 answers them. */
static bool is_malformed(sim_host *host, const sim_packet *fragment)
{
    uint32_t span = simp_fragment_span(fragment), at = V6_PAYLOAD_LENGTH_AT;
    bool odd = fragment->more_fragments && span % SIMP_FRAGMENT_UNIT != 0;
    bool long_one = end_of(fragment) > DATAGRAM_MAX;
    if (long_one)
        at = V6_FRAGMENT_OFFSET_AT;
    if ((odd || long_one) && !simp_ip_is_v4(fragment->destination))
        simp_icmp_send_error(host, fragment, SIMP_ICMP_PARAMETER_PROBLEM, at);
    return odd || long_one || span == 0;
}

/* Does it say where the datagram ends, otherwise than those before it? */
static bool is_contradiction(const simp_reassembly *r, const sim_packet *fragment)
{
    uint32_t end = end_of(fragment), furthest = 0;
    if (r->end != 0)
        return end > r->end || (!fragment->more_fragments && end != r->end);
    for (const sim_packet *piece = r->pieces; piece != NULL; piece = piece->next)
        furthest = end_of(piece);
    return !fragment->more_fragments && end < furthest;
}

static bool overlaps(const simp_reassembly *r, const sim_packet *fragment)
{
    for (const sim_packet *piece = r->pieces; piece != NULL; piece = piece->next) {
        if (piece->fragment_offset < end_of(fragment) && fragment->fragment_offset < end_of(piece))
            return true;
    }
    return false;
}

static bool is_duplicate(const simp_reassembly *r, const sim_packet *fragment)
{
    for (const sim_packet *piece = r->pieces; piece != NULL; piece = piece->next) {
        if (piece->fragment_offset == fragment->fragment_offset && piece->length == fragment->length &&
            piece->from_bytes == fragment->from_bytes)
            return fragment->length == 0 ||
                   memcmp(simp_packet_payload(piece), simp_packet_payload(fragment), fragment->length) == 0;
    }
    return false;
}

/* What of the fragment lies in the gap before *place, from at on; at moves behind it. */
static bool fill_gap(simp_reassembly *r, sim_packet **place, const sim_packet *fragment, uint32_t *at)
{
    uint32_t end = end_of(fragment);
    uint32_t gap_end = *place != NULL && (*place)->fragment_offset < end ? (*place)->fragment_offset : end;
    if (gap_end <= *at)
        return true;
    sim_packet *slice = simp_fragment_slice(r->host->world, fragment, *at, gap_end - *at);
    if (slice == NULL)
        return false;
    slice->next = *place;
    *place = slice;
    r->received += gap_end - *at;
    *at = gap_end;
    return true;
}

/* RFC 815: the holes are filled, and what is there stays. */
static bool fill_holes(simp_reassembly *r, const sim_packet *fragment)
{
    uint32_t at = fragment->fragment_offset;
    for (sim_packet **place = &r->pieces;; place = &(*place)->next) {
        bool before = *place != NULL && end_of(*place) <= at;
        if (!before && !fill_gap(r, place, fragment, &at))
            return false;
        if (*place == NULL || at >= end_of(fragment))
            return true;
        if (end_of(*place) > at)
            at = end_of(*place);
        if (at >= end_of(fragment))
            return true;
    }
}

static void poison(simp_reassembly *r)
{
    free_pieces(r);
    r->poisoned = true;
}

/* False: it was refused, and does not belong to the datagram. */
static bool insert(simp_reassembly *r, const sim_packet *fragment)
{
    bool v4 = simp_ip_is_v4(r->destination);
    if (!v4 && is_duplicate(r, fragment))
        return true;
    if (r->poisoned || is_contradiction(r, fragment) || (!v4 && overlaps(r, fragment))) {
        simp_ip_count_drop(r->host, SIM_DROP_OVERLAP);
        if (!v4)
            poison(r);
        return false;
    }
    if (!fragment->more_fragments)
        r->end = end_of(fragment);
    if (!fill_holes(r, fragment))
        simp_out_of_memory(r->host->world);
    return true;
}

/* ---- the whole ---- */

/* All pieces were cut from the same block. */
static bool is_by_reference(const simp_reassembly *r)
{
    for (const sim_packet *piece = r->pieces; piece != NULL; piece = piece->next) {
        if (piece->from_bytes || piece->block != r->pieces->block)
            return false;
    }
    return r->end == r->pieces->ip_payload_len;
}

static bool copy_bytes(sim_world *world, uint8_t *to, const sim_packet *piece)
{
    if (piece->from_bytes) {
        memcpy(to, simp_packet_payload(piece), piece->length);
        return true;
    }
    sim_packet *bytes = simp_fragment_as_bytes(world, piece);
    if (bytes == NULL)
        return false;
    memcpy(to, simp_packet_payload(bytes), bytes->length);
    simp_packet_free(&world->arena, bytes);
    return true;
}

static simp_block *join_bytes(const simp_reassembly *r)
{
    sim_world *world = r->host->world;
    simp_block *block = simp_block_create(&world->arena, r->end);
    if (block == NULL)
        return NULL;
    block->used = r->end;
    for (const sim_packet *piece = r->pieces; piece != NULL; piece = piece->next) {
        if (!copy_bytes(world, block->bytes + piece->fragment_offset, piece)) {
            simp_block_release(&world->arena, block);
            return NULL;
        }
    }
    return block;
}

/* The first piece becomes the whole. */
static sim_packet *take_whole(simp_reassembly *r)
{
    sim_world *world = r->host->world;
    bool by_reference = is_by_reference(r);
    simp_block *joined = by_reference ? NULL : join_bytes(r);
    sim_packet *whole = r->pieces;
    uint32_t end = r->end;
    r->pieces = whole->next;
    whole->next = NULL;
    discard(r);
    if (!by_reference && joined == NULL) {
        simp_out_of_memory(world);
        simp_packet_free(&world->arena, whole);
        return NULL;
    }
    if (joined != NULL) {
        simp_block_release(&world->arena, whole->block);
        whole->block = joined;
        whole->offset = 0;
        whole->from_bytes = true;
    }
    whole->more_fragments = false;
    whole->is_direct = false; /* that was long ago */
    whole->ip_payload_len = end;
    whole->length = end - simp_fragment_header(whole);
    return whole;
}

sim_packet *simp_reassemble(sim_host *host, sim_packet *fragment)
{
    if (is_malformed(host, fragment)) {
        simp_ip_drop(host, fragment, SIM_DROP_MALFORMED);
        return NULL;
    }
    simp_reassembly *r = find(host, fragment);
    if (r == NULL)
        r = begin(host, fragment);
    bool is_complete = r != NULL && insert(r, fragment) && r->end != 0 && r->received == r->end;
    simp_packet_free(&host->world->arena, fragment);
    return is_complete ? take_whole(r) : NULL;
}
