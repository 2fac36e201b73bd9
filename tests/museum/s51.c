/* SPDX-License-Identifier: MIT
 *
 * Detach and Attach are no hand-over.  A dialer connects; when an operator says "go" it hands the connection
 * over to the object that talks, which begins in its OnConnect or, if the dialer saw that, at once.
 *
 * Fails when the connection is made between the word and its handler: Detach drops the queued OnConnect,
 * Attach does not post it again, and the talker waits for ever.  Mended: it hands over when both have come.
 */
#include "tests/museum/duo.h"

enum { CONTROL = 5000 };

typedef struct state {
    bool mended, served, dialed, told;
    duo_server server;
    CAsyncSocket session, dialer, talker, oper, control;
    cas_timer go;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0)
        ((state *)duo_state())->served = true;
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void on_go(cas_timer *timer, void *context)
{
    (void)timer;
    CAsyncSocket_SendTo(&((state *)context)->oper, "go", 2, CONTROL, "10.0.0.2", 0);
}

static void serve(void *state_)
{
    state *s = state_;
    duo_serve(&s->server, &s->session, &session_vtbl);
    duo_datagram(&s->oper, NULL, 0);
    duo_after(&s->go, SIM_MS(30), on_go);
}

static void on_talk(CAsyncSocket *socket, int error)
{
    if (error == 0)
        CAsyncSocket_Send(socket, "HELO\r\n", 6, 0);
}

static void hand_over(state *s)
{
    CAsyncSocket_Attach(&s->talker, CAsyncSocket_Detach(&s->dialer), CASYNCSOCKET_DEFAULT_EVENTS);
    if (s->dialed)
        on_talk(&s->talker, 0);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    s->dialed = error == 0;
    if (s->mended && s->told)
        hand_over(s);
}

/* The operator says "go". */
static void on_told(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char word[8];
    (void)error;
    s->told = CAsyncSocket_Receive(socket, word, sizeof word, 0) > 0;
    if (s->dialed || !s->mended)
        hand_over(s);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl dialer = {.OnConnect = on_connect}, talker = {.OnConnect = on_talk},
                                  control = {.OnReceive = on_told};
    state *s = state_;
    CAsyncSocket_Construct(&s->talker, &talker);
    duo_datagram(&s->control, &control, CONTROL);
    duo_connect(&s->dialer, &dialer);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->served;
}

DUO_SMALL(51, "Detach and Attach are no hand-over", state, NULL, NULL);
