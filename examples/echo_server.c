/* SPDX-License-Identifier: MIT
 *
 * A server that sends back what it receives: the bytes in order, an urgent byte as an urgent byte, the end of
 * the stream as its end.
 */
#include "echo_server.h"

#include <stdlib.h>

typedef struct connection connection;

/* Derived from CAsyncSocket: the base is the first member, so a pointer to one is a pointer to the other. */
struct connection {
    CAsyncSocket socket;
    echo_server *server;
    connection *next, **link;
    bool owes_receive; /* OnReceive came and was not answered with a Receive yet */
    bool peer_closed;  /* OnClose came: what is to be read is all there */
    bool owes_urgent;
    char urgent;
    size_t begin, end; /* buffer[begin .. end) was received and is to be sent */
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
        self->server->resets++;
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

void echo_server_start(void *argument)
{
    echo_server *self = argument;
    CAsyncSocket_Construct(&self->socket, &server_vtbl);
    CAsyncSocket *socket = &self->socket;
    if (CAsyncSocket_Create(socket, self->port, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, self->address) &&
        CAsyncSocket_Listen(socket, 5))
        return;
    self->error = CAsyncSocket_GetLastError();
    self->done = true;
}

void echo_server_stop(void *argument)
{
    echo_server *self = argument;
    while (self->connections != NULL)
        connection_delete(self->connections);
    CAsyncSocket_Destruct(&self->socket);
}
