/* SPDX-License-Identifier: MIT
 *
 * A static file server for HTTP/1.1 (RFC 9110, 9112): GET and HEAD, kept connections, pipelining.
 *
 * Invariants of a connection:
 *  1. It reads only while it has nothing to send, so a client that does not read costs one chunk of memory.
 *  2. After an OnReceive that was not answered with a Receive, owes_receive is set until it is.
 *  3. It has a chunk and a file only in PHASE_RESPONSE.
 *
 *   REQUEST  -> RESPONSE   a request head is complete, or is refused        [connection_take_request]
 *   RESPONSE -> REQUEST    the last byte was taken, the connection is kept  [connection_end_response]
 *   RESPONSE -> DRAIN      the same, but it is not kept: our half closes    [connection_end_response]
 *   any      -> deleted    end of stream, error, or too slow                [connection_delete]
 *
 * DRAIN reads until the client has closed too: a Close with unread data would be a reset, and could destroy
 * what the client has not read yet.
 *
 * It does not: ranges, compression, TLS, request bodies, a Date field (a simulated world has no date).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_request.h"
#include "http_server.h"

#define SECOND_NS 1000000000u
#define IDLE_NS (30u * (uint64_t)SECOND_NS) /* without a byte sent */
#define DRAIN_NS (5u * (uint64_t)SECOND_NS)
#define PAUSE_NS (SECOND_NS / 10u)

enum { CHUNK_MAX = 65536, RESPONSE_HEAD_MAX = 512 };

typedef enum phase { PHASE_REQUEST, PHASE_RESPONSE, PHASE_DRAIN } phase;

typedef struct connection connection;

struct connection {
    CAsyncSocket socket;
    http_server *server;
    connection *next, **link;
    cas_timer timer;
    uint64_t active_ns; /* when it was accepted, or last sent something */
    phase phase;
    bool owes_receive, peer_closed, keep_alive;
    int file; /* -1: none */
    int64_t file_left;
    char *chunk;
    size_t chunk_size, chunk_begin, chunk_end;
    size_t head_len; /* head[0 .. head_len) was received and not taken yet */
    char head[HTTP_HEAD_MAX];
};

/* ---- files ---- */

#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Opens what path names below root, segment by segment and never through a symbolic link, so that no path
 * leads out.  Cuts path.  Returns root itself, a new descriptor, or -1 with errno. */
static int open_below(int root, char *path)
{
    int at = root;
    char *rest = NULL, *name = strtok_r(path, "/", &rest);
    for (; name != NULL && at != -1; name = strtok_r(NULL, "/", &rest)) {
        errno = ENOENT;
        int next = strcmp(name, "..") == 0 ? -1 : openat(at, name, OPEN_FLAGS);
        int error = errno;
        if (at != root)
            close(at);
        at = next;
        errno = error;
    }
    return at;
}

static const char *content_type(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".htm", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/markdown; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".ico", "image/vnd.microsoft.icon"},
        {".pdf", "application/pdf"},
        {".wasm", "application/wasm"},
        {".woff2", "font/woff2"},
        {".xml", "application/xml"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(dot, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

/* Opens the regular file, or the index.html of the directory, that path names.  Returns the status: 200, or
 * 404 or 503 without a file. */
static int open_file(int root, char *path, int *out, int64_t *size, const char **type)
{
    struct stat status;
    bool wants_directory = path[0] == '\0' || path[strlen(path) - 1] == '/';
    *type = content_type(path);
    int file = open_below(root, path);
    if (file != -1 && fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
        int index = openat(file, "index.html", OPEN_FLAGS);
        if (file != root)
            close(file);
        file = index;
        wants_directory = false;
        *type = content_type("index.html");
    }
    if (file == -1)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? 503 : 404;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || wants_directory) {
        close(file);
        return 404;
    }
    *size = status.st_size;
    *out = file;
    return 200;
}

/* ---- connections ---- */

static void connection_release_response(connection *self)
{
    if (self->file != -1)
        close(self->file);
    self->file = -1;
    free(self->chunk);
    self->chunk = NULL;
    self->chunk_begin = self->chunk_end = 0;
}

static void connection_delete(connection *self)
{
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
    cas_timer_stop(&self->timer);
    connection_release_response(self);
    CAsyncSocket_Destruct(&self->socket);
    free(self);
}

static const char *reason_of(int status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "HTTP Version Not Supported";
    }
}

