/* SPDX-License-Identifier: MIT
 *
 * Masks add up.  A server selects FD_READ for a new session, and later FD_CLOSE as well, with two calls.
 *
 * Fails when the caller's words come behind both calls: the second replaced the first, so FD_READ is not
 * posted.  Mended: one call with both.
 */
#include "tests/museum/callers.h"

static void on_accept(CAsyncSocket *listener, int error)
{
    callers *c = duo_state();
    CAsyncSocket *place = callers_free_place(c);
    (void)error;
    if (place == NULL || !CAsyncSocket_Accept(listener, place, NULL, NULL))
        return;
    CAsyncSocket_AsyncSelect(place, c->mended ? FD_READ | FD_CLOSE : FD_READ);
    if (!c->mended)
        CAsyncSocket_AsyncSelect(place, FD_CLOSE);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    callers_listen(state, &vtbl, 5, CASYNCSOCKET_DEFAULT_EVENTS);
}

static void build(sim_world *world, void *state) { duo_build(world, state, serve, callers_call); }

static bool is_done(sim_world *world, void *state) { return callers_all_served(world, state); }

DUO_BUG(46, "masks of two AsyncSelect calls add up", callers, NULL, NULL);
