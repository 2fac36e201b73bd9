/* SPDX-License-Identifier: MIT
 *
 * See message_queue.h.
 */
#include "core/message_queue.h"

#include "core/limits.h"

void casp_message_queue_fini(casp_message_queue *queue, cas_allocator *memory)
{
    cas_free(memory, queue->ring, queue->capacity * sizeof *queue->ring);
    *queue = (casp_message_queue){0};
}

int casp_message_queue_grow(casp_message_queue *queue, cas_allocator *memory, size_t capacity)
{
    size_t rounded = queue->capacity == 0 ? CASP_LIMIT(8, 1) : queue->capacity;
    while (rounded < capacity)
        rounded += rounded / 2 + 1;
    casp_message *ring = cas_alloc(memory, rounded * sizeof *ring);
    if (ring == NULL)
        return WSAENOBUFS;
    size_t claimed = queue->claimed, count = 0;
    while (casp_message_queue_pop(queue, &ring[count]))
        count++;
    cas_free(memory, queue->ring, queue->capacity * sizeof *ring);
    *queue = (casp_message_queue){.ring = ring, .capacity = rounded, .count = count, .claimed = claimed};
    return 0;
}