/* Puts the head of the response, and the body of a refusal, into a new chunk. */
static void connection_begin_response(connection *self, http_request *request, int status)
{
    const char *type = NULL;
    char refusal[64] = "";
    self->file_left = 0;
    if (status == 200)
        status = open_file(self->server->root, request->path, &self->file, &self->file_left, &type);
    int64_t length = self->file_left;
    if (status != 200) {
        type = "text/plain; charset=utf-8";
        length = snprintf(refusal, sizeof refusal, "%d %s\n", status, reason_of(status));
    }
    if (request->head_only)
        self->file_left = 0;
    self->keep_alive = request->keep_alive && (status == 200 || status == 404);
    self->chunk_size = RESPONSE_HEAD_MAX + (size_t)(self->file_left < CHUNK_MAX - RESPONSE_HEAD_MAX
                                                        ? self->file_left
                                                        : CHUNK_MAX - RESPONSE_HEAD_MAX);
    self->chunk = malloc(self->chunk_size);
    if (self->chunk == NULL)
        return; /* connection_send gives up */
    int head = snprintf(self->chunk, self->chunk_size,
                        "HTTP/1.1 %d %s\r\nServer: castanet-example\r\nContent-Type: %s\r\n"
                        "Content-Length: %lld\r\n%sConnection: %s\r\n\r\n%s",
                        status, reason_of(status), type, (long long)length,
                        status == 405 ? "Allow: GET, HEAD\r\n" : "",
                        self->keep_alive ? "keep-alive" : "close", request->head_only ? "" : refusal);
    self->chunk_end = (size_t)head;
}

/* False: the file is shorter than the head promised. */
static bool connection_fill(connection *self)
{
    if (self->chunk_begin == self->chunk_end)
        self->chunk_begin = self->chunk_end = 0;
    size_t room = self->chunk_size - self->chunk_end;
    if (room == 0 || self->file_left == 0)
        return true;
    size_t want = (int64_t)room < self->file_left ? room : (size_t)self->file_left;
    ssize_t count = read(self->file, self->chunk + self->chunk_end, want);
    if (count <= 0)
        return false;
    self->chunk_end += (size_t)count;
    self->file_left -= count;
    return true;
}

static void connection_end_response(connection *self)
{
    connection_release_response(self);
    self->server->requests++;
    self->phase = PHASE_REQUEST;
    if (self->keep_alive)
        return;
    self->phase = PHASE_DRAIN;
    self->head_len = 0;
    CAsyncSocket_ShutDown(&self->socket, CAsyncSocket_sends);
    cas_timer_start(&self->timer, DRAIN_NS);
}

/* True when the response is out; false when OnSend has to go on, or self is gone. */
static bool connection_send(connection *self)
{
    if (self->chunk == NULL) {
        connection_delete(self);
        return false;
    }
    while (self->chunk_begin < self->chunk_end || self->file_left > 0) {
        if (!connection_fill(self)) {
            connection_delete(self);
            return false;
        }
        int count = CAsyncSocket_Send(&self->socket, self->chunk + self->chunk_begin,
                                      (int)(self->chunk_end - self->chunk_begin), 0);
        if (count == SOCKET_ERROR) {
            if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
                connection_delete(self);
            return false;
        }
        self->chunk_begin += (size_t)count;
        self->active_ns = cas_now_ns();
    }
    connection_end_response(self);
    return true;
}

static void drop_front(connection *self, size_t len)
{
    self->head_len -= len;
    memmove(self->head, self->head + len, self->head_len);
}

/* False: there is no complete request yet. */
static bool connection_take_request(connection *self)
{
    size_t empty = 0;
    while (empty < self->head_len && (self->head[empty] == '\r' || self->head[empty] == '\n'))
        empty++;
    drop_front(self, empty);
    size_t len = http_request_head_length(self->head, self->head_len);
    if (len == 0 && self->head_len < HTTP_HEAD_MAX)
        return false;
    http_request request = {0};
    int status = len == 0 ? 431 : http_request_parse(self->head, len, &request);
    drop_front(self, len);
    self->phase = PHASE_RESPONSE;
    connection_begin_response(self, &request, status);
    return true;
}

/* True when something came; false when there is nothing now, or self is gone. */
static bool connection_receive(connection *self)
{
    self->owes_receive = false;
    int count = CAsyncSocket_Receive(&self->socket, self->head + self->head_len,
                                     (int)(HTTP_HEAD_MAX - self->head_len), 0);
    if (count > 0) {
        if (self->phase == PHASE_REQUEST)
            self->head_len += (size_t)count;
        return true;
    }
    if (count == 0 || CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        connection_delete(self);
    return false;
}

/* All that can be done now.  Receives once for an OnReceive, and to the end after OnClose. */
static void connection_advance(connection *self)
{
    for (;;) {
        if (self->phase == PHASE_RESPONSE && !connection_send(self))
            return;
        if (self->phase == PHASE_REQUEST && connection_take_request(self))
            continue;
        if (!self->owes_receive && !self->peer_closed)
            return;
        if (!connection_receive(self))
            return;
    }
}

static void connection_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    connection *self = (connection *)socket;
    (void)nErrorCode;
    self->owes_receive = true;
    connection_advance(self);
}

