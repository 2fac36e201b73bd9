/* SPDX-License-Identifier: MIT
 *
 * FALSE from Connect is failure.  A client tells its user "cannot connect" when Connect answers FALSE.
 *
 * Fails always: FALSE with WSAEWOULDBLOCK is the normal answer.  Mended: that error means wait for
 * OnConnect.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, connected;
    duo_server server;
    CAsyncSocket session, client;
} state;

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = NULL};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    (void)socket;
    ((state *)duo_state())->connected = error == 0;
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    state *s = state_;
    CAsyncSocket_Construct(&s->client, &vtbl);
    CAsyncSocket_Create(&s->client, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    if (CAsyncSocket_Connect(&s->client, "10.0.0.1", 80))
        return;
    if (!s->mended || CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        sim_world_fail(duo_world(), "cannot connect: error %d", CAsyncSocket_GetLastError());
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->connected;
}

DUO_MISUSE(36, "FALSE from Connect is taken for failure", state, NULL, NULL);
