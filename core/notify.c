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
#include "castanet/error.h"
#include "core/engine.h"

/* The order in which conditions that are true together are posted (R1, R8). */
static const uint8_t posting_order[CASP_EVENT_KINDS] = {FD_CONNECT, FD_ACCEPT, FD_OOB,
                                                        FD_READ,    FD_WRITE,  FD_CLOSE};

static void post(casp_sink *sink, uint8_t event, int error)
{
    cas_thread *thread = sink->thread;
    bool was_empty = thread->queue.count == 0;
    casp_message_queue_push(&thread->queue, (casp_message){sink->handle, sink->generation, error, event});
    if (thread->observer != NULL) {
        thread->observer->on_step(thread->observer,
                                  &(cas_observation){.step = CAS_STEP_POST,
                                                     .thread = thread,
                                                     .handle = sink->handle,
                                                     .event = event,
                                                     .error = error,
                                                     .name = cas_event_callback_name(event)});
    }
    if (was_empty)
        thread->backend->ops->wake(thread->backend, 0);
}

/* R3: in the mask and open: post, and shut. */
static void post_owed(casp_sink *sink, long events, int error)
{
    long owed = events & sink->mask & ~sink->shut;
    if (owed == 0)
        return;
    for (unsigned i = 0; i < CASP_EVENT_KINDS; i++) {
        uint8_t event = posting_order[i];
        if ((owed & event) == 0)
            continue;
        sink->shut |= event;
        post(sink, event, (event & (FD_CONNECT | FD_CLOSE)) != 0 ? error : 0);
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
    sink->shut &= FD_CONNECT;
    casp_notify_evaluate(sink, CASP_EVENTS);
}

void casp_notify_rearm(casp_sink *sink, long events)
{
    sink->shut &= (uint8_t)~events;
    if ((events & FD_READ) != 0 && sink->thread->profile.close_after_drain)
        events |= FD_CLOSE;
    casp_notify_evaluate(sink, events);
}

int casp_reserve(cas_thread *thread, unsigned extra_sockets)
{
    size_t sockets = (size_t)thread->socket_count + extra_sockets;
    return casp_message_queue_reserve(&thread->queue, thread->memory,
                                      thread->queue.count + CASP_EVENT_KINDS * sockets);
}
