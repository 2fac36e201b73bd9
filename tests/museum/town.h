/* SPDX-License-Identifier: MIT
 *
 * What most programs of the museum need: a server, clients on links of their own, sockets that are ready to
 * use, and lines of text out of a stream.
 *
 * The context of every thread is the state of the scenario, so that a callback finds it (museum_state).
 */
#ifndef TESTS_MUSEUM_TOWN_H
#define TESTS_MUSEUM_TOWN_H

#include "tests/museum/museum.h"

/* Host "server", on which start(state) runs at the beginning. */
void museum_server(sim_world *, void (*start)(void *), void *state);
/* Host "client<number>" (from 1) with a link of its own to the server, on which start(argument) runs at
 * start_ns.  The server is 10.0.<number>.1 there, and the client 10.0.<number>.2. */
void museum_client(sim_world *, unsigned number, uint64_t start_ns, void (*start)(void *), void *argument,
                   void *state);

/* In a callback: the state of the scenario, and the world. */
void *museum_state(void);
sim_world *museum_world(void);

/* A listening socket on that port. */
void museum_listen(CAsyncSocket *, const CAsyncSocketVtbl *, unsigned port);
/* Accepts into a socket of that class; what is small is sent at once.  Returns the number of the client, or 0
 * if there was none. */
unsigned museum_accept(CAsyncSocket *listener, CAsyncSocket *, const CAsyncSocketVtbl *);
/* A socket of that class which connects to the server, seen from client<number>. */
void museum_connect(CAsyncSocket *, const CAsyncSocketVtbl *, unsigned number, unsigned port);
/* A datagram socket on that port (0: any), and a datagram to the server or, from there, to a client. */
void museum_datagrams(CAsyncSocket *, const CAsyncSocketVtbl *, unsigned port);
void museum_send_to_server(CAsyncSocket *, unsigned number, unsigned port, const void *bytes, int count);
/* Sends a text whole; the programs that use it send too little to fill a buffer. */
void museum_say(CAsyncSocket *, const char *text);

/* What arrived of a stream and is no whole line yet. */
typedef struct museum_lines {
    char text[256];
    unsigned count;
} museum_lines;

/* One Receive, appended; its result. */
int museum_lines_receive(museum_lines *, CAsyncSocket *);
/* Takes the oldest line, without its end; false: there is no whole one. */
bool museum_lines_take(museum_lines *, char *line, size_t size);

/* The two forms of a bug, of the functions build, is_done and check and the type of the state, which has a
 * bool is_mended and begins as zeros. */
#define MUSEUM_BUG(symbol, Id, Title, State, Small) \
    static const State mended_state = {.is_mended = true}; \
    static const sim_scenario broken_form = {.name = Id "-broken", \
                                             .summary = Title, \
                                             .state_size = sizeof(State), \
                                             .build = build, \
                                             .is_done = is_done, \
                                             .check = check}; \
    static const sim_scenario mended_form = {.name = Id "-mended", \
                                             .summary = Title, \
                                             .state_size = sizeof(State), \
                                             .initial = &mended_state, \
                                             .build = build, \
                                             .is_done = is_done, \
                                             .check = check}; \
    extern const museum_bug museum_##symbol; \
    const museum_bug museum_##symbol = { \
        .id = Id, .title = Title, .broken = &broken_form, .mended = &mended_form, .is_small = Small}

#endif
