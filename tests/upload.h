/* SPDX-License-Identifier: MIT
 *
 * A scenario with a bug in the order of notifications: an upload whose server counts what it has when OnClose
 * comes.  Under load OnClose may be dispatched before the last bytes were read.
 */
#ifndef TESTS_UPLOAD_H
#define TESTS_UPLOAD_H

#include "castanet/sim.h"
#include "castanet/sim_scenario.h"

/* Changes of the program that have nothing to do with its bug. */
typedef struct upload_edit {
    unsigned other_clients; /* that only connect and leave, before the upload begins */
    bool ticks;             /* the server has a timer that goes off meanwhile */
    bool pauses;            /* the client sends a byte more in between, so that occurrences shift */
    bool mended;            /* OnClose reads what is left */
} upload_edit;

enum { UPLOAD_OTHERS_MAX = 3 };

typedef struct upload upload;

typedef struct upload_peer {
    CAsyncSocket socket; /* first */
    upload *all;
    bool is_other;
} upload_peer;

/* The state of a run. */
struct upload {
    upload_edit edit;
    CAsyncSocket listener;
    cas_timer tick;
    upload_peer sessions[UPLOAD_OTHERS_MAX + 1];
    upload_peer others[UPLOAD_OTHERS_MAX], client;
    unsigned accepted;
    int received, counted; /* counted: when the end came; -1: not yet */
};

void upload_init(upload *, upload_edit);
/* Runs begin with a copy of initial. */
sim_scenario upload_scenario(const upload *initial);

#endif
