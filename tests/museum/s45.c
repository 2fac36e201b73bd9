/* SPDX-License-Identifier: MIT
 *
 * A listener's mask without FD_READ.  A server creates its listener with FD_ACCEPT alone, since that is all
 * that concerns a listener.
 *
 * Fails always: accepted sockets inherit the mask, and hear nothing.  Mended: AsyncSelect for each of them.
 */
#include "tests/museum/callers.h"

static void on_accept(CAsyncSocket *listener, int error)
{
    callers *c = duo_state();
    CAsyncSocket *place = callers_free_place(c);
    (void)error;
    if (place != NULL && CAsyncSocket_Accept(listener, place, NULL, NULL) && c->mended)
        CAsyncSocket_AsyncSelect(place, FD_READ | FD_CLOSE);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    callers_listen(state, &vtbl, 5, FD_ACCEPT);
}

static void build(sim_world *world, void *state) { duo_build(world, state, serve, callers_call); }

static bool is_done(sim_world *world, void *state) { return callers_all_served(world, state); }

DUO_MISUSE(45, "a listener's mask without FD_READ", callers, NULL, NULL);
