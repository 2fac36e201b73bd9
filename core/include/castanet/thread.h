/* SPDX-License-Identifier: MIT
 *
 * A thread in the sense of MFC: a FIFO of notification messages, the sockets that feed it, and the pump that
 * dispatches it.  On real sockets it is a thread of the operating system; in a world it is a simulated one.
 */
#ifndef CASTANET_THREAD_H
#define CASTANET_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "castanet/alloc.h"
#include "castanet/casyncsocket.h"
#include "castanet/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cas_thread cas_thread;
typedef struct cas_backend cas_backend;
typedef struct cas_observer cas_observer;

/* Makes the calling thread of the operating system a thread with this backend (AfxSocketInit).  The backend
 * is borrowed and must outlive the thread.  Returns 0, WSAEINVAL if there is one already, or WSAENOBUFS. */
int cas_thread_init(cas_backend *backend);

/* Closes what sockets are left, and undoes cas_thread_init.  Does nothing without it. */
void cas_thread_fini(void);

/* The same for somebody who runs several threads on one of the system's (a world, a test): create does not
 * enter.  A backend serves one thread.  memory NULL means cas_allocator_system().  Returns 0 or
 * WSAENOBUFS. */
int cas_thread_create(cas_backend *backend, cas_allocator *memory, cas_thread **out);
void cas_thread_destroy(cas_thread *);

/* What the end of a program does to its thread, which stays: sockets are closed without notification, timers
 * stop, messages are forgotten. */
void cas_thread_clear(cas_thread *);

/* Makes thread (NULL: none) the current one and returns the one before. */
cas_thread *cas_thread_enter(cas_thread *thread);
cas_thread *cas_thread_current(void);

/* profile is copied; NULL: the default one.  It holds from now on, also for what is queued. */
void cas_thread_set_profile(cas_thread *, const cas_profile *profile);
/* The switches that hold; never NULL, and the thread's own. */
const cas_profile *cas_thread_profile(const cas_thread *);
void cas_thread_set_observer(cas_thread *, cas_observer *observer); /* borrowed; NULL: none */
cas_backend *cas_thread_backend(const cas_thread *);
/* Puts another backend, with the same clock, in the place of the thread's (a wrapper around it, or what was
 * wrapped).  The backend is borrowed.  0, or WSAEINVAL while the thread has sockets, or without a backend. */
int cas_thread_set_backend(cas_thread *, cas_backend *backend);
void *cas_thread_context(const cas_thread *); /* any pointer of the owner's */
void cas_thread_set_context(cas_thread *, void *context);

/* Number of sockets that live on the thread, and of messages that wait. */
unsigned cas_thread_socket_count(const cas_thread *);
unsigned cas_thread_message_count(const cas_thread *);

/* When the thread's pump has something to do: 0 for now (messages wait), the time of its next timer on the
 * backend's clock, or UINT64_MAX. */
uint64_t cas_thread_next_due(const cas_thread *);

/* Dispatches the oldest message of the current thread that is still owed, or else runs one timer that is
 * due; false if there was neither.  Never waits.  At most one callback. */
bool cas_pump_one(void);

/* Collects events, and waits up to timeout_ms for the first (negative: for ever, 0: not at all; no wait while
 * messages are queued); then dispatches all that are queued, and runs the timers that are due.  Returns the
 * number of callbacks made, or SOCKET_ERROR with the last error set.  May be called inside a callback. */
int cas_pump_run(int timeout_ms);

/* Collects events as cas_pump_run does, and waits up to timeout_ms for the first new one, but dispatches
 * nothing: what is posted stays queued (a program that sleeps instead of pumping).  Returns 0, or
 * SOCKET_ERROR with the last error set. */
int cas_pump_collect(int timeout_ms);

/* A descriptor that becomes readable when cas_pump_run(0) has something to do, for nesting in another event
 * loop; it stays the backend's.  -1 if the backend has none.  Call cas_pump_run(0) once before the first
 * wait. */
int cas_pump_descriptor(void);

/* The backend's clock, in ns; only differences mean something.  0 without a thread. */
uint64_t cas_now_ns(void);

/* A timer of the current thread, in the caller's storage (zero it first).  The callback comes from the pump,
 * once a start; it may start the timer again or free its storage.  Starting a running timer moves it. */
typedef struct cas_timer cas_timer;
struct cas_timer {
    void (*on_timer)(cas_timer *timer, void *context);
    void *context;
    /* private */
    cas_thread *thread;
    cas_timer *next, **link;
    uint64_t due_ns;
};

/* Returns 0, WSANOTINITIALISED, or WSAEINVAL without on_timer. */
int cas_timer_start(cas_timer *, uint64_t delay_ns);
void cas_timer_stop(cas_timer *);

#ifdef __cplusplus
}
#endif

#endif
