/* SPDX-License-Identifier: MIT
 *
 * Blocking mode on a socket with a mask.  A server sets FIONBIO to 0 and receives a head and a body in a
 * row, as if Receive waited.
 *
 * Fails when the body comes later than the head: FIONBIO 0 was refused with WSAEINVAL, which nobody looked
 * at, and Receive says WSAEWOULDBLOCK.  Mended: it goes on in the next OnReceive.
 */
#include "tests/museum/duo.h"

enum { RECORD = 8 };

typedef struct state {
    bool mended, whole;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    int kept;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char record[RECORD];
    DWORD off = 0;
    (void)error;
    if (!s->mended)
        CAsyncSocket_IOCtl(socket, FIONBIO, &off);
    for (int count = 1; s->kept < RECORD && count > 0; s->kept += count > 0 ? count : 0)
        count = CAsyncSocket_Receive(socket, record, RECORD - s->kept, 0);
    s->whole = s->kept == RECORD;
    if (!s->whole && !s->mended)
        sim_world_fail(duo_world(), "%d of %d bytes received: error %d", s->kept, RECORD,
                       CAsyncSocket_GetLastError());
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const parts[] = {"head", "body", NULL};
    duo_peer_connect(&((state *)state_)->peer, parts, 0, false);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->whole;
}

DUO_SMALL(62, "blocking mode on a socket with a mask", state, NULL, NULL);
