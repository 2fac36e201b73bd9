/* SPDX-License-Identifier: MIT
 *
 * Which notifications are owed: the state machine of WSAAsyncSelect, rules R1 to R13.
 *
 *   open -> shut   the condition is true, the bit is in the mask: posted   [post_owed]
 *   shut -> open   the call that re-arms the event was made                [casp_notify_rearm, _reopen]
 *   any  -> open   AsyncSelect                                             [casp_notify_select]
 *
 * Nothing here makes a callback (R14), asks for memory, or fails.
 */
#include "core/observe.h"

/* ---- latches ---- */

static unsigned count_events(long events)
{
    static const uint8_t pairs[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    return (unsigned)pairs[events & 15] + pairs[events >> 4 & 3];
}

/* The latches that claim a place in the queue. */
static unsigned count_open(const casp_sink *sink) { return count_events(sink->mask & ~sink->shut); }

void casp_notify_open(casp_sink *sink, long events)
{
    long opened = sink->shut & events;
    sink->shut ^= (uint8_t)opened;
    sink->thread->queue.claimed += count_events(opened & sink->mask);
}

void casp_notify_shut(casp_sink *sink, long events)
{
    sink->thread->queue.claimed -= count_events(sink->mask & ~sink->shut & events);
    sink->shut |= (uint8_t)events;
}

void casp_notify_end(casp_sink *sink) { sink->thread->queue.claimed -= count_open(sink); }

static int reserve(cas_thread *thread, size_t latches)
{
    return casp_message_queue_reserve(&thread->queue, thread->memory, latches);
}

int casp_reserve(const casp_sink *sink, long events)
{
    return reserve(sink->thread, count_events(sink->mask & sink->shut & events));
}

int casp_notify_reopen(casp_sink *sink, long event)
{
    if ((sink->shut & event) == 0)
        return 0;
    size_t claims = (sink->mask & event) != 0 ? 1 : 0;
    if (reserve(sink->thread, claims) != 0)
        return WSAENOBUFS;
    sink->thread->queue.claimed += claims;
    sink->shut ^= (uint8_t)event;
    return 0;
}

int casp_reserve_select(const casp_sink *sink, long mask)
{
    unsigned open = count_open(sink), wanted = count_events(mask);
    return wanted <= open ? 0 : reserve(sink->thread, wanted - open);
}

int casp_reserve_socket(cas_thread *thread, long mask) { return reserve(thread, count_events(mask)); }

int casp_reserve_accept(const casp_sink *listener)
{
    return reserve(listener->thread,
                   count_events(listener->mask) + count_events(listener->mask & listener->shut & FD_ACCEPT));
}

/* ---- posting ---- */

static void post(casp_sink *sink, uint8_t event, int error)
{
    cas_thread *thread = sink->thread;
    uint16_t code = (uint16_t)((event & (FD_CONNECT | FD_CLOSE)) != 0 ? error : 0);
    casp_message *message = casp_message_queue_push(&thread->queue);
    *message = (casp_message){sink->generation, sink->handle, code, event};
    casp_observe_aside(thread, CAS_STEP_POST, message);
    if (thread->queue.count == 1)
        thread->backend->ops->wake(thread->backend, 0);
}

/* The order in which conditions that are true together are posted (R1, R8). */
static APART void post_in_order(casp_sink *sink, long events, int error)
{
    static const uint8_t order[CASP_EVENT_KINDS] = {FD_CONNECT, FD_ACCEPT, FD_OOB,
                                                    FD_READ,    FD_WRITE,  FD_CLOSE};
    for (unsigned i = 0; i < CASP_EVENT_KINDS; i++) {
        if ((events & order[i]) != 0)
            post(sink, order[i], error);
    }
}

/* R3: in the mask and open: post, and shut.  The message takes the place that the latch claimed. */
static void post_owed(casp_sink *sink, long events, int error)
{
    long owed = events & sink->mask & ~sink->shut;
    sink->shut |= (uint8_t)owed;
    if ((owed & (owed - 1)) != 0)
        post_in_order(sink, owed, error);
    else if (owed != 0)
        post(sink, (uint8_t)owed, error);
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

static APART void take_close(casp_sink *sink, long events, int error)
{
    if (close_must_wait(sink, error))
        events &= ~FD_CLOSE;
    post_owed(sink, events, close_code(sink, error));
}

APART void casp_notify_report(cas_sink *base, long events, int error)
{
    casp_sink *sink = (casp_sink *)base;
    if ((events & FD_CLOSE) != 0)
        take_close(sink, events, error);
    else
        post_owed(sink, events, error);
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
    if (truth != 0)
        casp_notify_report(&sink->base, truth, error);
}

void casp_notify_select(casp_sink *sink, long mask)
{
    mask &= CASP_EVENTS;
    /* A pending attempt still owes its one FD_CONNECT; a finished one never owes it again. */
    casp_notify_end(sink);
    sink->mask = (uint8_t)mask;
    if (mask != 0)
        sink->shut &= FD_CONNECT;
    sink->thread->queue.claimed += count_open(sink);
    casp_notify_evaluate(sink, CASP_EVENTS);
}

void casp_notify_rearm(casp_sink *sink, long events)
{
    casp_notify_open(sink, events);
    casp_notify_evaluate(sink, events);
}

void casp_notify_received(casp_sink *sink, long event, bool drained)
{
    if (event == FD_READ && sink->thread->profile.close_after_drain)
        casp_notify_evaluate(sink, drained ? FD_CLOSE : FD_READ | FD_CLOSE);
    else if (event != FD_READ || !drained)
        casp_notify_evaluate(sink, event);
}
