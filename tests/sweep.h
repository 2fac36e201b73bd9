/* SPDX-License-Identifier: MIT
 *
 * The sweep: one action again and again, with its first, second, third ... request for memory refused, until
 * a run in which none was.
 *
 *  1. Every run begins with prepare and ends with clean; then no block is left.
 *  2. A refused action either did not need the memory, and ends as a run without refusal does, or it fails
 *     with WSAENOBUFS, and then what can be observed is what it was before.
 *  3. Afterwards the action is repeated with memory, and everything ends as without refusal: result,
 *     notifications, bytes, number of blocks.  Only where may_void says so, a world may declare the run
 *     void instead, and only one whose action succeeded.
 */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "castanet/sim.h"

/* What was seen, in words.  Zero it first. */
typedef struct sweep_text {
    char bytes[4000];
    size_t len;
} sweep_text;

/* Appends printf-style; a text that does not fit is cut. */
void sweep_say(sweep_text *, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* How many blocks of the test's memory are live.  Of a world (NULL: none) only where each object is a block
 * of its own, as sanitizers want it: elsewhere the number says nothing. */
void sweep_say_blocks(sweep_text *, sim_world *world);
unsigned sweep_count_descriptors(void); /* of this process */

typedef struct sweep {
    const char *what; /* function and state, for messages */
    void *context;    /* handed to all of these */
    /* Makes the state; memory is plentiful. */
    void (*prepare)(void *context);
    /* The action; 0 or the error of the call. */
    int (*act)(void *context);
    /* Says all that can be seen of the state, and changes nothing. */
    void (*observe)(void *context, sweep_text *seen);
    /* Uses what is there, and says what came of it; false: a world has declared the run void. */
    bool (*finish)(void *context, int result, sweep_text *seen);
    /* Ends what prepare made. */
    void (*clean)(void *context);
    cas_counting_allocator *memory; /* the one that refuses */
    bool may_void;                  /* a world may declare the run void */
} sweep;

typedef struct sweep_count {
    unsigned refused; /* requests, each in a run of its own */
    unsigned told;    /* of these: the call failed with WSAENOBUFS */
    unsigned voided;  /* the world declared the run void; in all others the memory was not needed */
} sweep_count;

/* Runs it all; what is wrong becomes failed assertions.  Adds to sum. */
void sweep_run(const sweep *, sweep_count *sum);

/* A line of output: where, how many of what were swept, and the sum. */
void sweep_print(const char *place, unsigned number, const char *of_what, const sweep_count *sum);

#endif
