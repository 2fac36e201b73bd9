/* SPDX-License-Identifier: MIT
 *
 * The FIFO of notification messages of one thread (R14): a ring that grows only when told to, so that posting
 * cannot fail.
 *
 * Who may have to post one day claims a place first; a message that is posted takes a claimed one, and gives
 * it back when it is popped.
 *
 * Invariant: count <= claimed <= capacity.
 */
#ifndef CORE_MESSAGE_QUEUE_H
#define CORE_MESSAGE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/alloc.h"
#include "castanet/winsock.h"
#include "core/check.h"
#include "core/cold.h"

typedef struct casp_message {
    uint64_t generation;
    uint32_t handle; /* below CASP_HANDLE_LIMIT */
    uint16_t error;  /* WSAE code, or 0 */
    uint8_t event;   /* one FD_ bit */
} casp_message;

typedef struct casp_message_queue {
    casp_message *ring;
    size_t capacity;
    size_t first, count;
    size_t claimed; /* places of what is queued, and of what may be posted */
} casp_message_queue;

void casp_message_queue_fini(casp_message_queue *queue, cas_allocator *memory);
COLD int casp_message_queue_grow(casp_message_queue *queue, cas_allocator *memory, size_t capacity);

/* Makes room for claims to come.  0 or WSAENOBUFS, then nothing changed. */
static inline int casp_message_queue_reserve(casp_message_queue *queue, cas_allocator *memory, size_t claims)
{
    size_t needed = queue->claimed + claims;
    return needed <= queue->capacity ? 0 : casp_message_queue_grow(queue, memory, needed);
}

/* The place of a new message, for the caller to fill; one must be claimed, and not taken. */
static inline casp_message *casp_message_queue_push(casp_message_queue *queue)
{
    CHECK(queue->count < queue->claimed);
    size_t place = queue->first + queue->count++;
    return &queue->ring[place < queue->capacity ? place : place - queue->capacity];
}

static inline bool casp_message_queue_pop(casp_message_queue *queue, casp_message *out)
{
    if (queue->count == 0)
        return false;
    *out = queue->ring[queue->first];
    queue->first = queue->first + 1 < queue->capacity ? queue->first + 1 : 0;
    queue->count--;
    queue->claimed--;
    return true;
}

#endif
