/* SPDX-License-Identifier: MIT
 *
 * The reader of packets.  The first octet says what is done to the rest: bit 0 makes the checksums right, the
 * others turn over a bit.
 */
#include <string.h>

#include "simnet/world/arena.h"
#include "simnet/packet/wire.h"
#include "tests/fuzz/fuzz.h"

static void demand_inside(const sim_packet *p)
{
    simp_packet_parts parts = simp_packet_parts_of(p);
    fuzz_demand(p->length == 0 || (p->block != NULL && p->offset + p->length <= p->block->used),
                "the payload lies within its bytes");
    fuzz_demand(parts.transport <= parts.payload && parts.payload <= parts.size, "the parts are in order");
    fuzz_demand(parts.size == simp_packet_size(p), "the size is that of the parts");
}

/* What is read from what was written is the same, and is written the same. */
static void demand_stable(simp_arena *arena, const sim_packet *first)
{
    sim_packet *second = NULL;
    simp_block *written = simp_packet_bytes(arena, first);
    fuzz_demand(written->used == simp_packet_size(first), "a packet has its size");
    simp_wire_error error = simp_packet_parse(arena, written, &second);
    fuzz_demand(error == SIMP_WIRE_OK, "what was written can be read");
    simp_block *again = simp_packet_bytes(arena, second);
    bool same = again->used == written->used && memcmp(again->bytes, written->bytes, again->used) == 0;
    fuzz_demand(same, "it is written as it was");
    char text[256];
    sim_packet_describe(second, text, sizeof text);
    simp_block_release(arena, again);
    simp_block_release(arena, written);
    simp_packet_free(arena, second);
}

static void read_and_write(simp_arena *arena, simp_block *bytes)
{
    sim_packet *packet = NULL;
    simp_wire_error error = simp_packet_parse(arena, bytes, &packet);
    fuzz_demand((error == SIMP_WIRE_OK) == (packet != NULL), "there is a packet or a reason");
    fuzz_demand(strcmp(simp_wire_error_name(error), "?") != 0, "every reason has a name");
    if (packet == NULL)
        return;
    demand_inside(packet);
    demand_stable(arena, packet);
    simp_packet_free(arena, packet);
    fuzz_demand(bytes->references == 1, "no reference is left");
}

/* The long way: opened as a receiver does, then the transport. */
static void open_and_read(simp_arena *arena, sim_packet *packet)
{
    if (simp_packet_open(arena, &packet) == SIMP_WIRE_OK) {
        demand_inside(packet);
        bool whole = !packet->more_fragments && packet->fragment_offset == 0;
        if (whole && simp_packet_parse_transport(arena, &packet) == SIMP_WIRE_OK)
            demand_inside(packet);
    }
    simp_packet_free(arena, packet);
}

void fuzz_wire(const uint8_t *data, size_t size)
{
    simp_arena arena;
    if (size < 1 || size > 65535)
        return;
    simp_arena_init(&arena, cas_allocator_system());
    sim_packet *packet = simp_packet_create(&arena);
    packet->raw = simp_block_copy(&arena, data + 1, (uint32_t)size - 1);
    uint32_t bit = data[0] >> 1;
    simp_packet_flip_bits(&arena, packet, &bit, bit != 0, (data[0] & 1) != 0);
    simp_block *bytes = simp_packet_bytes(&arena, packet);
    simp_packet_parts_of(packet);
    bytes->references--; /* the packet's alone */
    simp_block *own = simp_block_copy(&arena, bytes->bytes, bytes->used);
    read_and_write(&arena, own);
    simp_block_release(&arena, own);
    open_and_read(&arena, packet);
    simp_arena_fini(&arena);
}