static void connection_OnSend(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    connection_advance((connection *)socket);
}

static void connection_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    connection *self = (connection *)socket;
    if (nErrorCode != 0) {
        connection_delete(self);
        return;
    }
    self->peer_closed = true;
    connection_advance(self);
}

static const CAsyncSocketVtbl connection_vtbl = {
    .OnReceive = connection_OnReceive, .OnSend = connection_OnSend, .OnClose = connection_OnClose};

/* Looks now and then instead of being moved with every byte sent. */
static void connection_on_timer(cas_timer *timer, void *context)
{
    connection *self = context;
    uint64_t limit = self->phase == PHASE_DRAIN ? DRAIN_NS : IDLE_NS;
    uint64_t idle = cas_now_ns() - self->active_ns;
    if (idle >= limit)
        connection_delete(self);
    else
        cas_timer_start(timer, limit - idle);
}

/* ---- server ---- */

static void server_add(http_server *self, connection *accepted)
{
    accepted->server = self;
    accepted->file = -1;
    accepted->active_ns = cas_now_ns();
    accepted->next = self->connections;
    accepted->link = &self->connections;
    if (accepted->next != NULL)
        accepted->next->link = &accepted->next;
    self->connections = accepted;
    self->accepted++;
    accepted->timer.on_timer = connection_on_timer;
    accepted->timer.context = accepted;
    cas_timer_start(&accepted->timer, IDLE_NS);
}

/* 0, or why there is no further connection. */
static int server_accept(http_server *self)
{
    connection *accepted = calloc(1, sizeof *accepted);
    if (accepted == NULL)
        return WSAENOBUFS;
    CAsyncSocket_Construct(&accepted->socket, &connection_vtbl);
    if (CAsyncSocket_Accept(&self->socket, &accepted->socket, NULL, NULL)) {
        server_add(self, accepted);
        return 0;
    }
    int error = CAsyncSocket_GetLastError();
    free(accepted);
    bool went_away = error == WSAECONNRESET || error == WSAECONNABORTED; /* while it waited */
    return went_away ? 0 : error;
}

static void server_OnAccept(CAsyncSocket *socket, int nErrorCode)
{
    http_server *self = (http_server *)socket;
    (void)nErrorCode;
    if (self->paused)
        return; /* posted before the pause began */
    int error = 0;
    while (error == 0)
        error = server_accept(self);
    if (error == WSAEWOULDBLOCK)
        return;
    /* Out of memory or descriptors: OnAccept would come at once, again and again; so look away a while. */
    self->paused = CAsyncSocket_AsyncSelect(&self->socket, 0);
    cas_timer_start(&self->pause, PAUSE_NS);
}

static void server_on_pause_end(cas_timer *timer, void *context)
{
    http_server *self = context;
    (void)timer;
    self->paused = false;
    CAsyncSocket_AsyncSelect(&self->socket, CASYNCSOCKET_DEFAULT_EVENTS);
}

static const CAsyncSocketVtbl server_vtbl = {.OnAccept = server_OnAccept};

void http_server_start(void *argument)
{
    http_server *self = argument;
    CAsyncSocket *socket = &self->socket;
    int yes = 1;
    self->pause.on_timer = server_on_pause_end;
    self->pause.context = self;
    CAsyncSocket_Construct(socket, &server_vtbl);
    int family = self->address != NULL && strchr(self->address, ':') != NULL ? AF_INET6 : AF_INET;
    if (CAsyncSocket_Socket(socket, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, 0, family) &&
        CAsyncSocket_SetSockOpt(socket, SO_REUSEADDR, &yes, sizeof yes, SOL_SOCKET) &&
        CAsyncSocket_Bind(socket, self->port, self->address) && CAsyncSocket_Listen(socket, 511))
        return;
    self->error = CAsyncSocket_GetLastError();
    self->done = true;
}

void http_server_stop(void *argument)
{
    http_server *self = argument;
    cas_timer_stop(&self->pause);
    while (self->connections != NULL)
        connection_delete(self->connections);
    CAsyncSocket_Destruct(&self->socket);
}
