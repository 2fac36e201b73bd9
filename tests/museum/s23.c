/* SPDX-License-Identifier: MIT
 *
 * Waiting for OnClose after one's own Close.  A server counts its sessions down in OnClose, also those that
 * it closes itself because they were idle.
 *
 * Fails when a client is idle for long: no OnClose comes for a socket that was closed here.  Mended: who
 * closes counts.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    cas_timer idle;
    bool began, over;
} state;

static void on_idle(cas_timer *timer, void *context)
{
    state *s = context;
    (void)timer;
    CAsyncSocket_Close(&s->session);
    if (s->mended)
        s->over = true;
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[16];
    (void)error;
    CAsyncSocket_Receive(socket, line, sizeof line, 0);
    s->began = true;
    duo_after(&s->idle, SIM_MS(60), on_idle);
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)error;
    cas_timer_stop(&s->idle);
    CAsyncSocket_Close(socket);
    s->began = true;
    s->over = true;
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const lines[] = {"NOOP\r\n", "NOOP\r\n", "QUIT\r\n", NULL};
    duo_peer_connect(&((state *)state_)->peer, lines, SIM_MS(20), true);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->began && ((const state *)state_)->over;
}

DUO_SMALL(23, "waiting for OnClose after one's own Close", state, NULL, NULL);

MUSEUM_SILENT(s23, "S23", "close-without-drain", "server/conn#",
              "a line says no more than that the client is alive, and it is gone");
