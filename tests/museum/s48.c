/* SPDX-License-Identifier: MIT
 *
 * A fixed client port.  A client always calls from port 5000; when it has heard the answer it closes after a
 * while, and calls once more.
 *
 * Fails when the server's end of the stream is late: the client is the first to close, its connection stays
 * in TIME_WAIT, and the port is in use.  Mended: any port.
 */
#include "tests/museum/duo.h"

enum { PORT = 5000, CALLS = 2 };

typedef struct state {
    bool mended;
    CAsyncSocket listener, sessions[CALLS], client;
    cas_timer patience, again;
    unsigned accepted, calls;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) <= 0)
        return;
    CAsyncSocket_Send(socket, "time is 12", 10, 0);
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    state *s = duo_state();
    (void)error;
    if (s->accepted == CALLS)
        return;
    CAsyncSocket_Construct(&s->sessions[s->accepted], &vtbl);
    s->accepted += CAsyncSocket_Accept(listener, &s->sessions[s->accepted], NULL, NULL) ? 1 : 0;
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    duo_listen(&((state *)state_)->listener, &vtbl, 5);
}

static void call(void *state_);

static void on_again(cas_timer *timer, void *context)
{
    (void)timer;
    call(context);
}

static void finish(state *s)
{
    cas_timer_stop(&s->patience);
    CAsyncSocket_Close(&s->client);
    if (++s->calls < CALLS)
        duo_after(&s->again, SIM_MS(300), on_again);
}

static void on_patience(cas_timer *timer, void *context)
{
    (void)timer;
    finish(context);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Send(socket, "time?", 5, 0);
}

static void on_answer(CAsyncSocket *socket, int error)
{
    char answer[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, answer, sizeof answer, 0) > 0)
        duo_after(&((state *)duo_state())->patience, SIM_MS(20), on_patience);
}

static void on_close(CAsyncSocket *socket, int error)
{
    (void)socket;
    (void)error;
    finish(duo_state());
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnConnect = on_connect, .OnReceive = on_answer, .OnClose = on_close};
    state *s = state_;
    CAsyncSocket_Construct(&s->client, &vtbl);
    if (!CAsyncSocket_Create(&s->client, s->mended ? 0 : PORT, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS,
                             NULL))
        sim_world_fail(duo_world(), "no socket for call %u: error %d", s->calls + 1,
                       CAsyncSocket_GetLastError());
    if (!CAsyncSocket_Connect(&s->client, "10.0.0.1", 80) && CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        sim_world_fail(duo_world(), "no connection for call %u: error %d", s->calls + 1,
                       CAsyncSocket_GetLastError());
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->calls == CALLS;
}

DUO_SMALL(48, "a fixed client port", state, NULL, NULL);

MUSEUM_SILENT(s48, "S48", "close-without-drain", "client/socket#",
              "a call is over when the server ends it, with or without an answer");
