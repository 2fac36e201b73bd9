/* SPDX-License-Identifier: MIT
 *
 * Notifications interrupt the code.  A client says that the server is dead when a reply has not been told
 * within 50 ms of the request.
 *
 * Fails when the client itself was busy: the reply has arrived, and nobody has looked.  Mended: before it
 * judges, it looks; and it gives the server 5 s.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, answered;
    duo_server server;
    CAsyncSocket session, client;
    cas_timer patience;
    unsigned waits;
} state;

static void on_request(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0)
        CAsyncSocket_Send(socket, "PONG\r\n", 6, 0);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_request};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void on_reply(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) <= 0)
        return;
    s->answered = true;
    cas_timer_stop(&s->patience);
}

static void on_patience(cas_timer *timer, void *context)
{
    state *s = context;
    if (s->mended) {
        on_reply(&s->client, 0);
        if (!s->answered && ++s->waits < 100)
            duo_after(timer, SIM_MS(50), on_patience);
        return;
    }
    sim_world_fail(duo_world(), "the server is called dead while it answers");
}

static void on_connect(CAsyncSocket *socket, int error)
{
    if (error != 0)
        return;
    CAsyncSocket_Send(socket, "PING\r\n", 6, 0);
    duo_after(&((state *)duo_state())->patience, SIM_MS(50), on_patience);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_reply};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->answered;
}

DUO_SMALL(57, "a time-out of a client that was busy itself", state, NULL, NULL);
