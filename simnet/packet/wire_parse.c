/* SPDX-License-Identifier: MIT
 *
 * Packets made from bytes: what wire_ip.c and wire_transport.c read, with blocks and references.
 */
#include "simnet/world/arena.h"
#include "simnet/packet/wire_read.h"

const char *simp_wire_error_name(simp_wire_error error)
{
    static const char *const names[SIMP_WIRE_ERRORS] = {
        [SIMP_WIRE_OK] = "right",
        [SIMP_WIRE_TRUNCATED] = "truncated",
        [SIMP_WIRE_BAD_VERSION] = "bad version",
        [SIMP_WIRE_BAD_LENGTH] = "bad length",
        [SIMP_WIRE_BAD_HEADER_CHECKSUM] = "bad header checksum",
        [SIMP_WIRE_BAD_CHECKSUM] = "bad checksum",
        [SIMP_WIRE_BAD_EXTENSION] = "bad extension header",
        [SIMP_WIRE_BAD_ADDRESS] = "bad address",
        [SIMP_WIRE_UNSUPPORTED] = "unsupported",
        [SIMP_WIRE_NO_MEMORY] = "no memory",
    };
    return (unsigned)error < SIMP_WIRE_ERRORS ? names[error] : "?";
}

/* What was read, in the arena. */
static simp_wire_error keep(simp_arena *arena, const sim_packet *read, sim_packet **out)
{
    sim_packet *packet = simp_packet_copy(arena, read);
    if (packet == NULL)
        return SIMP_WIRE_NO_MEMORY;
    *out = packet;
    return SIMP_WIRE_OK;
}

simp_wire_error simp_packet_parse(simp_arena *arena, simp_block *block, sim_packet **out)
{
    simp_bytes bytes = {block->bytes, block->used, block, false};
    sim_packet read, quoted;
    simp_wire_error error = simp_wire_read_ip(&bytes, &read);
    if (error == SIMP_WIRE_OK && !simp_packet_is_fragment(&read))
        error = simp_wire_read_transport(&bytes, &read, &quoted);
    return error != SIMP_WIRE_OK ? error : keep(arena, &read, out);
}

/* What belongs to the journey, not to the bytes. */
static void take_over(sim_packet *fresh, const sim_packet *old)
{
    fresh->id = old->id;
    fresh->sent_ns = old->sent_ns;
    fresh->origin = old->origin;
    fresh->originated = old->originated;
    fresh->arrive_ns = old->arrive_ns;
    fresh->order = old->order;
    fresh->next_hop = old->next_hop;
    fresh->source_host = old->source_host;
    fresh->next_host = old->next_host;
    fresh->interface = old->interface;
}

simp_wire_error simp_packet_open(simp_arena *arena, sim_packet **packet)
{
    sim_packet *old = *packet, *fresh = NULL, read;
    simp_bytes bytes = {old->raw->bytes, old->raw->used, old->raw, false};
    simp_wire_error error = simp_wire_read_ip(&bytes, &read);
    if (error == SIMP_WIRE_OK)
        error = keep(arena, &read, &fresh);
    if (error != SIMP_WIRE_OK)
        return error;
    take_over(fresh, old);
    simp_packet_free(arena, old);
    *packet = fresh;
    return SIMP_WIRE_OK;
}

simp_wire_error simp_packet_parse_transport(simp_arena *arena, sim_packet **packet)
{
    sim_packet *old = *packet, *fresh = NULL, read = *old, quoted;
    simp_bytes bytes = {old->block->bytes, old->offset + old->length, old->block, false};
    simp_wire_error error = SIMP_WIRE_OK;
    read.ip_payload_len = read.length;
    if (!simp_ip_is_v4(read.destination))
        error = simp_wire_skip_extensions(&bytes, &read, true);
    if (error == SIMP_WIRE_OK)
        error = simp_wire_read_transport(&bytes, &read, &quoted);
    if (error == SIMP_WIRE_OK)
        error = keep(arena, &read, &fresh);
    if (error != SIMP_WIRE_OK)
        return error;
    simp_packet_free(arena, old);
    *packet = fresh;
    return SIMP_WIRE_OK;
}
