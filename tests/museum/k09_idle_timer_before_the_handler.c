/* SPDX-License-Identifier: MIT
 *
 * K9: a server hangs up when it has heard nothing for 60 ms; a client sends three commands 30 ms apart, and
 * ends.
 *
 * Broken: the idle timer closes the connection at once.  When a command is late, it is on its way or unread
 * while the timer runs, and it is lost.
 * Mended: the timer ends the server's stream only, and what the client has sent is read until its end.
 */
#include "tests/museum/town.h"

enum { IDLE_MS = 60, PACE_MS = 30, COMMANDS = 3 };

typedef struct shell {
    bool is_mended;
    CAsyncSocket listener, session, client;
    museum_lines lines;
    cas_timer idle, pace;
    unsigned sent, done;
    bool is_over, has_ended; /* the session; the client */
} shell;

/* ---- the server ---- */

static void end_session(shell *s)
{
    cas_timer_stop(&s->idle);
    CAsyncSocket_Close(&s->session);
    s->is_over = true;
}

static void on_idle(cas_timer *timer, void *context)
{
    shell *s = context;
    (void)timer;
    if (s->is_mended)
        CAsyncSocket_ShutDown(&s->session, CAsyncSocket_sends);
    else
        end_session(s);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    shell *s = museum_state();
    char line[16];
    (void)error;
    cas_timer_start(&s->idle, (uint64_t)SIM_MS(IDLE_MS));
    museum_lines_receive(&s->lines, socket);
    while (museum_lines_take(&s->lines, line, sizeof line))
        s->done++;
}

static void on_close(CAsyncSocket *socket, int error)
{
    on_receive(socket, error);
    end_session(museum_state());
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    shell *s = museum_state();
    (void)error;
    museum_accept(listener, &s->session, &vtbl);
    s->idle = (cas_timer){.on_timer = on_idle, .context = s};
    cas_timer_start(&s->idle, (uint64_t)SIM_MS(IDLE_MS));
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((shell *)argument)->listener, &vtbl, 80);
}

/* ---- the client ---- */

static void send_command(cas_timer *timer, void *context)
{
    shell *s = context;
    if (s->sent == COMMANDS) {
        CAsyncSocket_Close(&s->client);
        s->has_ended = true;
        return;
    }
    museum_say(&s->client, "command\n");
    s->sent++;
    cas_timer_start(timer, (uint64_t)SIM_MS(PACE_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    shell *s = museum_state();
    (void)socket, (void)error;
    s->pace = (cas_timer){.on_timer = send_command, .context = s};
    send_command(&s->pace, s);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    museum_connect(&((shell *)argument)->client, &vtbl, 1, 80);
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
    return ((const shell *)state)->is_over && ((const shell *)state)->has_ended;
}

static void check(sim_world *world, void *state)
{
    const shell *p = state;
    if (p->done != p->sent)
        sim_world_fail(world, "of %u commands, %u were done", p->sent, p->done);
}

MUSEUM_BUG(k09, "K9", "an idle timer runs between the last byte and its handler", shell, true);
