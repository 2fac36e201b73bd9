/* SPDX-License-Identifier: MIT
 *
 * Echo: a server that sends back what it receives, and a client that checks it.
 *
 * It shows the four things that a CAsyncSocket program has to get right:
 *  1. Send may take a part, or nothing: keep the rest and go on in OnSend.
 *  2. OnReceive comes again only after a Receive.  A program that does not Receive, because it cannot send,
 *     has to remember that it owes one.
 *  3. OnClose may overtake data: read until Receive returns 0, answer, and only then Close.
 *  4. Urgent data (MSG_OOB) travels beside the stream and has its own notification.
 *
 * Program code is everything above main's part; it is the same on real sockets and in a simulated world.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

/* ---- server ---- */

typedef struct connection connection;

typedef struct echo_server {
    CAsyncSocket socket;
    const char *address;     /* NULL: every interface */
    UINT port;
    bool once;               /* stop after the first connection */
    bool done;
    int error;               /* why it could not start, or 0 */
    uint64_t bytes;          /* sent back so far */
    connection *connections;
} echo_server;

/* Derived from CAsyncSocket: the base is the first member, so a pointer to one is a pointer to the other. */
struct connection {
    CAsyncSocket socket;
    echo_server *server;
    connection *next, **link;
    bool owes_receive;       /* OnReceive came and was not answered with a Receive yet */
    bool peer_closed;        /* OnClose came: what is to be read is all there */
    bool owes_urgent;
    char urgent;
    size_t begin, end;       /* buffer[begin .. end) was received and is to be sent */
    char buffer[8192];
};

static void connection_delete(connection *self)
{
    echo_server *server = self->server;
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
    CAsyncSocket_Destruct(&self->socket);
    free(self);
    server->done = server->once;
}

/* True when everything was sent; false when OnSend has to go on, or self is gone. */
static bool connection_send_rest(connection *self)
{
    while (self->owes_urgent || self->begin < self->end) {
        bool urgent = self->owes_urgent;
        int count = urgent ? CAsyncSocket_Send(&self->socket, &self->urgent, 1, MSG_OOB)
                           : CAsyncSocket_Send(&self->socket, self->buffer + self->begin,
                                               (int)(self->end - self->begin), 0);
        if (count == SOCKET_ERROR) {
            if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
                connection_delete(self);
            return false;
        }
        if (urgent)
            self->owes_urgent = false;
        else
            self->begin += (size_t)count;
        self->server->bytes += (uint64_t)count;
    }
    return true;
}

static bool connection_take_urgent(connection *self)
{
    if (!self->owes_urgent)
        self->owes_urgent = CAsyncSocket_Receive(&self->socket, &self->urgent, 1, MSG_OOB) == 1;
    return self->owes_urgent;
}

