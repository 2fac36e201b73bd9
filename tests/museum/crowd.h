/* SPDX-License-Identifier: MIT
 *
 * A crowd: up to eight clients, each of which says its words to a server, one a tick and a line each, and
 * then hangs up.  What the server makes of them is the program's own.
 *
 * The packets of one client stay in order; between clients nothing is ordered.
 */
#ifndef TESTS_MUSEUM_CROWD_H
#define TESTS_MUSEUM_CROWD_H

#include "tests/museum/town.h"

enum { CROWD_MAX = 8 };

typedef struct crowd_plan {
    unsigned clients;
    /* Client 1 first: words with one blank between.  "." is a tick without a word; "!" an urgent byte. */
    const char *scripts[CROWD_MAX];
    unsigned tick_ms;
    unsigned stagger_ms; /* a client begins so much later than the one before */
    /* At the server, on behalf of museum_state(). */
    void (*heard)(void *state, unsigned number, const char *word);
    void (*accepted)(void *state, unsigned number);                        /* NULL: not asked */
    void (*urged)(void *state, unsigned number, CAsyncSocket *session);    /* NULL: the byte is read */
} crowd_plan;

typedef struct crowd_session {
    CAsyncSocket socket; /* first */
    const crowd_plan *plan;
    unsigned number; /* of the client */
    museum_lines lines;
    bool is_over;
} crowd_session;

typedef struct crowd_client {
    CAsyncSocket socket; /* first */
    const crowd_plan *plan;
    unsigned number;
    const char *rest; /* of its script */
    cas_timer tick;
} crowd_client;

/* Part of the state of a scenario. */
typedef struct crowd {
    const crowd_plan *plan; /* first */
    CAsyncSocket listener;
    unsigned accepted;
    crowd_session sessions[CROWD_MAX];
    crowd_client clients[CROWD_MAX];
} crowd;

/* Makes the server, on which start(state) runs, and the clients. */
void crowd_build(crowd *, const crowd_plan *, sim_world *, void (*start)(void *), void *state);
/* Every client was accepted, and its connection has ended. */
bool crowd_is_over(const crowd *);
/* To be called by start. */
void crowd_serve(crowd *);

#endif
