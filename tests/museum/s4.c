/* SPDX-License-Identifier: MIT
 *
 * OnReceive that does not read.  A job server that is busy with one job returns from OnReceive, and believes
 * that it will be called again for what waits.
 *
 * Fails when a job comes while one is worked on: no Receive, so FD_READ is never posted again.  Mended: when
 * a job ends, it reads.
 */
#include "tests/museum/duo.h"

enum { JOB = 4, JOBS = 3 };

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session;
    duo_peer peer;
    cas_timer work;
    bool busy;
    unsigned jobs;
} state;

static void take(state *s);

static void on_finished(cas_timer *timer, void *context)
{
    state *s = context;
    (void)timer;
    s->busy = false;
    s->jobs++;
    if (s->mended)
        take(s);
}

static void take(state *s)
{
    char job[JOB];
    if (CAsyncSocket_Receive(&s->session, job, JOB, 0) != JOB)
        return;
    s->busy = true;
    duo_after(&s->work, SIM_MS(5), on_finished);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    (void)socket;
    (void)error;
    if (!s->busy)
        take(s);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    duo_serve(&((state *)state_)->server, &((state *)state_)->session, &session_vtbl);
}

static void call(void *state_)
{
    static const char *const jobs[] = {"JOB1", "JOB2", "JOB3", NULL};
    duo_peer_connect(&((state *)state_)->peer, jobs, SIM_MS(20), false);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->jobs == JOBS;
}

DUO_SMALL(4, "OnReceive that does not read", state, NULL, NULL);
