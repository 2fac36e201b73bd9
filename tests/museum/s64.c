/* SPDX-License-Identifier: MIT
 *
 * An urgent block longer than a byte.  A client sends "STOP" with MSG_OOB, and the server reads a word of
 * four urgent bytes.
 *
 * Fails always: only the last byte is urgent, the others are part of the stream.  Mended: one byte is the
 * command.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, stopped;
    duo_server server;
    CAsyncSocket session, client;
} state;

static void on_urgent(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char word[4];
    int count = CAsyncSocket_Receive(socket, word, sizeof word, MSG_OOB);
    (void)error;
    if (count != (s->mended ? 1 : 4))
        sim_world_fail(duo_world(), "an urgent word of %d bytes", count);
    s->stopped = true;
}

static const CAsyncSocketVtbl session_vtbl = {.OnOutOfBandData = on_urgent};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    if (error == 0)
        CAsyncSocket_Send(socket, "STOP", s->mended ? 1 : 4, MSG_OOB);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->stopped;
}

DUO_MISUSE(64, "an urgent block longer than a byte", state, NULL, NULL);
