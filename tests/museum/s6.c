/* SPDX-License-Identifier: MIT
 *
 * Peeking until a whole message is there.  A server waits with MSG_PEEK until a record of 3000 bytes is
 * complete, in a receive buffer that holds 2048.
 *
 * Fails always: the count never reaches the size, and each peek posts FD_READ again.  Mended: it collects
 * the bytes in its own buffer.
 */
#include "tests/museum/duo.h"

enum { RECORD = 3000, WINDOW = 2048, PIECE = 500 };

typedef struct state {
    bool mended;
    duo_server server;
    CAsyncSocket session, client;
    char record[RECORD];
    int kept, sent;
    bool whole;
} state;

static void on_receive(CAsyncSocket *socket, int error)
{
    state *s = duo_state();
    int count = CAsyncSocket_Receive(socket, s->record + s->kept, RECORD - s->kept, s->mended ? 0 : MSG_PEEK);
    (void)error;
    if (s->mended && count > 0)
        s->kept += count;
    if (count == RECORD || s->kept == RECORD)
        s->whole = true;
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = on_receive};

static void serve(void *state_)
{
    state *s = state_;
    int window = WINDOW;
    duo_serve(&s->server, &s->session, &session_vtbl);
    CAsyncSocket_SetSockOpt(&s->server.socket, SO_RCVBUF, &window, sizeof window, SOL_SOCKET);
}

static void on_send(CAsyncSocket *socket, int error)
{
    static const char piece[PIECE];
    state *s = duo_state();
    int count = 0;
    (void)error;
    for (; s->sent < RECORD && count >= 0; s->sent += count > 0 ? count : 0)
        count = CAsyncSocket_Send(socket, piece, PIECE < RECORD - s->sent ? PIECE : RECORD - s->sent, 0);
}

static void call(void *state_)
{
    static const CAsyncSocketVtbl vtbl = {.OnSend = on_send};
    duo_connect(&((state *)state_)->client, &vtbl);
}

static void build(sim_world *world, void *state_) { duo_build(world, state_, serve, call); }

static bool is_done(sim_world *world, void *state_)
{
    (void)world;
    return ((const state *)state_)->whole;
}

DUO_MISUSE(6, "peeking until a whole message is there", state, NULL, NULL);
