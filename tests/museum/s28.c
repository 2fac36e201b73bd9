/* SPDX-License-Identifier: MIT
 *
 * OnSend as a periodic "ready".  A camera sends one picture for each OnSend, and believes that OnSend comes
 * whenever there is room.
 *
 * Fails always: OnSend comes once after the connection stands, and then only after a Send that failed with
 * WSAEWOULDBLOCK.  Mended: it sends until that error.
 */
#include "tests/museum/upload.h"

static void on_send(CAsyncSocket *socket, int error)
{
    upload *u = duo_state();
    (void)error;
    if (u->mended) {
        u->taken = UPLOAD_PICTURES;
        upload_send_all(u);
        return;
    }
    if (u->taken == UPLOAD_PICTURES)
        return;
    for (unsigned i = 0; i < UPLOAD_PICTURE; i++)
        u->buffer[i] = upload_byte(u->taken * UPLOAD_PICTURE + i);
    u->taken++;
    CAsyncSocket_Send(socket, u->buffer, UPLOAD_PICTURE, 0);
}

static void call(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnSend = on_send};
    upload_begin(state, &vtbl);
}

static void build(sim_world *world, void *state) { upload_build(world, state, call); }

static bool is_done(sim_world *world, void *state) { return upload_is_done(world, state); }

DUO_MISUSE(28, "OnSend as a periodic ready event", upload, NULL, NULL);
