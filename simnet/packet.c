/* SPDX-License-Identifier: MIT
 *
 * Packets and payload blocks: creation and release.
 */
#include "simnet/packet.h"

#include "core/check.h"
#include "simnet/arena.h"

sim_packet *simp_packet_create(simp_arena *arena) { return simp_alloc_zero(arena, sizeof(sim_packet)); }

static bool is_icmp(const sim_packet *packet)
{
    return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
}

sim_packet *simp_packet_copy(simp_arena *arena, const sim_packet *packet)
{
    sim_packet *copy = simp_alloc(arena, sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *packet;
    copy->next = NULL;
    if (is_icmp(packet) && packet->icmp.quoted != NULL) {
        copy->icmp.quoted = simp_alloc(arena, sizeof *copy);
        if (copy->icmp.quoted == NULL) {
            simp_free(arena, copy, sizeof *copy);
            return NULL;
        }
        *copy->icmp.quoted = *packet->icmp.quoted;
    }
    if (copy->block != NULL)
        copy->block->references++;
    if (copy->raw != NULL)
        copy->raw->references++;
    return copy;
}

void simp_packet_free(simp_arena *arena, sim_packet *packet)
{
    if (packet == NULL)
        return;
    if (is_icmp(packet))
        simp_free(arena, packet->icmp.quoted,
                  sizeof *packet); /* a quoted packet quotes nothing and has no block */
    simp_block_release(arena, packet->block);
    simp_block_release(arena, packet->raw);
    simp_free(arena, packet, sizeof *packet);
}

simp_block *simp_block_create(simp_arena *arena, uint32_t capacity)
{
    simp_block *block = simp_alloc(arena, sizeof *block + capacity);
    if (block != NULL)
        *block = (simp_block){.references = 1, .capacity = capacity};
    return block;
}

void simp_block_release(simp_arena *arena, simp_block *block)
{
    if (block == NULL)
        return;
    CHECK(block->references > 0);
    if (--block->references == 0)
        simp_free(arena, block, sizeof *block + block->capacity);
}
