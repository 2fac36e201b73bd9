/* SPDX-License-Identifier: MIT
 *
 * The echo client as a program: started on a thread of real or of simulated sockets.
 */
#ifndef EXAMPLES_ECHO_CLIENT_H
#define EXAMPLES_ECHO_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

typedef struct echo_client {
    CAsyncSocket socket;
    const char *host;
    UINT port;
    int64_t bytes; /* how many to send; one urgent byte goes in the middle */
    int64_t sent, received;
    bool urgent_sent, urgent_received, shut_down;
    bool done;
    const char *failure; /* NULL: all came back */
    int error;           /* that belongs to failure, or 0 */
} echo_client;

/* The argument is an echo_client with host, port and bytes set, and all else zero. */
void echo_client_start(void *client);
void echo_client_stop(void *client);

/* Says how it went on stdout, and on stderr what went wrong; returns 0 or 1, for main to return. */
int echo_client_print(const echo_client *client);

#endif
