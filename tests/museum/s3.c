/* SPDX-License-Identifier: MIT
 *
 * A guard by count swallows the event.  A statistics server asks FIONREAD first, and returns from OnReceive
 * if that is 0: nothing to read.
 *
 * Fails when the client's heartbeat, an empty datagram, is the oldest that waits: its count is 0, nothing is
 * received, and FD_READ is never posted again.  The heartbeat is sent when the line was idle for long.
 * Mended: it receives, and looks at the result.
 */
#include "tests/museum/duo.h"

enum { REPORTS = 3 };

typedef struct state {
    bool mended;
    CAsyncSocket server, client;
    cas_timer heartbeat;
    unsigned counted;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char report[32], from[32];
    UINT port = 0;
    DWORD count = 0;
    (void)error;
    CAsyncSocket_IOCtl(socket, FIONREAD, &count);
    if (!s->mended && count == 0)
        return;
    if (CAsyncSocket_ReceiveFrom(socket, report, sizeof report, from, sizeof from, &port, 0) <= 0)
        return;
    s->counted++;
    CAsyncSocket_SendTo(socket, "ok", 2, port, from, 0);
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    duo_datagram(&((state *)state_)->server, &vtbl, 80);
}

static void on_heartbeat(cas_timer *timer, void *context)
{
    (void)timer;
    CAsyncSocket_SendTo(&((state *)context)->client, "", 0, 80, "10.0.0.1", 0);
}

static void report(state *s)
{
    CAsyncSocket_SendTo(&s->client, "load 0.7", 8, 80, "10.0.0.1", 0);
    duo_after(&s->heartbeat, SIM_MS(30), on_heartbeat);
}

static void on_ok(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char ok[8];
    (void)error;
    CAsyncSocket_Receive(socket, ok, sizeof ok, 0);
    cas_timer_stop(&s->heartbeat);
    if (s->counted < REPORTS)
        report(s);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_ok};
    duo_datagram(&((state *)state_)->client, &vtbl, 0);
    report(state_);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->counted == REPORTS;
}

DUO_SMALL(3, "a guard by count swallows the event", state, NULL, NULL);
