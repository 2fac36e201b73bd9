/* SPDX-License-Identifier: MIT
 *
 * Reading at the mark.  A server takes a record of 8 bytes, whose parts it expects at once, and a Receive of
 * fewer for a broken stream.  The client puts an urgent byte into it.
 *
 * Fails always: a Receive stops at the mark.  Mended: it goes on with the rest.
 */
#include "tests/museum/duo.h"

enum { RECORD = 8 };

typedef struct state {
    bool mended, answered;
    duo_server server;
    CAsyncSocket session, client;
    int kept;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char record[RECORD];
    int count = CAsyncSocket_Receive(socket, record, RECORD - s->kept, 0);
    (void)error;
    if (count <= 0)
        return;
    if (!s->mended && count != RECORD)
        sim_world_fail(duo_world(), "a record of %d bytes", count);
    s->kept += count;
    if (s->kept == RECORD)
        s->answered = true;
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    if (error != 0)
        return;
    CAsyncSocket_Send(socket, "reco", 4, 0);
    CAsyncSocket_Send(socket, "!", 1, MSG_OOB);
    CAsyncSocket_Send(socket, "rd 1", 4, 0);
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
    return ((const state *)state_)->answered;
}

DUO_MISUSE(65, "a Receive stops at the urgent mark", state, NULL, NULL);

MUSEUM_SILENT(s65, "S65", "urgent-lost", "server/conn#",
              "the urgent byte is a mark in the record, and says nothing by itself");
