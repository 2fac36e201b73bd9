/* SPDX-License-Identifier: MIT
 *
 * K7: a chat window shows three lines of a friend, each with a box that must be closed first.
 *
 * Broken: OnReceive takes a line, shows the box, which pumps, and then adds the line to the window.  When
 * the next line is there by then, the pump inside calls OnReceive again, and the lines are in the window in
 * wrong order.
 * Mended: the line is added before the box is shown.
 */
#include <string.h>

#include "castanet/thread.h"
#include "tests/museum/town.h"

enum { LINES = 3, PACE_MS = 20 };

typedef struct chat {
    bool is_mended;
    CAsyncSocket listener, session, client;
    cas_timer pace;
    unsigned said;
    char window[LINES + 1];
    unsigned shown;
    bool is_over;
} chat;

/* ---- the window ---- */

static void add(chat *c, char line)
{
    if (c->shown < LINES)
        c->window[c->shown++] = line;
}

static void show_box(void) { cas_pump_run(0); }

static void on_receive(CAsyncSocket *socket, int error)
{
    chat *c = museum_state();
    char line;
    (void)error;
    if (CAsyncSocket_Receive(socket, &line, 1, 0) != 1)
        return;
    if (c->is_mended)
        add(c, line);
    show_box();
    if (!c->is_mended)
        add(c, line);
}

/* The friend hangs up long after the last line; what is unread then is still shown. */
static void on_close(CAsyncSocket *socket, int error)
{
    chat *c = museum_state();
    char line;
    (void)error;
    while (CAsyncSocket_Receive(socket, &line, 1, 0) == 1)
        add(c, line);
    c->is_over = true;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    (void)error;
    museum_accept(listener, &((chat *)museum_state())->session, &vtbl);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((chat *)argument)->listener, &vtbl, 80);
}

/* ---- the friend ---- */

static void say_next(cas_timer *timer, void *context)
{
    chat *c = context;
    if (c->said == LINES) {
        CAsyncSocket_Close(&c->client);
        return;
    }
    CAsyncSocket_Send(&c->client, &"abc"[c->said++], 1, 0);
    cas_timer_start(timer, (uint64_t)SIM_MS(PACE_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    chat *c = museum_state();
    (void)socket, (void)error;
    c->pace = (cas_timer){.on_timer = say_next, .context = c};
    say_next(&c->pace, c);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    museum_connect(&((chat *)argument)->client, &vtbl, 1, 80);
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
    return ((const chat *)state)->is_over;
}

static void check(sim_world *world, void *state)
{
    const chat *p = state;
    if (strcmp(p->window, "abc") != 0)
        sim_world_fail(world, "the window shows \"%s\"", p->window);
}

MUSEUM_BUG(k07, "K7", "a pump inside OnReceive", chat, true);

MUSEUM_SILENT(k07, "K7", "nested-pump", "server/conn#",
              "a line is added before its box is shown, and nothing is touched behind it");
