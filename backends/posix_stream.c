/* SPDX-License-Identifier: MIT
 *
 * Connections and listeners: how they come into being, and what events say about them.
 *
 * The event of a connection carries all that is true of it at that moment, so it is read as a state:
 *
 *   HUP with ERR       the connection died, or the attempt failed; the kernel's pending error says of what
 *   HUP without ERR    both sides have finished; or it died, and a call has taken the error away already
 *   END                the peer has finished (the kernel's own SHUT_RD, the other cause, is never used)
 *   IN                 in-band bytes, or the end of the stream, or (older kernels) only an urgent byte
 *   PRI                an urgent byte waits
 *   OUT                there is room
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "backends/posix_socket.h"

/* ---- connect ---- */

int casp_stream_connect(casp_posix *b, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    switch (s->phase) {
    case CASP_LISTENING: return WSAEINVAL;
    case CASP_CONNECTING: return WSAEALREADY;
    case CASP_CONNECTED: return WSAEISCONN;
    default: break;
    }
    if (casp_address_is_any(addr) || casp_address_port(addr) == 0)
        return WSAEADDRNOTAVAIL;
    if (connect(s->fd, addr, (socklen_t)len) != 0 && errno != EINPROGRESS)
        return casp_wsa_from_errno(errno);
    int error = casp_watch(b, s, CASP_WATCH_CONNECTION);
    if (error != 0) {
        connect(s->fd, &(SOCKADDR){.sa_family = AF_UNSPEC}, sizeof(SOCKADDR));
        return error;
    }
    casp_address_keep(&s->peer, addr, len);
    s->bound = true;
    s->phase = CASP_CONNECTING;
    return WSAEWOULDBLOCK;
}

/* The kernel forgets a port that it chose itself, though it can still name it, and Winsock keeps that port
 * (SEL-18).  If ended connections share it, the kernel does not give it again; then it must be another one.
 * EINVAL: it was never forgotten. */
static bool keep_port(const cas_port_socket *s)
{
    SOCKADDR_STORAGE local;
    if (!casp_socket_local(s, &local))
        return false;
    if (!s->bound_by_user)
        casp_address_make_any((SOCKADDR *)&local);
    socklen_t len = (socklen_t)casp_address_len(s->family);
    if (bind(s->fd, (SOCKADDR *)&local, len) == 0 || errno == EINVAL)
        return true;
    ((SOCKADDR_IN *)&local)->sin_port = 0;
    return bind(s->fd, (SOCKADDR *)&local, len) == 0;
}

/* Makes the kernel's socket fit for another attempt. */
static void undo_attempt(cas_port_socket *s)
{
    connect(s->fd, &(SOCKADDR){.sa_family = AF_UNSPEC}, sizeof(SOCKADDR));
    s->phase = CASP_IDLE;
    s->bound = keep_port(s);
}

/* A reset that came after the connection was made is not a failure of the attempt. */
static bool is_failure(int number) { return number != 0 && number != ECONNRESET && number != EPIPE; }

static long attempt_succeeded(cas_port_socket *s)
{
    s->phase = CASP_CONNECTED;
    s->connected_ns = casp_posix_now(NULL);
    s->shadow.error = 0;
    s->writable = true;
    s->readable = CASP_READABLE_NO;
    return FD_CONNECT | FD_WRITE;
}

/* What to report of an attempt's outcome; nothing as long as there is none. */
static long attempt_event(cas_port_socket *s, unsigned events)
{
    if ((events & (CASP_EVENT_OUT | CASP_EVENT_ERR | CASP_EVENT_HUP)) == 0)
        return 0;
    int number = 0;
    if ((events & (CASP_EVENT_ERR | CASP_EVENT_HUP)) != 0) {
        number = casp_socket_take_error(s);
        if (number == 0)
            number = ECONNABORTED;
    }
    if (is_failure(number)) {
        undo_attempt(s);
        s->shadow.error = casp_wsa_from_errno(number);
        cas_sink_report(s->sink, FD_CONNECT, s->shadow.error);
        return 0;
    }
    long report = attempt_succeeded(s);
    if (number != 0)
        casp_stream_mark_dead(s, number);
    return report;
}

