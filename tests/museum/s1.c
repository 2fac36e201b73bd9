/* SPDX-License-Identifier: MIT
 *
 * Several Receives in one OnReceive.  A mail server reads line after line while FIONREAD says there is more,
 * and takes a Receive that finds nothing for a broken connection.
 *
 * Fails when two lines wait: the first Receive leaves one, so another FD_READ is posted, whose OnReceive
 * finds nothing.  (The MFC of that time asked nothing before it called.)  Mended: WSAEWOULDBLOCK is no
 * error.
 */
#include "tests/museum/duo.h"

enum { LINE = 6, LINES = 4 };

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    unsigned lines;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[LINE];
    DWORD more = 0;
    (void)error;
    do {
        int count = CAsyncSocket_Receive(socket, line, LINE, 0);
        int why = CAsyncSocket_GetLastError();
        if (count == LINE)
            s->lines++;
        else if (count == SOCKET_ERROR && !(s->mended && why == WSAEWOULDBLOCK))
            sim_world_fail(duo_world(), "session dropped after %u lines: error %d", s->lines, why);
        CAsyncSocket_IOCtl(socket, FIONREAD, &more);
    } while (more >= LINE);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const lines[LINES + 1] = {"HELO\r\n", "MAIL\r\n", "RCPT\r\n", "DATA\r\n", NULL};
    duo_peer_connect(&((state *)state_)->peer, lines, SIM_MS(20), false);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->lines == LINES;
}

static const sim_world_options old_mfc = {.profile = {.precheck = CAS_PRECHECK_NONE}};

DUO_SMALL(1, "several Receives in one OnReceive", state, NULL, &old_mfc);
