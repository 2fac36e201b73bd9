/* SPDX-License-Identifier: MIT
 *
 * What a test starts from: counted memory, worlds built in a state, and arenas, in which the same steps run
 * on simulated or on real sockets.
 *
 *  1. Each test has an allocator of its own; teardown checks that no block is left.
 *  2. Worlds and arenas of a test are destroyed at teardown, also after a fatal assertion.
 *  3. Nothing sleeps.  A bounded wait ends as soon as what it waits for has happened.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "castanet/casyncsocket.h"
#include "castanet/sim.h"
#include "castanet/thread.h"
#include "tests/arena.h"
#include "tests/world_pair.h"

/* Of every CUnit suite; set-up and teardown around each test. */
void fixture_begin(void);
void fixture_end(void);

void fixture_set_seed(uint64_t seed);
uint64_t fixture_seed(void);
/* From now on arenas have a fault wrapper without faults on each thread's backend: every test must pass as
 * it does without. */
void fixture_wrap_backends(void);
bool fixture_has_wrapped_backends(void);

/* The allocator of the current test.  Set refuse_at to make calls fail. */
cas_counting_allocator *fixture_memory(void);

/* ---- sockets that record ---- */

typedef struct recorder {
    CAsyncSocket socket; /* first: a recorder is a CAsyncSocket */
    unsigned count[6]; /* callbacks by the number of the FD_ bit: READ, WRITE, OOB, ACCEPT, CONNECT, CLOSE */
    int error[6];      /* the error of the last one */
    unsigned total;
} recorder;

void recorder_construct(recorder *);
unsigned recorder_count(const recorder *, long event); /* event: one FD_ bit */
int recorder_error(const recorder *, long event);

/* ---- worlds ---- */

/* options NULL: the seed and the memory of the test.  A failure is fatal for the test. */
world_pair fixture_world_pair(const sim_world_options *options);

/* Before teardown would. */
void fixture_world_destroy(sim_world *);

/* An established connection between a and b with no event selected; client lives on a, server on b. */
void world_pair_connect(const world_pair *, recorder *client, recorder *server);
/* A connects to a port of B that nobody listens at, learns of it, and closes. */
void world_pair_refuse(const world_pair *);

/* ---- arenas ---- */

/* profile NULL: the default one.  A failure is fatal for the test.  Closed at teardown, or before. */
arena *arena_open(arena_backend backend, const cas_profile *profile);
void arena_close(arena *);

/* Runs body in a fresh arena, with thread b current. */
void arena_run(arena_backend backend, void (*body)(arena *));

/* An established connection without selected events; client on a, server on b. */
void arena_connect(arena *, recorder *client, recorder *server);
/* The same with this receive buffer (SO_RCVBUF) of the server, set before there is a window; 0: it is not. */
void arena_connect_with_buffer(arena *, recorder *client, recorder *server, int bytes);

#endif
