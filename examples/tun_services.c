/* SPDX-License-Identifier: MIT
 *
 * See tun_services.h.
 */
#include "tun_services.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROBE_PAUSE_NS 200000000u

enum { PROBE_TRIES = 20, DATAGRAM_MAX = 65507 };

/* ---- streams ---- */

static void service_close_peer(tun_service *self)
{
    cas_timer_stop(&self->timer);
    if (self->open)
        CAsyncSocket_Destruct(&self->peer);
    self->open = false;
}

static tun_service *service_of(CAsyncSocket *peer)
{
    return (tun_service *)(void *)((char *)peer - offsetof(tun_service, peer));
}

static bool service_accept(tun_service *self, const CAsyncSocketVtbl *vtbl)
{
    service_close_peer(self);
    CAsyncSocket_Construct(&self->peer, vtbl);
    self->open = true;
    self->awake = false;
    self->bytes = self->sum = 0;
    if (CAsyncSocket_Accept(&self->socket, &self->peer, NULL, NULL))
        return true;
    service_close_peer(self);
    return false;
}

static void service_listen(tun_service *self, const CAsyncSocketVtbl *vtbl)
{
    CAsyncSocket_Construct(&self->socket, vtbl);
    if (!CAsyncSocket_Create(&self->socket, self->port, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS,
                             self->address) ||
        !CAsyncSocket_Listen(&self->socket, 5))
        self->error = CAsyncSocket_GetLastError();
}

void tun_service_stop(void *argument)
{
    tun_service *self = argument;
    service_close_peer(self);
    CAsyncSocket_Destruct(&self->socket);
}

/* ---- slow ---- */

static void slow_answer(tun_service *self)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 "\n", self->bytes, self->sum);
    CAsyncSocket_Send(&self->peer, text, len, 0);
    service_close_peer(self);
}

static void slow_read(tun_service *self)
{
    static unsigned char piece[65536];
    int count;
    while (self->awake &&
           (count = CAsyncSocket_Receive(&self->peer, piece, sizeof piece, 0)) != SOCKET_ERROR) {
        if (count == 0) {
            slow_answer(self);
            return;
        }
        self->bytes += (uint64_t)count;
        for (int i = 0; i < count; i++)
            self->sum += piece[i];
    }
}

static void slow_on_timer(cas_timer *timer, void *context)
{
    tun_service *self = context;
    (void)timer;
    self->awake = true;
    slow_read(self);
}

static void slow_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    slow_read(service_of(socket));
}

static void slow_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    if (nErrorCode != 0)
        service_close_peer(service_of(socket));
    else
        slow_read(service_of(socket));
}

static const CAsyncSocketVtbl slow_peer_vtbl = {.OnReceive = slow_OnReceive, .OnClose = slow_OnClose};

static void slow_OnAccept(CAsyncSocket *socket, int nErrorCode)
{
    tun_service *self = (tun_service *)(void *)socket;
    (void)nErrorCode;
    if (!service_accept(self, &slow_peer_vtbl))
        return;
    self->timer.on_timer = slow_on_timer;
    self->timer.context = self;
    cas_timer_start(&self->timer, self->pause_ns);
}

static const CAsyncSocketVtbl slow_vtbl = {.OnAccept = slow_OnAccept};

void tun_slow_start(void *argument) { service_listen(argument, &slow_vtbl); }

/* ---- abort ---- */

static void abort_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    const struct linger at_once = {1, 0};
    (void)nErrorCode;
    CAsyncSocket_SetSockOpt(socket, SO_LINGER, &at_once, sizeof at_once, SOL_SOCKET);
    service_close_peer(service_of(socket));
}

static const CAsyncSocketVtbl abort_peer_vtbl = {.OnReceive = abort_OnReceive};

static void abort_OnAccept(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    service_accept((tun_service *)(void *)socket, &abort_peer_vtbl);
}

static const CAsyncSocketVtbl abort_vtbl = {.OnAccept = abort_OnAccept};

void tun_abort_start(void *argument) { service_listen(argument, &abort_vtbl); }

/* ---- datagrams ---- */

static void udp_echo_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    static char datagram[DATAGRAM_MAX];
    SOCKADDR_STORAGE from;
    int from_len = sizeof from;
    (void)nErrorCode;
    int count = CAsyncSocket_ReceiveFromAddr(socket, datagram, sizeof datagram, (SOCKADDR *)&from, &from_len,
                                             0);
    if (count != SOCKET_ERROR)
        CAsyncSocket_SendToAddr(socket, datagram, count, (SOCKADDR *)&from, from_len, 0);
}

static const CAsyncSocketVtbl udp_echo_vtbl = {.OnReceive = udp_echo_OnReceive};

void tun_udp_echo_start(void *argument)
{
    tun_udp_echo *self = argument;
    CAsyncSocket_Construct(&self->socket, &udp_echo_vtbl);
    if (!CAsyncSocket_Create(&self->socket, self->port, SOCK_DGRAM, FD_READ, self->address))
        self->error = CAsyncSocket_GetLastError();
}

void tun_udp_echo_stop(void *argument) { CAsyncSocket_Destruct(&((tun_udp_echo *)argument)->socket); }

static const char question[] = "is anybody there?";

static void probe_finish(tun_udp_probe *self, int error)
{
    cas_timer_stop(&self->timer);
    self->error = error;
    self->done = true;
}

static void probe_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    tun_udp_probe *self = (tun_udp_probe *)(void *)socket;
    char answer[64];
    (void)nErrorCode;
    int count = CAsyncSocket_Receive(socket, answer, sizeof answer, 0);
    if (count == SOCKET_ERROR) {
        if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
            probe_finish(self, CAsyncSocket_GetLastError());
        return;
    }
    bool same = count == sizeof question && memcmp(answer, question, sizeof question) == 0;
    probe_finish(self, same ? 0 : WSAEMSGSIZE);
}

static void probe_ask(cas_timer *timer, void *context)
{
    tun_udp_probe *self = context;
    if (self->tries++ == PROBE_TRIES) {
        probe_finish(self, WSAETIMEDOUT);
        return;
    }
    CAsyncSocket_Send(&self->socket, question, sizeof question, 0);
    cas_timer_start(timer, PROBE_PAUSE_NS);
}

static const CAsyncSocketVtbl probe_vtbl = {.OnReceive = probe_OnReceive};

void tun_udp_probe_start(void *argument)
{
    tun_udp_probe *self = argument;
    CAsyncSocket_Construct(&self->socket, &probe_vtbl);
    self->timer.on_timer = probe_ask;
    self->timer.context = self;
    const char *any = strchr(self->host, ':') != NULL ? "::" : NULL;
    if (!CAsyncSocket_Create(&self->socket, 0, SOCK_DGRAM, FD_READ, any) ||
        !CAsyncSocket_Connect(&self->socket, self->host, self->port))
        probe_finish(self, CAsyncSocket_GetLastError());
    else
        probe_ask(&self->timer, self);
}

void tun_udp_probe_stop(void *argument)
{
    tun_udp_probe *self = argument;
    cas_timer_stop(&self->timer);
    CAsyncSocket_Destruct(&self->socket);
}
