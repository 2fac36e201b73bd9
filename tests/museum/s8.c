/* SPDX-License-Identifier: MIT
 *
 * UDP: WSAECONNRESET is taken for a dead socket.  A server closes its one socket when a ReceiveFrom fails.
 *
 * Fails when a client has given up waiting before the reply comes: its system says "port unreachable", the
 * server's next ReceiveFrom fails with WSAECONNRESET, and the second client gets no reply.  Mended: the
 * error is about a datagram that was sent, and the socket goes on.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    CAsyncSocket server, first, second;
    cas_timer patience, again;
    bool served;
} state;

static void on_query(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char query[32], from[32];
    UINT port = 0;
    int count = CAsyncSocket_ReceiveFrom(socket, query, sizeof query, from, sizeof from, &port, 0);
    (void)error;
    if (count > 0)
        CAsyncSocket_SendTo(socket, query, count, port, from, 0);
    else if (!s->mended && CAsyncSocket_GetLastError() == WSAECONNRESET)
        CAsyncSocket_Close(socket);
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_query};
    duo_datagram(&((state *)state_)->server, &vtbl, 80);
}

static void on_patience(cas_timer *timer, void *context)
{
    (void)timer;
    CAsyncSocket_Close(&((state *)context)->first);
}

/* Asks again and again, so that only a dead server leaves it without a reply: five times. */
static void on_again(cas_timer *timer, void *context)
{
    state *s = context;
    CAsyncSocket_SendTo(&s->second, "time?", 5, 80, "10.0.0.1", 0);
    if (!s->served && sim_world_now(duo_world()) < (uint64_t)SIM_S(5))
        duo_after(timer, SIM_MS(500), on_again);
}

static void on_reply(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char reply[32];
    (void)error;
    if (CAsyncSocket_Receive(socket, reply, sizeof reply, 0) > 0 && socket == &s->second)
        s->served = true;
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_reply};
    state *s = state_;
    duo_datagram(&s->first, &vtbl, 0);
    duo_datagram(&s->second, &vtbl, 0);
    CAsyncSocket_SendTo(&s->first, "time?", 5, 80, "10.0.0.1", 0);
    duo_after(&s->patience, SIM_MS(40), on_patience);
    duo_after(&s->again, SIM_MS(400), on_again);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->served;
}

DUO_BUG(8, "UDP: WSAECONNRESET is taken for a dead socket", state, NULL, NULL);
