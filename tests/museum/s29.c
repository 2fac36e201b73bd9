/* SPDX-License-Identifier: MIT
 *
 * Waiting for OnSend after a short success.  A camera whose Send took a part waits for OnSend with the rest.
 *
 * Fails when acknowledgements are late, so that there is room for a part only: a Send that took something
 * arms nothing.  Mended: it sends until WSAEWOULDBLOCK.
 */
#include "tests/museum/upload.h"

static void send_picture(upload *u)
{
    char block[2 * UPLOAD_PICTURE];
    unsigned size = 0;
    if (u->mended) {
        upload_send_all(u);
        return;
    }
    if (u->waits)
        return;
    for (; size < sizeof block && u->sent + size < u->taken * UPLOAD_PICTURE; size++)
        block[size] = upload_byte(u->sent + size);
    int count = CAsyncSocket_Send(&u->camera, block, (int)size, 0);
    u->sent += count > 0 ? (unsigned)count : 0;
    u->waits = u->sent < u->taken * UPLOAD_PICTURE;
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
    (void)socket;
    (void)error;
    u->waits = false;
    if (u->taken > 0)
        send_picture(u);
}

static void call(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnSend = on_send};
    upload_begin(state, &vtbl);
}

static void build(sim_world *world, void *state) { upload_build(world, state, call); }

static bool is_done(sim_world *world, void *state) { return upload_is_done(world, state); }

DUO_BUG(29, "waiting for OnSend after a short success", upload, NULL, NULL);
