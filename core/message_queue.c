/* SPDX-License-Identifier: MIT
 *
 * See message_queue.h.
 */
#include "core/message_queue.h"

#include "core/check.h"
#include "core/limits.h"

void casp_message_queue_fini(casp_message_queue *queue, cas_allocator *memory)
{
    cas_free(memory, queue->ring, queue->capacity * sizeof *queue->ring);
    *queue = (casp_message_queue){0};
}

int casp_message_queue_reserve(casp_message_queue *queue, cas_allocator *memory, size_t capacity)
{
    if (capacity <= queue->capacity)
        return 0;
    size_t rounded = queue->capacity == 0 ? CASP_LIMIT(8, 1) : queue->capacity;
    while (rounded < capacity)
        rounded *= 2;
    casp_message *ring = cas_alloc(memory, rounded * sizeof *ring);
    if (ring == NULL)
        return WSAENOBUFS;
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = queue->ring[(queue->first + i) & (queue->capacity - 1)];
    cas_free(memory, queue->ring, queue->capacity * sizeof *ring);
    queue->ring = ring;
    queue->capacity = rounded;
    queue->first = 0;
    return 0;
}

void casp_message_queue_push(casp_message_queue *queue, casp_message message)
{
    CHECK(queue->count < queue->capacity);
    queue->ring[(queue->first + queue->count) & (queue->capacity - 1)] = message;
    queue->count++;
}

bool casp_message_queue_pop(casp_message_queue *queue, casp_message *out)
{
    if (queue->count == 0)
        return false;
    *out = queue->ring[queue->first];
    queue->first = (queue->first + 1) & (queue->capacity - 1);
    queue->count--;
    return true;
}
