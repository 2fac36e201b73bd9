/* SPDX-License-Identifier: MIT
 *
 * One Receive is one message.  A chat server takes what a Receive returns for one frame: a length byte, and
 * as many bytes.
 *
 * Fails when two frames wait, which come as one.  Mended: bytes are collected until a frame is whole.
 */
#include "tests/museum/duo.h"

#include <string.h>

enum { FRAMES = 3 };

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    unsigned frames, kept;
    char frame[64];
} state;

static void collect(state *s)
{
    while (s->kept > 0 && s->kept > (unsigned)s->frame[0]) {
        unsigned whole = 1 + (unsigned)s->frame[0];
        s->kept -= whole;
        memmove(s->frame, s->frame + whole, s->kept);
        s->frames++;
    }
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    int count = CAsyncSocket_Receive(socket, s->frame + s->kept, (int)(sizeof s->frame - s->kept), 0);
    (void)error;
    if (count <= 0)
        return;
    if (s->mended) {
        s->kept += (unsigned)count;
        collect(s);
    } else if (count == 1 + s->frame[0]) {
        s->frames++;
    } else {
        sim_world_fail(duo_world(), "a frame of %d bytes came in %d", s->frame[0], count - 1);
    }
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const frames[] = {"\5hello", "\3you", "\3all", NULL};
    duo_peer_connect(&((state *)state_)->peer, frames, SIM_MS(20), false);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->frames == FRAMES;
}

DUO_SMALL(5, "one Receive is taken as one message", state, NULL, NULL);
