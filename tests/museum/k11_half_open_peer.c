/* SPDX-License-Identifier: MIT
 *
 * K11: a client subscribes, and the server confirms.  At 300 ms the server loses its power.  Nothing
 * more arrives, and only who asks finds out.
 *
 * Broken: the client begins to ask (a byte now and then, until the stack gives up) when it is confirmed.
 * When the server's program is busy for so long that its stack has acknowledged the line, but the power
 * goes before the program could confirm, the client never asks, and waits for ever.
 * Mended: it begins to ask when it is connected.
 */
#include "castanet/sim_host_fault.h"
#include "tests/museum/town.h"

enum { ASK_MS = 5000, ASKS = 200, CRASH_MS = 300 };

typedef struct subscription {
    bool is_mended;
    CAsyncSocket listener, session, client;
    cas_timer ask;
    unsigned asked;
    bool knows; /* the client, that there is no server any more */
} subscription;

/* ---- the server ---- */

static void on_subscribe(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0)
        museum_say(socket, "confirmed\n");
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_subscribe};
    (void)error;
    museum_accept(listener, &((subscription *)museum_state())->session, &vtbl);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((subscription *)argument)->listener, &vtbl, 80);
}

static void lose_power(void *argument)
{
    sim_host_crash(sim_world_host(argument, "server"), SIM_CRASH_POWER);
}

/* ---- the client ---- */

static void give_up(subscription *s)
{
    s->knows = true;
    cas_timer_stop(&s->ask);
    CAsyncSocket_Close(&s->client);
}

static void ask(cas_timer *timer, void *context)
{
    subscription *s = context;
    if (s->asked++ == ASKS)
        return;
    museum_say(&s->client, "?");
    cas_timer_start(timer, (uint64_t)SIM_MS(ASK_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    subscription *s = museum_state();
    if (error != 0) {
        give_up(s);
        return;
    }
    museum_say(socket, "subscribe\n");
    if (s->is_mended)
        cas_timer_start(&s->ask, (uint64_t)SIM_MS(ASK_MS));
}

static void on_confirmed(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    CAsyncSocket_Receive(socket, line, sizeof line, 0);
    cas_timer_start(&((subscription *)museum_state())->ask, (uint64_t)SIM_MS(ASK_MS));
}

static void on_close(CAsyncSocket *socket, int error)
{
    (void)socket, (void)error;
    give_up(museum_state());
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnConnect = on_connect, .OnReceive = on_confirmed, .OnClose = on_close};
    subscription *s = argument;
    s->ask = (cas_timer){.on_timer = ask, .context = s};
    museum_connect(&s->client, &vtbl, 1, 80);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    museum_server(world, serve, state);
    museum_client(world, 1, (uint64_t)SIM_MS(1), start_client, state, state);
    sim_world_at(world, (uint64_t)SIM_MS(CRASH_MS), lose_power, world);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const subscription *)state)->knows;
}

static void check(sim_world *world, void *state)
{
    const subscription *p = state;
    if (!p->knows)
        sim_world_fail(world, "the client asked %u times and does not know", p->asked);
}

MUSEUM_BUG(k11, "K11", "a half-open peer, and keep-alive that was never begun", subscription, false);
