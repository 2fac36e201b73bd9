/* SPDX-License-Identifier: MIT
 *
 * A differential program that runs: shared by differential_run.c and differential_verbs.c.
 */
#ifndef TESTS_DIFFERENTIAL_PRIVATE_H
#define TESTS_DIFFERENTIAL_PRIVATE_H

#include "tests/differential.h"

enum { DIFF_BUFFER_BYTES = 1 << 18 };

typedef struct diff_run diff_run;

/* An object of the program, with the place that its notifications are counted under. */
typedef struct diff_object {
    CAsyncSocket base;
    diff_run *run;
    int slot;
} diff_object;

struct diff_run {
    arena *arena;
    cas_counting_allocator memory;
    diff_record *record;
    int patience_ms;
    diff_object *objects[DIFF_SLOTS]; /* NULL until used, and after delete */
    SOCKET detached[DIFF_SLOTS];      /* INVALID_SOCKET: none */
    UINT ports[DIFF_SLOTS];           /* the last one known */
    bool lingers[DIFF_SLOTS];         /* for a time other than 0 */
    unsigned sent[DIFF_SLOTS];        /* bytes, so that each has its own value */
    uint8_t *buffer;                  /* DIFF_BUFFER_BYTES */
};

/* The object of a slot, made when first asked for; NULL if memory is refused. */
CAsyncSocket *diff_object_of(diff_run *run, int slot);
void diff_object_delete(diff_run *run, int slot);

/* Delivers and dispatches all. */
void diff_run_settle(diff_run *run);
/* The same, and waits for acknowledgements that a real peer may hold back. */
void diff_run_settle_acknowledged(diff_run *run);

/* differential_verbs.c: performs one step; its thread is current. */
diff_result diff_act(diff_run *run, const diff_step *step);

#endif
