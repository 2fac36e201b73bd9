/* SPDX-License-Identifier: MIT
 *
 * A small datagram buffer.  A sensor sends the readings that were not acknowledged; the collector's buffer
 * holds two of them.
 *
 * Fails when acknowledgements are late: three readings do not fit, Receive fails with WSAEMSGSIZE and drops
 * the rest, and the collector, who knows only the newest, has a gap.  Mended: the buffer holds the largest
 * datagram.
 */
#include "tests/museum/duo.h"

enum { READINGS = 4, ACK = 'A' };

typedef struct state {
    bool mended;
    CAsyncSocket collector, sensor;
    cas_timer tick;
    char readings[READINGS];
    unsigned taken, acknowledged, collected;
} state;

static void on_readings(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char readings[READINGS], from[32];
    UINT port = 0;
    int size = s->mended ? READINGS : 2;
    int count = CAsyncSocket_ReceiveFrom(socket, readings, size, from, sizeof from, &port, 0);
    (void)error;
    if (count == SOCKET_ERROR && CAsyncSocket_GetLastError() == WSAEMSGSIZE)
        sim_world_fail(duo_world(), "readings lost behind number %u", s->collected);
    if (count <= 0)
        return;
    if ((unsigned)readings[count - 1] > s->collected)
        s->collected = (unsigned)readings[count - 1];
    CAsyncSocket_SendTo(socket, &readings[count - 1], 1, port, from, 0);
}

static void serve(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_readings};
    duo_datagram(&((state *)state_)->collector, &vtbl, 80);
}

static void on_ack(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    char number;
    (void)error;
    if (CAsyncSocket_Receive(socket, &number, 1, 0) == 1 && (unsigned)number > s->acknowledged)
        s->acknowledged = (unsigned)number;
}

static void on_tick(cas_timer *timer, void *context)
{
    state *s = context;
    s->readings[s->taken] = (char)(s->taken + 1);
    s->taken++;
    CAsyncSocket_SendTo(&s->sensor, &s->readings[s->acknowledged], (int)(s->taken - s->acknowledged), 80,
                        "10.0.0.1", 0);
    if (s->taken < READINGS)
        duo_after(timer, SIM_MS(20), on_tick);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_ack};
    duo_datagram(&((state *)state_)->sensor, &vtbl, 0);
    on_tick(&((state *)state_)->tick, state_);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->collected == READINGS;
}

DUO_SMALL(9, "a small datagram buffer", state, NULL, NULL);
