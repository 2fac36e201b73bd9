/* SPDX-License-Identifier: MIT
 *
 * K13: three clients share one machine.  Each wants it for two jobs of 10 ms; who finds it taken asks again
 * 25 ms later, and gives up when it was turned away three times.
 *
 * Broken: the machine goes to who asks first when it is free.  When one client's questions always come
 * while another one's job is on, or while its "done" is late, it is turned away until it gives up.
 * Mended: who finds it taken is put into a queue, and told when it is his turn.
 */
#include <string.h>

#include "tests/museum/town.h"

enum { CLIENTS = 3, JOBS = 2, WORK_MS = 10, RETRY_MS = 25, STAGGER_MS = 20, PATIENCE = 3 };

typedef struct worker {
    CAsyncSocket socket; /* first */
    unsigned number, jobs, refusals;
    bool is_working;
    museum_lines lines;
    cas_timer timer;
} worker;

typedef struct session {
    CAsyncSocket socket; /* first */
    museum_lines lines;
} session;

typedef struct machine {
    bool is_mended;
    CAsyncSocket listener;
    session sessions[CLIENTS];
    unsigned accepted;
    bool is_taken;
    session *queue[CLIENTS];
    unsigned waiting;
    worker workers[CLIENTS];
} machine;

/* ---- the server ---- */

static void ask(machine *m, session *s)
{
    if (!m->is_taken) {
        m->is_taken = true;
        museum_say(&s->socket, "go\n");
    } else if (!m->is_mended) {
        museum_say(&s->socket, "busy\n");
    } else if (m->waiting < CLIENTS) {
        m->queue[m->waiting++] = s;
    }
}

static void release(machine *m)
{
    session *next = m->queue[0];
    m->is_taken = false;
    if (m->waiting == 0)
        return;
    memmove(m->queue, m->queue + 1, --m->waiting * sizeof(session *));
    ask(m, next);
}

static void on_line(CAsyncSocket *socket, int error)
{
    session *s = (session *)(void *)socket;
    char line[16];
    (void)error;
    museum_lines_receive(&s->lines, socket);
    while (museum_lines_take(&s->lines, line, sizeof line)) {
        if (strcmp(line, "job") == 0)
            ask(museum_state(), s);
        else
            release(museum_state());
    }
}

static void on_close(CAsyncSocket *socket, int error)
{
    on_line(socket, error);
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_line, .OnClose = on_close};
    machine *m = museum_state();
    (void)error;
    if (m->accepted < CLIENTS && museum_accept(listener, &m->sessions[m->accepted].socket, &vtbl) != 0)
        m->accepted++;
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((machine *)argument)->listener, &vtbl, 80);
}

/* ---- a client ---- */

/* The job is done, or it is time to ask again. */
static void on_timer(cas_timer *timer, void *context)
{
    worker *w = context;
    (void)timer;
    if (w->is_working) {
        w->is_working = false;
        w->jobs++;
        w->refusals = 0;
        museum_say(&w->socket, "done\n");
    }
    if (w->jobs == JOBS)
        CAsyncSocket_ShutDown(&w->socket, CAsyncSocket_sends);
    else
        museum_say(&w->socket, "job\n");
}

static void on_answer(CAsyncSocket *socket, int error)
{
    worker *w = (worker *)(void *)socket;
    char line[16];
    (void)error;
    museum_lines_receive(&w->lines, socket);
    if (!museum_lines_take(&w->lines, line, sizeof line))
        return;
    w->is_working = strcmp(line, "go") == 0;
    if (!w->is_working && ++w->refusals == PATIENCE)
        sim_world_fail(museum_world(), "client %u was turned away %u times", w->number, w->refusals);
    cas_timer_start(&w->timer, (uint64_t)SIM_MS(w->is_working ? WORK_MS : RETRY_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    worker *w = (worker *)(void *)socket;
    (void)error;
    w->timer = (cas_timer){.on_timer = on_timer, .context = w};
    on_timer(&w->timer, w);
}

static void on_end(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Close(socket);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_answer, .OnClose = on_end};
    worker *w = argument;
    museum_connect(&w->socket, &vtbl, w->number, 80);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    machine *m = state;
    museum_server(world, serve, state);
    for (unsigned i = 0; i < CLIENTS; i++) {
        m->workers[i].number = i + 1;
        museum_client(world, i + 1, (uint64_t)SIM_MS(1 + i * STAGGER_MS), start_client, &m->workers[i],
                      state);
    }
}

static bool is_done(sim_world *world, void *state)
{
    const machine *m = state;
    (void)world;
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (m->workers[i].jobs != JOBS)
            return false;
    }
    return true;
}

static void check(sim_world *world, void *state) { (void)world, (void)state; }

MUSEUM_BUG(k13, "K13", "a client is never served", machine, false);

MUSEUM_SILENT(k13, "K13", "close-without-drain", "client",
              "whoever has done its jobs asks no more, so no answer can be on its way");
