/* SPDX-License-Identifier: MIT
 *
 * AsyncSelect(0), then the object is free.  A server stops the notifications of a session that says WORK,
 * frees what belongs to it, and leaves the connection to a worker.
 *
 * Fails when more of the stream waits just then: its OnReceive is queued already, and still comes.  Mended:
 * Detach, which drops what is queued.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, freed;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    SOCKET worker;
} state;

static void hand_over(state *s)
{
    if (s->mended)
        s->worker = CAsyncSocket_Detach(&s->session);
    else
        CAsyncSocket_AsyncSelect(&s->session, 0);
    s->freed = true;
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[4];
    (void)error;
    if (s->freed)
        sim_world_fail(duo_world(), "a notification for an object that was freed");
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0 && line[0] == 'W')
        hand_over(s);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const lines[] = {"AUTH", "WORK", "MORE", NULL};
    duo_peer_connect(&((state *)state_)->peer, lines, SIM_MS(20), false);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->freed;
}

DUO_SMALL(60, "AsyncSelect(0), then the object is freed", state, NULL, NULL);
