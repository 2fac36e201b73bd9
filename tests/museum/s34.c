/* SPDX-License-Identifier: MIT
 *
 * The buffer is changed after WSAEWOULDBLOCK.  A camera that could not send makes the next picture in the
 * same buffer, and sends what is there when OnSend comes.
 *
 * Fails when acknowledgements are late: the stack kept no copy of what it refused, so a picture is lost.
 * (Sends are whole, as on Windows.)  Mended: what was refused is sent again.
 */
#include "tests/museum/upload.h"

static void compose(upload *u)
{
    for (unsigned i = 0; i < UPLOAD_PICTURE; i++)
        u->buffer[i] = upload_byte((u->taken - 1) * UPLOAD_PICTURE + i);
}

static void send_picture(upload *u)
{
    if (u->mended) {
        upload_send_all(u);
        return;
    }
    compose(u);
    u->waits = CAsyncSocket_Send(&u->camera, u->buffer, UPLOAD_PICTURE, 0) == SOCKET_ERROR;
}

static void on_tick(cas_timer *timer, void *context)
{
    upload *u = context;
    (void)timer;
    send_picture(u);
    upload_next(u);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    (void)socket;
    if (error == 0)
        upload_clock(duo_state(), on_tick);
}

static void on_send(CAsyncSocket *socket, int error)
{
    upload *u = duo_state();
    (void)error;
    if (u->mended)
        upload_send_all(u);
    else if (u->waits)
        u->waits = CAsyncSocket_Send(socket, u->buffer, UPLOAD_PICTURE, 0) == SOCKET_ERROR;
}

static void call(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnSend = on_send};
    upload_begin(state, &vtbl);
}

static void build(sim_world *world, void *state) { upload_build(world, state, call); }

static bool is_done(sim_world *world, void *state) { return upload_is_done(world, state); }

static const sim_world_options whole = {.profile = {.sends_whole = true}};

DUO_BUG(34, "the buffer is changed after WSAEWOULDBLOCK", upload, NULL, &whole);
