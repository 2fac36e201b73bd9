/* SPDX-License-Identifier: MIT
 *
 * Zero bytes are the end.  A datagram server takes a ReceiveFrom of 0 bytes for a client that left, as on a
 * stream, and closes.
 *
 * Fails when an empty datagram comes: the client sends one to keep a translation alive when a reply is late.
 * Mended: an empty datagram is a datagram.
 */
#include "tests/museum/duo.h"

enum { QUERIES = 3 };

typedef struct state {
    bool mended;
    CAsyncSocket server, client;
    cas_timer idle;
    unsigned replies;
} state;

static void on_query(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char query[32], from[32];
    UINT port = 0;
    int count = CAsyncSocket_ReceiveFrom(socket, query, sizeof query, from, sizeof from, &port, 0);
    (void)error;
    if (count == 0 && !s->mended)
        CAsyncSocket_Close(socket);
    else if (count > 0)
        CAsyncSocket_SendTo(socket, query, count, port, from, 0);
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_query};
    duo_datagram(&((state *)state_)->server, &vtbl, 80);
}

static void on_idle(cas_timer *timer, void *context)
{
    (void)timer;
    CAsyncSocket_SendTo(&((state *)context)->client, "", 0, 80, "10.0.0.1", 0);
}

static void ask(state *s)
{
    CAsyncSocket_SendTo(&s->client, "time?", 5, 80, "10.0.0.1", 0);
    duo_after(&s->idle, SIM_MS(30), on_idle);
}

static void on_reply(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char reply[32];
    (void)error;
    if (CAsyncSocket_Receive(socket, reply, sizeof reply, 0) <= 0)
        return;
    cas_timer_stop(&s->idle);
    if (++s->replies < QUERIES)
        ask(s);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_reply};
    duo_datagram(&((state *)state_)->client, &vtbl, 0);
    ask(state_);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->replies == QUERIES;
}

DUO_SMALL(7, "an empty datagram is taken for the end", state, NULL, NULL);
