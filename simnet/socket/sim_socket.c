/* SPDX-License-Identifier: MIT
 *
 * Sockets of a simulated host: handles, the queue of a listener, and what they tell the engine.
 */
#include "simnet/socket/sim_socket.h"

#include "castanet/sim_host_fault.h"
#include <stdio.h>

#include "core/check.h"
#include "core/limits.h"
#include "simnet/ip/multicast.h"
#include "simnet/transport/port_table.h"
#include "simnet/transport/tcp.h"
#include "simnet/ip/way.h"

const simp_options simp_options_default = {
    .send_buffer = SIMP_BUFFER_DEFAULT, .receive_buffer = SIMP_BUFFER_DEFAULT, .v6only = true};

/* ---- handles ---- */

static bool grow_table(sim_host *host)
{
    uint32_t capacity = host->socket_capacity == 0 ? CASP_LIMIT(8, SIMP_HANDLE_FIRST + 1)
                                                   : host->socket_capacity * 2;
    cas_port_socket **table = simp_resize(&host->world->arena, host->sockets,
                                          host->socket_capacity * sizeof *table, capacity * sizeof *table);
    if (table == NULL)
        return false;
    for (uint32_t i = host->socket_capacity; i < capacity; i++)
        table[i] = NULL;
    host->sockets = table;
    host->socket_capacity = capacity;
    return true;
}

static int take_handle(cas_port_socket *socket)
{
    sim_host *host = socket->host;
    uint32_t handle = host->socket_lowest;
    while (handle < host->socket_capacity && host->sockets[handle] != NULL)
        handle++;
    if (handle >= SIMP_SOCKETS_MAX)
        return WSAEMFILE;
    if (handle >= host->socket_capacity && !grow_table(host))
        return WSAENOBUFS;
    host->sockets[handle] = socket;
    host->socket_lowest = handle + 1;
    socket->handle = handle & (SIMP_SOCKETS_MAX - 1);
    return 0;
}

static void give_back_handle(cas_port_socket *socket)
{
    sim_host *host = socket->host;
    host->sockets[socket->handle] = NULL;
    if (socket->handle < host->socket_lowest)
        host->socket_lowest = socket->handle;
}

static void free_parts(cas_port_socket *socket)
{
    simp_arena *arena = &socket->host->world->arena;
    if (socket->datagram)
        simp_free(arena, socket->udp, sizeof *socket->udp);
    else if (socket->listening)
        simp_free(arena, socket->backlog, sizeof *socket->backlog);
    if (socket->options != &simp_options_default)
        simp_free(arena, (void *)(uintptr_t)socket->options, sizeof *socket->options);
    simp_free(arena, socket, sizeof *socket);
}

int simp_socket_create(sim_host *host, bool datagram, bool ipv6, cas_port_socket **out)
{
    simp_arena *arena = &host->world->arena;
    cas_port_socket *socket = simp_outlets_ensure(host) ? simp_alloc(arena, sizeof *socket) : NULL;
    if (socket == NULL)
        return WSAENOBUFS;
    *socket = (cas_port_socket){.host = host,
                                .ttl = host->stack->ttl & 0xFF,
                                .datagram = datagram,
                                .ipv6 = ipv6,
                                .connreset = true,
                                .options = &simp_options_default};
    if (datagram)
        socket->udp = simp_alloc_zero(arena, sizeof *socket->udp);
    int error = datagram && socket->udp == NULL ? WSAENOBUFS : take_handle(socket);
    if (error != 0) {
        free_parts(socket);
        return error;
    }
    *out = socket;
    return 0;
}

simp_options *simp_socket_own_options(cas_port_socket *socket)
{
    if (socket->options == &simp_options_default) {
        simp_options *own = simp_alloc(&socket->host->world->arena, sizeof *own);
        if (own == NULL)
            return NULL;
        *own = simp_options_default;
        socket->options = own;
    }
    return (simp_options *)(uintptr_t)socket->options;
}

int simp_socket_listen(cas_port_socket *socket, unsigned backlog)
{
    socket->backlog = simp_alloc(&socket->host->world->arena, sizeof *socket->backlog);
    if (socket->backlog == NULL)
        return WSAENOBUFS;
    *socket->backlog = (simp_backlog){.limit = backlog};
    socket->listening = true;
    return 0;
}

