/* SPDX-License-Identifier: MIT
 *
 * K4: a camera sends six pictures, one every 20 ms, over a socket with a small send buffer.
 *
 * Broken: when Send takes only a part of a picture, the rest waits for OnSend.  But only a Send that fails
 * with WSAEWOULDBLOCK arms OnSend: when acknowledgements are late, the buffer fills, and the camera waits
 * for ever.
 * Mended: it sends until Send fails, and only then waits.
 */
#include "tests/museum/town.h"

enum { PICTURES = 6, PICTURE_BYTES = 3000, BUFFER_BYTES = 8192, PACE_MS = 20 };

typedef struct camera {
    bool is_mended;
    CAsyncSocket listener, session, client;
    cas_timer pace;
    unsigned pictures;
    unsigned unsent; /* bytes */
    bool waits;      /* for OnSend */
    unsigned received;
    char bytes[PICTURES * PICTURE_BYTES];
} camera;

/* ---- the server ---- */

static void on_receive(CAsyncSocket *socket, int error)
{
    camera *c = museum_state();
    char bytes[4096];
    int count = CAsyncSocket_Receive(socket, bytes, sizeof bytes, 0);
    (void)error;
    if (count > 0)
        c->received += (unsigned)count;
}

static void on_close(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    (void)error;
    museum_accept(listener, &((camera *)museum_state())->session, &vtbl);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((camera *)argument)->listener, &vtbl, 80);
}

/* ---- the camera ---- */

static void send_some(camera *c)
{
    while (c->unsent > 0) {
        int count = CAsyncSocket_Send(&c->client, c->bytes, (int)c->unsent, 0);
        if (count > 0)
            c->unsent -= (unsigned)count;
        c->waits = c->unsent > 0;
        if (count == SOCKET_ERROR || !c->is_mended)
            return;
    }
}

static void on_send(CAsyncSocket *socket, int error)
{
    camera *c = museum_state();
    (void)socket, (void)error;
    send_some(c);
}

static void take_picture(cas_timer *timer, void *context)
{
    camera *c = context;
    c->unsent += PICTURE_BYTES;
    if (!c->waits)
        send_some(c);
    if (++c->pictures < PICTURES)
        cas_timer_start(timer, (uint64_t)SIM_MS(PACE_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    camera *c = museum_state();
    int bytes = BUFFER_BYTES;
    (void)error;
    CAsyncSocket_SetSockOpt(socket, SO_SNDBUF, &bytes, sizeof bytes, SOL_SOCKET);
    c->pace = (cas_timer){.on_timer = take_picture, .context = c};
    cas_timer_start(&c->pace, (uint64_t)SIM_MS(PACE_MS));
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnSend = on_send};
    museum_connect(&((camera *)argument)->client, &vtbl, 1, 80);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    museum_server(world, serve, state);
    museum_client(world, 1, (uint64_t)SIM_MS(1), start_client, state, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const camera *)state)->received == PICTURES * PICTURE_BYTES;
}

static void check(sim_world *world, void *state)
{
    const camera *p = state;
    if (p->unsent > 0)
        sim_world_fail(world, "%u bytes are unsent in the end", p->unsent);
}

MUSEUM_BUG(k04, "K4", "OnSend is awaited that nothing armed", camera, false);
