/* SPDX-License-Identifier: MIT
 *
 * Threads: the record behind cas_thread, and the only thread-local variable of the library.
 *
 *   created -> entered <-> left      [cas_thread_create, cas_thread_enter]
 *   any     -> destroyed             [cas_thread_destroy; inside a callback: when the pump has unwound]
 */
#include "core/engine.h"

static _Thread_local struct {
    cas_thread *current;
    int last_error; /* of calls made without a thread */
    casp_log_state log;
} this_thread;

casp_log_state *casp_log_state_of_this_thread(void) { return &this_thread.log; }

cas_thread *cas_thread_current(void) { return this_thread.current; }

cas_thread *cas_thread_enter(cas_thread *thread)
{
    cas_thread *before = this_thread.current;
    this_thread.current = thread;
    return before;
}

void casp_set_last_error(int error)
{
    if (this_thread.current != NULL)
        this_thread.current->last_error = error;
    else
        this_thread.last_error = error;
}

int CAsyncSocket_GetLastError(void)
{
    return this_thread.current != NULL ? this_thread.current->last_error : this_thread.last_error;
}

int cas_thread_create(cas_backend *backend, cas_allocator *memory, cas_thread **out)
{
    if (backend == NULL || out == NULL)
        return WSAEINVAL;
    if (memory == NULL)
        memory = cas_allocator_system();
    cas_thread *thread = cas_alloc(memory, sizeof *thread);
    if (thread == NULL)
        return WSAENOBUFS;
    *thread = (cas_thread){.backend = backend, .memory = memory};
    *out = thread;
    return 0;
}

void casp_thread_release(cas_thread *thread)
{
    casp_handle_map_fini(&thread->handles, thread->memory);
    casp_message_queue_fini(&thread->queue, thread->memory);
    cas_free(thread->memory, thread, sizeof *thread);
}

static void close_all(cas_thread *thread)
{
    for (size_t page = 0; page < thread->handles.page_count && thread->socket_count > 0; page++) {
        for (SOCKET i = 0; i < CASP_PAGE_HANDLES; i++) {
            casp_sink *sink = casp_handle_map_get(&thread->handles, page * CASP_PAGE_HANDLES + i);
            if (sink != NULL)
                casp_sink_close(sink);
        }
    }
}

void cas_thread_clear(cas_thread *thread)
{
    casp_message forgotten;
    close_all(thread);
    while (thread->timers != NULL)
        cas_timer_stop(thread->timers);
    while (casp_message_queue_pop(&thread->queue, &forgotten))
        continue;
}

void cas_thread_destroy(cas_thread *thread)
{
    if (thread == NULL || thread->dying)
        return;
    cas_thread_clear(thread);
    if (this_thread.current == thread)
        this_thread.current = NULL;
    if (thread->pump_depth > 0)
        thread->dying = true;
    else
        casp_thread_release(thread);
}

int cas_thread_init(cas_backend *backend)
{
    cas_thread *thread = NULL;
    int error = this_thread.current != NULL ? WSAEINVAL : cas_thread_create(backend, NULL, &thread);
    if (error == 0)
        cas_thread_enter(thread);
    return error;
}

void cas_thread_fini(void) { cas_thread_destroy(this_thread.current); }

void cas_thread_set_profile(cas_thread *thread, const cas_profile *profile)
{
    thread->profile = profile == NULL ? (cas_profile){0} : *profile;
}

const cas_profile *cas_thread_profile(const cas_thread *thread) { return &thread->profile; }

void cas_thread_set_observer(cas_thread *thread, cas_observer *observer) { thread->observer = observer; }
cas_backend *cas_thread_backend(const cas_thread *thread) { return thread->backend; }

int cas_thread_set_backend(cas_thread *thread, cas_backend *backend)
{
    if (backend == NULL || thread->socket_count != 0)
        return WSAEINVAL;
    thread->backend = backend;
    return 0;
}

void *cas_thread_context(const cas_thread *thread) { return thread->context; }
void cas_thread_set_context(cas_thread *thread, void *context) { thread->context = context; }
unsigned cas_thread_socket_count(const cas_thread *thread) { return thread->socket_count; }
unsigned cas_thread_message_count(const cas_thread *thread) { return (unsigned)thread->queue.count; }

uint64_t cas_thread_next_due(const cas_thread *thread)
{
    if (thread->queue.count != 0)
        return 0;
    return thread->timers == NULL ? UINT64_MAX : thread->timers->due_ns;
}

uint64_t cas_now_ns(void)
{
    cas_thread *thread = this_thread.current;
    return thread == NULL ? 0 : thread->backend->ops->now(thread->backend);
}
