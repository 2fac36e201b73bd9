/* SPDX-License-Identifier: MIT
 *
 * K3: a frame of two bytes of length and eight of text, which leaves the client in two parts, then a second
 * one.
 *
 * Broken: the server gives a frame 100 ms, then cancels its reading and begins anew, and forgets the part
 * that it has.  When the other part is late, it takes that for the beginning of a frame.
 * Mended: cancelling keeps what was read; the next reading goes on behind it.
 */
#include "tests/museum/town.h"

enum { HEAD = 2, BODY = 8, FRAMES = 2, PATIENCE_MS = 100, PACE_MS = 10 };

typedef struct reader {
    bool is_mended;
    CAsyncSocket listener, session, client;
    cas_timer patience, pace;
    unsigned char frame[HEAD + BODY];
    unsigned have;        /* bytes of it */
    unsigned parts;       /* sent */
    unsigned frames, bad; /* bad: the length of the first frame that cannot be one */
    bool is_over;
} reader;

/* ---- the server ---- */

static void cancel(cas_timer *timer, void *context)
{
    reader *r = context;
    (void)timer;
    if (!r->is_mended)
        r->have = 0;
}

static void take_frame(reader *r)
{
    unsigned length = (unsigned)r->frame[0] << 8 | r->frame[1];
    cas_timer_stop(&r->patience);
    r->have = 0;
    r->frames++;
    if (length != BODY && r->bad == 0)
        r->bad = length;
}

static bool receive(reader *r)
{
    int room = (int)(sizeof r->frame - r->have);
    int count = CAsyncSocket_Receive(&r->session, r->frame + r->have, room, 0);
    if (count <= 0)
        return false;
    if (r->have == 0)
        cas_timer_start(&r->patience, (uint64_t)SIM_MS(PATIENCE_MS));
    r->have += (unsigned)count;
    if (r->have == sizeof r->frame)
        take_frame(r);
    return true;
}

static void on_receive(CAsyncSocket *socket, int error)
{
    (void)socket, (void)error;
    receive(museum_state());
}

static void on_close(CAsyncSocket *socket, int error)
{
    reader *r = museum_state();
    (void)error;
    while (receive(r)) {
    }
    cas_timer_stop(&r->patience);
    r->is_over = true;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_close};
    reader *r = museum_state();
    (void)error;
    r->patience = (cas_timer){.on_timer = cancel, .context = r};
    museum_accept(listener, &r->session, &vtbl);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&((reader *)argument)->listener, &vtbl, 80);
}

/* ---- the client ---- */

static void send_part(cas_timer *timer, void *context)
{
    static const char frame[HEAD + BODY] = {0, BODY, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
    reader *r = context;
    if (r->parts == 2 * FRAMES) {
        CAsyncSocket_Close(&r->client);
        return;
    }
    CAsyncSocket_Send(&r->client, frame + r->parts % 2 * 5, 5, 0);
    r->parts++;
    cas_timer_start(timer, (uint64_t)SIM_MS(PACE_MS));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    reader *r = museum_state();
    (void)socket, (void)error;
    r->pace = (cas_timer){.on_timer = send_part, .context = r};
    send_part(&r->pace, r);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect};
    museum_connect(&((reader *)argument)->client, &vtbl, 1, 80);
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
    return ((const reader *)state)->is_over;
}

static void check(sim_world *world, void *state)
{
    const reader *p = state;
    if (p->bad != 0)
        sim_world_fail(world, "a frame says that it has %u bytes", p->bad);
    else if (p->frames != FRAMES)
        sim_world_fail(world, "of %u frames, %u were read", (unsigned)FRAMES, p->frames);
}

MUSEUM_BUG(k03, "K3", "a cancelled receive loses bytes", reader, true);
