/* SPDX-License-Identifier: MIT
 *
 * A partial Send taken as whole.  A camera sends a picture; it keeps it for OnSend if Send fails, and goes
 * on if not.
 *
 * Fails when acknowledgements are late, so that the buffer has room for a part only: the stream has a hole.
 * Mended: it keeps what Send did not take.
 */
#include "tests/museum/upload.h"

static void send_picture(upload *u)
{
    char block[UPLOAD_PICTURE];
    if (u->mended) {
        upload_send_all(u);
        return;
    }
    while (u->sent < u->taken * UPLOAD_PICTURE) {
        for (unsigned i = 0; i < UPLOAD_PICTURE; i++)
            block[i] = upload_byte(u->sent + i);
        if (CAsyncSocket_Send(&u->camera, block, UPLOAD_PICTURE, 0) == SOCKET_ERROR)
            return;
        u->sent += UPLOAD_PICTURE;
    }
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
    (void)socket;
    (void)error;
    send_picture(duo_state());
}

static void call(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnSend = on_send};
    upload_begin(state, &vtbl);
}

static void build(sim_world *world, void *state) { upload_build(world, state, call); }

static bool is_done(sim_world *world, void *state) { return upload_is_done(world, state); }

DUO_BUG(31, "a partial Send is taken as whole", upload, NULL, NULL);
