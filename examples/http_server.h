/* SPDX-License-Identifier: MIT
 *
 * The HTTP server as a program: started on a thread of real or of simulated sockets.
 */
#ifndef EXAMPLES_HTTP_SERVER_H
#define EXAMPLES_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

typedef struct http_server {
    CAsyncSocket socket;
    const char *address; /* NULL: every interface */
    UINT port;
    int root;  /* descriptor of the directory whose files are served */
    int error; /* why it could not start, or 0 */
    bool done;
    bool paused; /* no memory or descriptors for another connection */
    cas_timer pause;
    uint64_t accepted, requests;
    struct connection *connections;
} http_server;

/* The argument is an http_server with address, port and root set, and all else zero. */
void http_server_start(void *server);
void http_server_stop(void *server);

#endif
