/* SPDX-License-Identifier: MIT
 *
 * ShutDown(receives) as "stop reading".  An upload server has what it wants, stops reading, and answers.
 *
 * Fails when more arrives afterwards and the client has not yet read the answer: on stacks that go by the
 * documentation the connection is reset, and the answer with it.  Mended: it goes on reading, and throws
 * away.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, answered;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char block[8];
    (void)error;
    if (CAsyncSocket_Receive(socket, block, sizeof block, 0) <= 0 || block[0] != 'E' || s->answered)
        return;
    if (!s->mended)
        CAsyncSocket_ShutDown(socket, CAsyncSocket_receives);
    CAsyncSocket_Send(socket, "250 kept\r\n", 10, 0);
    s->answered = true;
}

static void on_close(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const blocks[] = {"block 1.", "END     ", "trailer.", NULL};
    duo_peer_connect(&((state *)state_)->peer, blocks, SIM_MS(20), false);
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
    if (s->peer.heard != 10)
        sim_world_fail(world, "the client heard %u of 10 bytes, error %d", s->peer.heard, s->peer.error);
}

static const sim_world_options documented = {
    .profile = {.close_after_drain = true, .close_reports_reset = true, .shutdown_receive_resets = true}};

DUO_SMALL(20, "ShutDown(receives) to stop reading", state, check, &documented);
