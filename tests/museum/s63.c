/* SPDX-License-Identifier: MIT
 *
 * Urgent bytes queue.  A remote shell gets its signals as urgent bytes, one for each OnOutOfBandData.
 *
 * Fails when the second comes before the first was read, on a system that keeps one urgent byte: a signal is
 * lost.  Mended: the shell acknowledges each signal, and the client sends the next one then.
 */
#include "tests/museum/duo.h"

enum { SIGNALS = 2 };

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session, client;
    cas_timer next;
    unsigned sent, signals;
} state;

static void on_urgent(CAsyncSocket *socket, int error)
{
    char signal;
    (void)error;
    if (CAsyncSocket_Receive(socket, &signal, 1, MSG_OOB) != 1)
        return;
    ((state *)duo_state())->signals++;
    CAsyncSocket_Send(socket, "!", 1, 0);
}

static const CAsyncSocketVtbl session_vtbl = {.OnOutOfBandData = on_urgent};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void on_next(cas_timer *timer, void *context)
{
    state *s = context;
    if (s->sent == SIGNALS)
        return;
    CAsyncSocket_Send(&s->client, &"IT"[s->sent++], 1, MSG_OOB);
    if (!s->mended)
        duo_after(timer, SIM_MS(30), on_next);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    if (error == 0)
        on_next(&s->next, s);
}

static void on_acknowledged(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char byte;
    (void)error;
    if (CAsyncSocket_Receive(socket, &byte, 1, 0) == 1 && s->mended)
        on_next(&s->next, s);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnReceive = on_acknowledged};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->signals == SIGNALS;
}

static const sim_world_options one_byte = {.profile = {.one_urgent_byte = true}};

DUO_SMALL(63, "a second urgent byte replaces the first", state, NULL, &one_byte);
