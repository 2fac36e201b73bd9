/* SPDX-License-Identifier: MIT
 *
 * Every function of the mirrored API in the states in which it has something to do, and the pump.
 * pytests/test_sweep.py compares the functions with those that castanet/casyncsocket.h declares.
 */
#ifndef TESTS_SWEEP_CALLS_H
#define TESTS_SWEEP_CALLS_H

#include "tests/sweep_bench.h"

typedef struct sweep_call {
    const char *function; /* without CAsyncSocket_, or cas_... */
    const char *state;
    void (*prepare)(bench *);
    int (*act)(bench *); /* 0 or the error */
    bool may_repeat;     /* see bench */
} sweep_call;

extern const sweep_call sweep_calls[]; /* ends with a function of NULL */

#endif
