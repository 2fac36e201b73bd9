/* SPDX-License-Identifier: MIT
 *
 * The protocol of iperf3, as far as a TCP test needs it.  Over the control connection the client sends a
 * cookie of 37 octets; then either side tells the state of the test in one octet, and texts of JSON go
 * behind 4 octets with their length.
 *
 *   FREE -> COOKIE        the control connection is accepted             [server_OnAccept]
 *   COOKIE -> PARAMETERS  the cookie is complete; PARAM_EXCHANGE         [control_read]
 *   PARAMETERS -> STREAMS the parameters are complete; CREATE_STREAMS    [take_parameters]
 *   STREAMS -> RUNNING    every stream sent the cookie; TEST_START, RUN  [take_stream_cookie]
 *   RUNNING -> RESULTS    the client's TEST_END; EXCHANGE_RESULTS        [control_read]
 *   RESULTS -> DISPLAY    its results are complete; ours, DISPLAY        [take_results]
 *   any -> FREE           the control connection ended                   [end_test]
 */
#include "iperf_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEST_START = 1,
    TEST_RUNNING = 2,
    TEST_END = 4,
    PARAM_EXCHANGE = 9,
    CREATE_STREAMS = 10,
    EXCHANGE_RESULTS = 13,
    DISPLAY_RESULTS = 14,
    CHUNK = 65536
};

static const CAsyncSocketVtbl control_vtbl, stream_vtbl;

/* ---- ends ---- */

static void connection_close(iperf_connection *self)
{
    if (self->open)
        CAsyncSocket_Destruct(&self->socket);
    self->open = false;
}

static void end_test(iperf_server *self)
{
    for (int i = 0; i < self->stream_count; i++)
        connection_close(&self->streams[i]);
    connection_close(&self->control);
    self->stream_count = 0;
    self->phase = IPERF_FREE;
}

/* ---- control ---- */

/* What is said here is short, and fits the socket's buffer. */
static void say(iperf_server *self, const void *bytes, size_t len)
{
    if (CAsyncSocket_Send(&self->control.socket, bytes, (int)len, 0) != (int)len)
        end_test(self);
}

static void say_state(iperf_server *self, iperf_phase phase, char state)
{
    self->phase = phase;
    self->text_len = 0;
    say(self, &state, 1);
}

static int64_t number_of(const char *json, const char *key, int64_t missing)
{
    const char *at = strstr(json, key);
    return at == NULL ? missing : strtoll(at + strlen(key), NULL, 10);
}

static void take_parameters(iperf_server *self, const char *json)
{
    self->reverse = strstr(json, "\"reverse\":true") != NULL;
    self->streams_wanted = (int)number_of(json, "\"parallel\":", 1);
    bool can = strstr(json, "\"tcp\":true") != NULL && strstr(json, "\"bidirectional\"") == NULL &&
               self->streams_wanted >= 1 && self->streams_wanted <= IPERF_STREAMS_MAX;
    if (can)
        say_state(self, IPERF_STREAMS, CREATE_STREAMS);
    else
        end_test(self);
}

static size_t print_results(const iperf_server *self, char *json, size_t size)
{
    size_t len = (size_t)snprintf(json, size,
                                  "{\"cpu_util_total\":0,\"cpu_util_user\":0,\"cpu_util_system\":0,"
                                  "\"sender_has_retransmits\":0,\"streams\":[");
    uint64_t ms = (self->end_ns - self->start_ns) / 1000000u;
    for (int i = 0; i < self->stream_count; i++) {
        len += (size_t)snprintf(json + len, size - len,
                                "%s{\"id\":%d,\"bytes\":%" PRIu64 ",\"retransmits\":-1,\"jitter\":0,"
                                "\"errors\":0,\"packets\":0,\"start_time\":0,\"end_time\":%" PRIu64 ".%03u}",
                                i == 0 ? "" : ",", i == 0 ? 1 : i + 2, /* iperf3 numbers them 1, 3, 4 ... */
                                self->streams[i].bytes, ms / 1000, (unsigned)(ms % 1000));
    }
    return len + (size_t)snprintf(json + len, size - len, "]}");
}

static void take_results(iperf_server *self)
{
    char text[4 + 200 * (IPERF_STREAMS_MAX + 1)];
    uint32_t len = (uint32_t)print_results(self, text + 4, sizeof text - 4);
    for (int i = 0; i < 4; i++)
        text[i] = (char)(len >> (24 - 8 * i));
    say(self, text, 4 + len);
    if (self->phase != IPERF_FREE)
        say_state(self, IPERF_DISPLAY, DISPLAY_RESULTS);
    self->tests++;
}

/* One octet more of a text; true when it is complete, and terminated. */
static bool take_text(iperf_server *self, char octet)
{
    self->text[self->text_len++] = octet;
    if (self->text_len < 4)
        return false;
    uint32_t len = 0;
    for (int i = 0; i < 4; i++)
        len = len << 8 | (uint8_t)self->text[i];
    if (len > IPERF_TEXT_MAX - 5) {
        end_test(self);
        return false;
    }
    self->text[self->text_len] = '\0';
    return self->text_len == 4 + len;
}

/* The streams end here: a client that receives reads on until they do. */
static void end_of_test(iperf_server *self)
{
    self->end_ns = cas_now_ns();
    for (int i = 0; i < self->stream_count; i++)
        connection_close(&self->streams[i]);
    say_state(self, IPERF_RESULTS, EXCHANGE_RESULTS);
}

