/* SPDX-License-Identifier: MIT
 *
 * The pump: takes one message at a time from the thread's queue and makes its callback.
 *
 * Invariants:
 *  1. A message of an earlier life of its handle is dropped, never delivered (R11).
 *  2. After a callback the sink is not touched again; the thread only if it is still alive.
 */
#include "core/observe.h"

typedef void (*callback)(CAsyncSocket *self, int nErrorCode);

static callback callback_of(const CAsyncSocketVtbl *vtbl, uint8_t event)
{
    if (vtbl == NULL)
        return NULL;
    if (event == FD_READ) /* nearly always */
        return vtbl->OnReceive;
    switch (event) {
    case FD_WRITE: return vtbl->OnSend;
    case FD_OOB: return vtbl->OnOutOfBandData;
    case FD_ACCEPT: return vtbl->OnAccept;
    case FD_CONNECT: return vtbl->OnConnect;
    default: return vtbl->OnClose;
    }
}

/* What MFC asks before OnReceive; a query that fails lets the callback happen. */
static bool passes_precheck(const casp_sink *sink)
{
    cas_backend *backend = sink->thread->backend;
    unsigned value = 0;
    switch (sink->thread->profile.precheck) {
    case CAS_PRECHECK_READABLE:
        return backend->ops->query(backend, sink->port, CAS_QUERY_READABLE, &value) != 0 || value != 0;
    case CAS_PRECHECK_COUNT:
        return backend->ops->query(backend, sink->port, CAS_QUERY_READ_COUNT, &value) != 0 || value != 0;
    default: return true;
    }
}

/* The socket that the message is still owed to, or NULL. */
static casp_sink *addressee(cas_thread *thread, const casp_message *message)
{
    casp_sink *sink = thread->recent;
    if (sink == NULL || sink->generation != message->generation)
        sink = casp_handle_map_get(&thread->handles, message->handle);
    if (sink == NULL || sink->generation != message->generation)
        return NULL;
    if (sink->owner->m_nGeneration != sink->generation)
        return NULL; /* the user overwrote the object without closing it */
    if (message->event == FD_READ && message->error == 0 && !passes_precheck(sink))
        return NULL;
    return sink;
}

static void call(cas_thread *thread, casp_sink *sink, const casp_message *message)
{
    callback target = callback_of(sink->owner->vtbl, message->event);
    thread->recent = sink; /* whose calls are to be expected */
    thread->pump_depth++;
    casp_observe_message(thread, CAS_STEP_DISPATCH, message);
    if (target != NULL)
        target(sink->owner, message->error);
    casp_observe_aside(thread, CAS_STEP_RETURN, message);
    thread->pump_depth--;
    if (thread->dying && thread->pump_depth == 0)
        casp_thread_release(thread);
}

/* False when no message was left that is owed to anybody. */
static bool dispatch_message(cas_thread *thread)
{
    casp_message message;
    while (casp_message_queue_pop(&thread->queue, &message)) {
        casp_sink *sink = addressee(thread, &message);
        if (sink != NULL) {
            call(thread, sink, &message);
            return true;
        }
        casp_observe_message(thread, CAS_STEP_DROP, &message);
    }
    return false;
}

bool cas_pump_one(void)
{
    cas_thread *thread = cas_thread_current();
    return thread != NULL && (dispatch_message(thread) || casp_timer_run_due(thread));
}

static int64_t wait_time(const cas_thread *thread, int timeout_ms)
{
    if (thread->queue.count != 0)
        return 0;
    int64_t limit = timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000000;
    uint64_t due = cas_thread_next_due(thread);
    if (due == UINT64_MAX)
        return limit;
    uint64_t now = thread->backend->ops->now(thread->backend);
    int64_t until = due <= now ? 0 : (int64_t)(due - now);
    return limit < 0 || until < limit ? until : limit;
}

static int refuse(int error)
{
    casp_set_last_error(error);
    return SOCKET_ERROR;
}

/* Who waits for the descriptor alone has to be woken for what is left. */
static void wake_for_rest(cas_thread *thread)
{
    if (cas_thread_next_due(thread) != UINT64_MAX)
        thread->backend->ops->wake(thread->backend, cas_thread_next_due(thread));
}

int cas_pump_collect(int timeout_ms)
{
    cas_thread *thread = cas_thread_current();
    if (thread == NULL)
        return refuse(WSANOTINITIALISED);
    int64_t limit = timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000000;
    int error = thread->backend->ops->wait(thread->backend, limit);
    if (error != 0)
        return refuse(error);
    wake_for_rest(thread);
    return 0;
}

int cas_pump_run(int timeout_ms)
{
    cas_thread *thread = cas_thread_current();
    if (thread == NULL)
        return refuse(WSANOTINITIALISED);
    int error = thread->backend->ops->wait(thread->backend, wait_time(thread, timeout_ms));
    if (error != 0)
        return refuse(error);
    /* What callbacks post meanwhile is left for the next round, so that a busy socket starves nobody. */
    int callbacks = 0;
    for (size_t left = thread->queue.count; left > 0 && cas_thread_current() == thread; left--) {
        if (thread->queue.count == 0 || !dispatch_message(thread))
            break;
        callbacks++;
    }
    while (cas_thread_current() == thread && casp_timer_run_due(thread))
        callbacks++;
    if (cas_thread_current() == thread)
        wake_for_rest(thread);
    return callbacks;
}

int cas_pump_descriptor(void)
{
    cas_thread *thread = cas_thread_current();
    return thread == NULL ? -1 : thread->backend->ops->descriptor(thread->backend);
}
