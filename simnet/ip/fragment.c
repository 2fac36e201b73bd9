/* SPDX-License-Identifier: MIT
 *
 * Splitting: RFC 791 3.2 and RFC 8200 4.5.  A router may split again what was split before.
 */
#include "simnet/ip/fragment.h"

enum { ETHERNET_HEADER = 14, IPV4_HEADER = 20, IPV6_HEADER = 48 /* with the fragment header */ };

static void free_list(sim_world *world, sim_packet *packet)
{
    while (packet != NULL) {
        sim_packet *rest = packet->next;
        simp_packet_free(&world->arena, packet);
        packet = rest;
    }
}

sim_packet *simp_fragment_slice(sim_world *world, const sim_packet *piece, uint32_t at, uint32_t len)
{
    sim_packet *slice = simp_packet_copy(&world->arena, piece);
    if (slice == NULL)
        return NULL;
    uint32_t end = piece->fragment_offset + simp_fragment_span(piece);
    uint32_t skipped = at - piece->fragment_offset;
    if (skipped != 0)
        slice->offset += skipped - simp_fragment_header(piece);
    slice->is_direct = false;
    slice->fragment_offset = (uint16_t)at;
    slice->length = len - simp_fragment_header(slice);
    slice->more_fragments = at + len < end || piece->more_fragments;
    return slice;
}

sim_packet *simp_fragment_as_bytes(sim_world *world, const sim_packet *packet)
{
    uint32_t frame_len = ETHERNET_HEADER + simp_packet_size(packet);
    simp_block *block = simp_block_create(&world->arena, frame_len);
    sim_packet *bytes = block == NULL ? NULL : simp_packet_copy(&world->arena, packet);
    if (bytes == NULL) {
        simp_block_release(&world->arena, block);
        return NULL;
    }
    block->used = (uint32_t)sim_packet_frame(packet, block->bytes, frame_len);
    bool v4 = simp_ip_is_v4(packet->destination);
    bool is_fragment = simp_packet_is_fragment(packet);
    simp_block_release(&world->arena, bytes->block);
    bytes->block = block;
    bytes->offset = ETHERNET_HEADER + (v4 || is_fragment ? v4 ? IPV4_HEADER : IPV6_HEADER : IPV6_HEADER - 8);
    bytes->length = frame_len - bytes->offset;
    bytes->from_bytes = true;
    bytes->is_direct = false;
    return bytes;
}

/* ---- sending the pieces ---- */

/* All pieces as a list, or NULL. */
static sim_packet *pieces_of(sim_world *world, const sim_packet *whole, uint32_t room)
{
    sim_packet *first = NULL, **end = &first;
    uint32_t begin = whole->fragment_offset, total = simp_fragment_span(whole);
    for (uint32_t at = 0; at < total; at += room) {
        *end = simp_fragment_slice(world, whole, begin + at, total - at < room ? total - at : room);
        if (*end == NULL) {
            free_list(world, first);
            return NULL;
        }
        end = &(*end)->next;
    }
    return first;
}

static void transmit_all(sim_host *host, sim_packet *piece, const simp_next_hop *next)
{
    for (bool first = true; piece != NULL; first = false) {
        sim_packet *rest = piece->next;
        piece->next = NULL;
        if (!first)
            piece->id = ++host->world->packet_count;
        simp_ip_transmit(host, piece, next);
        piece = rest;
    }
}

int simp_fragment_output(sim_host *host, sim_packet *packet, const simp_next_hop *next)
{
    sim_world *world = host->world;
    if (packet->protocol == IPPROTO_TCP && !packet->from_bytes) { /* its header is longer than one unit */
        sim_packet *bytes = simp_fragment_as_bytes(world, packet);
        simp_packet_free(&world->arena, packet);
        if (bytes == NULL)
            return WSAENOBUFS;
        packet = bytes;
    }
    uint32_t header = simp_ip_is_v4(packet->destination) ? IPV4_HEADER : IPV6_HEADER;
    uint32_t room = (next->mtu - header) / SIMP_FRAGMENT_UNIT * SIMP_FRAGMENT_UNIT;
    sim_packet *pieces = pieces_of(world, packet, room);
    simp_packet_free(&world->arena, packet);
    if (pieces == NULL)
        return WSAENOBUFS;
    transmit_all(host, pieces, next);
    return 0;
}
