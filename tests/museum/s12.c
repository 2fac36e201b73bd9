/* SPDX-License-Identifier: MIT
 *
 * Data callback after the close callback.  An upload server ends the file in OnClose, and lets the socket be
 * closed by a timer.
 *
 * Fails when a block was left unread as the stream ended: FD_READ is posted again, behind FD_CLOSE, and its
 * OnReceive writes into a file that is none any more.  Mended: OnClose reads the rest and closes.
 */
#include "tests/museum/duo.h"

enum { BLOCK = 8 };

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    cas_timer grace;
    bool ended, closed;
} state;

static int read_block(state *s)
{
    char block[BLOCK];
    if (s->ended)
        sim_world_fail(duo_world(), "a block for a file that has ended");
    return CAsyncSocket_Receive(&s->session, block, BLOCK, 0);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    (void)socket;
    (void)error;
    read_block(duo_state());
}

static void on_grace(cas_timer *timer, void *context)
{
    state *s = context;
    (void)timer;
    CAsyncSocket_Close(&s->session);
    s->closed = true;
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    (void)error;
    while (s->mended && read_block(s) > 0)
        continue;
    s->ended = true;
    if (s->mended)
        on_grace(NULL, s);
    else
        duo_after(&s->grace, SIM_MS(50), on_grace);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const blocks[] = {"file 0/3", "file 1/3", "file 2/3", NULL};
    duo_peer_connect(&((state *)state_)->peer, blocks, SIM_MS(20), true);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->closed;
}

DUO_SMALL(12, "OnReceive after OnClose", state, NULL, NULL);
