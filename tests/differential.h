/* SPDX-License-Identifier: MIT
 *
 * Differential programs: short random programs of API calls that run in a world and on real sockets, and must
 * show the same there.
 *
 *   bytes -> program    every byte string is one                      [differential_program.c]
 *   program -> text     the language of tests/scenarios/README.md     [differential_text.c]
 *   program -> record   one run on one backend                        [differential_run.c, ..._verbs.c]
 *   records -> verdict  up to the written list of differences         [differential_compare.c, ..._allowed.c]
 *   program -> shorter  as long as it still disagrees                 [differential_shrink.c]
 *
 *  1. A program is plain data; what it does depends on nothing else, so it can be cut and run again.
 *  2. Where a world is settled and real sockets are not yet (a datagram under way), nothing is compared:
 *     differential_plan puts a settling in front of each step that could see the race.
 */
#ifndef TESTS_DIFFERENTIAL_H
#define TESTS_DIFFERENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/arena.h"

enum {
    DIFF_SLOTS = 6,        /* places for sockets: C K on thread a, L S T on b, U on b2 */
    DIFF_STEPS_MAX = 56,   /* 40 of the program and what always follows */
    DIFF_CHOSEN_MAX = 40,  /* steps that bytes can ask for */
    DIFF_BYTES_MAX = 160,  /* of a program's source */
    DIFF_NOTES_MAX = 2048, /* notifications of a run */
    DIFF_NONE = -1
};

typedef enum diff_verb {
    DIFF_SETTLE,
    DIFF_PUMP,
    DIFF_SOCKET,
    DIFF_CREATE,
    DIFF_BIND,
    DIFF_LISTEN,
    DIFF_CONNECT,
    DIFF_ACCEPT,
    DIFF_SELECT,
    DIFF_CLOSE,
    DIFF_ABORT,
    DIFF_DELETE,
    DIFF_LINGER,
    DIFF_DETACH,
    DIFF_ATTACH,
    DIFF_SEND,
    DIFF_SENDTO,
    DIFF_FILL, /* send until no room is left */
    DIFF_RECV,
    DIFF_RECVFROM,
    DIFF_DRAIN, /* receive all that comes */
    DIFF_SHUTDOWN,
    DIFF_SETOPT,
    DIFF_GETOPT,
    DIFF_AVAILABLE,
    DIFF_ATMARK,
    DIFF_PEERNAME,
    DIFF_SOCKNAME,
    DIFF_VERBS
} diff_verb;

typedef enum diff_option {
    DIFF_OOBINLINE,
    DIFF_NODELAY,
    DIFF_REUSEADDR,
    DIFF_KEEPALIVE,
    DIFF_BROADCAST,
    DIFF_RCVBUF,
    DIFF_SNDBUF,
    DIFF_ERROR,
    DIFF_OPTIONS
} diff_option;

/* What a verb does not need is zero. */
typedef struct diff_step {
    diff_verb verb;
    int slot, other; /* subject and object; settle has none */
    bool datagram;   /* socket, create */
    uint8_t mask;    /* FD_ bits: create, select, attach */
    int flags;       /* MSG_ bits */
    diff_option option;
    int number; /* bytes, seconds, backlog, SD_ value or value of an option */
} diff_step;

typedef struct diff_program {
    diff_step steps[DIFF_STEPS_MAX];
    unsigned count;
} diff_program;

/* ---- differential_program.c ---- */

/* The bytes of a seed; the same on every machine.  Returns how many. */
size_t differential_bytes_of_seed(uint64_t seed, uint8_t bytes[DIFF_BYTES_MAX]);
void differential_decode(diff_program *program, const uint8_t *bytes, size_t len);
arena_thread differential_thread_of(int slot);

/* ---- differential_order.c ---- */

/* Which steps may not begin before everything under way has arrived. */
void differential_plan(const diff_program *program, bool settles[DIFF_STEPS_MAX]);
/* The program sends more than buffers hold, so that what they hold shows. */
bool differential_is_bulk(const diff_program *program);

/* ---- records ---- */

typedef struct diff_result {
    bool failed;
    int error;
    long value;
    uint32_t hash; /* of bytes received */
} diff_result;

typedef struct diff_note {
    int slot;
    unsigned epoch; /* settlings before it */
    long event;
    int error;
} diff_note;

typedef struct diff_record {
    arena_backend backend;
    diff_result results[DIFF_STEPS_MAX];
    unsigned epochs[DIFF_STEPS_MAX]; /* in which the step ran */
    diff_note notes[DIFF_NOTES_MAX];
    unsigned note_count;
    unsigned epoch_count;
    char complaint[160]; /* the run itself went wrong: empty if not */
} diff_record;

/* ---- differential_run.c ---- */

/* Runs the program from nothing to nothing.  patience_ms: how long each settling waits for more on real
 * sockets. */
void differential_run(const diff_program *program, arena_backend backend, uint64_t seed, int patience_ms,
                      diff_record *record);

/* ---- differential_compare.c ---- */

typedef struct diff_verdict {
    bool differs;
    unsigned step; /* the first one that differs, or the last of an epoch that does */
    int slot;      /* whose notifications; DIFF_NONE: it is the result of the step */
    unsigned epoch;
} diff_verdict;

/* Counts in *used each rule that was needed; NULL: nobody wants to know. */
diff_verdict differential_compare(const diff_program *program, const diff_record *sim,
                                  const diff_record *real, unsigned *used);

/* ---- differential_text.c ---- */

/* The program as a scenario, with what it showed on both: a test when pasted. */
void differential_print(FILE *stream, const diff_program *program, const diff_record *sim,
                        const diff_record *real);

/* ---- differential_shrink.c ---- */

/* True as long as the candidate shows what is searched. */
typedef bool (*diff_predicate)(void *context, const diff_program *candidate);
/* Makes the program shorter and simpler, step by step, until nothing more can go. */
void differential_shrink(diff_program *program, diff_predicate still, void *context);

#endif
