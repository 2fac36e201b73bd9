/* SPDX-License-Identifier: MIT
 *
 * The listener is closed inside OnAccept.  A server for one user closes its listener when the user is there;
 * who calls later is refused, and goes elsewhere.
 *
 * Fails when somebody waits in the queue just then: connected already, he is reset.  Mended: the listener
 * stays, and who comes too late is told so and closed.
 */
#include "tests/museum/callers.h"

static void on_accept(CAsyncSocket *listener, int error)
{
    callers *c = duo_state();
    CAsyncSocket *place = callers_free_place(c);
    bool is_first = place == &c->sessions[0];
    (void)error;
    if (place == NULL || !CAsyncSocket_Accept(listener, place, NULL, NULL))
        return;
    if (!c->mended)
        CAsyncSocket_Close(listener);
    else if (!is_first)
        CAsyncSocket_Send(place, "busy", 4, 0);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    callers_listen(state, &vtbl, 5, CASYNCSOCKET_DEFAULT_EVENTS);
}

static void build(sim_world *world, void *state) { duo_build(world, state, serve, callers_call); }

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const callers *)state)->called == CALLERS;
}

static void check(sim_world *world, void *state)
{
    const callers *c = state;
    for (unsigned i = 0; i < CALLERS; i++) {
        if (c->callers[i].connected && c->callers[i].closed && c->callers[i].error != 0)
            sim_world_fail(world, "caller %u was connected, then reset: error %d", i + 1,
                           c->callers[i].error);
    }
}

DUO_BUG(43, "the listener is closed inside OnAccept", callers, check, NULL);
