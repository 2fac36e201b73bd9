/* SPDX-License-Identifier: MIT
 *
 * See callers.h.
 */
#include "tests/museum/callers.h"

#include <string.h>

static void on_receive(CAsyncSocket *socket, int error)
{
    char line[16];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, sizeof line, 0) > 0)
        CAsyncSocket_Send(socket, "welcome", 7, 0);
}

static void on_close(CAsyncSocket *socket, int error)
{
    on_receive(socket, error);
    CAsyncSocket_Close(socket);
}

const CAsyncSocketVtbl *callers_session(void)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    return &vtbl;
}

CAsyncSocket *callers_free_place(callers *c)
{
    for (unsigned i = 0; i < CALLERS; i++) {
        if (c->sessions[i].vtbl == NULL) {
            CAsyncSocket_Construct(&c->sessions[i], callers_session());
            return &c->sessions[i];
        }
        if (c->sessions[i].m_hSocket == INVALID_SOCKET)
            return &c->sessions[i];
    }
    return NULL;
}

void callers_listen(callers *c, const CAsyncSocketVtbl *vtbl, int backlog, long events)
{
    CAsyncSocket_Construct(&c->listener, vtbl);
    CAsyncSocket_Create(&c->listener, 80, SOCK_STREAM, events, NULL);
    CAsyncSocket_Listen(&c->listener, backlog);
}

static void on_patience(cas_timer *timer, void *context)
{
    static const struct linger abort = {.l_onoff = 1};
    callers *c = context;
    (void)timer;
    if (callers_is_served(c, 0))
        return;
    CAsyncSocket_SetSockOpt(&c->callers[0].socket, SO_LINGER, &abort, sizeof abort, SOL_SOCKET);
    CAsyncSocket_Close(&c->callers[0].socket);
}

static void on_clock(cas_timer *timer, void *context)
{
    static const char *const script[] = {"hello", NULL};
    callers *c = context;
    duo_peer_connect(&c->callers[c->called], script, 0, false);
    if (c->patience_ms != 0 && c->called == 0)
        duo_after(&c->patience, SIM_MS(c->patience_ms), on_patience);
    if (++c->called < CALLERS)
        duo_after(timer, SIM_MS(20), on_clock);
}

void callers_call(void *state) { on_clock(&((callers *)state)->clock, state); }

bool callers_is_served(const callers *c, unsigned index)
{
    return strcmp(c->callers[index].text, "welcome") == 0;
}

bool callers_all_served(sim_world *world, void *state)
{
    const callers *c = state;
    (void)world;
    for (unsigned i = c->patience_ms != 0; i < CALLERS; i++) {
        if (!callers_is_served(c, i))
            return false;
    }
    return true;
}
