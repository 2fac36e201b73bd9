/* SPDX-License-Identifier: MIT
 *
 * K6: sessions come from a pool.  "quit" releases one; what a client says behind it, a while later, finds
 * nobody.
 *
 * Broken: OnReceive takes line after line of what it received.  When "quit" and the line behind it are
 * received at once, because the server was busy, the second is handled by a session that was released by
 * the first.
 * Mended: the loop ends with the session.
 */
#include <string.h>

#include "tests/museum/town.h"

enum { PACE_MS = 20, LINES = 3 };

typedef struct pool {
    bool is_mended;
    CAsyncSocket listener, session, client;
    museum_lines lines;
    cas_timer pace;
    unsigned said;
    bool is_used; /* the session */
    bool was_used;
    unsigned stray; /* lines that a released session handled */
} pool;

/* ---- the server ---- */

static void release(pool *p)
{
    CAsyncSocket_Close(&p->session);
    p->is_used = false;
}

static void handle(pool *p, const char *line)
{
    p->stray += !p->is_used;
    if (strcmp(line, "quit") == 0)
        release(p);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    pool *p = museum_state();
    char line[16];
    (void)error;
    museum_lines_receive(&p->lines, socket);
    while ((p->is_used || !p->is_mended) && museum_lines_take(&p->lines, line, sizeof line))
        handle(p, line);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    pool *p = museum_state();
    (void)error;
    museum_accept(listener, &p->session, &vtbl);
    p->is_used = p->was_used = true;
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((pool *)argument)->listener, &vtbl, 80);
}

/* ---- the client ---- */

static void say_next(cas_timer *timer, void *context)
{
    static const char *const lines[LINES] = {"put\n", "quit\n", "put\n"};
    pool *p = context;
    if (p->said == LINES) {
        CAsyncSocket_Close(&p->client);
        return;
    }
    museum_say(&p->client, lines[p->said++]);
    cas_timer_start(timer, (uint64_t)SIM_MS(PACE_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    pool *p = museum_state();
    (void)socket, (void)error;
    p->pace = (cas_timer){.on_timer = say_next, .context = p};
    say_next(&p->pace, p);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    museum_connect(&((pool *)argument)->client, &vtbl, 1, 80);
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
    return ((const pool *)state)->was_used && !((const pool *)state)->is_used;
}

static void check(sim_world *world, void *state)
{
    const pool *p = state;
    if (p->stray > 0)
        sim_world_fail(world, "a released session handled %u lines", p->stray);
}

MUSEUM_BUG(k06, "K6", "a session is released in its own callback, with a second message there", pool, true);
