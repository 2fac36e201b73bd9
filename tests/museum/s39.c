/* SPDX-License-Identifier: MIT
 *
 * A Connect that fails, "then OnClose".  A client frees its session in OnClose, and does nothing in an
 * OnConnect with an error.
 *
 * Fails when the server is not yet up: OnConnect comes with WSAECONNREFUSED, and no OnClose ever.  Mended:
 * OnConnect with an error closes, and tries again a little later.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, over;
    duo_server server;
    CAsyncSocket session, client;
    cas_timer start, again;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0)
        CAsyncSocket_Close(socket);
}

static void on_start(cas_timer *timer, void *context)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    state *s = context;
    (void)timer;
    duo_serve(&s->server, &s->session, &vtbl);
}

/* The server reads its configuration for 2 ms. */
static void serve(void *state_) { duo_after(&((state *)state_)->start, SIM_MS(2), on_start); }

static void call(void *state_);

static void on_again(cas_timer *timer, void *context)
{
    (void)timer;
    call(context);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    if (error == 0) {
        CAsyncSocket_Send(socket, "QUIT\r\n", 6, 0);
    } else if (s->mended) {
        CAsyncSocket_Close(socket);
        duo_after(&s->again, SIM_MS(100), on_again);
    }
}

static void on_close(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Close(socket);
    ((state *)duo_state())->over = true;
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnClose = on_close};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->over;
}

DUO_BUG(39, "a failed Connect, then OnClose", state, NULL, NULL);
