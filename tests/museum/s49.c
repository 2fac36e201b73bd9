/* SPDX-License-Identifier: MIT
 *
 * Two sockets on one port.  At "reload" a server opens a second listener on its port, which SO_REUSEADDR
 * allows, turns its back on the first one, and closes that when the session that asked for it is over.
 *
 * Fails when somebody calls before the server hears of that session's end: the first listener gets the call,
 * nobody accepts it, and the close resets it; the second one is mute.  Mended: the first is closed before the
 * second is opened.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    CAsyncSocket listeners[2], sessions[2], admin;
    duo_peer caller;
    cas_timer call_later;
} state;

/* ---- the server ---- */

static void listen_on(CAsyncSocket *listener, const CAsyncSocketVtbl *vtbl)
{
    int on = 1;
    CAsyncSocket_Construct(listener, vtbl);
    CAsyncSocket_Socket(listener, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, 0, AF_INET);
    CAsyncSocket_SetSockOpt(listener, SO_REUSEADDR, &on, sizeof on, SOL_SOCKET);
    if (!CAsyncSocket_Bind(listener, 80, NULL) || !CAsyncSocket_Listen(listener, 5))
        sim_world_fail(duo_world(), "no listener: error %d", CAsyncSocket_GetLastError());
}

/* The new version of the service. */
static void on_accept_anew(CAsyncSocket *listener, int error)
{
    state *s = duo_state();
    (void)error;
    CAsyncSocket_Construct(&s->sessions[1], NULL);
    if (!CAsyncSocket_Accept(listener, &s->sessions[1], NULL, NULL))
        return;
    CAsyncSocket_Send(&s->sessions[1], "welcome", 7, 0);
    CAsyncSocket_Close(&s->sessions[1]);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept_anew};
    state *s = duo_state();
    char order[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, order, sizeof order, 0) <= 0)
        return;
    if (s->mended)
        CAsyncSocket_Close(&s->listeners[0]);
    else
        CAsyncSocket_AsyncSelect(&s->listeners[0], 0);
    listen_on(&s->listeners[1], &vtbl);
    CAsyncSocket_Send(socket, "ok", 2, 0);
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char rest[16];
    (void)error;
    while (CAsyncSocket_Receive(socket, rest, sizeof rest, 0) > 0)
        continue;
    CAsyncSocket_Close(socket);
    CAsyncSocket_Close(&s->listeners[0]);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    state *s = duo_state();
    (void)error;
    CAsyncSocket_Construct(&s->sessions[0], &vtbl);
    CAsyncSocket_Accept(listener, &s->sessions[0], NULL, NULL);
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    listen_on(&((state *)state_)->listeners[0], &vtbl);
}

/* ---- the clients ---- */

static void on_time(cas_timer *timer, void *context)
{
    static const char *const script[] = {NULL};
    (void)timer;
    duo_peer_connect(&((state *)context)->caller, script, 0, false);
}

static void on_ok(CAsyncSocket *admin, int error)
{
    char ok[2];
    (void)error;
    if (CAsyncSocket_Receive(admin, ok, sizeof ok, 0) <= 0)
        return;
    CAsyncSocket_Close(admin);
    duo_after(&((state *)duo_state())->call_later, SIM_MS(100), on_time);
}

static void on_connect(CAsyncSocket *admin, int error)
{
    (void)error;
    CAsyncSocket_Send(admin, "reload", 6, 0);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_ok};
    duo_connect(&((state *)state_)->admin, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->caller.closed;
}

static void check(sim_world *world, void *state_)
{
    const state *s = state_;
    if (s->caller.heard != 7)
        sim_world_fail(world, "the caller heard %u bytes of a welcome, error %d", s->caller.heard,
                       s->caller.error);
}

DUO_BUG(49, "two sockets on one port", state, check, NULL);