/* ---- listeners ---- */

int casp_stream_listen(cas_backend *backend, cas_port_socket *s, int backlog)
{
    if (s->datagram)
        return WSAEOPNOTSUPP;
    if (s->phase == CASP_LISTENING)
        return 0;
    if (s->phase == CASP_CONNECTED)
        return WSAEISCONN;
    if (!s->bound || s->phase == CASP_CONNECTING)
        return WSAEINVAL;
    casp_socket_set_flag(s, SOL_SOCKET, SO_REUSEADDR, 1);
    if (listen(s->fd, backlog) != 0) {
        int error = casp_wsa_from_errno(errno);
        casp_socket_set_flag(s, SOL_SOCKET, SO_REUSEADDR, s->shadow.reuseaddr);
        return error;
    }
    s->phase = CASP_LISTENING;
    return casp_watch((casp_posix *)backend, s, CASP_EVENT_IN);
}

/* Level triggered: what stays in the queue is reported by the next wait().  A listener that nobody answers is
 * taken out of the set. */
static void listener_event(casp_posix *b, cas_port_socket *s, unsigned events)
{
    if (s->owed || (events & CASP_EVENT_IN) == 0) {
        casp_watch(b, s, 0);
        return;
    }
    s->owed = true;
    cas_sink_report(s->sink, FD_ACCEPT, 0);
}

static void listener_answered(casp_posix *b, cas_port_socket *s)
{
    s->owed = false;
    casp_watch(b, s, CASP_EVENT_IN);
}

/* What is queued would be told by the next wait(); but after a connection was taken it is owed at once (R7),
 * before another call takes the next one (MFC-08). */
long casp_listener_conditions(casp_posix *b, cas_port_socket *s)
{
    bool taken = s->readable == CASP_READABLE_MAYBE;
    s->readable = CASP_READABLE_NO;
    listener_answered(b, s);
    return taken && (casp_socket_poll(s, POLLIN) & POLLIN) != 0 ? FD_ACCEPT : 0;
}

/* A client that withdrew, and what its network did to it, is no answer: accept(2) says to try again. */
static bool is_gone_client(int number)
{
    switch (number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT: return true;
    default: return casp_errno_is_unreachable(number);
    }
}

static int take_connection(const casp_posix *b, const cas_port_socket *listener, SOCKADDR_STORAGE *peer,
                           socklen_t *len)
{
    enum { TRIES_MAX = 64 };
    int fd = -1;
    for (int i = 0; i < TRIES_MAX && fd < 0; i++) {
        *len = sizeof *peer;
        fd = b->os->accept(listener->fd, (SOCKADDR *)peer, len);
        if (fd < 0 && !is_gone_client(errno))
            break;
    }
    return fd;
}

/* INH-01: the kernel's options were inherited in the kernel, the shadow is here. */
static void inherit(cas_port_socket *s, const cas_port_socket *listener)
{
    s->shadow = listener->shadow;
    s->shadow.error = 0;
    s->oob_inline = listener->oob_inline;
    if (listener->inline_changed) /* the kernel gave it what the listener had when it came */
        casp_socket_set_flag(s, SOL_SOCKET, SO_OOBINLINE, s->oob_inline);
    s->bound = true;
    s->bound_by_user = true;
    s->fresh = true;
    s->phase = CASP_CONNECTED;
    s->connected_ns = casp_posix_now(NULL);
}

