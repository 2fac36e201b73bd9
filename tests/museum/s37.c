/* SPDX-License-Identifier: MIT
 *
 * Polling with Connect.  A client calls Connect again after 30 ms if it has heard nothing, to learn the
 * state.
 *
 * Fails when the connection is slow: the second call answers WSAEALREADY (while it is under way) or
 * WSAEISCONN (when it stands), which the program takes for failure.  Mended: both are good news.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, connected;
    duo_server server;
    CAsyncSocket session, client;
    cas_timer poll;
} state;

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = NULL};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    s->connected = error == 0;
    cas_timer_stop(&s->poll);
}

static void on_poll(cas_timer *timer, void *context)
{
    state *s = context;
    int why = CAsyncSocket_Connect(&s->client, "10.0.0.1", 80) ? 0 : CAsyncSocket_GetLastError();
    bool is_fine = why == 0 || why == WSAEWOULDBLOCK ||
                   (s->mended && (why == WSAEALREADY || why == WSAEINVAL || why == WSAEISCONN));
    if (!is_fine)
        sim_world_fail(duo_world(), "cannot connect: error %d", why);
    if (why != 0 && why != WSAEISCONN)
        duo_after(timer, SIM_MS(30), on_poll);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    state *s = state_;
    duo_connect(&s->client, &vtbl);
    duo_after(&s->poll, SIM_MS(30), on_poll);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->connected;
}

DUO_BUG(37, "polling with Connect", state, NULL, NULL);
