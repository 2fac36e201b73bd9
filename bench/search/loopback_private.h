/* SPDX-License-Identifier: MIT
 *
 * What the files of the stage share; see loopback_stage.h.
 */
#ifndef BENCH_SEARCH_LOOPBACK_PRIVATE_H
#define BENCH_SEARCH_LOOPBACK_PRIVATE_H

#include <pthread.h>

#include "bench/search/loopback_stage.h"
#include "castanet/backend.h"
#include "castanet/sim_host.h"

enum { STAGE_HOSTS = 10, STAGE_LOOPS = 12, STAGE_PORTS = 32, STAGE_ADDRESSES = 10 };

/* A port that a program bound, and the one that the system gave for it; the same one again if it is bound
 * again, since a port that is still in use is what some programs are about. */
typedef struct stage_port {
    const sim_host *host;
    uint16_t asked, given;
} stage_port;

/* An event loop: a thread of the operating system, and one of castanet. */
typedef struct stage_loop {
    sim_host *host;
    pthread_t system;
    cas_thread *thread;
    cas_backend *backend;
    const cas_backend_ops *inner; /* the system's */
    cas_backend_ops ops;          /* the same, with addresses translated */
    void (*start)(void *);        /* NULL: it was called, or there is none */
    void *argument;
    uint64_t start_ns;
    bool is_running;
    bool is_worker; /* others start its timers */
} stage_loop;

struct sim_host {
    sim_world *stage;
    char name[24];
    unsigned number;                     /* from 0 */
    uint32_t addresses[STAGE_ADDRESSES]; /* that the program knows; host order */
    unsigned address_count;
    stage_loop *loop;
};

struct sim_world {
    pthread_mutex_t lock; /* holds all below, and each callback */
    const sim_scenario *scenario;
    void *state;
    unsigned slot;
    uint64_t begin_ns, last_ns; /* of the run; of the last callback */
    unsigned callbacks, callbacks_max;
    int stop_pipe[2]; /* readable when the run is over */
    bool is_over, has_failed;
    stage_result *result;
    sim_host hosts[STAGE_HOSTS];
    unsigned host_count;
    stage_loop loops[STAGE_LOOPS];
    unsigned loop_count;
    stage_port ports[STAGE_PORTS];
    unsigned port_count;
};

uint64_t stage_clock_ns(void);
/* A loop with a backend and a thread of castanet; NULL: there is no more room, or no memory. */
stage_loop *stage_loop_create(sim_host *);
/* Its thread of the operating system; the lock is held. */
bool stage_loop_begin(stage_loop *);
/* May anything still happen on it by itself?  The lock is held. */
bool stage_loop_is_pending(const stage_loop *);

/* Puts the translation of addresses between the loop's thread and its backend. */
void stage_translate(stage_loop *);

/* The loop whose thread is this one: its backend's table of calls leads there. */
stage_loop *stage_loop_of(const cas_thread *);

#endif
