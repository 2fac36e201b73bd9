/* SPDX-License-Identifier: MIT
 *
 * HTTP clients that compare what they fetch; see http_clients.h.
 *
 *   connecting -> asking   OnSend                                  [client_OnSend]
 *   asking     -> asking   an answer is complete and compared      [client_end_answer]
 *   asking     -> connecting  the server closed, as it was asked to  [client_end_stream]
 *   any        -> done     all is answered, or something is wrong  [client_finish]
 */
#include "http_clients.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LATER_NS 3000000u

/* ---- files ---- */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static bool files_add(http_files *files, const char *directory, const char *name)
{
    size_t front = strlen(directory), size = front + strlen(name) + 2;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    if (files->count == HTTP_FILES_MAX || size > HTTP_PATH_MAX)
        return true; /* the others are enough */
    char *path = malloc(size);
    if (path == NULL)
        return false;
    memcpy(path, directory, front);
    if (front > 0)
        path[front++] = '/';
    memcpy(path + front, name, strlen(name) + 1);
    files->paths[files->count++] = path;
    return true;
}

static bool files_list(http_files *files, const char *path)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int descriptor = openat(files->root, path[0] != '\0' ? path : ".", flags);
    DIR *directory = descriptor != -1 ? fdopendir(descriptor) : NULL;
    if (directory == NULL) {
        if (descriptor != -1)
            close(descriptor);
        return true;
    }
    bool good = true;
    for (struct dirent *entry = readdir(directory); good && entry != NULL; entry = readdir(directory))
        good = files_add(files, path, entry->d_name);
    closedir(directory);
    return good;
}

static bool is_kind(const http_files *files, const char *path, mode_t kind)
{
    struct stat status;
    return fstatat(files->root, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           (status.st_mode & S_IFMT) == kind && faccessat(files->root, path, R_OK, 0) == 0;
}

bool http_files_scan(http_files *files, int root)
{
    *files = (http_files){.root = root, .paths = calloc(HTTP_FILES_MAX, sizeof(char *))};
    bool good = files->paths != NULL && files_list(files, "");
    for (size_t i = 0; good && i < files->count; i++) {
        if (is_kind(files, files->paths[i], S_IFDIR))
            good = files_list(files, files->paths[i]);
    }
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++) {
        if (is_kind(files, files->paths[i], S_IFREG))
            files->paths[kept++] = files->paths[i];
        else
            free(files->paths[i]);
    }
    files->count = kept;
    if (good && kept > 0) {
        qsort(files->paths, kept, sizeof files->paths[0], by_name);
        return true;
    }
    http_files_free(files);
    return false;
}

void http_files_free(http_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (http_files){.root = -1};
}

/* ---- the variations ---- */

static bool is_head(unsigned request) { return request % 16 == 3; }
static bool is_split(unsigned request) { return request % 16 == 7; }
static bool is_closing(unsigned request) { return request % 16 == 11; }
static bool is_pair(unsigned request) { return request % 16 == 13; }

static const char *path_of(const http_client *self, unsigned request)
{
    return self->files->paths[(self->number * 7u + request) % self->files->count];
}

/* ---- asking ---- */

static void client_finish(http_client *self, const char *failure, int error)
{
    CAsyncSocket_Close(&self->socket);
    cas_timer_stop(&self->later);
    if (self->file != -1)
        close(self->file);
    self->file = -1;
    self->done = true;
    self->failure = failure;
    self->error = error;
}

/* out has room for two requests with the longest path. */
static void put(http_client *self, const char *text)
{
    size_t len = strlen(text);
    memcpy(self->out + self->out_end, text, len);
    self->out_end += len;
}

static void put_request(http_client *self, unsigned request)
{
    put(self, is_head(request) ? "HEAD /" : "GET /");
    for (const char *c = path_of(self, request); *c != '\0'; c++) {
        char text[4] = {*c};
        if (!isalnum((unsigned char)*c) && strchr("-._~/", *c) == NULL)
            snprintf(text, sizeof text, "%%%02X", (unsigned char)*c);
        put(self, text);
    }
    put(self, " HTTP/1.1\r\nHost: server\r\n");
    put(self, is_closing(request) ? "Connection: close\r\n\r\n" : "\r\n");
}

static void client_send(http_client *self)
{
    while (self->out_begin < self->out_hold) {
        int count = CAsyncSocket_Send(&self->socket, self->out + self->out_begin,
                                      (int)(self->out_hold - self->out_begin), 0);
        if (count == SOCKET_ERROR) {
            if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
                client_finish(self, "Send failed", CAsyncSocket_GetLastError());
            return;
        }
        self->out_begin += (size_t)count;
    }
    if (self->out_hold < self->out_end && self->later.thread == NULL)
        cas_timer_start(&self->later, LATER_NS);
}

static void client_on_timer(cas_timer *timer, void *context)
{
    http_client *self = context;
    (void)timer;
    self->out_hold = self->out_end;
    client_send(self);
}

static void client_ask(http_client *self)
{
    self->out_begin = self->out_end = 0;
    unsigned first = self->asked, count = is_pair(first) && first + 1 < self->requests ? 2 : 1;
    while (self->asked < first + count)
        put_request(self, self->asked++);
    self->out_hold = is_split(first) ? self->out_end / 2 : self->out_end;
    client_send(self);
}

