/* SPDX-License-Identifier: MIT
 *
 * K1: an upload of a header and three blocks; the end of the stream is the end of the file.
 *
 * Broken: OnReceive reads one block, and OnClose stores the file and forgets the rest.  When the server is
 * busy while the last blocks and the end arrive, OnClose is queued before the OnReceive of what OnReceive
 * left (a Receive re-arms behind it), and the last blocks are lost.
 * Mended: OnClose reads until nothing is left, and then stores.
 */
#include "tests/museum/town.h"

enum { BLOCKS = 4, BLOCK_BYTES = 32, PACE_MS = 10 };

typedef struct upload {
    bool is_mended;
    CAsyncSocket listener, session, client;
    cas_timer pace;
    unsigned sent, received, stored;
    bool is_stored;
} upload;

/* ---- the server ---- */

static int receive_block(upload *u)
{
    char block[BLOCK_BYTES];
    int count = CAsyncSocket_Receive(&u->session, block, sizeof block, 0);
    if (count > 0)
        u->received += (unsigned)count;
    return count;
}

static void on_receive(CAsyncSocket *socket, int error)
{
    (void)socket, (void)error;
    receive_block(museum_state());
}

static void on_close(CAsyncSocket *socket, int error)
{
    upload *u = museum_state();
    (void)error;
    while (u->is_mended && receive_block(u) > 0) {
    }
    u->stored = u->received;
    u->is_stored = true;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    (void)error;
    museum_accept(listener, &((upload *)museum_state())->session, &vtbl);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((upload *)argument)->listener, &vtbl, 80);
}

/* ---- the client ---- */

static void send_block(cas_timer *timer, void *context)
{
    upload *u = context;
    char block[BLOCK_BYTES] = {0};
    if (u->sent == BLOCKS * BLOCK_BYTES) {
        CAsyncSocket_Close(&u->client);
        return;
    }
    u->sent += (unsigned)CAsyncSocket_Send(&u->client, block, sizeof block, 0);
    cas_timer_start(timer, (uint64_t)SIM_MS(PACE_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    upload *u = museum_state();
    (void)socket, (void)error;
    u->pace = (cas_timer){.on_timer = send_block, .context = u};
    send_block(&u->pace, u);
}

static void send_file(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    museum_connect(&((upload *)argument)->client, &vtbl, 1, 80);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    museum_server(world, serve, state);
    museum_client(world, 1, (uint64_t)SIM_MS(1), send_file, state, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const upload *)state)->is_stored;
}

static void check(sim_world *world, void *state)
{
    const upload *u = state;
    if (u->stored != u->sent)
        sim_world_fail(world, "of the %u bytes sent, %u were stored", u->sent, u->stored);
}

MUSEUM_BUG(k01, "K1", "OnClose frees the buffer while unread bytes remain", upload, true);
