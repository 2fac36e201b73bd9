/* SPDX-License-Identifier: MIT
 *
 * What will happen, in order: a 4-ary heap of events by (time, tie).
 *
 * The tie is (class, host, the host's own sequence number), so the order of equal times depends on nothing
 * but the hosts' own histories: one more host in a world renumbers nobody.  Times and ties lie in the heap,
 * since with many hosts an event is seldom in the cache when it is compared; events lie with their owners.
 *
 * Invariants:
 *  1. first, if there is one, comes before all of the heap: what is due next need not pass through it.
 *  2. While has_hole, heap[0] is the place of the event that was popped last; who is queued next fills it,
 *     so that an event that queues its successor costs one way through the heap and not two.
 *  3. While somebody watches, the heap is sorted, what is due first being the last, and there is neither a
 *     first nor a hole: who watches reads it from its end.
 *
 * Costs: push, pop and move O(log n), O(n) while somebody watches; what is queued to be next of all, O(1); an
 * event that is not queued costs nothing.
 */
#ifndef SIMNET_EVENT_QUEUE_H
#define SIMNET_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/world/arena.h"

struct sim_world;

/* The scenario's own actions go first; arrivals go before what a host does by itself at the same time. */
typedef enum simp_class {
    SIMP_CLASS_ACTION,
    SIMP_CLASS_ARRIVAL,
    SIMP_CLASS_TIMER,
    SIMP_CLASS_DISPATCH
} simp_class;

typedef struct simp_event simp_event;
struct simp_event {
    void (*run)(struct sim_world *, simp_event *); /* the event is off the queue when it runs */
    uint32_t position;  /* in the heap, from 1; 0: not queued; SIMP_POSITION_FIRST: beside it, and first */
    uint32_t candidate; /* that of who watches the queue; its mark, when the event was queued */
};

/* Who chooses among what is queued, in the place of time. */
typedef struct simp_event_watch simp_event_watch;
struct simp_event_watch {
    uint32_t mark; /* for what is queued from now on */
    /* The event is about to leave the queue, with what it was marked with or has been told since. */
    void (*gone)(simp_event_watch *, simp_event *);
};

#define SIMP_POSITION_FIRST UINT32_MAX

/* An event that is queued. */
typedef struct simp_queued {
    uint64_t at_ns, tie;
    simp_event *event;
} simp_queued;

/* What is due. */
typedef struct simp_due {
    uint64_t at_ns;
    simp_event *event;
} simp_due;

/* What is queued is first, and count in the heap in no order, once simp_events_next_at was asked and until
 * something changes. */
typedef struct simp_event_queue {
    simp_queued first; /* event NULL: none */
    simp_queued *heap;
    size_t count, capacity; /* of the heap, the hole included */
    size_t owners;          /* events that may be queued at the same time */
    bool has_hole;
    simp_event_watch *watch; /* borrowed; NULL: nobody */
} simp_event_queue;

#define SIMP_HOSTS_MAX ((uint32_t)1 << 20)

static inline uint64_t simp_tie(simp_class class, uint32_t host, uint64_t sequence)
{
    return (uint64_t) class << 62 | (uint64_t)host << 42 | (sequence & (((uint64_t)1 << 42) - 1));
}

static inline simp_class simp_class_of(uint64_t tie) { return (simp_class)(tie >> 62); }
static inline uint32_t simp_host_of(uint64_t tie) { return (uint32_t)(tie >> 42) & (SIMP_HOSTS_MAX - 1); }

/* Each owner of an event reserves its place once, so that pushing cannot fail.  False: no memory. */
bool simp_events_reserve(simp_event_queue *, simp_arena *);
void simp_events_release(simp_event_queue *);
/* From now on; nothing is queued yet. */
void simp_events_watch(simp_event_queue *, simp_event_watch *);

/* Queues the event, or moves it if it is queued. */
void simp_events_schedule(simp_event_queue *, simp_event *, uint64_t at_ns, uint64_t tie);
void simp_events_cancel(simp_event_queue *, simp_event *);
/* The next one, and when it is due, if that is not later than until_ns; event NULL: there is none. */
simp_due simp_events_pop(simp_event_queue *, uint64_t until_ns);

/* Fills the hole. */
void simp_events_settle(simp_event_queue *);

static inline bool simp_events_is_empty(const simp_event_queue *queue)
{
    return queue->first.event == NULL && queue->count == (queue->has_hole ? 1u : 0u);
}

/* When the next event is due; UINT64_MAX: there is none. */
static inline uint64_t simp_events_next_at(simp_event_queue *queue)
{
    if (queue->first.event != NULL)
        return queue->first.at_ns;
    if (queue->has_hole)
        simp_events_settle(queue);
    size_t next = queue->watch == NULL ? 0 : queue->count - 1;
    return queue->count == 0 ? UINT64_MAX : queue->heap[next].at_ns;
}

/* Whose event it is: the index of a host.  There is one, simp_events_next_at was asked, and nobody
 * watches. */
static inline uint32_t simp_events_next_host(const simp_event_queue *queue)
{
    return simp_host_of(queue->first.event != NULL ? queue->first.tie : queue->heap[0].tie);
}

static inline bool simp_event_is_queued(const simp_event *event) { return event->position != 0; }

/* When an event that is queued is due. */
static inline uint64_t simp_events_due(const simp_event_queue *queue, const simp_event *event)
{
    bool is_first = event->position == SIMP_POSITION_FIRST;
    return is_first ? queue->first.at_ns : queue->heap[event->position - 1].at_ns;
}

/* Does it run later than at_ns, or not at all, as things are? */
static inline bool simp_events_is_late(const simp_event_queue *queue, const simp_event *event, uint64_t at_ns)
{
    return !simp_event_is_queued(event) || simp_events_due(queue, event) > at_ns;
}

#endif
