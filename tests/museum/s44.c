/* SPDX-License-Identifier: MIT
 *
 * The accepted object is on the stack.  OnAccept accepts into a local object.
 *
 * Fails always: its destructor closes the connection when the handler returns.  Mended: the object lives in
 * the table of sessions.
 */
#include "tests/museum/callers.h"

static void on_accept(CAsyncSocket *listener, int error)
{
    callers *c = duo_state();
    CAsyncSocket local, *place = c->mended ? callers_free_place(c) : &local;
    (void)error;
    CAsyncSocket_Construct(&local, callers_session());
    if (place != NULL && CAsyncSocket_Accept(listener, place, NULL, NULL))
        CAsyncSocket_AsyncSelect(place, FD_READ | FD_CLOSE);
    CAsyncSocket_Destruct(&local);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    callers_listen(state, &vtbl, 5, CASYNCSOCKET_DEFAULT_EVENTS);
}

static void build(sim_world *world, void *state) { duo_build(world, state, serve, callers_call); }

static bool is_done(sim_world *world, void *state) { return callers_all_served(world, state); }

DUO_MISUSE(44, "the accepted object is on the stack", callers, NULL, NULL);
