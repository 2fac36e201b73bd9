/* SPDX-License-Identifier: MIT
 *
 * Every function of the mirrored API in the states in which it has something to do, and the pump.
 * pytests/test_sweep.py compares the functions with those that castanet/casyncsocket.h declares.
 */
#ifndef TESTS_SWEEP_CALLS_H
#define TESTS_SWEEP_CALLS_H

#include "tests/sweep_bench.h"

enum {
    SWEEP_REPEATS = 1, /* a failed call re-arms its event: see bench */
    SWEEP_VOIDS =
        2 /* it goes on to send segments when it has succeeded: without memory for them a world is void */
};

typedef struct sweep_call {
    const char *function; /* without CAsyncSocket_, or cas_... */
    const char *state;
    void (*prepare)(bench *);
    int (*act)(bench *); /* 0 or the error */
    unsigned flags;
} sweep_call;

extern const sweep_call sweep_calls[]; /* ends with a function of NULL */

#endif
