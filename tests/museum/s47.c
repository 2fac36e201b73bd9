/* SPDX-License-Identifier: MIT
 *
 * The backlog overflows.  A server listens with a backlog of 1: it accepts at once.
 *
 * Fails when it is busy while more callers come than may wait: the last is refused.  Mended: a backlog for
 * all of them.
 */
#include "tests/museum/callers.h"

static void on_accept(CAsyncSocket *listener, int error)
{
    CAsyncSocket *place = callers_free_place(duo_state());
    (void)error;
    if (place != NULL)
        CAsyncSocket_Accept(listener, place, NULL, NULL);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    callers *c = state;
    callers_listen(c, &vtbl, c->mended ? 5 : 1, CASYNCSOCKET_DEFAULT_EVENTS);
}

static void build(sim_world *world, void *state) { duo_build(world, state, serve, callers_call); }

static bool is_done(sim_world *world, void *state) { return callers_all_served(world, state); }

DUO_BUG(47, "the backlog overflows", callers, NULL, NULL);
