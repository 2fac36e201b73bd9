/* SPDX-License-Identifier: MIT
 *
 * Deleted under a nested loop.  OnReceive shows a message box, that is, pumps; it goes on with its session.
 *
 * Fails when the end of the stream waits behind the line: OnClose runs inside, and deletes the session.
 * Mended: the box is shown last, and nothing is touched behind it.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    bool deleted;
    unsigned lines;
} state;

static void message_box(void)
{
    while (cas_pump_one())
        continue;
}

static void note(state *s)
{
    if (s->deleted)
        sim_world_fail(duo_world(), "line %u is noted in a session that was deleted", s->lines + 1);
    s->lines++;
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) <= 0)
        return;
    if (s->mended)
        note(s);
    message_box();
    if (!s->mended)
        note(s);
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)error;
    CAsyncSocket_Destruct(socket);
    s->deleted = true;
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const lines[] = {"ALERT disk full", "ALERT disk fails", NULL};
    duo_peer_connect(&((state *)state_)->peer, lines, SIM_MS(20), true);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->deleted;
}

DUO_SMALL(17, "deleted in a callback under a nested loop", state, NULL, NULL);

MUSEUM_SILENT(s17_pump, "S17", "nested-pump", "server/conn#",
              "a line is noted before its box is shown, and nothing is touched behind it");
MUSEUM_SILENT(s17_drain, "S17", "close-without-drain", "server/conn#",
              "whoever shows the boxes has seen enough when the sender is gone");
