/* SPDX-License-Identifier: MIT
 *
 * MSG_OOB together with SO_OOBINLINE.  A server reads urgent bytes inline, so that they keep their place,
 * and asks for them with MSG_OOB in OnOutOfBandData, too.
 *
 * Fails always: with the option on, that Receive fails with WSAEINVAL.  Mended: they are read as part of the
 * stream.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, stopped;
    duo_server server;
    CAsyncSocket session, client;
} state;

static void on_urgent(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char command;
    (void)error;
    if (CAsyncSocket_Receive(socket, &command, 1, s->mended ? 0 : MSG_OOB) == 1)
        s->stopped = true;
    else if (!s->mended)
        sim_world_fail(duo_world(), "no urgent command: error %d", CAsyncSocket_GetLastError());
}

static const CAsyncSocketVtbl session_vtbl = {.OnOutOfBandData = on_urgent, .OnReceive = on_urgent};

static void serve(void *state_)
{
    state *s = state_;
    int on = 1;
    duo_serve(&s->server, &s->session, &session_vtbl);
    CAsyncSocket_SetSockOpt(&s->server.socket, SO_OOBINLINE, &on, sizeof on, SOL_SOCKET);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    if (error == 0)
        CAsyncSocket_Send(socket, "S", 1, MSG_OOB);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->stopped;
}

DUO_MISUSE(67, "MSG_OOB with SO_OOBINLINE", state, NULL, NULL);
