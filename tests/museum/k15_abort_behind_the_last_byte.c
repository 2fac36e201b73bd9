/* SPDX-License-Identifier: MIT
 *
 * K15: a meter reports three readings, a line each, and hangs up.
 *
 * Broken: it hangs up hard (SO_LINGER with no time), a while after its last line.  When the server is busy
 * until the reset is there, what arrived and was not read is thrown away, and the last readings are lost.
 * Mended: it ends its stream and closes when the server does, so that nothing is thrown away.
 */
#include "tests/museum/town.h"

enum { READINGS = 3, PACE_MS = 20 };

typedef struct meter {
    bool is_mended;
    CAsyncSocket listener, session, client;
    museum_lines lines;
    cas_timer pace;
    unsigned sent, noted;
    bool is_over;
} meter;

/* ---- the server ---- */

static void note_lines(meter *m)
{
    char line[32];
    while (museum_lines_receive(&m->lines, &m->session) > 0) {
        while (museum_lines_take(&m->lines, line, sizeof line))
            m->noted++;
    }
}

static void on_receive(CAsyncSocket *socket, int error)
{
    (void)socket, (void)error;
    note_lines(museum_state());
}

static void on_close(CAsyncSocket *socket, int error)
{
    meter *m = museum_state();
    (void)error;
    note_lines(m);
    m->is_over = true;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    (void)error;
    museum_accept(listener, &((meter *)museum_state())->session, &vtbl);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((meter *)argument)->listener, &vtbl, 80);
}

/* ---- the meter ---- */

static void hang_up(meter *m)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (m->is_mended) {
        CAsyncSocket_ShutDown(&m->client, CAsyncSocket_sends);
        return;
    }
    CAsyncSocket_SetSockOpt(&m->client, SO_LINGER, &hard, sizeof hard, SOL_SOCKET);
    CAsyncSocket_Close(&m->client);
}

static void report(cas_timer *timer, void *context)
{
    meter *m = context;
    if (m->sent == READINGS) {
        hang_up(m);
        return;
    }
    museum_say(&m->client, "230 V\n");
    m->sent++;
    cas_timer_start(timer, (uint64_t)SIM_MS(PACE_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    meter *m = museum_state();
    (void)socket, (void)error;
    m->pace = (cas_timer){.on_timer = report, .context = m};
    report(&m->pace, m);
}

static void on_server_closes(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Close(socket);
}

static void start_meter(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnClose = on_server_closes};
    museum_connect(&((meter *)argument)->client, &vtbl, 1, 80);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    museum_server(world, serve, state);
    museum_client(world, 1, (uint64_t)SIM_MS(1), start_meter, state, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const meter *)state)->is_over;
}

static void check(sim_world *world, void *state)
{
    const meter *m = state;
    if (m->noted != m->sent)
        sim_world_fail(world, "of %u readings, %u were noted", m->sent, m->noted);
}

MUSEUM_BUG(k15, "K15", "a reset behind the last byte discards what was not read", meter, true);
