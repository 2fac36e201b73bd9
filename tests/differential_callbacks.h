/* SPDX-License-Identifier: MIT
 *
 * Programs whose callbacks act: close and destroy sockets, make new ones, pump again.  They run on one
 * backend at a time, and are judged by what must hold everywhere rather than by comparison:
 *
 *  1. A callback is made for an object that is alive, has a handle, and is the one that FromHandle gives, on
 *     its own thread.
 *  2. It belongs to this life of the handle: the event is one that the socket can have, and was selected; of
 *     OnConnect there is one for an attempt at most.
 *  3. Nothing is lost: when all is quiet, what can be received or accepted was told, and not answered since.
 *  4. In the end no memory and no descriptor is left.
 */
#ifndef TESTS_DIFFERENTIAL_CALLBACKS_H
#define TESTS_DIFFERENTIAL_CALLBACKS_H

#include "tests/differential.h"

enum { DIFF_COMPLAINT_MAX = 200 };

typedef struct diff_acting_result {
    char complaint[DIFF_COMPLAINT_MAX];  /* the first one; empty: none */
    unsigned callbacks, actions, nested; /* how much happened */
    unsigned reused;                     /* sockets that got the handle of one that was closed */
} diff_acting_result;

/* Runs the program of these bytes.  trace: gets a line for each call and callback; NULL: none. */
void differential_run_acting(const uint8_t *bytes, size_t len, arena_backend backend, FILE *trace,
                             diff_acting_result *result);

#endif