void simp_socket_disconnect(cas_port_socket *socket, simp_ip self)
{
    simp_ip bound_to = simp_socket_bound_to(socket);
    socket->was_any = simp_ip_is_any(bound_to);
    socket->any_v4 = simp_ip_is_v4(bound_to);
    socket->local = self;
    socket->tcp = NULL;
}

void simp_socket_free(cas_port_socket *socket)
{
    CHECK(socket->tcp == NULL);
    if (socket->datagram) {
        simp_udp_clear(socket);
        simp_multicast_end(socket);
    }
    simp_port_unbind(socket);
    give_back_handle(socket);
    free_parts(socket);
}

/* ---- reports ---- */

void simp_socket_report(cas_port_socket *socket, long events, int error)
{
    if ((events & FD_OOB) != 0 && socket->options->inline_urgent)
        events = (events & ~FD_OOB) | FD_READ;
    if (socket->sink != NULL)
        cas_sink_report(socket->sink, events, error);
}

/* ---- the queue of a listener ---- */

void simp_socket_begin_handshake(cas_port_socket *listener, simp_tcp *tcp)
{
    simp_tcp **end = &listener->backlog->handshake_first;
    while (*end != NULL)
        end = &(*end)->active->accept_next;
    *end = tcp;
    tcp->active->accept_next = NULL;
    tcp->active->listener = listener;
    listener->backlog->handshake_count++;
}

static bool take_off(simp_tcp **list, simp_tcp *tcp)
{
    while (*list != NULL && *list != tcp)
        list = &(*list)->active->accept_next;
    if (*list == NULL)
        return false;
    *list = tcp->active->accept_next;
    tcp->active->accept_next = NULL;
    return true;
}

void simp_socket_enqueue(cas_port_socket *listener, simp_tcp *tcp)
{
    simp_backlog *backlog = listener->backlog;
    take_off(&backlog->handshake_first, tcp);
    backlog->handshake_count--;
    simp_tcp **end = &backlog->accept_first;
    while (*end != NULL)
        end = &(*end)->active->accept_next;
    *end = tcp;
    backlog->accept_count++;
    simp_socket_report(listener, FD_ACCEPT, 0);
}

void simp_socket_dequeue(cas_port_socket *listener, simp_tcp *tcp)
{
    simp_backlog *backlog = listener->backlog;
    if (take_off(&backlog->accept_first, tcp))
        backlog->accept_count--;
    else if (take_off(&backlog->handshake_first, tcp))
        backlog->handshake_count--;
    tcp->active->listener = NULL;
}

const cas_profile *simp_socket_profile(const cas_port_socket *socket)
{
    return socket->sink != NULL ? socket->sink->profile : sim_world_profile(socket->host->world);
}

/* ---- what scenarios do to connections ---- */

void simp_stream_reset(cas_port_socket *s)
{
    if (s->tcp == NULL || !simp_tcp_is_synchronised(s->tcp) || s->tcp->state == SIMP_TCP_CLOSED)
        return;
    simp_tcp_send_reset(s->tcp);
    simp_tcp_fail(s->tcp, WSAECONNRESET);
}

void simp_socket_name(const cas_port_socket *s, char *text, size_t size)
{
    if (s->listening)
        snprintf(text, size, "%s/listen:%u", s->host->name, (unsigned)s->local_port);
    else
        snprintf(text, size, "%s/%s#%u", s->host->name, s->accepted ? "conn" : "socket",
                 (unsigned)s->ordinal);
}

/* The socket of a handle that has a connection; NULL with the world's error set. */
static cas_port_socket *connected_socket(sim_host *host, SOCKET handle)
{
    cas_port_socket *s = handle < host->socket_capacity ? host->sockets[handle] : NULL;
    if (s != NULL && s->tcp != NULL && simp_tcp_is_synchronised(s->tcp))
        return s;
    simp_refuse_named(host->world, WSAENOTCONN, "the handle on host %s has no connection", host->name,
                      "it is none of the host's, no stream, or not established",
                      "pass m_hSocket of an established stream");
    return NULL;
}

int sim_host_reset_connection(sim_host *host, SOCKET handle)
{
    cas_port_socket *s = connected_socket(host, handle);
    if (s == NULL)
        return WSAENOTCONN;
    simp_stream_reset(s);
    return 0;
}

int sim_host_forget_connection(sim_host *host, SOCKET handle)
{
    cas_port_socket *s = connected_socket(host, handle);
    if (s == NULL)
        return WSAENOTCONN;
    simp_tcp_destroy(s->tcp);
    s->dead = WSAECONNABORTED;
    return 0;
}
