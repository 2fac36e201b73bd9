/* SPDX-License-Identifier: MIT
 *
 * Packets and payload blocks: creation and release.
 */
#include "simnet/packet/packet.h"

#include <stddef.h>
#include <string.h>

#include "core/check.h"
#include "core/cold.h"
#include "simnet/world/arena.h"

sim_packet *simp_packet_create(simp_arena *arena)
{
    sim_packet *packet = simp_alloc(arena, sizeof *packet);
    if (packet != NULL)
        memset(packet, 0, offsetof(sim_packet, sent_ns));
    return packet;
}

static bool is_icmp(const sim_packet *packet)
{
    return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
}

/* A packet that quotes nothing, or an error without what it quotes. */
static sim_packet *copy_one(simp_arena *arena, const sim_packet *packet)
{
    sim_packet *copy = simp_alloc(arena, sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *packet;
    copy->next = NULL;
    if (copy->block != NULL)
        copy->block->references++;
    if (copy->raw != NULL)
        copy->raw->references++;
    return copy;
}

void simp_block_release(simp_arena *arena, simp_block *block)
{
    if (block == NULL)
        return;
    CHECK(block->references > 0);
    if (--block->references == 0)
        simp_free(arena, block, sizeof *block + block->capacity);
}

/* A packet that has neither bytes nor a quoted one. */
static inline void free_plain(simp_arena *arena, sim_packet *packet)
{
    simp_block *block = packet->block;
    simp_free(arena, packet, sizeof *packet);
    simp_block_release(arena, block);
}

static void free_one(simp_arena *arena, sim_packet *packet)
{
    simp_block_release(arena, packet->raw);
    free_plain(arena, packet);
}

static sim_packet *quoted_of(const sim_packet *packet)
{
    return is_icmp(packet) && !packet->from_bytes ? packet->icmp.quoted : NULL;
}

sim_packet *simp_packet_copy(simp_arena *arena, const sim_packet *packet)
{
    sim_packet *copy = copy_one(arena, packet);
    if (copy == NULL || quoted_of(packet) == NULL)
        return copy;
    copy->icmp.quoted = copy_one(arena, packet->icmp.quoted); /* which quotes nothing */
    if (copy->icmp.quoted != NULL)
        return copy;
    free_one(arena, copy);
    return NULL;
}

static COLD void free_with_parts(simp_arena *arena, sim_packet *packet)
{
    if (quoted_of(packet) != NULL)
        free_one(arena, packet->icmp.quoted);
    free_one(arena, packet);
}

void simp_packet_free(simp_arena *arena, sim_packet *packet)
{
    if (packet == NULL)
        return;
    if (packet->raw == NULL && !is_icmp(packet))
        free_plain(arena, packet);
    else
        free_with_parts(arena, packet);
}

simp_block *simp_block_create(simp_arena *arena, uint32_t capacity)
{
    simp_block *block = simp_alloc(arena, sizeof *block + capacity);
    if (block != NULL)
        *block = (simp_block){.references = 1, .capacity = capacity};
    return block;
}

simp_block *simp_block_copy(simp_arena *arena, const void *bytes, uint32_t len)
{
    simp_block *block = simp_block_create(arena, len);
    if (block == NULL)
        return NULL;
    block->used = len;
    if (len != 0)
        memcpy(block->bytes, bytes, len);
    return block;
}
