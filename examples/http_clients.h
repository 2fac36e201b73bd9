/* SPDX-License-Identifier: MIT
 *
 * HTTP clients that fetch files from a server and compare every byte with the files themselves.
 */
#ifndef EXAMPLES_HTTP_CLIENTS_H
#define EXAMPLES_HTTP_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

enum { HTTP_FILES_MAX = 4096, HTTP_PATH_MAX = 512 };

/* Regular files below a directory, sorted, as paths without a leading slash. */
typedef struct http_files {
    int root;
    size_t count;
    char **paths;
} http_files;

/* Finds them; follows no symbolic links.  root is borrowed.  False: no memory, or no file. */
bool http_files_scan(http_files *files, int root);
void http_files_free(http_files *files);

/* Fetches files one after the other on a kept connection.  By the number of the request it varies: some are
 * HEAD, some arrive in two pieces, some are asked for in pairs, some close the connection. */
typedef struct http_client {
    CAsyncSocket socket;
    const char *host;
    UINT port;
    const http_files *files;
    unsigned number;   /* which client this is; begins at another file */
    unsigned requests; /* how many to make */
    /* results */
    unsigned answered;
    uint64_t bytes; /* of bodies, compared */
    bool done;
    const char *failure; /* NULL: none */
    int error;           /* that belongs to it, or 0 */
    /* private */
    unsigned asked;
    bool closing; /* the answer under way is the last on this connection */
    cas_timer later;
    size_t out_begin, out_hold, out_end; /* out[begin .. hold) may be sent now, [hold .. end) later */
    bool in_body;
    int file;
    int64_t body_at, body_end;
    size_t head_len;
    char head[1024];
    char out[2 * (3 * HTTP_PATH_MAX + 128)];
} http_client;

void http_client_start(void *client);
void http_client_stop(void *client);
bool http_client_is_content(const http_client *client);

#endif
