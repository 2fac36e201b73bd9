/* SPDX-License-Identifier: MIT
 *
 * Send before OnConnect.  A mail client greets a moment after Connect, when the connection always stood.
 *
 * Fails when the connection takes longer: Send fails with WSAENOTCONN, and the first line is lost.  Mended:
 * it greets in OnConnect, if that has no error.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, greeted;
    duo_server server;
    CAsyncSocket session, client;
    cas_timer moment;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0 && line[0] == 'H')
        ((state *)duo_state())->greeted = true;
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl session = {.OnReceive = on_receive};
    state *s = state_;
    duo_serve(&s->server, &s->session, &session);
}

static void greet(state *s)
{
    if (CAsyncSocket_Send(&s->client, "HELO anna\r\n", 11, 0) == SOCKET_ERROR)
        sim_world_fail(duo_world(), "the greeting was not sent: error %d", CAsyncSocket_GetLastError());
    CAsyncSocket_Send(&s->client, "QUIT\r\n", 6, 0);
}

static void on_moment(cas_timer *timer, void *context)
{
    (void)timer;
    greet(context);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    if (s->mended && error == 0)
        greet(s);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    state *s = state_;
    duo_connect(&s->client, &vtbl);
    if (!s->mended)
        duo_after(&s->moment, SIM_MS(30), on_moment);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->greeted;
}

DUO_SMALL(32, "Send before OnConnect", state, NULL, NULL);
