/* SPDX-License-Identifier: MIT
 *
 * The common part of the real backends: the port's table, and what every slot begins with.
 *
 * A backend of this kind serves one thread at a time, and does not survive a fork in the child.
 */
#include <limits.h>
#include <time.h>

#include "backends/posix_socket.h"

/* ---- clock ---- */

uint64_t casp_posix_now(cas_backend *backend)
{
    (void)backend;
    const uint64_t ns_per_s = 1000000000u;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * ns_per_s + (uint64_t)t.tv_nsec;
}

int casp_posix_wait_ms(int64_t timeout_ns)
{
    const int64_t ns_per_ms = 1000000;
    if (timeout_ns < 0)
        return -1;
    int64_t ms = timeout_ns / ns_per_ms + (timeout_ns % ns_per_ms != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* ---- watching ---- */

int casp_watch(casp_posix *b, cas_port_socket *s, unsigned events)
{
    if (events == s->interest)
        return 0;
    int error = b->os->watch(b, s, events);
    if (error == 0)
        s->interest = events;
    return error;
}

void casp_posix_event(casp_posix *b, cas_port_socket *s, unsigned events)
{
    if (s->datagram)
        casp_datagram_event(b, s, events);
    else
        casp_stream_event(b, s, events);
}

/* ---- slots that differ by type ---- */

static int connect_socket(cas_backend *backend, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    return s->datagram ? casp_datagram_connect(s, addr, len)
                       : casp_stream_connect((casp_posix *)backend, s, addr, len);
}

static int receive(cas_backend *backend, cas_port_socket *s, void *buf, size_t len, int flags,
                   SOCKADDR_STORAGE *from, cas_received *got)
{
    return s->datagram ? casp_datagram_receive((casp_posix *)backend, s, buf, len, flags, from, &got->count)
                       : casp_stream_receive(s, buf, len, flags, &got->count);
}

/* A stream ignores the destination (TSR-01). */
static int send_bytes(cas_backend *backend, cas_port_socket *s, const void *buf, size_t len, int flags,
                      const SOCKADDR *to, int to_len, size_t *count)
{
    return s->datagram ? casp_datagram_send((casp_posix *)backend, s, buf, len, flags, to, to_len, count)
                       : casp_stream_send(s, buf, len, flags, count);
}

static int query(cas_backend *backend, cas_port_socket *s, cas_query what, unsigned *value)
{
    return s->datagram ? casp_datagram_query(s, what, value)
                       : casp_stream_query((casp_posix *)backend, s, what, value);
}

static long conditions(cas_backend *backend, cas_port_socket *s, long interest, int *close_error)
{
    return s->datagram ? casp_datagram_conditions((casp_posix *)backend, s, interest)
                       : casp_stream_conditions((casp_posix *)backend, s, interest, close_error);
}

/* ---- the table ---- */

void casp_posix_init(casp_posix *b, const casp_os_ops *os, cas_allocator *memory)
{
    b->os = os;
    b->memory = memory == NULL ? cas_allocator_system() : memory;
    b->ops = (cas_backend_ops){
        .name = os->name,
        .open = casp_posix_open,
        .attach = casp_posix_attach,
        .detach = casp_posix_detach,
        .close = casp_posix_close,
        .bind = casp_posix_bind,
        .connect = connect_socket,
        .listen = casp_stream_listen,
        .accept = casp_stream_accept,
        .receive = receive,
        .send = send_bytes,
        .shutdown = casp_posix_shutdown,
        .local_name = casp_posix_local_name,
        .peer_name = casp_posix_peer_name,
        .get_option = casp_posix_get_option,
        .set_option = casp_posix_set_option,
        .query = query,
        .join = casp_posix_join,
        .leave = casp_posix_leave,
        .set_udp_connreset = casp_datagram_set_connreset,
        .conditions = conditions,
        .resolve = casp_posix_resolve,
        .wait = os->wait,
        .wake = os->wake,
        .descriptor = os->descriptor,
        .now = casp_posix_now,
    };
    b->base.ops = &b->ops;
}