/* True when there is something to send back; false when there is nothing now, or self is gone. */
static bool connection_receive(connection *self)
{
    /* Some systems forget an urgent byte when the stream is read past it, so it goes first. */
    if (connection_take_urgent(self))
        return true;
    self->owes_receive = false;
    int count = CAsyncSocket_Receive(&self->socket, self->buffer, sizeof self->buffer, 0);
    if (count > 0) {
        self->begin = 0;
        self->end = (size_t)count;
        return true;
    }
    if (count == 0 || CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        connection_delete(self);
    return false;
}

/* Never reads while it still has to send, so a client that does not read cannot fill the server's memory. */
static void connection_advance(connection *self)
{
    while (connection_send_rest(self)) {
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

static void connection_OnOutOfBandData(CAsyncSocket *socket, int nErrorCode)
{
    connection *self = (connection *)socket;
    (void)nErrorCode;
    connection_take_urgent(self);
    connection_advance(self);
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
    .OnReceive = connection_OnReceive,
    .OnSend = connection_OnSend,
    .OnOutOfBandData = connection_OnOutOfBandData,
    .OnClose = connection_OnClose,
};

/* Without an Accept there would never be another OnAccept. */
static void server_refuse(echo_server *self)
{
    CAsyncSocket refused;
    CAsyncSocket_Construct(&refused, NULL);
    CAsyncSocket_Accept(&self->socket, &refused, NULL, NULL);
    CAsyncSocket_Destruct(&refused);
}

static void server_OnAccept(CAsyncSocket *socket, int nErrorCode)
{
    echo_server *self = (echo_server *)socket;
    connection *accepted = calloc(1, sizeof *accepted);
    (void)nErrorCode;
    if (accepted == NULL) {
        server_refuse(self);
        return;
    }
    CAsyncSocket_Construct(&accepted->socket, &connection_vtbl);
    if (!CAsyncSocket_Accept(&self->socket, &accepted->socket, NULL, NULL)) {
        free(accepted); /* the client went away again; the next one brings another OnAccept */
        return;
    }
    accepted->server = self;
    accepted->next = self->connections;
    accepted->link = &self->connections;
    if (accepted->next != NULL)
        accepted->next->link = &accepted->next;
    self->connections = accepted;
}

static const CAsyncSocketVtbl server_vtbl = {.OnAccept = server_OnAccept};

static void server_start(void *argument)
{
    echo_server *self = argument;
    CAsyncSocket_Construct(&self->socket, &server_vtbl);
    CAsyncSocket *socket = &self->socket;
    if (CAsyncSocket_Create(socket, self->port, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, self->address)
        && CAsyncSocket_Listen(socket, 5))
        return;
    self->error = CAsyncSocket_GetLastError();
    self->done = true;
}

static void server_stop(void *argument)
{
    echo_server *self = argument;
    while (self->connections != NULL)
        connection_delete(self->connections);
    CAsyncSocket_Destruct(&self->socket);
}

/* ---- client ---- */

typedef struct echo_client {
    CAsyncSocket socket;
    const char *host;
    UINT port;
    int64_t bytes;           /* how many to send; one urgent byte goes in the middle */
    int64_t sent, received;
    bool urgent_sent, urgent_received, shut_down;
    bool done;
    const char *failure;     /* NULL: all came back */
    int error;               /* that belongs to failure, or 0 */
} echo_client;

#define URGENT_BYTE '!'

/* The byte at a position of the stream; positions that are mixed up show. */
static char pattern(int64_t position) { return (char)((position ^ position >> 7 ^ position >> 15) & 0x7F); }

static void client_finish(echo_client *self, const char *failure, int error)
{
    CAsyncSocket_Close(&self->socket);
    self->failure = failure;
    self->error = error;
    self->done = true;
}

static int client_send_piece(echo_client *self)
{
    int64_t stop = self->urgent_sent ? self->bytes : self->bytes / 2;
    char piece[4096];
    int len = 0;
    if (self->sent == stop)
        return CAsyncSocket_Send(&self->socket, &(char){URGENT_BYTE}, 1, MSG_OOB);
    for (; len < (int)sizeof piece && self->sent + len < stop; len++)
        piece[len] = pattern(self->sent + len);
    return CAsyncSocket_Send(&self->socket, piece, len, 0);
}

static void client_OnSend(CAsyncSocket *socket, int nErrorCode)
{
    echo_client *self = (echo_client *)socket;
    (void)nErrorCode;
    while (self->sent < self->bytes || !self->urgent_sent) {
        bool urgent = !self->urgent_sent && self->sent == self->bytes / 2;
        int count = client_send_piece(self);
        if (count == SOCKET_ERROR) {
            if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
                client_finish(self, "Send failed", CAsyncSocket_GetLastError());
            return; /* the next OnSend makes the piece anew */
        }
        if (urgent)
            self->urgent_sent = true;
        else
            self->sent += count;
    }
    if (!self->shut_down)
        self->shut_down = CAsyncSocket_ShutDown(&self->socket, CAsyncSocket_sends);
}

static void client_OnConnect(CAsyncSocket *socket, int nErrorCode)
{
    if (nErrorCode != 0)
        client_finish((echo_client *)socket, "no connection", nErrorCode);
}

static void client_take_urgent(echo_client *self)
{
    char byte = 0;
    if (!self->urgent_received && CAsyncSocket_Receive(&self->socket, &byte, 1, MSG_OOB) == 1)
        self->urgent_received = byte == URGENT_BYTE;
}

/* True while there may be more to read. */
static bool client_receive(echo_client *self)
{
    char piece[4096];
    client_take_urgent(self);
    int count = CAsyncSocket_Receive(&self->socket, piece, sizeof piece, 0);
    if (count == SOCKET_ERROR) {
        if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
            client_finish(self, "Receive failed", CAsyncSocket_GetLastError());
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (piece[i] != pattern(self->received + i)) {
            client_finish(self, "a byte differs", 0);
            return false;
        }
    }
    self->received += count;
    if (count > 0)
        return true;
    bool complete = self->received == self->bytes && self->urgent_received;
    client_finish(self, complete ? NULL : "the stream ended too early", 0);
    return false;
}

static void client_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    client_receive((echo_client *)socket);
}

static void client_OnOutOfBandData(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    client_take_urgent((echo_client *)socket);
}

static void client_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    echo_client *self = (echo_client *)socket;
    if (nErrorCode != 0) {
        client_finish(self, "the connection died", nErrorCode);
        return;
    }
    while (client_receive(self))
        continue;
}

static const CAsyncSocketVtbl client_vtbl = {
    .OnConnect = client_OnConnect,
    .OnReceive = client_OnReceive,
    .OnSend = client_OnSend,
    .OnOutOfBandData = client_OnOutOfBandData,
    .OnClose = client_OnClose,
};

static void client_start(void *argument)
{
    echo_client *self = argument;
    CAsyncSocket_Construct(&self->socket, &client_vtbl);
    if (!CAsyncSocket_Create(&self->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL))
        client_finish(self, "no socket", CAsyncSocket_GetLastError());
    else if (!CAsyncSocket_Connect(&self->socket, self->host, self->port)
             && CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        client_finish(self, "cannot connect", CAsyncSocket_GetLastError());
}

static void client_stop(void *argument) { CAsyncSocket_Destruct(&((echo_client *)argument)->socket); }

/* ---- main: the choice of the world ---- */

#include <inttypes.h>
#include <stdio.h>

#include <castanet/error.h>
#include <castanet/os.h>

#include "two_worlds.h"

static int print_client(const echo_client *client)
{
    const char *failure = client->done ? client->failure : "the answer never came";
    printf("client: %" PRId64 " of %" PRId64 " bytes came back, urgent byte %s\n", client->received,
           client->bytes, client->urgent_received ? "too" : "not");
    if (failure == NULL)
        return 0;
    fprintf(stderr, "client: %s%s%s\n", failure, client->error != 0 ? ": " : "",
            client->error != 0 ? cas_error_text(client->error) : "");
    return 1;
}

static int main_server(const tw_options *options)
{
    echo_server server = {.address = options->address, .port = (UINT)options->port, .once = options->once};
    if (cas_os_init() != 0)
        return 2;
    server_start(&server);
    char address[64] = "";
    UINT port = 0;
    if (server.error != 0)
        fprintf(stderr, "server: %s\n", cas_error_text(server.error));
    else if (CAsyncSocket_GetSockName(&server.socket, address, sizeof address, &port))
        printf("listening on %s port %u\n", address, port);
    fflush(stdout);
    bool pumped = tw_real_run(&server.done);
    server_stop(&server);
    cas_os_fini();
    printf("%" PRIu64 " bytes sent back\n", server.bytes);
    return server.error == 0 && pumped ? 0 : 1;
}

static int main_client(const tw_options *options, const char *host, const char *port)
{
    echo_client client = {.host = host, .port = (UINT)strtoul(port, NULL, 10), .bytes = options->bytes};
    if (cas_os_init() != 0)
        return 2;
    client_start(&client);
    tw_real_run(&client.done);
    client_stop(&client);
    cas_os_fini();
    return print_client(&client);
}

static int main_sim(const tw_options *options)
{
    static const sim_link_options link = {.latency_ns = SIM_MS(10), .jitter_ns = SIM_MS(2),
                                          .rate_bps = SIM_MBIT(100), .queue_bytes = 256 * 1024};
    echo_server server = {.port = 7};
    echo_client client = {.host = "server", .port = 7, .bytes = options->bytes};
    tw_world tw;
    if (!tw_world_open(&tw, options, &link, 1))
        return 2;
    sim_host_run(tw.server, 0, server_start, &server);
    sim_host_run(tw.client[0], SIM_MS(1), client_start, &client);
    bool ran = tw_world_run(&tw);
    tw_world_print(&tw);
    tw_host_call(tw.client[0], client_stop, &client);
    tw_host_call(tw.server, server_stop, &server);
    bool written = tw_world_close(&tw);
    int result = print_client(&client);
    return !written ? 2 : ran ? result : 1;
}

static int usage(FILE *stream, int status)
{
    fprintf(stream, "usage: echo server [--port N] [--address A] [--once]\n"
                    "       echo client HOST PORT [--bytes N]\n"
                    "       echo sim [--seed N] [--bytes N] [--loss PPM] [--reorder PPM]\n"
                    "                [--pcap FILE] [--ladder]\n");
    return status;
}

static const tw_command_row commands[] = {
    {"server", 0, "port address once"},
    {"client", 2, "bytes"},
    {"sim", 0, "seed bytes loss reorder pcap ladder"},
    {0},
};

int main(int argc, char **argv)
{
    tw_options options = {.port = 7007, .bytes = 100000};
    if (tw_asks_for_help(argc, argv))
        return usage(stdout, 0);
    char **rest = NULL;
    switch (tw_command(&options, argc, argv, commands, &rest)) {
    case 0: return main_server(&options);
    case 1: return main_client(&options, rest[0], rest[1]);
    case 2: return main_sim(&options);
    default: return usage(stderr, 2);
    }
}
