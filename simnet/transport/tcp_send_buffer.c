/* SPDX-License-Identifier: MIT
 *
 * The send buffer: bytes are copied once into blocks, and segments refer to them.
 *
 * A block holds one full segment, unless less is written than that: so segments of a stream that is sent as
 * it is written lie in one block each, and what is in flight stays in cache.
 *
 * A look-up goes on from where the last one ended, so sending in order costs nothing per block.  In SACK
 * recovery retransmissions have a place of their own to go on from.  A segment that spans two blocks gets a
 * block of its own.
 */
#include <string.h>

#include "core/cold.h"
#include "core/limits.h"
#include "simnet/transport/tcp_sack.h"

enum { BLOCK_MIN = CASP_LIMIT(256, 1), BLOCK_MAX = CASP_LIMIT(65535, 100) };

/* The rest of a long write leaves room for the next one to fill the segment. */
static uint32_t capacity_for(const simp_tcp *t, uint32_t wanted, bool goes_on)
{
    uint32_t segment = t->mss < BLOCK_MAX ? t->mss : BLOCK_MAX;
    if (goes_on || wanted > segment)
        return segment;
    return wanted < BLOCK_MIN ? BLOCK_MIN : wanted;
}

static simp_block *add_block(simp_tcp *t, uint32_t capacity)
{
    simp_arena *arena = &t->host->world->arena;
    simp_block *block = simp_block_create(arena, capacity);
    if (block == NULL)
        return NULL;
    simp_send_buffer *b = &t->active->send;
    block->seq = t->send_end;
    if (b->last != NULL)
        b->last->next = block;
    else
        b->first = block;
    b->last = block;
    return block;
}

/* Takes back what was appended behind last, whose use was last_used. */
static void truncate_to(simp_tcp *t, simp_block *last, uint32_t last_used, uint32_t end)
{
    simp_block *rest = last != NULL ? last->next : t->active->send.first;
    while (rest != NULL) {
        simp_block *next = rest->next;
        simp_block_release(&t->host->world->arena, rest);
        rest = next;
    }
    t->active->send.last = last;
    t->send_end = end;
    if (last == NULL) {
        t->active->send.first = NULL;
        return;
    }
    last->next = NULL;
    last->used = last_used;
}

bool simp_send_buffer_append(simp_tcp *t, const uint8_t *bytes, uint32_t len)
{
    if (!simp_tcp_wake(t))
        return false;
    simp_block *before = t->active->send.last, *last = before;
    uint32_t before_used = before != NULL ? before->used : 0, before_end = t->send_end;
    uint32_t done = 0;
    while (done < len) {
        if (last == NULL || last->used == last->capacity) {
            last = add_block(t, capacity_for(t, len - done, done > 0));
            if (last == NULL) {
                truncate_to(t, before, before_used, before_end);
                return false;
            }
        }
        uint32_t room = last->capacity - last->used;
        uint32_t part = len - done < room ? len - done : room;
        memcpy(last->bytes + last->used, bytes + done, part);
        last->used += part;
        t->send_end += part;
        done += part;
    }
    return true;
}

void simp_send_buffer_release(simp_tcp *t, uint32_t seq)
{
    simp_arena *arena = &t->host->world->arena;
    simp_send_buffer *b = &t->active->send;
    simp_block *block = b->first;
    while (block != NULL && simp_seq_upto(block->seq + block->used, seq)) {
        simp_block *next = block->next;
        block->next = NULL;
        if (b->cursor == block)
            b->cursor = next;
        simp_block_release(arena, block);
        block = next;
    }
    b->first = block;
    if (block == NULL)
        b->last = NULL;
}

static simp_block *find(simp_tcp *t, uint32_t seq)
{
    simp_send_buffer *b = &t->active->send;
    bool is_old = b->cursor != NULL && simp_seq_before(seq, b->cursor->seq);
    simp_block **place = is_old && t->recovery != NULL ? &t->recovery->block : &b->cursor;
    simp_block *block = *place;
    if (block == NULL || simp_seq_before(seq, block->seq))
        block = b->first;
    while (simp_seq_upto(block->seq + block->used, seq))
        block = block->next;
    *place = block;
    return block;
}

static APART bool fill_from_several(simp_tcp *t, sim_packet *packet, const simp_block *block, uint32_t at,
                                    uint32_t len)
{
    simp_block *joined = simp_block_create(&t->host->world->arena, len);
    if (joined == NULL)
        return false;
    while (joined->used < len) {
        uint32_t rest = block->used - at, part = len - joined->used < rest ? len - joined->used : rest;
        memcpy(joined->bytes + joined->used, block->bytes + at, part);
        joined->used += part;
        block = block->next;
        at = 0;
    }
    packet->block = joined;
    packet->offset = 0;
    packet->length = len;
    return true;
}

bool simp_send_buffer_fill(simp_tcp *t, sim_packet *packet, uint32_t seq, uint32_t len)
{
    if (len == 0)
        return true;
    simp_block *block = find(t, seq);
    uint32_t at = seq - block->seq;
    if (block->used - at < len)
        return fill_from_several(t, packet, block, at, len);
    block->references++;
    packet->block = block;
    packet->offset = at;
    packet->length = len;
    return true;
}
