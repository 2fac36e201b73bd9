/* SPDX-License-Identifier: MIT
 *
 * K8: a client gives a connection 80 ms, and then tries again with a new one.  It logs in when it is
 * connected, and the server says "welcome".
 *
 * Broken: the timer is stopped by the welcome, not by OnConnect.  When the welcome is late, the time-out
 * crosses with a connection that has long succeeded: the client throws it away, and is logged in twice.
 * Mended: OnConnect stops the timer, and the timer does nothing once the client is connected.
 */
#include "tests/museum/town.h"

enum { PATIENCE_MS = 80, TRIES = 2 };

typedef struct login {
    bool is_mended;
    CAsyncSocket listener, sessions[TRIES], client;
    unsigned accepted, logins;
    cas_timer patience;
    unsigned tries;
    bool is_welcome;
} login;

/* ---- the server ---- */

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) <= 0)
        return;
    ((login *)museum_state())->logins++;
    museum_say(socket, "welcome\n");
}

static void on_close(CAsyncSocket *socket, int error)
{
    on_receive(socket, error);
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    login *l = museum_state();
    (void)error;
    if (l->accepted < TRIES && museum_accept(listener, &l->sessions[l->accepted], &vtbl) != 0)
        l->accepted++;
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((login *)argument)->listener, &vtbl, 80);
}

/* ---- the client ---- */

static void on_connect(CAsyncSocket *socket, int error)
{
    login *l = museum_state();
    if (error != 0)
        return;
    if (l->is_mended)
        cas_timer_stop(&l->patience);
    museum_say(socket, "login\n");
}

static void on_welcome(CAsyncSocket *socket, int error)
{
    login *l = museum_state();
    char line[16];
    (void)error;
    l->is_welcome = CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0;
    cas_timer_stop(&l->patience);
    CAsyncSocket_Close(socket);
}

/* The first try, and the next one when the time is over. */
static void try_to_connect(cas_timer *timer, void *context)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_welcome};
    login *l = context;
    CAsyncSocket_Close(&l->client);
    l->tries++;
    museum_connect(&l->client, &vtbl, 1, 80);
    if (l->tries < TRIES)
        cas_timer_start(timer, (uint64_t)SIM_MS(PATIENCE_MS));
}

static void start_client(void *argument)
{
    login *l = argument;
    CAsyncSocket_Construct(&l->client, NULL);
    l->patience = (cas_timer){.on_timer = try_to_connect, .context = l};
    try_to_connect(&l->patience, l);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    museum_server(world, serve, state);
    museum_client(world, 1, (uint64_t)SIM_MS(1), start_client, state, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const login *)state)->is_welcome;
}

static void check(sim_world *world, void *state)
{
    const login *p = state;
    if (p->logins != 1)
        sim_world_fail(world, "the client is logged in %u times", p->logins);
}

MUSEUM_BUG(k08, "K8", "a connect time-out crosses with success", login, true);
