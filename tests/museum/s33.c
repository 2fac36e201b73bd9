/* SPDX-License-Identifier: MIT
 *
 * The first OnSend is missed.  A client puts its request into a queue when a configuration was read (5 ms),
 * and sends from OnSend only.
 *
 * Fails when that takes longer than to connect: the first OnSend finds an empty queue, and nothing arms
 * another.  Mended: who puts into the queue tries to send.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended, connected, queued, served;
    duo_server server;
    CAsyncSocket session, client;
    cas_timer reading;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0)
        ((state *)duo_state())->served = true;
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl session = {.OnReceive = on_receive};
    state *s = state_;
    duo_serve(&s->server, &s->session, &session);
}

static void send_queue(state *s)
{
    if (s->queued && s->connected && CAsyncSocket_Send(&s->client, "GET /\r\n", 7, 0) > 0)
        s->queued = false;
}

static void on_send(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    (void)error;
    s->connected = true;
    send_queue(s);
}

static void on_read(cas_timer *timer, void *context)
{
    state *s = context;
    (void)timer;
    s->queued = true;
    if (s->mended)
        send_queue(s);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnSend = on_send};
    state *s = state_;
    duo_connect(&s->client, &vtbl);
    duo_after(&s->reading, SIM_MS(5), on_read);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->served;
}

DUO_SMALL(33, "the first OnSend is missed", state, NULL, NULL);
