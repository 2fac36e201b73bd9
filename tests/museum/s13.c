/* SPDX-License-Identifier: MIT
 *
 * A stale result after reuse.  A server does jobs for clients, and remembers for whom by the number of the
 * slot in its table of sessions, as programs do by the value of the handle.
 *
 * Fails when a client leaves before its job is done and the next one gets its slot: the stranger gets the
 * result.  Mended: a job remembers the generation of the slot, too.
 */
#include "tests/museum/duo.h"

typedef struct state {
    bool mended;
    CAsyncSocket listener, slot;
    duo_peer first, second;
    cas_timer arrival, patience, work;
    unsigned generation, job;
} state;

static void on_work(cas_timer *timer, void *context)
{
    state *s = context;
    (void)timer;
    if (s->slot.m_hSocket == INVALID_SOCKET || (s->mended && s->job != s->generation))
        return;
    if (s->job != s->generation)
        sim_world_fail(duo_world(), "caller %u gets what caller %u asked for", s->generation, s->job);
    CAsyncSocket_Send(&s->slot, "done", 4, 0);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char job[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, job, sizeof job, 0) <= 0)
        return;
    s->job = s->generation;
    duo_after(&s->work, SIM_MS(10), on_work);
}

static void on_close(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)error;
    CAsyncSocket_Close(socket);
    if (CAsyncSocket_Accept(&s->listener, &s->slot, NULL, NULL))
        s->generation++;
}

static void on_accept(CAsyncSocket *listener, int error)
{
    state *s = duo_state();
    (void)error;
    if (s->slot.m_hSocket == INVALID_SOCKET && CAsyncSocket_Accept(listener, &s->slot, NULL, NULL))
        s->generation++;
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl listener = {.OnAccept = on_accept};
    static const CAsyncSocketVtbl session = {.OnReceive = on_receive, .OnClose = on_close};
    state *s = state_;
    CAsyncSocket_Construct(&s->slot, &session);
    duo_listen(&s->listener, &listener, 5);
}

static void on_patience(cas_timer *timer, void *context)
{
    (void)timer;
    CAsyncSocket_Close(&((state *)context)->first.socket);
}

static void on_arrival(cas_timer *timer, void *context)
{
    static const char *const nothing[] = {NULL};
    (void)timer;
    duo_peer_connect(&((state *)context)->second, nothing, 0, false);
}

static void call(void *state_)
{
    static const char *const job[] = {"job", NULL};
    state *s = state_;
    duo_peer_connect(&s->first, job, 0, false);
    duo_after(&s->arrival, SIM_MS(10), on_arrival);
    duo_after(&s->patience, SIM_MS(60), on_patience);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->second.connected;
}

DUO_SMALL(13, "a stale result after a slot is used again", state, NULL, NULL);

MUSEUM_SILENT(s13, "S13", "close-without-drain", "server/conn#",
              "who has hung up gets no result, whatever he said last");
