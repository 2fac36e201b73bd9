/* SPDX-License-Identifier: MIT
 *
 * A failing Accept gives up the listener.  A server closes its listener when Accept fails.
 *
 * Fails when the first caller has lost patience before it was accepted: its connection is gone, Accept finds
 * nobody, and the others are refused.  Mended: the caller is lost, the listener is not.
 */
#include "tests/museum/callers.h"

static void on_accept(CAsyncSocket *listener, int error)
{
    callers *c = duo_state();
    CAsyncSocket *place = callers_free_place(c);
    (void)error;
    if (place != NULL && !CAsyncSocket_Accept(listener, place, NULL, NULL) && !c->mended)
        CAsyncSocket_Close(listener);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    callers_listen(state, &vtbl, 5, CASYNCSOCKET_DEFAULT_EVENTS);
}

static void call(void *state)
{
    ((callers *)state)->patience_ms = 15;
    callers_call(state);
}

static void build(sim_world *world, void *state) { duo_build(world, state, serve, call); }

static bool is_done(sim_world *world, void *state) { return callers_all_served(world, state); }

DUO_BUG(41, "a failing Accept gives up the listener", callers, NULL, NULL);
