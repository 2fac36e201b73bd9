/* SPDX-License-Identifier: MIT
 *
 * K2: a server accepts, and a while later a worker takes the connection over and installs its handler.
 *
 * Broken: the accepted socket has the listener's events from the start.  When the client's line is there
 * before the worker, its OnReceive finds no handler and returns; nothing was received, so no other
 * OnReceive comes.
 * Mended: the worker selects the events anew when its handler is there, which tells again what is true.
 */
#include "tests/museum/town.h"

enum { WORKER_MS = 10, THINKING_MS = 20 };

typedef struct office {
    bool is_mended;
    CAsyncSocket listener, session, client;
    cas_timer worker, thinking;
    void (*handler)(struct office *); /* NULL: not yet installed */
    bool is_answered;
} office;

/* ---- the server ---- */

static void answer(office *o)
{
    char line[16];
    if (CAsyncSocket_Receive(&o->session, line, sizeof line, 0) > 0)
        museum_say(&o->session, "welcome\n");
}

static void on_receive(CAsyncSocket *socket, int error)
{
    office *o = museum_state();
    (void)socket, (void)error;
    if (o->handler != NULL)
        o->handler(o);
}

static void take_over(cas_timer *timer, void *context)
{
    office *o = context;
    (void)timer;
    o->handler = answer;
    if (o->is_mended)
        CAsyncSocket_AsyncSelect(&o->session, FD_READ | FD_CLOSE);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    office *o = museum_state();
    (void)error;
    museum_accept(listener, &o->session, &vtbl);
    o->worker = (cas_timer){.on_timer = take_over, .context = o};
    cas_timer_start(&o->worker, (uint64_t)SIM_MS(WORKER_MS));
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((office *)argument)->listener, &vtbl, 80);
}

/* ---- the client ---- */

static void say_hello(cas_timer *timer, void *context)
{
    (void)timer;
    museum_say(&((office *)context)->client, "hello\n");
}

static void on_connect(CAsyncSocket *socket, int error)
{
    office *o = museum_state();
    (void)socket, (void)error;
    o->thinking = (cas_timer){.on_timer = say_hello, .context = o};
    cas_timer_start(&o->thinking, (uint64_t)SIM_MS(THINKING_MS));
}

static void on_answer(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    ((office *)museum_state())->is_answered = CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0;
    CAsyncSocket_Close(socket);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_answer};
    museum_connect(&((office *)argument)->client, &vtbl, 1, 80);
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
    return ((const office *)state)->is_answered;
}

static void check(sim_world *world, void *state) { (void)world, (void)state; }

MUSEUM_BUG(k02, "K2", "a notification comes before the handler is installed", office, true);

MUSEUM_SILENT(k02, "K2", "close-idle", "server/conn#",
              "one answer is all of this program: its end closes the socket");
