/* SPDX-License-Identifier: MIT
 *
 * K5: a terminal interrupts a long command twice, with an urgent byte each, 30 ms apart.
 *
 * Broken: the second interrupt is sent without regard to the first.  There is one urgent byte at a time:
 * when the server is busy until the second one is there, the first is no longer urgent, and one interrupt
 * is lost.
 * Mended: the second one waits until the server has said that it saw the first.
 */
#include "tests/museum/town.h"

enum { INTERRUPTS = 2, PACE_MS = 30 };

typedef struct terminal {
    bool is_mended;
    CAsyncSocket listener, session, client;
    cas_timer pace;
    unsigned sent, confirmed, seen;
    bool wants; /* to interrupt, and waits for the confirmation */
    bool is_over;
} terminal;

/* ---- the server ---- */

static void on_urgent(CAsyncSocket *socket, int error)
{
    terminal *t = museum_state();
    char byte;
    (void)error;
    if (CAsyncSocket_Receive(socket, &byte, 1, MSG_OOB) != 1)
        return;
    t->seen++;
    museum_say(socket, ".");
}

static void on_receive(CAsyncSocket *socket, int error)
{
    char text[64];
    (void)error;
    CAsyncSocket_Receive(socket, text, sizeof text, 0);
}

static void on_close(CAsyncSocket *socket, int error)
{
    (void)error;
    ((terminal *)museum_state())->is_over = true;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnOutOfBandData = on_urgent, .OnReceive = on_receive, .OnClose = on_close};
    (void)error;
    museum_accept(listener, &((terminal *)museum_state())->session, &vtbl);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((terminal *)argument)->listener, &vtbl, 80);
}

/* ---- the terminal ---- */

static void interrupt(terminal *t)
{
    t->wants = t->is_mended && t->confirmed < t->sent;
    if (t->wants)
        return;
    museum_say(&t->client, "text");
    CAsyncSocket_Send(&t->client, "!", 1, MSG_OOB);
    t->sent++;
    cas_timer_start(&t->pace, (uint64_t)SIM_MS(PACE_MS));
}

static void on_pace(cas_timer *timer, void *context)
{
    terminal *t = context;
    (void)timer;
    if (t->sent < INTERRUPTS)
        interrupt(t);
    else
        CAsyncSocket_ShutDown(&t->client, CAsyncSocket_sends);
}

static void on_confirmation(CAsyncSocket *socket, int error)
{
    terminal *t = museum_state();
    char byte;
    (void)error;
    t->confirmed += CAsyncSocket_Receive(socket, &byte, 1, 0) == 1;
    if (t->wants)
        interrupt(t);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    terminal *t = museum_state();
    (void)socket, (void)error;
    t->pace = (cas_timer){.on_timer = on_pace, .context = t};
    interrupt(t);
}

static void on_end(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Close(socket);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnConnect = on_connect, .OnReceive = on_confirmation, .OnClose = on_end};
    museum_connect(&((terminal *)argument)->client, &vtbl, 1, 80);
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
    return ((const terminal *)state)->is_over;
}

static void check(sim_world *world, void *state)
{
    const terminal *p = state;
    if (p->seen != p->sent)
        sim_world_fail(world, "of %u interrupts, %u were seen", p->sent, p->seen);
}

MUSEUM_BUG(k05, "K5", "an urgent byte is overtaken by the next one", terminal, true);

MUSEUM_SILENT(k05, "K5", "close-without-drain", NULL,
              "the text around the interrupts is of no interest, nor a confirmation that is late");
