/* SPDX-License-Identifier: MIT
 *
 * A dead peer is noticed.  A server ends a session in OnClose, and only there.
 *
 * Fails when the power of the client fails (a fault that the scenario draws): no end of the stream comes, no
 * reset, nothing.  Mended: a session without a word for 2 s is closed.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, over;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    cas_timer idle;
} state;

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)error;
    cas_timer_stop(&s->idle);
    CAsyncSocket_Close(socket);
    s->over = true;
}

static void on_idle(cas_timer *timer, void *context)
{
    (void)timer;
    on_close(&((state *)context)->session, 0);
}

static void on_send(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    (void)error;
    if (s->mended)
        duo_after(&s->idle, SIM_S(2), on_idle);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[16];
    (void)error;
    CAsyncSocket_Receive(socket, line, sizeof line, 0);
    if (s->mended)
        duo_after(&s->idle, SIM_S(2), on_idle);
}

static const CAsyncSocketVtbl session_vtbl = {
    .OnReceive = on_receive, .OnSend = on_send, .OnClose = on_close};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const lines[] = {"NICK anna\n", "JOIN tea\n", NULL};
    duo_peer_connect(&((state *)state_)->peer, lines, SIM_MS(20), true);
}

static void cut_power(void *host) { sim_host_crash(host, SIM_CRASH_POWER); }

static void build(sim_world *world, void *state_)
{
    duo_build(world, state_, serve, call);
    if (sim_world_choose(world, "power cut", 10) == 1)
        sim_world_at(world, (uint64_t)SIM_MS(42), cut_power, sim_world_host(world, "client"));
}

static bool is_done(sim_world *world, void *state_)
{
    const state *s = state_;
    (void)world;
    return s->over || s->session.m_hSocket == INVALID_SOCKET;
}

DUO_BUG(24, "a dead peer is noticed, one hopes", state, NULL, NULL);

MUSEUM_SILENT(s24, "S24", "close-without-drain", "server/conn#",
              "a line says no more than that the client is alive, and it is gone");
