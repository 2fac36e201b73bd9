/* SPDX-License-Identifier: MIT
 *
 * OnClose means everything was read.  An upload server reads a block for each OnReceive, and closes in
 * OnClose.
 *
 * Fails when several blocks wait as the end of the stream comes: OnClose overtakes the later OnReceives.
 * Mended: OnClose reads until nothing is left.
 */
#include "tests/museum/duo.h"

enum { BLOCK = 8, BLOCKS = 4 };

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    unsigned bytes;
    bool closed;
} state;

static int read_block(state *s)
{
    char block[BLOCK];
    int count = CAsyncSocket_Receive(&s->session, block, BLOCK, 0);
    s->bytes += count > 0 ? (unsigned)count : 0;
    return count;
}

static void on_receive(CAsyncSocket *socket, int error)
{
    (void)socket;
    (void)error;
    read_block(duo_state());
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)error;
    while (s->mended && read_block(s) > 0)
        continue;
    CAsyncSocket_Close(socket);
    s->closed = true;
    if (s->bytes != BLOCK * BLOCKS)
        sim_world_fail(duo_world(), "%u of %d bytes were stored", s->bytes, BLOCK * BLOCKS);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const blocks[] = {"file 0/4", "file 1/4", "file 2/4", "file 3/4", NULL};
    duo_peer_connect(&((state *)state_)->peer, blocks, SIM_MS(20), true);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->closed;
}

DUO_SMALL(11, "OnClose means that everything was read", state, NULL, NULL);
