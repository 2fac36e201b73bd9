/* SPDX-License-Identifier: MIT
 *
 * A stage: sockets in the states that matter to checks of arguments, in one arena.
 */
#ifndef TESTS_FIXTURE_STAGE_H
#define TESTS_FIXTURE_STAGE_H

#include "tests/fixture.h"

typedef struct stage {
    arena *arena;
    recorder client, server; /* connected; client on thread a */
    recorder idle;           /* stream, neither bound nor connected */
    recorder listener;       /* stream, listening */
    recorder datagram;       /* bound */
    recorder unbound;        /* datagram, not bound */
    recorder empty;          /* no socket */
    char text[46];
    uint8_t bytes[16];
} stage;

/* Thread b is current afterwards. */
void stage_open(stage *, arena *);
/* Checks that the connection still carries bytes and that the others are in the state they had. */
void stage_check(stage *);
void stage_close(stage *);

#endif
