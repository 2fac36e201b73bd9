/* SPDX-License-Identifier: MIT
 *
 * The engine's own structures: a thread and its sockets.
 *
 * Invariants:
 *  1. Everything hangs from a cas_thread; a sink is in the handle map of exactly one thread while it has a
 *     handle.
 *  2. sink->owner->m_hSocket == sink->handle and owner->m_nGeneration == sink->generation, or the owner was
 *     copied, moved or overwritten by its user.
 *  3. An event whose bit is set in sink->shut was posted and not re-armed; none of it is posted again (R3).
 *  4. Every latch that is open and in its mask has claimed a place in the queue: it may be posted without
 *     asking for memory.  So who opens in a callback the latch that the callback is about, finds the place of
 *     its message.
 *  5. A generation number is given once in the life of a thread.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "castanet/backend.h"
#include "castanet/observer.h"
#include "core/handle_map.h"
#include "core/message_queue.h"
#include "core/mistake.h"

#define CASP_EVENTS (FD_READ | FD_WRITE | FD_OOB | FD_ACCEPT | FD_CONNECT | FD_CLOSE)
#define CASP_EVENT_KINDS 6

struct casp_sink {
    cas_sink base; /* first: what the backend reports to */
    cas_thread *thread;
    CAsyncSocket *owner;
    cas_port_socket *port;
    uint64_t generation;
    casp_sink *parked; /* listeners: taken from the backend, but memory was refused before it had an object */
    uint32_t handle;   /* below CASP_HANDLE_LIMIT */
    uint8_t mask;      /* FD_ bits the user selected */
    uint8_t shut;      /* FD_ bits whose latch is shut */
    bool datagram;
    bool ipv6;
};

struct cas_thread {
    cas_backend *backend;
    cas_allocator *memory;
    cas_observer *observer;
    void *context;
    cas_profile profile;
    casp_handle_map handles;
    casp_sink *recent; /* that a call or callback was about last; NULL: none, or it is gone */
    casp_message_queue queue;
    cas_timer *timers; /* earliest first */
    uint64_t generation_last;
    unsigned socket_count;
    unsigned pump_depth; /* callbacks in progress */
    bool dying;          /* destroyed inside a callback: freed when the pump unwinds */
    int last_error;
};

/* thread.c */
/* Sets the calling thread's last error, with or without a cas_thread. */
void casp_set_last_error(int error);
void casp_thread_release(cas_thread *thread);

/* notify.c: rules R1 to R13 of the notification state machine. */
/* What a backend's cas_sink_report comes to: posts, or not. */
void casp_notify_report(cas_sink *sink, long events, int error);
/* R1, R2: replaces the mask, opens all latches, posts what is true. */
void casp_notify_select(casp_sink *sink, long mask);
/* R7: opens the latches of events and posts those that are true. */
void casp_notify_rearm(casp_sink *sink, long events);
/* R4, R5: opens the latch of one event, for which there is room afterwards.  0 or WSAENOBUFS, then nothing
 * changed. */
int casp_notify_reopen(casp_sink *sink, long event);
/* Posts what that receive left true; drained: FD_READ is not. */
void casp_notify_received(casp_sink *sink, long event, bool drained);
/* Posts those of events that are true and whose latch is open. */
void casp_notify_evaluate(casp_sink *sink, long events);
/* Opens the latches of events and posts nothing: R6, a send found no room; R8, R13, an attempt began. */
void casp_notify_open(casp_sink *sink, long events);
/* Shuts the latches of events: they are not owed any more. */
void casp_notify_shut(casp_sink *sink, long events);

/* The socket leaves its thread. */
void casp_notify_end(casp_sink *sink);

/* Room for opening those latches of events that are shut; for another mask; for a new socket with this mask;
 * for the socket of an accept, and for what the accept re-arms.  0 or WSAENOBUFS. */
int casp_reserve(const casp_sink *sink, long events);
int casp_reserve_select(const casp_sink *sink, long mask);
int casp_reserve_socket(cas_thread *thread, long mask);
int casp_reserve_accept(const casp_sink *listener);

/* socket.c */
/* The sink that self owns on the current thread; NULL with *error set. */
casp_sink *casp_sink_of(const CAsyncSocket *self, int *error);
/* Ends an API call: sets the last error if there is one, and tells the observer.  Returns result. */
int64_t casp_finish(const char *name, SOCKET handle, int error, int64_t result);
/* The same for a transfer: where the bytes are, and how many were asked for. */
int64_t casp_finish_transfer(const char *name, SOCKET handle, int error, int64_t result, const void *bytes,
                             int64_t asked);
/* Closes the port and forgets the sink. */
int casp_sink_close(casp_sink *sink);

/* timer.c */
bool casp_timer_run_due(cas_thread *thread);

#endif
