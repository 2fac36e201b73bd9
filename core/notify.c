/* SPDX-License-Identifier: MIT
 *
 * Which notifications are owed: the state machine of WSAAsyncSelect, rules R1 to R13.
 *
 *   open -> shut   the condition is true, the bit is in the mask: posted   [post_owed]
 *   shut -> open   the call that re-arms the event was made                [casp_notify_rearm]
 *   any  -> open   AsyncSelect                                             [casp_notify_select]
 *
 * Nothing here makes a callback (R14), asks for memory, or fails.
 */
#include "core/observe.h"

/* The order in which conditions that are true together are posted (R1, R8). */
static const uint8_t posting_order[CASP_EVENT_KINDS] = {FD_CONNECT, FD_ACCEPT, FD_OOB,
                                                        FD_READ,    FD_WRITE,  FD_CLOSE};

/* ---- latches ---- */

static unsigned count_events(long events)
{
    static const uint8_t pairs[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    return (unsigned)pairs[events & 15] + pairs[events >> 4 & 15];
}

/* The one setter: keeps the thread's count of what is open. */
static void set_shut(casp_sink *sink, long shut)
{
    sink->thread->open_count += count_events(sink->shut);
    sink->thread->open_count -= count_events(shut);
    sink->shut = (uint8_t)shut;
}

void casp_notify_open(casp_sink *sink, long events) { set_shut(sink, sink->shut & ~events); }
void casp_notify_shut(casp_sink *sink, long events) { set_shut(sink, sink->shut | events); }
void casp_notify_begin(casp_sink *sink)
{
    sink->thread->open_count += CASP_EVENT_KINDS - count_events(sink->shut);
}
void casp_notify_end(casp_sink *sink)
{
    sink->thread->open_count -= CASP_EVENT_KINDS - count_events(sink->shut);
}

static int reserve(cas_thread *thread, size_t latches)
{
    return casp_message_queue_reserve(&thread->queue, thread->memory,
                                      thread->queue.count + thread->open_count + latches);
}

int casp_reserve(const casp_sink *sink, long events)
{
    return reserve(sink->thread, count_events(sink->shut & events));
}

int casp_reserve_socket(cas_thread *thread) { return reserve(thread, CASP_EVENT_KINDS); }

int casp_reserve_both(const casp_sink *sink, long events)
{
    return reserve(sink->thread, CASP_EVENT_KINDS + count_events(sink->shut & events));
}

/* ---- posting ---- */

static void post(casp_sink *sink, uint8_t event, int error)
{
    cas_thread *thread = sink->thread;
    bool was_empty = thread->queue.count == 0;
    casp_message message = {sink->generation, (uint32_t)sink->handle, (uint16_t)error, event};
    casp_message_queue_push(&thread->queue, message);
    casp_observe_aside(thread, CAS_STEP_POST, &message);
    if (was_empty)
        thread->backend->ops->wake(thread->backend, 0);
}

/* R3: in the mask and open: post, and shut. */
static void post_owed(casp_sink *sink, long events, int error)
{
    long owed = events & sink->mask & ~sink->shut;
    if (owed == 0)
        return;
    sink->thread->open_count -= count_events(owed);
    sink->shut |= (uint8_t)owed;
    for (const uint8_t *event = posting_order; owed != 0; event++) {
        if ((owed & *event) != 0)
            post(sink, *event, (*event & (FD_CONNECT | FD_CLOSE)) != 0 ? error : 0);
        owed &= ~(long)*event;
    }
}

/* R10: what OnClose is told after a reset. */
static int close_code(const casp_sink *sink, int error)
{
    return error == WSAECONNRESET && !sink->thread->profile.close_reports_reset ? WSAECONNABORTED : error;
}

/* R9 in the documentation's reading: a graceful end waits until the last byte was read. */
static bool close_must_wait(const casp_sink *sink, int error)
{
    if (!sink->thread->profile.close_after_drain || error != 0)
        return false;
    int ignored = 0;
    cas_backend *backend = sink->thread->backend;
    return backend->ops->conditions(backend, sink->port, FD_READ, &ignored) != 0;
}

static void take_report(casp_sink *sink, long events, int error)
{
    if ((events & FD_CLOSE) != 0) {
        if (close_must_wait(sink, error))
            events &= ~FD_CLOSE;
        error = close_code(sink, error);
    }
    post_owed(sink, events, error);
}

void casp_notify_report(cas_sink *base, long events, int error)
{
    take_report((casp_sink *)base, events, error);
}

void casp_notify_evaluate(casp_sink *sink, long events)
{
    long interest = events & sink->mask & ~sink->shut & ~(long)FD_CONNECT;
    if (interest == 0)
        return;
    int error = 0;
    cas_backend *backend = sink->thread->backend;
    long truth = backend->ops->conditions(backend, sink->port, interest, &error);
    if (sink->parked != NULL)
        truth |= interest & FD_ACCEPT;
    take_report(sink, truth, error);
}

void casp_notify_select(casp_sink *sink, long mask)
{
    sink->mask = (uint8_t)(mask & CASP_EVENTS);
    if (sink->mask == 0)
        return;
    /* A pending attempt still owes its one FD_CONNECT; a finished one never owes it again. */
    casp_notify_open(sink, CASP_EVENTS & ~FD_CONNECT);
    casp_notify_evaluate(sink, CASP_EVENTS);
}

void casp_notify_rearm(casp_sink *sink, long events)
{
    casp_notify_open(sink, events);
    if ((events & FD_READ) != 0 && sink->thread->profile.close_after_drain)
        events |= FD_CLOSE;
    casp_notify_evaluate(sink, events);
}
