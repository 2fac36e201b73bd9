/* SPDX-License-Identifier: MIT
 *
 * What many programs of the museum share: a server and a client with one line between them, a listener that
 * takes a session, and a peer without bugs that says its lines.
 *
 * The state of a scenario begins with `bool mended`, is what both hosts' threads have as context, and holds
 * all sockets.
 */
#ifndef TESTS_MUSEUM_DUO_H
#define TESTS_MUSEUM_DUO_H

#include "tests/museum/museum.h"

/* Hosts "server" (10.0.0.1) and "client" (10.0.0.2), 5 ms apart.  serve(state) runs at 0 on the one,
 * call(state) at 1 ms on the other. */
void duo_build(sim_world *, void *state, void (*serve)(void *), void (*call)(void *));
/* Of the program that runs. */
void *duo_state(void);
sim_world *duo_world(void);

/* Makes the object a socket with these callbacks, without Nagle's delay, and connects it to the server. */
void duo_connect(CAsyncSocket *, const CAsyncSocketVtbl *);
void duo_no_delay(CAsyncSocket *);
/* A datagram socket; port 0: any. */
void duo_datagram(CAsyncSocket *, const CAsyncSocketVtbl *, unsigned port);
void duo_listen(CAsyncSocket *, const CAsyncSocketVtbl *, int backlog);
/* (Re)starts a timer of the running program; its context is the state. */
void duo_after(cas_timer *, int64_t delay_ns, void (*on_timer)(cas_timer *, void *));

/* A listener that accepts the first caller into session, and no other. */
typedef struct duo_server {
    CAsyncSocket socket; /* first */
    CAsyncSocket *session;
    const CAsyncSocketVtbl *vtbl;
} duo_server;
void duo_serve(duo_server *, CAsyncSocket *session, const CAsyncSocketVtbl *);

/* Says lines, one a segment, a gap apart (0: all at once), keeps what it hears, and, if it shall, closes a
 * gap behind the last line.  The other one's end is heard to the last byte. */
typedef struct duo_peer {
    CAsyncSocket socket; /* first */
    cas_timer timer;
    const char *const *script; /* ends with NULL */
    int64_t gap_ns;
    bool closes, connected, closed;
    unsigned said, heard; /* lines, bytes */
    int error;            /* of OnConnect or OnClose */
    char text[128];       /* the first bytes heard */
} duo_peer;
void duo_peer_connect(duo_peer *, const char *const *script, int64_t gap_ns, bool closes);

/* Both forms from the functions build, is_done and CHECK (or NULL); WORLD: sim_world_options, or NULL.
 * DUO_MISUSE is for a broken form that fails in every order. */
#define DUO_BUG(NUMBER, TITLE, STATE, CHECK, WORLD)                                                          \
    DUO_FORMS(NUMBER, TITLE, STATE, CHECK, WORLD, false, false)
/* The exhaustive search finds the one form, and proves the other. */
#define DUO_SMALL(NUMBER, TITLE, STATE, CHECK, WORLD)                                                        \
    DUO_FORMS(NUMBER, TITLE, STATE, CHECK, WORLD, false, true)
#define DUO_MISUSE(NUMBER, TITLE, STATE, CHECK, WORLD)                                                       \
    DUO_FORMS(NUMBER, TITLE, STATE, CHECK, WORLD, true, false)

#define DUO_FORMS(NUMBER, TITLE, STATE, CHECK, WORLD, ALWAYS, SMALL)                                         \
    static const STATE mended_state = {.mended = true};                                                      \
    static const sim_scenario broken = {.name = "S" #NUMBER "-broken",                                       \
                                        .summary = TITLE,                                                    \
                                        .state_size = sizeof(STATE),                                         \
                                        .build = build,                                                      \
                                        .is_done = is_done,                                                  \
                                        .check = CHECK,                                                      \
                                        .events_max = 20000,                                                 \
                                        .world = WORLD};                                                     \
    static const sim_scenario mended = {.name = "S" #NUMBER "-mended",                                       \
                                        .summary = TITLE,                                                    \
                                        .state_size = sizeof(STATE),                                         \
                                        .initial = &mended_state,                                            \
                                        .build = build,                                                      \
                                        .is_done = is_done,                                                  \
                                        .check = CHECK,                                                      \
                                        .events_max = 20000,                                                 \
                                        .world = WORLD};                                                     \
    extern const museum_bug museum_s##NUMBER;                                                                \
    const museum_bug museum_s##NUMBER = {                                                                    \
        .id = "S" #NUMBER, .title = TITLE, .broken = &broken, .mended = &mended, .is_small = SMALL,          \
        .fails_always = ALWAYS}

#endif
