/* SPDX-License-Identifier: MIT
 *
 * Three callers on the client, 20 ms apart, and a server with places for three sessions; what the programs
 * about Accept share.  They differ in the listener.
 *
 * A caller says "hello" and is served when the server has answered "welcome", which each session does by
 * itself, and closes.
 */
#ifndef TESTS_MUSEUM_CALLERS_H
#define TESTS_MUSEUM_CALLERS_H

#include "tests/museum/duo.h"

enum { CALLERS = 3 };

typedef struct callers {
    bool mended; /* first */
    CAsyncSocket listener;
    CAsyncSocket sessions[CALLERS];
    duo_peer callers[CALLERS];
    cas_timer clock;
    unsigned called;
    int patience_ms; /* 0: a caller that is not served waits; else it aborts its connection after that */
    cas_timer patience;
    cas_timer look_up; /* of a server that does that for each caller */
    bool busy;
} callers;

/* An object without a socket, ready for Accept.  NULL: all are taken. */
CAsyncSocket *callers_free_place(callers *);
/* The callbacks of a session. */
const CAsyncSocketVtbl *callers_session(void);
void callers_listen(callers *, const CAsyncSocketVtbl *, int backlog, long events);
void callers_call(void *state);
bool callers_is_served(const callers *, unsigned index);
bool callers_all_served(sim_world *, void *state);

#endif
