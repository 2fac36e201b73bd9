/* SPDX-License-Identifier: MIT
 *
 * Close loses data.  A mail server answers QUIT and closes at once.
 *
 * Fails when the client has sent one more line: what is unread at Close, or comes behind it, makes a reset
 * of it, which throws away the answer that the client has not read yet.  Mended: it ends its own stream,
 * reads until the client has ended, and closes then.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[6];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) <= 0 || line[0] != 'Q')
        return;
    CAsyncSocket_Send(socket, "221 bye\r\n", 9, 0);
    if (s->mended)
        CAsyncSocket_ShutDown(socket, CAsyncSocket_sends);
    else
        CAsyncSocket_Close(socket);
}

static void on_close(CAsyncSocket *socket, int error)
{
    char rest[16];
    (void)error;
    while (CAsyncSocket_Receive(socket, rest, sizeof rest, 0) > 0)
        continue;
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const lines[] = {"HELO\r\n", "QUIT\r\n", "NOOP\r\n", NULL};
    duo_peer_connect(&((state *)state_)->peer, lines, SIM_MS(20), false);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->peer.connected;
}

static void check(sim_world *world, void *state_)
{
    const state *s = state_;
    if (s->peer.heard != 9)
        sim_world_fail(world, "the client heard %u of 9 bytes, error %d", s->peer.heard, s->peer.error);
}

DUO_SMALL(18, "Close loses what was sent", state, check, NULL);
