/* SPDX-License-Identifier: MIT
 *
 * The echo server as a program: started on a thread of real or of simulated sockets.
 */
#ifndef EXAMPLES_ECHO_SERVER_H
#define EXAMPLES_ECHO_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

typedef struct echo_server {
    CAsyncSocket socket;
    const char *address; /* NULL: every interface */
    UINT port;
    bool once; /* stop after the first connection */
    bool done;
    int error;       /* why it could not start, or 0 */
    uint64_t bytes;  /* sent back so far */
    uint64_t resets; /* connections that died */
    struct connection *connections;
} echo_server;

/* The argument is an echo_server with address, port and once set, and all else zero. */
void echo_server_start(void *server);
void echo_server_stop(void *server);

#endif
