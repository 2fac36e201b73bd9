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

static simp_key *earlier(simp_key *a, simp_key *b) { return is_before(b, a) ? b : a; }

/* The earliest of the children from first on, of which there is at least one. */
static simp_key *earliest_child(simp_event_queue *queue, size_t first)
{
    simp_key *child = queue->heap + first;
    if (first + ARITY <= queue->count)
        return earlier(earlier(child, child + 1), earlier(child + 2, child + 3));
    simp_key *least = child;
    for (const simp_key *end = queue->heap + queue->count; ++child < end;)
        least = earlier(least, child);
    return least;
}

static void sift_down(simp_event_queue *queue, size_t i, simp_key key)
{
    for (size_t first = i * ARITY + 1; first < queue->count; first = i * ARITY + 1) {
        simp_key *least = earliest_child(queue, first);
        if (!is_before(least, &key))
            break;
        place(queue, i, *least);
        i = (size_t)(least - queue->heap);
    }
    place(queue, i, key);
}

bool simp_events_reserve(simp_event_queue *queue, simp_arena *arena)
{
    if (queue->owners == queue->capacity) {
        size_t capacity = queue->capacity == 0 ? CASP_LIMIT(16, 1)
                                               : queue->capacity + queue->capacity / 2 + 1;
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

void simp_events_settle(simp_event_queue *queue)
{
    queue->has_hole = false;
    queue->count--;
    if (queue->count > 0)
        sift_down(queue, 0, queue->heap[queue->count]);
}

static void insert(simp_event_queue *queue, simp_key key)
{
    if (queue->has_hole) {
        queue->has_hole = false;
        sift_down(queue, 0, key);
        return;
    }
    CHECK(queue->count < queue->capacity);
    queue->count++;
    sift_up(queue, queue->count - 1, key);
}

static void put_first(simp_event_queue *queue, simp_key key)
{
    queue->first = key;
    key.event->position = SIMP_POSITION_FIRST;
}

void simp_events_schedule(simp_event_queue *queue, simp_event *event, uint64_t at_ns, uint64_t tie)
{
    simp_key key = {at_ns, tie, event};
    simp_events_cancel(queue, event);
    event->at_ns = at_ns;
    if (queue->first.event != NULL) {
        simp_key first = queue->first;
        if (is_before(&key, &first)) {
            put_first(queue, key);
            key = first;
        }
        insert(queue, key);
    } else if (!queue->has_hole && (queue->count == 0 || is_before(&key, &queue->heap[0]))) {
        put_first(queue, key);
    } else {
        insert(queue, key);
    }
}

static void remove_at(simp_event_queue *queue, size_t i)
{
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
    if (event->position == 0)
        return;
    if (queue->has_hole)
        simp_events_settle(queue);
    if (event->position == SIMP_POSITION_FIRST)
        queue->first.event = NULL;
    else
        remove_at(queue, event->position - 1);
    event->position = 0;
}

simp_event *simp_events_pop(simp_event_queue *queue)
{
    simp_event *event = queue->first.event;
    if (event != NULL) {
        queue->first.event = NULL;
    } else {
        if (queue->has_hole)
            simp_events_settle(queue);
        if (queue->count == 0)
            return NULL;
        event = queue->heap[0].event;
        queue->has_hole = true;
    }
    event->position = 0;
    return event;
}
