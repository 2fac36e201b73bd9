/* SPDX-License-Identifier: MIT
 *
 * See event_queue.h.
 */
#include "simnet/world/event_queue.h"

#include "core/check.h"
#include "core/cold.h"
#include "core/limits.h"

enum { ARITY = 4 };

static bool is_before(const simp_queued *a, const simp_queued *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->tie < b->tie;
}

static void place(simp_event_queue *queue, size_t i, simp_queued key)
{
    queue->heap[i] = key;
    key.event->position = (uint32_t)i + 1;
}

static void sift_up(simp_event_queue *queue, size_t i, simp_queued key)
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

/* The earliest of the children from first on, of which there is at least one. */
static size_t earliest_child(const simp_event_queue *queue, size_t first)
{
    const simp_queued *heap = queue->heap;
    size_t left = first, right = first + 2;
    if (first + ARITY <= queue->count) {
        left += is_before(&heap[left + 1], &heap[left]);
        right += is_before(&heap[right + 1], &heap[right]);
        return is_before(&heap[right], &heap[left]) ? right : left;
    }
    while (++first < queue->count)
        left = is_before(&heap[first], &heap[left]) ? first : left;
    return left;
}

static void sift_down(simp_event_queue *queue, size_t i, simp_queued key)
{
    for (size_t first = i * ARITY + 1; first < queue->count; first = i * ARITY + 1) {
        size_t least = earliest_child(queue, first);
        if (is_before(&key, &queue->heap[least]))
            break;
        place(queue, i, queue->heap[least]);
        i = least;
    }
    place(queue, i, key);
}

bool simp_events_reserve(simp_event_queue *queue, simp_arena *arena)
{
    if (queue->owners == queue->capacity) {
        size_t capacity = queue->capacity == 0 ? CASP_LIMIT(16, 1)
                                               : queue->capacity + queue->capacity / 2 + 1;
        simp_queued *heap = arena->base.resize(&arena->base, queue->heap, queue->capacity * sizeof *heap,
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

/* While few are queued, all others are children of the root, and often none of them is earlier. */
static void fill_hole_of_few(simp_event_queue *queue, const simp_queued *key)
{
    for (size_t i = queue->count; --i > 0;) {
        if (queue->heap[i].at_ns <= key->at_ns) {
            sift_down(queue, 0, *key);
            return;
        }
    }
    place(queue, 0, *key);
}

static void insert(simp_event_queue *queue, const simp_queued *key)
{
    if (queue->has_hole) {
        queue->has_hole = false;
        if (queue->count <= 1 + ARITY)
            fill_hole_of_few(queue, key);
        else
            sift_down(queue, 0, *key);
        return;
    }
    CHECK(queue->count < queue->capacity);
    queue->count++;
    sift_up(queue, queue->count - 1, *key);
}

static void put_first(simp_event_queue *queue, const simp_queued *key)
{
    queue->first = *key;
    key->event->position = SIMP_POSITION_FIRST;
}

static void remove_at(simp_event_queue *queue, size_t i)
{
    queue->count--;
    if (i == queue->count)
        return;
    const simp_queued *last = &queue->heap[queue->count];
    if (i > 0 && is_before(last, &queue->heap[(i - 1) / ARITY]))
        sift_up(queue, i, *last);
    else
        sift_down(queue, i, *last);
}

/* ---- while somebody watches ---- */

void simp_events_watch(simp_event_queue *queue, simp_event_watch *watch)
{
    CHECK(simp_events_is_empty(queue));
    queue->count = 0;
    queue->has_hole = false;
    queue->watch = watch;
}

static APART void remove_watched(simp_event_queue *queue, simp_event *event)
{
    queue->watch->gone(queue->watch, event);
    queue->count--;
    for (size_t i = event->position - 1; i < queue->count; i++)
        place(queue, i, queue->heap[i + 1]);
    event->position = 0;
}

static APART void schedule_watched(simp_event_queue *queue, const simp_queued *key)
{
    if (key->event->position != 0)
        remove_watched(queue, key->event);
    CHECK(queue->count < queue->capacity);
    size_t i = queue->count++;
    for (; i > 0 && is_before(&queue->heap[i - 1], key); i--)
        place(queue, i, queue->heap[i - 1]);
    place(queue, i, *key);
    key->event->candidate = queue->watch->mark;
}

/* ---- */

void simp_events_cancel(simp_event_queue *queue, simp_event *event)
{
    if (event->position == 0)
        return;
    if (queue->watch != NULL) {
        remove_watched(queue, event);
        return;
    }
    if (queue->has_hole)
        simp_events_settle(queue);
    if (event->position == SIMP_POSITION_FIRST)
        queue->first.event = NULL;
    else
        remove_at(queue, event->position - 1);
    event->position = 0;
}

static void add(simp_event_queue *queue, const simp_queued *key)
{
    if (queue->first.event == NULL) {
        if (!queue->has_hole && (queue->count == 0 || is_before(key, &queue->heap[0])))
            put_first(queue, key);
        else
            insert(queue, key);
    } else if (is_before(key, &queue->first)) {
        insert(queue, &queue->first);
        put_first(queue, key);
    } else {
        insert(queue, key);
    }
}

/* Of an event that is queued. */
static COLD void move(simp_event_queue *queue, const simp_queued *key)
{
    simp_events_cancel(queue, key->event);
    add(queue, key);
}

void simp_events_schedule(simp_event_queue *queue, simp_event *event, uint64_t at_ns, uint64_t tie)
{
    const simp_queued key = {at_ns, tie, event};
    if (queue->watch != NULL)
        schedule_watched(queue, &key);
    else if (event->position != 0)
        move(queue, &key);
    else
        add(queue, &key);
}

simp_due simp_events_pop(simp_event_queue *queue, uint64_t until_ns)
{
    const simp_due none = {UINT64_MAX, NULL};
    simp_due next = {queue->first.at_ns, queue->first.event};
    if (next.event != NULL) {
        if (next.at_ns > until_ns)
            return none;
        queue->first.event = NULL;
    } else {
        if (queue->has_hole)
            simp_events_settle(queue);
        if (queue->count == 0 || queue->heap[0].at_ns > until_ns)
            return none;
        next = (simp_due){queue->heap[0].at_ns, queue->heap[0].event};
        queue->has_hole = true;
    }
    next.event->position = 0;
    return next;
}
