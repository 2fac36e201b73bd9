/* SPDX-License-Identifier: MIT
 *
 * See event_queue.h.
 */
#include "simnet/event_queue.h"

#include "core/check.h"
#include "core/limits.h"

enum { ARITY = 4 };

static bool is_before(const simp_key *a, const simp_key *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->tie < b->tie);
}

static void place(simp_event_queue *queue, size_t i, simp_key key)
{
    queue->heap[i] = key;
    key.event->position = i + 1;
}

static void sift_up(simp_event_queue *queue, size_t i, simp_key key)
{
    while (i > 0) {
        size_t parent = (i - 1) / ARITY;
        if (!is_before(&key, &queue->heap[parent]))
            break;
        place(queue, i, queue->heap[parent]);
        i = parent;
    }
    place(queue, i, key);
}

static void sift_down(simp_event_queue *queue, size_t i, simp_key key)
{
    for (;;) {
        size_t first = i * ARITY + 1;
        if (first >= queue->count)
            break;
        size_t last = first + ARITY < queue->count ? first + ARITY : queue->count;
        size_t least = first;
        for (size_t child = first + 1; child < last; child++)
            least = is_before(&queue->heap[child], &queue->heap[least]) ? child : least;
        if (!is_before(&queue->heap[least], &key))
            break;
        place(queue, i, queue->heap[least]);
        i = least;
    }
    place(queue, i, key);
}

bool simp_events_reserve(simp_event_queue *queue, simp_arena *arena)
{
    if (queue->owners == queue->capacity) {
        size_t capacity = queue->capacity == 0 ? CASP_LIMIT(16, 1) : queue->capacity * 2;
        simp_key *heap = arena->base.resize(&arena->base, queue->heap, queue->capacity * sizeof *heap,
                                            capacity * sizeof *heap);
        if (heap == NULL)
            return false;
        queue->heap = heap;
        queue->capacity = capacity;
    }
    queue->owners++;
    return true;
}

void simp_events_release(simp_event_queue *queue) { queue->owners--; }

void simp_events_schedule(simp_event_queue *queue, simp_event *event, uint64_t at_ns, uint64_t tie)
{
    simp_key key = {at_ns, tie, event};
    event->at_ns = at_ns;
    if (event->position == 0) {
        CHECK(queue->count < queue->capacity);
        queue->count++;
        sift_up(queue, queue->count - 1, key);
        return;
    }
    size_t i = event->position - 1;
    if (is_before(&key, &queue->heap[i]))
        sift_up(queue, i, key);
    else
        sift_down(queue, i, key);
}

static void remove_at(simp_event_queue *queue, size_t i)
{
    queue->heap[i].event->position = 0;
    queue->count--;
    if (i == queue->count)
        return;
    simp_key last = queue->heap[queue->count];
    if (i > 0 && is_before(&last, &queue->heap[(i - 1) / ARITY]))
        sift_up(queue, i, last);
    else
        sift_down(queue, i, last);
}

void simp_events_cancel(simp_event_queue *queue, simp_event *event)
{
    if (event->position != 0)
        remove_at(queue, event->position - 1);
}

simp_event *simp_events_pop(simp_event_queue *queue)
{
    if (queue->count == 0)
        return NULL;
    simp_event *event = queue->heap[0].event;
    remove_at(queue, 0);
    return event;
}
