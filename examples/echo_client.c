/* SPDX-License-Identifier: MIT
 *
 * A client that sends a pattern with an urgent byte in the middle, ends its stream, and compares what comes
 * back.
 */
#include "echo_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <castanet/error.h>

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

void echo_client_start(void *argument)
{
    echo_client *self = argument;
    CAsyncSocket_Construct(&self->socket, &client_vtbl);
    const char *any = strchr(self->host, ':') != NULL ? "::" : NULL;
    if (!CAsyncSocket_Create(&self->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, any))
        client_finish(self, "no socket", CAsyncSocket_GetLastError());
    else if (!CAsyncSocket_Connect(&self->socket, self->host, self->port) &&
             CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        client_finish(self, "cannot connect", CAsyncSocket_GetLastError());
}

void echo_client_stop(void *argument) { CAsyncSocket_Destruct(&((echo_client *)argument)->socket); }

int echo_client_print(const echo_client *client)
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
