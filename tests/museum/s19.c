/* SPDX-License-Identifier: MIT
 *
 * Shutdown, then Close without waiting.  A client sends its order, ends its stream, and closes after a time
 * that was always long enough for the answer.
 *
 * Fails when the answer comes later: it meets a closed socket and is lost.  Mended: the client closes when
 * the server has.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session, client;
    cas_timer patience;
    int heard;
    bool closed;
} state;

static void on_order(CAsyncSocket *socket, int error)
{
    char order[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, order, sizeof order, 0) > 0)
        CAsyncSocket_Send(socket, "order 17 taken", 14, 0);
}

static void on_end(CAsyncSocket *socket, int error)
{
    char rest[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, rest, sizeof rest, 0) > 0)
        CAsyncSocket_Send(socket, "order 17 taken", 14, 0);
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_order, .OnClose = on_end};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void finish(state *s)
{
    CAsyncSocket_Close(&s->client);
    s->closed = true;
    if (s->heard != 14)
        sim_world_fail(duo_world(), "closed with %d of 14 bytes of the answer", s->heard);
}

static void on_patience(cas_timer *timer, void *context)
{
    (void)timer;
    finish(context);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)error;
    CAsyncSocket_Send(socket, "buy 3 pounds", 12, 0);
    CAsyncSocket_ShutDown(socket, CAsyncSocket_sends);
    if (!s->mended)
        duo_after(&s->patience, SIM_MS(50), on_patience);
}

static void on_answer(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char answer[32];
    int count = CAsyncSocket_Receive(socket, answer, sizeof answer, 0);
    (void)error;
    s->heard += count > 0 ? count : 0;
}

static void on_close(CAsyncSocket *socket, int error)
{
    on_answer(socket, error);
    cas_timer_stop(&((state *)duo_state())->patience);
    finish(duo_state());
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnConnect = on_connect, .OnReceive = on_answer, .OnClose = on_close};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->closed;
}

DUO_SMALL(19, "shutdown, then Close without waiting", state, NULL, NULL);
