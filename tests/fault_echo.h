/* SPDX-License-Identifier: MIT
 *
 * A client that sends bytes and a server that returns them, both correct: they cope with whatever a stream
 * socket may answer.  For runs under faults.
 */
#ifndef TESTS_FAULT_ECHO_H
#define TESTS_FAULT_ECHO_H

#include "castanet/sim_fault.h"
#include "tests/fixture.h"

enum { ECHO_BUFFER = 3000 };

/* How the client is written. */
typedef struct echo_program {
    bool patient;           /* it says that it has sent all only when all have come back */
    bool fatal_would_block; /* planted bug: WSAEWOULDBLOCK in OnReceive ends the connection */
} echo_program;

/* One end of the connection. */
typedef struct echo_end {
    CAsyncSocket socket;
    struct echo_run *run;
    uint8_t buffer[ECHO_BUFFER];
    size_t held;   /* server: bytes in buffer that are to be returned */
    bool may_read; /* a notification said so, and no receive has answered yet */
    bool finished; /* OnClose came: from now on it reads to the end */
    bool done;
} echo_end;

typedef struct echo_run {
    arena *arena;
    CAsyncSocket listener;
    echo_end client, server;
    size_t total, sent, returned;
    size_t wrong; /* bytes that are not those that were sent */
    int error;    /* the first code that ends a connection, or 0 */
    echo_program program;
} echo_run;

/* Runs total bytes to and fro, from thread a to thread b, until both ends are done or nothing happens any
 * more; then closes what is open. */
void echo_run_over(echo_run *, arena *, size_t total, echo_program program);

/* Every byte came back, and both ends know it. */
bool echo_is_complete(const echo_run *);

#endif