int casp_stream_accept(cas_backend *backend, cas_port_socket *listener, cas_sink *sink, cas_port_socket **out,
                       SOCKET *handle)
{
    casp_posix *b = (casp_posix *)backend;
    if (listener->datagram)
        return WSAEOPNOTSUPP;
    if (listener->phase != CASP_LISTENING)
        return WSAEINVAL;
    listener_answered(b, listener);
    /* Memory first, so that no connection is lost for want of it. */
    cas_port_socket *s = casp_socket_create(b, sink, -1, listener->family, false);
    if (s == NULL)
        return WSAENOBUFS;
    SOCKADDR_STORAGE peer;
    socklen_t len;
    memset(&peer, 0, sizeof peer);
    s->fd = take_connection(b, listener, &peer, &len);
    int error = s->fd < 0 ? casp_wsa_from_errno(errno) : casp_watch(b, s, CASP_WATCH_CONNECTION);
    if (error != 0) {
        int fd = s->fd;
        casp_socket_free(b, s);
        if (fd >= 0)
            close(fd);
        return error;
    }
    listener->readable = CASP_READABLE_MAYBE;
    inherit(s, listener);
    casp_address_keep(&s->peer, (SOCKADDR *)&peer, (int)len);
    *out = s;
    *handle = (SOCKET)s->fd;
    return 0;
}

/* ---- events of a connection ---- */

void casp_stream_notice_death(cas_port_socket *s, unsigned events)
{
    if (s->dead != 0 || (events & CASP_EVENT_HUP) == 0)
        return;
    int number = (events & CASP_EVENT_ERR) != 0 ? casp_socket_take_error(s) : 0;
    if (number != 0)
        casp_stream_mark_dead(s, number);
    else if (!s->send_shut)
        casp_stream_mark_dead(s, ECONNRESET);
}

static long notice_urgent(cas_port_socket *s, unsigned events)
{
    s->urgent = (events & CASP_EVENT_PRI) != 0;
    s->urgent_seen = s->urgent_seen || s->urgent;
    return s->urgent && !s->oob_inline ? FD_OOB : 0;
}

/* IN is said of the end of the stream too: then only a look tells whether bytes wait before it.  After that
 * look nothing can be added. */
static long notice_bytes(cas_port_socket *s, unsigned events)
{
    if ((events & CASP_EVENT_IN) != 0) {
        if ((events & CASP_EVENT_END) == 0 && !s->urgent_seen)
            s->readable = CASP_READABLE_YES;
        else if (!s->close_told)
            casp_stream_look(s);
    }
    return s->readable == CASP_READABLE_YES ? FD_READ : 0;
}

static long notice_room(cas_port_socket *s, unsigned events)
{
    if ((events & CASP_EVENT_OUT) == 0 || s->writable)
        return 0;
    s->writable = true;
    return FD_WRITE;
}

static long notice_end(cas_port_socket *s, unsigned events)
{
    if ((events & CASP_EVENT_END) == 0 || s->close_told)
        return 0;
    s->fin = true;
    s->close_told = true;
    return FD_CLOSE;
}

/* FD_CLOSE is told once: who waits for room after the peer's end learns of a reset from its send. */
static void tell_death(cas_port_socket *s)
{
    bool waits = !s->writable && !s->send_shut;
    s->writable = true;
    if (!s->close_told)
        cas_sink_report(s->sink, FD_CLOSE, s->close_error);
    else if (waits)
        cas_sink_report(s->sink, FD_WRITE, 0);
    s->close_told = true;
}

static void connection_event(cas_port_socket *s, unsigned events, long report)
{
    s->fresh = false;
    casp_stream_notice_death(s, events);
    if (s->dead == 0) {
        report |= notice_urgent(s, events);
        report |= notice_bytes(s, events);
    }
    /* The look may have met the reset. */
    if (s->dead == 0) {
        report |= notice_room(s, events);
        report |= notice_end(s, events);
    }
    if (s->receive_shut)
        report &= ~(long)(FD_READ | FD_OOB);
    if (s->dead != 0)
        report &= FD_CONNECT | FD_WRITE;
    s->sent = false;
    if (report != 0)
        cas_sink_report(s->sink, report, 0);
    if (s->dead != 0)
        tell_death(s);
}

void casp_stream_event(casp_posix *b, cas_port_socket *s, unsigned events)
{
    long report = 0;
    switch (s->phase) {
    case CASP_LISTENING: listener_event(b, s, events); return;
    case CASP_IDLE: /* the echo of a failed attempt */ return;
    case CASP_CONNECTING:
        report = attempt_event(s, events);
        if (s->phase != CASP_CONNECTED)
            return;
        break;
    default: break;
    }
    connection_event(s, events, report);
}
