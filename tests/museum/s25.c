/* SPDX-License-Identifier: MIT
 *
 * The error of a close is ignored.  A dispatcher drops every notification that has an error, OnClose too.
 *
 * Fails when the news is late: the client aborts the connection, OnClose comes with WSAECONNABORTED, and the
 * session is never closed.  Mended: an OnClose with an error is one as well.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, over;
    duo_server server;
    CAsyncSocket session;
    CAsyncSocket client;
    cas_timer patience;
    bool informed;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[32];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0)
        CAsyncSocket_Send(socket, "news\r\n", 6, 0);
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    if (error != 0 && !s->mended)
        return;
    CAsyncSocket_Close(socket);
    s->over = true;
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void on_patience(cas_timer *timer, void *context)
{
    static const struct linger abort = {.l_onoff = 1};
    state *s = context;
    (void)timer;
    if (!s->informed)
        CAsyncSocket_SetSockOpt(&s->client, SO_LINGER, &abort, sizeof abort, SOL_SOCKET);
    CAsyncSocket_Close(&s->client);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Send(socket, "NEWS\r\n", 6, 0);
    duo_after(&((state *)duo_state())->patience, SIM_MS(50), on_patience);
}

static void on_news(CAsyncSocket *socket, int error)
{
    char news[32];
    (void)error;
    ((state *)duo_state())->informed = CAsyncSocket_Receive(socket, news, sizeof news, 0) > 0;
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_news};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    const state *s = state_;
    return s->over || s->session.m_hSocket == INVALID_SOCKET;
}

DUO_SMALL(25, "the error of a close is ignored", state, NULL, NULL);

MUSEUM_SILENT(s25, "S25", "close-without-drain", "server/conn#",
              "a question of somebody who has hung up needs no answer");
