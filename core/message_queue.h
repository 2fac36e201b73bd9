/* SPDX-License-Identifier: MIT
 *
 * The FIFO of notification messages of one thread (R14): a ring that grows only when told to, so that posting
 * cannot fail.
 */
#ifndef CORE_MESSAGE_QUEUE_H
#define CORE_MESSAGE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/alloc.h"
#include "castanet/winsock.h"

typedef struct casp_message {
    uint64_t generation;
    uint32_t handle; /* below CASP_HANDLE_LIMIT */
    uint16_t error;  /* WSAE code, or 0 */
    uint8_t event;   /* one FD_ bit */
} casp_message;

typedef struct casp_message_queue {
    casp_message *ring;
    size_t capacity; /* 0 or a power of two */
    size_t first, count;
} casp_message_queue;

void casp_message_queue_fini(casp_message_queue *queue, cas_allocator *memory);
/* 0 or WSAENOBUFS, then nothing changed. */
int casp_message_queue_reserve(casp_message_queue *queue, cas_allocator *memory, size_t capacity);
/* There must be room. */
void casp_message_queue_push(casp_message_queue *queue, casp_message message);
bool casp_message_queue_pop(casp_message_queue *queue, casp_message *out);

#endif
