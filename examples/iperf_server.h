/* SPDX-License-Identifier: MIT
 *
 * A server for iperf3 as a program: one TCP test at a time, either way, with one or more streams.
 */
#ifndef EXAMPLES_IPERF_SERVER_H
#define EXAMPLES_IPERF_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

enum { IPERF_STREAMS_MAX = 16, IPERF_COOKIE_LEN = 37, IPERF_TEXT_MAX = 16384 };

typedef struct iperf_server iperf_server;

/* A connection: the control connection has number 0, streams have 1 and more. */
typedef struct iperf_connection {
    CAsyncSocket socket;
    iperf_server *server;
    int number;
    bool open;
    unsigned cookie_len; /* how much of it was received */
    char cookie[IPERF_COOKIE_LEN];
    uint64_t bytes;
} iperf_connection;

typedef enum iperf_phase {
    IPERF_FREE,       /* no test */
    IPERF_COOKIE,     /* the control connection is there */
    IPERF_PARAMETERS, /* their JSON comes */
    IPERF_STREAMS,    /* the streams connect */
    IPERF_RUNNING,
    IPERF_RESULTS, /* the client's results come */
    IPERF_DISPLAY  /* ours are gone; the client ends it */
} iperf_phase;

struct iperf_server {
    CAsyncSocket socket;
    const char *address; /* NULL: every interface */
    UINT port;
    int error; /* why it could not start, or 0 */
    iperf_phase phase;
    iperf_connection control, streams[IPERF_STREAMS_MAX];
    int stream_count, streams_wanted;
    bool reverse; /* the server sends */
    uint64_t start_ns, end_ns, tests;
    uint32_t text_len; /* of the JSON that comes: 4 octets of length, then the text */
    char text[IPERF_TEXT_MAX];
};

/* The argument is an iperf_server with address and port set, and all else zero. */
void iperf_server_start(void *server);
void iperf_server_stop(void *server);

#endif
