/* SPDX-License-Identifier: MIT
 *
 * Reads the head of an HTTP/1.x request.  Text in, struct out; no sockets, no memory.
 *
 * It is strict where leniency lets two readers disagree about where a request ends: a request with a body, a
 * continued field line or a stray control character is refused.
 */
#ifndef EXAMPLES_HTTP_REQUEST_H
#define EXAMPLES_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_HEAD_MAX = 8192 };

typedef struct http_request {
    bool head_only; /* the method is HEAD, not GET */
    bool keep_alive;
    bool http_1_1;            /* or later, but not 2 */
    unsigned hosts;           /* how many Host fields it had */
    char path[HTTP_HEAD_MAX]; /* decoded, without the query; begins with a slash, may contain ".." */
} http_request;

/* Length of the head, its empty line included, that text begins with; 0: it is not complete. */
size_t http_request_head_length(const char *text, size_t len);

/* Reads the complete head text[0 .. len), len > 0, and cuts it into pieces.  Returns 200, or the status that
 * refuses the request. */
int http_request_parse(char *text, size_t len, http_request *out);

#endif
