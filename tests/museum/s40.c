/* SPDX-License-Identifier: MIT
 *
 * An early return skips Accept.  A server that must first look something up (10 ms) before it takes another
 * caller returns from OnAccept while it does.
 *
 * Fails when a caller comes meanwhile: without an Accept, FD_ACCEPT is never posted again, and this caller
 * and all later ones wait for ever.  Mended: when it has finished, it accepts whoever waits.
 */
#include "tests/museum/callers.h"

static void take(callers *c);

static void on_looked_up(cas_timer *timer, void *context)
{
    callers *c = context;
    (void)timer;
    c->busy = false;
    if (c->mended)
        take(c);
}

static void take(callers *c)
{
    CAsyncSocket *place = callers_free_place(c);
    if (place == NULL || !CAsyncSocket_Accept(&c->listener, place, NULL, NULL))
        return;
    c->busy = true;
    duo_after(&c->look_up, SIM_MS(10), on_looked_up);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    callers *c = duo_state();
    (void)listener;
    (void)error;
    if (!c->busy)
        take(c);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    callers_listen(state, &vtbl, 5, CASYNCSOCKET_DEFAULT_EVENTS);
}

static void build(sim_world *world, void *state) { duo_build(world, state, serve, callers_call); }

static bool is_done(sim_world *world, void *state) { return callers_all_served(world, state); }

DUO_BUG(40, "an early return skips Accept", callers, NULL, NULL);