static void client_connect(http_client *self)
{
    self->closing = false;
    if (!CAsyncSocket_Create(&self->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL))
        client_finish(self, "no socket", CAsyncSocket_GetLastError());
    else if (!CAsyncSocket_Connect(&self->socket, self->host, self->port) &&
             CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        client_finish(self, "cannot connect", CAsyncSocket_GetLastError());
}

/* ---- answers ---- */

/* Reads the head that self->head holds.  False: finished with a failure. */
static bool client_begin_answer(http_client *self)
{
    struct stat status;
    const char *length = strstr(self->head, "\r\nContent-Length: ");
    self->file = openat(self->files->root, path_of(self, self->answered), O_RDONLY | O_CLOEXEC);
    if (self->file == -1 || fstat(self->file, &status) != 0)
        client_finish(self, "cannot open the file to compare with", 0);
    else if (strncmp(self->head, "HTTP/1.1 200 ", 13) != 0)
        client_finish(self, "the status is not 200", 0);
    else if (length == NULL || strtoll(length + 18, NULL, 10) != status.st_size)
        client_finish(self, "Content-Length is not that of the file", 0);
    else if ((strstr(self->head, "\r\nConnection: close\r\n") != NULL) != is_closing(self->answered))
        client_finish(self, "the Connection field is not what was asked for", 0);
    if (self->done)
        return false;
    self->in_body = true;
    self->body_at = 0;
    self->body_end = is_head(self->answered) ? 0 : status.st_size;
    return true;
}

static void client_end_answer(http_client *self)
{
    self->closing = is_closing(self->answered);
    self->answered++;
    self->in_body = false;
    self->head_len = 0;
    close(self->file);
    self->file = -1;
    if (self->closing || self->answered < self->asked)
        return;
    if (self->asked < self->requests)
        client_ask(self);
    else
        client_finish(self, NULL, 0);
}

/* Takes bytes of the head one by one; returns how many. */
static size_t client_take_head(http_client *self, const char *piece, size_t len)
{
    size_t taken = 0;
    bool complete = false;
    while (taken < len && !complete && self->head_len < sizeof self->head - 1) {
        self->head[self->head_len++] = piece[taken++];
        complete = self->head_len >= 4 && memcmp(self->head + self->head_len - 4, "\r\n\r\n", 4) == 0;
    }
    self->head[self->head_len] = '\0';
    if (complete)
        client_begin_answer(self);
    else if (self->head_len == sizeof self->head - 1)
        client_finish(self, "the head of the answer is too long", 0);
    return taken;
}

static size_t client_take_body(http_client *self, const char *piece, size_t len)
{
    char expected[4096];
    size_t want = len < sizeof expected ? len : sizeof expected;
    if ((int64_t)want > self->body_end - self->body_at)
        want = (size_t)(self->body_end - self->body_at);
    ssize_t got = pread(self->file, expected, want, self->body_at);
    if (got != (ssize_t)want || memcmp(expected, piece, want) != 0)
        client_finish(self, "the body differs from the file", 0);
    self->body_at += (int64_t)want;
    self->bytes += want;
    return want;
}

static void client_take(http_client *self, const char *piece, size_t len)
{
    size_t at = 0;
    while (at < len && !self->done) {
        if (self->answered == self->asked || self->closing) {
            client_finish(self, "more came than was asked for", 0);
            return;
        }
        at += self->in_body ? client_take_body(self, piece + at, len - at)
                            : client_take_head(self, piece + at, len - at);
        if (!self->done && self->in_body && self->body_at == self->body_end)
            client_end_answer(self);
    }
}

static void client_end_stream(http_client *self)
{
    CAsyncSocket_Close(&self->socket);
    if (!self->closing)
        client_finish(self, "the server closed a kept connection", 0);
    else if (self->answered == self->requests)
        client_finish(self, NULL, 0);
    else
        client_connect(self);
}

/* True while there may be more to read. */
static bool client_receive(http_client *self)
{
    char piece[16384];
    int count = CAsyncSocket_Receive(&self->socket, piece, sizeof piece, 0);
    if (count > 0) {
        client_take(self, piece, (size_t)count);
        return !self->done;
    }
    if (count == 0)
        client_end_stream(self);
    else if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        client_finish(self, "Receive failed", CAsyncSocket_GetLastError());
    return false;
}

static void client_OnConnect(CAsyncSocket *socket, int nErrorCode)
{
    if (nErrorCode != 0)
        client_finish((http_client *)socket, "no connection", nErrorCode);
}

static void client_OnSend(CAsyncSocket *socket, int nErrorCode)
{
    http_client *self = (http_client *)socket;
    (void)nErrorCode;
    if (self->asked == self->answered && !self->closing)
        client_ask(self); /* the connection is new */
    else
        client_send(self);
}

static void client_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    client_receive((http_client *)socket);
}

static void client_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    http_client *self = (http_client *)socket;
    if (nErrorCode != 0) {
        client_finish(self, "the connection died", nErrorCode);
        return;
    }
    while (client_receive(self))
        continue;
}

static const CAsyncSocketVtbl client_vtbl = {
    .OnConnect = client_OnConnect,
    .OnSend = client_OnSend,
    .OnReceive = client_OnReceive,
    .OnClose = client_OnClose,
};

void http_client_start(void *client)
{
    http_client *self = client;
    CAsyncSocket_Construct(&self->socket, &client_vtbl);
    self->later.on_timer = client_on_timer;
    self->later.context = self;
    self->file = -1;
    if (self->requests == 0)
        client_finish(self, NULL, 0);
    else
        client_connect(self);
}

void http_client_stop(void *client)
{
    http_client *self = client;
    if (!self->done)
        client_finish(self, "the answer never came", 0);
}

bool http_client_is_content(const http_client *client) { return client->done && client->failure == NULL; }
