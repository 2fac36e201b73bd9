/* SPDX-License-Identifier: MIT
 *
 * Arenas: three threads on simulated or on real sockets, driven from one thread of the system, so that the
 * same steps run in each world.  Needs no test framework; fixture.h has the arenas of CUnit tests.
 *
 *  1. Nothing sleeps.  A bounded wait ends as soon as what it waits for has happened.
 *  2. What goes wrong is told through complain, once for each mishap; the arena stays usable.
 */
#ifndef TESTS_ARENA_H
#define TESTS_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include "castanet/sim.h"
#include "castanet/thread.h"

typedef enum arena_backend { ARENA_SIM, ARENA_EPOLL, ARENA_POLL, ARENA_BACKENDS } arena_backend;

/* The threads of an arena.  a and b are on different hosts where the backend has hosts; b2 shares b's. */
typedef enum arena_thread { ARENA_A, ARENA_B, ARENA_B2, ARENA_THREADS } arena_thread;

typedef struct arena arena;

typedef struct arena_options {
    arena_backend backend;
    uint64_t seed;              /* of the world */
    cas_allocator *memory;      /* of the world, the backends and the threads; NULL: cas_allocator_system() */
    const cas_profile *profile; /* NULL: the default one */
    bool wrapped;               /* a fault wrapper without faults lies on each thread's backend */
    void (*complain)(void *context, const char *what); /* NULL: nobody is told */
    void *context;
} arena_options;

/* "sim", "epoll", "poll"; and back: ARENA_BACKENDS if there is none of that name. */
const char *arena_backend_name(arena_backend);
arena_backend arena_backend_of_name(const char *name);
/* Some machines have no ::1. */
bool arena_backend_has_ipv6(arena_backend);
static inline bool arena_backend_is_real(arena_backend backend) { return backend != ARENA_SIM; }

/* A backend of its own, of one that is real; 0 or a WSAE code. */
int arena_backend_create(arena_backend, cas_allocator *memory, cas_backend **out);
void arena_backend_destroy(arena_backend, cas_backend *);

/* NULL after a complaint. */
arena *arena_create(const arena_options *options);
void arena_destroy(arena *);

arena_backend arena_backend_of(const arena *);
sim_world *arena_world(arena *); /* NULL on real sockets */
/* Makes the thread current; returns the one before, for cas_thread_enter. */
cas_thread *arena_enter(arena *, arena_thread);
cas_thread *arena_thread_of(arena *, arena_thread);
/* The test has destroyed the thread by itself (real sockets only). */
void arena_forget_thread(arena *, arena_thread);
/* The numeric address under which sockets of the thread are reached. */
const char *arena_address(const arena *, arena_thread);

/* Delivers all that is under way and dispatches all notifications, of every thread, until nothing more
 * happens. */
void arena_settle(arena *);
/* Delivers what is under way while the thread is busy elsewhere: its notifications are posted and stay
 * queued; those of other threads may be dispatched.  Also inside a callback of the thread. */
void arena_rest(arena *, arena_thread busy);
/* Waits up to timeout_ms of real time until a thread has something to do, or (poll) until one has done it;
 * false where time is virtual. */
bool arena_wait(arena *, int timeout_ms);

#endif
