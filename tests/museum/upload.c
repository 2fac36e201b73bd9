/* SPDX-License-Identifier: MIT
 *
 * See upload.h.
 */
#include "tests/museum/upload.h"

char upload_byte(unsigned place) { return (char)(1 + place / UPLOAD_PICTURE + place % 7 * 16); }

static void on_receive(CAsyncSocket *socket, int error)
{
    upload *u = duo_state();
    char block[4096];
    int count = CAsyncSocket_Receive(socket, block, sizeof block, 0);
    (void)error;
    for (int i = 0; i < count; i++, u->stored++) {
        if (block[i] != upload_byte(u->stored)) {
            sim_world_fail(duo_world(), "byte %u of the stream is not what was meant", u->stored);
            return;
        }
    }
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl session = {.OnReceive = on_receive};
    upload *u = state;
    duo_serve(&u->server, &u->session, &session);
}

void upload_build(sim_world *world, void *state, void (*call)(void *))
{
    duo_build(world, state, serve, call);
}

void upload_begin(upload *u, const CAsyncSocketVtbl *vtbl)
{
    int room = 2 * UPLOAD_PICTURE + 100;
    duo_connect(&u->camera, vtbl);
    CAsyncSocket_SetSockOpt(&u->camera, SO_SNDBUF, &room, sizeof room, SOL_SOCKET);
}

void upload_clock(upload *u, void (*on_tick)(cas_timer *, void *))
{
    u->clock.on_timer = on_tick;
    u->clock.context = u;
    u->taken = 1;
    on_tick(&u->clock, u);
}

void upload_next(upload *u)
{
    if (u->taken < UPLOAD_PICTURES) {
        u->taken++;
        cas_timer_start(&u->clock, (uint64_t)SIM_MS(20));
    }
}

void upload_send_all(upload *u)
{
    while (u->sent < u->taken * UPLOAD_PICTURE) {
        char block[512];
        int count, size = 0;
        for (; size < (int)sizeof block && u->sent + (unsigned)size < u->taken * UPLOAD_PICTURE; size++)
            block[size] = upload_byte(u->sent + (unsigned)size);
        count = CAsyncSocket_Send(&u->camera, block, size, 0);
        if (count <= 0)
            return;
        u->sent += (unsigned)count;
    }
}

bool upload_is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const upload *)state)->stored == UPLOAD_BYTES;
}
