/* SPDX-License-Identifier: MIT
 *
 * K12: five clients connect, 30 ms one after the other; two may wait for acceptance.
 *
 * Broken: a client whose connection is refused gives up.  When the server is busy while three or more arrive,
 * the third finds the queue full; which one that is depends on the order of arrival.
 * Mended: it tries again a while later.
 */
#include "tests/museum/town.h"

enum { CLIENTS = 5, WAITING = 2, STAGGER_MS = 30, RETRY_MS = 300, TRIES = 10 };

typedef struct caller {
    CAsyncSocket socket; /* first */
    unsigned number, tries;
    cas_timer retry;
    bool is_served;
} caller;

typedef struct office {
    bool is_mended;
    CAsyncSocket listener, sessions[CLIENTS];
    unsigned accepted;
    caller callers[CLIENTS];
} office;

/* ---- the server ---- */

static void on_close(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnClose = on_close};
    office *o = museum_state();
    (void)error;
    if (o->accepted == CLIENTS || museum_accept(listener, &o->sessions[o->accepted], &vtbl) == 0)
        return;
    museum_say(&o->sessions[o->accepted], "ready\n");
    o->accepted++;
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    CAsyncSocket *listener = &((office *)argument)->listener;
    CAsyncSocket_Construct(listener, &vtbl);
    CAsyncSocket_Create(listener, 80, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(listener, WAITING);
}

/* ---- a client ---- */

static void on_connect(CAsyncSocket *socket, int error)
{
    caller *c = (caller *)(void *)socket;
    const office *o = museum_state();
    if (error == 0)
        return;
    if (o->is_mended && c->tries < TRIES)
        cas_timer_start(&c->retry, (uint64_t)SIM_MS(RETRY_MS));
    else
        sim_world_fail(museum_world(), "client %u gave up after try %u: error %d", c->number, c->tries,
                       error);
}

static void on_ready(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    ((caller *)(void *)socket)->is_served = CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0;
    CAsyncSocket_Close(socket);
}

static void call(cas_timer *timer, void *context)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_ready};
    caller *c = context;
    (void)timer;
    c->tries++;
    CAsyncSocket_Close(&c->socket);
    museum_connect(&c->socket, &vtbl, c->number, 80);
}

static void start_client(void *argument)
{
    caller *c = argument;
    CAsyncSocket_Construct(&c->socket, NULL);
    c->retry = (cas_timer){.on_timer = call, .context = c};
    call(&c->retry, c);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    office *o = state;
    museum_server(world, serve, state);
    for (unsigned i = 0; i < CLIENTS; i++) {
        o->callers[i].number = i + 1;
        museum_client(world, i + 1, (uint64_t)SIM_MS(1 + i * STAGGER_MS), start_client, &o->callers[i],
                      state);
    }
}

static bool is_done(sim_world *world, void *state)
{
    const office *o = state;
    (void)world;
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (!o->callers[i].is_served)
            return false;
    }
    return true;
}

static void check(sim_world *world, void *state) { (void)world, (void)state; }

MUSEUM_BUG(k12, "K12", "the backlog overflows, and connections are refused", office, false);
