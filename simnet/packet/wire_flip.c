/* SPDX-License-Identifier: MIT
 *
 * Corruption: bits of a packet's bytes turned over.
 */
#include <string.h>

#include "simnet/world/arena.h"
#include "simnet/packet/wire_read.h"

enum { V4_CHECKSUM_AT = 10 };

simp_block *simp_packet_bytes(simp_arena *arena, const sim_packet *packet)
{
    if (packet->raw != NULL) {
        packet->raw->references++;
        return packet->raw;
    }
    uint32_t frame_len = SIMP_ETHERNET_LEN + simp_packet_size(packet);
    simp_block *block = simp_block_create(arena, frame_len);
    if (block == NULL)
        return NULL;
    sim_packet_frame(packet, block->bytes, frame_len);
    block->used = frame_len - SIMP_ETHERNET_LEN;
    memmove(block->bytes, block->bytes + SIMP_ETHERNET_LEN, block->used);
    return block;
}

/* A block of its own: raw is shared with copies of the packet. */
static simp_block *fresh_bytes(simp_arena *arena, const sim_packet *packet)
{
    if (packet->raw == NULL)
        return simp_packet_bytes(arena, packet);
    simp_block *block = simp_block_create(arena, packet->raw->used);
    if (block == NULL)
        return NULL;
    block->used = packet->raw->used;
    memcpy(block->bytes, packet->raw->bytes, block->used);
    return block;
}

static void mend_header(simp_block *block)
{
    uint8_t *bytes = block->bytes;
    if (block->used < SIMP_V4_HEADER_LEN || bytes[0] >> 4 != 4)
        return;
    uint32_t header_len = (bytes[0] & 15u) * 4;
    if (header_len < SIMP_V4_HEADER_LEN || header_len > block->used)
        return;
    memset(bytes + V4_CHECKSUM_AT, 0, 2);
    simp_wire_put_checksum(bytes + V4_CHECKSUM_AT, simp_wire_sum(bytes, header_len));
}

/* Of a fragment, the checksum spans what is not here. */
static void mend_transport(simp_block *block)
{
    simp_bytes bytes = {block->bytes, block->used, block, false};
    sim_packet read;
    if (simp_wire_read_ip(&bytes, &read) != SIMP_WIRE_OK || read.more_fragments || read.fragment_offset != 0)
        return;
    bool is_known = read.protocol == IPPROTO_TCP || read.protocol == IPPROTO_UDP ||
                    read.protocol == IPPROTO_ICMP || read.protocol == IPPROTO_ICMPV6;
    uint32_t at = simp_wire_checksum_at(read.protocol);
    if (!is_known || read.length < at + 2)
        return;
    uint8_t *transport = block->bytes + read.offset;
    memset(transport + at, 0, 2);
    uint64_t sum = simp_wire_pseudo_sum(&read, read.length) + simp_wire_sum(transport, read.length);
    simp_wire_put_checksum(transport + at, sum);
    if (read.protocol == IPPROTO_UDP && simp_get16(transport + at) == 0)
        memset(transport + at, 0xFF, 2);
}

int simp_packet_flip_bits(simp_arena *arena, sim_packet *packet, const uint32_t *bits, size_t count,
                          bool fix_checksums)
{
    simp_block *block = fresh_bytes(arena, packet);
    if (block == NULL)
        return WSAENOBUFS;
    for (size_t i = 0; i < count; i++) {
        if (bits[i] / 8 < block->used)
            block->bytes[bits[i] / 8] ^= (uint8_t)(0x80u >> bits[i] % 8);
    }
    if (fix_checksums) {
        mend_header(block);
        mend_transport(block);
    }
    simp_block_release(arena, packet->raw);
    packet->raw = block;
    packet->is_direct = false;
    return 0;
}
