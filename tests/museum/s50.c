/* SPDX-License-Identifier: MIT
 *
 * A socket is used from another thread.  A server hands a request to a worker thread, which sends the reply
 * on the session's socket.
 *
 * Fails always: the object belongs to the thread that accepted it, and Send fails with WSAENOTSOCK.  Mended:
 * the worker leaves the result, and a timer of the session's thread sends it.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    cas_thread *worker;
    cas_timer work, result;
} state;

static void reply(state *s)
{
    if (CAsyncSocket_Send(&s->session, "42", 2, 0) == SOCKET_ERROR)
        sim_world_fail(duo_world(), "no reply: error %d", CAsyncSocket_GetLastError());
}

static void on_result(cas_timer *timer, void *context)
{
    (void)timer;
    reply(context);
}

/* On the worker thread. */
static void on_work(cas_timer *timer, void *context)
{
    state *s = context;
    (void)timer;
    reply(s);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char question[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, question, sizeof question, 0) <= 0)
        return;
    if (s->mended) {
        duo_after(&s->result, SIM_MS(5), on_result);
        return;
    }
    s->work = (cas_timer){.on_timer = on_work, .context = s};
    cas_thread *own = cas_thread_enter(s->worker);
    cas_timer_start(&s->work, (uint64_t)SIM_MS(5));
    cas_thread_enter(own);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    state *s = state_;
    sim_host_add_thread(sim_host_of(cas_thread_current()), &s->worker);
    duo_serve(&s->server, &s->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const question[] = {"6 times 7?", NULL};
    duo_peer_connect(&((state *)state_)->peer, question, 0, false);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->peer.heard == 2;
}

DUO_MISUSE(50, "a socket is used from another thread", state, NULL, NULL);
