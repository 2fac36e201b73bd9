/* SPDX-License-Identifier: MIT
 *
 * A camera that sends numbered pictures to a server, one every 20 ms, through a send buffer that holds two of
 * them; what the programs of this family share.  They differ in what the camera does at a tick and in OnSend.
 *
 * The server takes every byte as it comes, and says where the stream is not what was meant.
 */
#ifndef TESTS_MUSEUM_UPLOAD_H
#define TESTS_MUSEUM_UPLOAD_H

#include "tests/museum/duo.h"

enum { UPLOAD_PICTURE = 2920, UPLOAD_PICTURES = 6, UPLOAD_BYTES = UPLOAD_PICTURE * UPLOAD_PICTURES };

typedef struct upload {
    bool mended; /* first */
    duo_server server;
    CAsyncSocket session, camera;
    cas_timer clock;
    unsigned stored; /* bytes at the server */
    unsigned taken;  /* pictures */
    unsigned sent;   /* bytes of the stream that Send took, or that the program believes it took */
    bool waits;      /* for OnSend */
    char buffer[UPLOAD_PICTURE];
} upload;

/* The world; call(state) runs on the camera, and is to call upload_begin. */
void upload_build(sim_world *, void *state, void (*call)(void *));
void upload_begin(upload *, const CAsyncSocketVtbl *);
/* Counts the first picture and runs on_tick, then again for each upload_next. */
void upload_clock(upload *, void (*on_tick)(cas_timer *, void *));
/* The next tick, if there are pictures left. */
void upload_next(upload *);
/* The byte at a place of the stream. */
char upload_byte(unsigned place);
/* Sends what is taken and not sent, as much as goes, until Send says WSAEWOULDBLOCK. */
void upload_send_all(upload *);
bool upload_is_done(sim_world *, void *state);

#endif