/* What an octet of the control connection means. */
static void control_read(iperf_server *self, char octet)
{
    switch (self->phase) {
    case IPERF_COOKIE:
        self->control.cookie[self->control.cookie_len++] = octet;
        if (self->control.cookie_len == IPERF_COOKIE_LEN)
            say_state(self, IPERF_PARAMETERS, PARAM_EXCHANGE);
        break;
    case IPERF_PARAMETERS:
        if (take_text(self, octet))
            take_parameters(self, self->text + 4);
        break;
    case IPERF_RUNNING:
        if (octet == TEST_END)
            end_of_test(self);
        break;
    case IPERF_RESULTS:
        if (take_text(self, octet))
            take_results(self);
        break;
    default: break; /* IPERF_DONE, or what nobody asked for */
    }
}

static void control_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    iperf_server *self = ((iperf_connection *)socket)->server;
    char buf[512];
    (void)nErrorCode;
    int count = CAsyncSocket_Receive(socket, buf, sizeof buf, 0);
    for (int i = 0; i < count && self->control.open; i++)
        control_read(self, buf[i]);
}

static void control_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    control_OnReceive(socket, nErrorCode);
    end_test(((iperf_connection *)socket)->server);
}

static const CAsyncSocketVtbl control_vtbl = {.OnReceive = control_OnReceive, .OnClose = control_OnClose};

/* ---- streams ---- */

static void stream_send(iperf_connection *self)
{
    static const char zeros[CHUNK];
    int count;
    if (!self->server->reverse || self->server->phase != IPERF_RUNNING)
        return;
    while ((count = CAsyncSocket_Send(&self->socket, zeros, sizeof zeros, 0)) > 0)
        self->bytes += (uint64_t)count;
}

static void take_stream_cookie(iperf_connection *self, int count)
{
    iperf_server *server = self->server;
    self->cookie_len += (unsigned)count;
    if (self->cookie_len < IPERF_COOKIE_LEN)
        return;
    if (memcmp(self->cookie, server->control.cookie, IPERF_COOKIE_LEN) != 0) {
        end_test(server);
        return;
    }
    for (int i = 0; i < server->stream_count; i++) {
        if (server->streams[i].cookie_len < IPERF_COOKIE_LEN)
            return;
    }
    if (server->stream_count < server->streams_wanted)
        return;
    server->start_ns = cas_now_ns();
    say_state(server, IPERF_RUNNING, TEST_START);
    if (server->phase == IPERF_RUNNING)
        say_state(server, IPERF_RUNNING, TEST_RUNNING);
    for (int i = 0; i < server->stream_count; i++)
        stream_send(&server->streams[i]);
}

static void stream_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    iperf_connection *self = (iperf_connection *)socket;
    static char sink[CHUNK];
    (void)nErrorCode;
    if (self->cookie_len < IPERF_COOKIE_LEN) {
        int count = CAsyncSocket_Receive(socket, self->cookie + self->cookie_len,
                                         (int)(IPERF_COOKIE_LEN - self->cookie_len), 0);
        if (count > 0)
            take_stream_cookie(self, count);
        return;
    }
    int count = CAsyncSocket_Receive(socket, sink, sizeof sink, 0);
    if (count > 0)
        self->bytes += (uint64_t)count;
}

static void stream_OnSend(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    stream_send((iperf_connection *)socket);
}

static const CAsyncSocketVtbl stream_vtbl = {.OnReceive = stream_OnReceive, .OnSend = stream_OnSend};

/* ---- accepting ---- */

/* Where the next connection goes; NULL: nowhere. */
static iperf_connection *next_connection(iperf_server *self)
{
    if (self->phase == IPERF_FREE)
        return &self->control;
    bool wanted = self->phase == IPERF_STREAMS && self->stream_count < self->streams_wanted;
    return wanted ? &self->streams[self->stream_count] : NULL;
}

static void server_OnAccept(CAsyncSocket *socket, int nErrorCode)
{
    iperf_server *self = (iperf_server *)socket;
    iperf_connection refused = {.number = 0}, *next = next_connection(self);
    iperf_connection *connection = next != NULL ? next : &refused;
    bool is_control = connection == &self->control;
    (void)nErrorCode;
    *connection = (iperf_connection){.server = self, .number = is_control ? 0 : self->stream_count + 1};
    CAsyncSocket_Construct(&connection->socket, is_control ? &control_vtbl : &stream_vtbl);
    connection->open = CAsyncSocket_Accept(socket, &connection->socket, NULL, NULL);
    if (next == NULL || !connection->open) {
        CAsyncSocket_Destruct(&connection->socket);
        connection->open = false;
        return;
    }
    if (is_control)
        self->phase = IPERF_COOKIE;
    else
        self->stream_count++;
}

static const CAsyncSocketVtbl server_vtbl = {.OnAccept = server_OnAccept};

void iperf_server_start(void *argument)
{
    iperf_server *self = argument;
    CAsyncSocket_Construct(&self->socket, &server_vtbl);
    if (!CAsyncSocket_Create(&self->socket, self->port, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS,
                             self->address) ||
        !CAsyncSocket_Listen(&self->socket, 5))
        self->error = CAsyncSocket_GetLastError();
}

void iperf_server_stop(void *argument)
{
    iperf_server *self = argument;
    end_test(self);
    CAsyncSocket_Destruct(&self->socket);
}
