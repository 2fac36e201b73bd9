/* SPDX-License-Identifier: MIT
 *
 * Selecting again to get OnSend.  A chat server calls AsyncSelect at each tick, so that OnSend comes and
 * sends the news.
 *
 * Fails when the client has closed and the session waits a moment before it does, too: AsyncSelect posts
 * FD_CLOSE again, and the session is counted down twice.  Mended: it sends when there is news.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    cas_timer tick, grace;
    unsigned ticks, ends;
    bool joined, over;
} state;

static void on_send(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Send(socket, "news\r\n", 6, 0);
}

static void on_tick(cas_timer *timer, void *context)
{
    state *s = context;
    if (s->mended)
        on_send(&s->session, 0);
    else
        CAsyncSocket_AsyncSelect(&s->session, CASYNCSOCKET_DEFAULT_EVENTS);
    if (++s->ticks < 3)
        duo_after(timer, SIM_MS(10), on_tick);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[32];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) <= 0 || line[0] != 'J' || s->joined)
        return;
    s->joined = true;
    duo_after(&s->tick, SIM_MS(10), on_tick);
}

static void on_grace(cas_timer *timer, void *context)
{
    state *s = context;
    (void)timer;
    cas_timer_stop(&s->tick);
    CAsyncSocket_Close(&s->session);
    s->over = true;
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)error;
    on_receive(socket, 0);
    if (++s->ends > 1)
        sim_world_fail(duo_world(), "the session ended %u times", s->ends);
    duo_after(&s->grace, SIM_MS(15), on_grace);
}

static const CAsyncSocketVtbl session_vtbl = {
    .OnReceive = on_receive, .OnClose = on_close, .OnSend = on_send};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const lines[] = {"JOIN\r\n", "TEA?\r\n", "PART\r\n", NULL};
    duo_peer_connect(&((state *)state_)->peer, lines, SIM_MS(20), true);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->over;
}

DUO_BUG(35, "selecting again to get OnSend", state, NULL, NULL);
