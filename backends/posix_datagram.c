/* SPDX-License-Identifier: MIT
 *
 * Datagram sockets.
 *
 * They are watched by levels, unlike connections: one receive takes one datagram, so an edge would
 * have to be followed by a question after every receive, while the level answers it in the next wait() for
 * nothing.
 *
 * ICMP: Windows answers a receive with WSAECONNRESET once for each port unreachable that earlier sends
 * drew, and never a send.  Linux, with IP_RECVERR, queues each of them, and also fails the next call,
 * whichever it is.  So what a failing call says is only a hint: what counts is taken from the queue, and a
 * send that was failed by somebody else's error is repeated.
 *
 * Invariants:
 *  1. resets and expiries hold what was taken from the kernel's queue and not yet answered by a receive.
 *  2. While the kernel's queue is not empty, CASP_EVENT_ERR holds, so that a send need not look into it.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "backends/posix_socket.h"

enum { SEND_TRIES_MAX = 8, RECEIVE_TRIES_MAX = 8 };
/* 16 bits, less the headers that are counted in them. */
enum { LENGTH_MAX_V4 = 65535 - 20 - 8, LENGTH_MAX_V6 = 65535 - 8 };

/* ---- ICMP errors ---- */

void casp_datagram_count_reset(cas_port_socket *s)
{
    if (!s->ignore_resets && s->resets < UINT16_MAX)
        s->resets++;
}

bool casp_datagram_has_error(const cas_port_socket *s) { return s->resets != 0 || s->expiries != 0; }

static int answer_error(cas_port_socket *s)
{
    if (s->resets != 0) {
        s->resets--;
        return WSAECONNRESET;
    }
    s->expiries--;
    return WSAENETRESET;
}

int casp_datagram_set_connreset(cas_backend *backend, cas_port_socket *s, bool on)
{
    (void)backend;
    if (!s->datagram)
        return WSAEINVAL;
    s->ignore_resets = !on;
    if (!on)
        s->resets = 0;
    return 0;
}

/* ---- events ---- */

/* Who is silent about datagrams still hears of errors, which come before them. */
static unsigned wanted(const cas_port_socket *s, bool silent)
{
    return (silent ? CASP_EVENT_ERR : CASP_EVENT_IN) | (s->writable ? 0u : CASP_EVENT_OUT);
}

/* The report was answered: the level may speak again. */
static void answered(casp_posix *b, cas_port_socket *s)
{
    s->owed = false;
    casp_watch(b, s, wanted(s, false));
}

static long notice_bytes(casp_posix *b, cas_port_socket *s, unsigned events)
{
    if ((events & CASP_EVENT_IN) == 0)
        return 0;
    if (s->owed)
        casp_watch(b, s, wanted(s, true));
    s->owed = true;
    s->readable = CASP_READABLE_YES;
    return FD_READ;
}

void casp_datagram_event(casp_posix *b, cas_port_socket *s, unsigned events)
{
    long report = 0;
    if ((events & CASP_EVENT_HUP) != 0) { /* shut down by somebody else; nothing will change any more */
        casp_watch(b, s, 0);
        return;
    }
    if ((events & CASP_EVENT_ERR) != 0) {
        b->os->take_datagram_errors(s, 0);
        s->error_untold = false;
        if (casp_datagram_has_error(s))
            report |= FD_READ;
    }
    if ((events & CASP_EVENT_OUT) != 0 && !s->writable) {
        s->writable = true;
        report |= FD_WRITE;
        casp_watch(b, s, wanted(s, (s->interest & CASP_EVENT_IN) == 0));
    }
    report |= notice_bytes(b, s, events);
    if (s->receive_shut)
        report &= ~(long)FD_READ;
    if (report != 0)
        cas_sink_report(s->sink, report, 0);
}

static bool is_readable_now(const cas_port_socket *s)
{
    return s->readable == CASP_READABLE_YES || (casp_socket_poll(s, POLLIN) & POLLIN) != 0;
}

long casp_datagram_conditions(casp_posix *b, cas_port_socket *s, long interest)
{
    long now = 0;
    if ((interest & FD_READ) != 0 && !s->receive_shut) {
        /* Both at once is asked by AsyncSelect only, which wants them in order; else wait() tells. */
        bool select = (interest & FD_WRITE) != 0 && s->bound;
        if (casp_datagram_has_error(s) || s->readable == CASP_READABLE_YES || (select && is_readable_now(s)))
            now |= FD_READ;
        else
            answered(b, s);
    }
    if ((interest & FD_WRITE) != 0 && s->writable)
        now |= FD_WRITE;
    return now;
}

int casp_datagram_query(cas_port_socket *s, cas_query what, unsigned *value)
{
    int count = 0;
    if (s->receive_shut) { /* the kernel still receives, but no call can */
        *value = what == CAS_QUERY_AT_MARK;
        return 0;
    }
    switch (what) {
    case CAS_QUERY_READ_COUNT:
        if (ioctl(s->fd, FIONREAD, &count) != 0)
            return casp_wsa_from_errno(errno);
        *value = (unsigned)count;
        return 0;
    case CAS_QUERY_AT_MARK: *value = 1; return 0;
    default: *value = casp_datagram_has_error(s) || is_readable_now(s); return 0;
    }
}

/* ---- connect ---- */

/* Winsock keeps the port of a socket that loses its peer; Linux forgets one that it chose itself. */
static int dissolve(cas_port_socket *s)
{
    SOCKADDR_STORAGE before, after;
    bool had_port = s->bound && casp_socket_local(s, &before);
    if (connect(s->fd, &(SOCKADDR){.sa_family = AF_UNSPEC}, sizeof(SOCKADDR)) != 0)
        return casp_wsa_from_errno(errno);
    s->phase = CASP_IDLE;
    if (had_port && !casp_socket_local(s, &after)) {
        ((SOCKADDR_IN *)&after)->sin_port = ((SOCKADDR_IN *)&before)->sin_port;
        s->bound = bind(s->fd, (SOCKADDR *)&after, (socklen_t)casp_address_len(s->family)) == 0;
    }
    return 0;
}

int casp_datagram_connect(cas_port_socket *s, const SOCKADDR *addr, int len)
{
    if (addr->sa_family == AF_UNSPEC || casp_address_is_any(addr))
        return dissolve(s);
    int failed = connect(s->fd, addr, (socklen_t)len);
    if (failed != 0 && errno == EACCES && !s->shadow.broadcast) {
        /* BRD-02: a broadcast address is no reason to refuse here; the kernel needs its flag for it. */
        casp_socket_set_flag(s, SOL_SOCKET, SO_BROADCAST, 1);
        s->broadcast_lent = true;
        failed = connect(s->fd, addr, (socklen_t)len);
    }
    if (failed != 0)
        return casp_wsa_from_errno(errno);
    casp_address_keep(&s->peer, addr, len);
    s->phase = CASP_CONNECTED;
    s->bound = true;
    return 0;
}

/* ---- receive ---- */

/* The call failed for an error that arrived earlier: the queue tells what it was. */
static bool is_icmp_error(int number)
{
    switch (number) {
    case ECONNREFUSED:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP: return true;
    default: return casp_errno_is_unreachable(number);
    }
}

/* Returns what recvmsg(2) does; *cut: the datagram is longer than buf. */
static ssize_t receive_once(const cas_port_socket *s, void *buf, size_t len, int flags,
                            SOCKADDR_STORAGE *from, bool *cut)
{
    struct iovec whole = {.iov_base = buf, .iov_len = len};
    struct msghdr message = {.msg_iov = &whole, .msg_iovlen = 1};
    message.msg_name = from;
    message.msg_namelen = from == NULL ? 0 : sizeof *from;
    ssize_t got = recvmsg(s->fd, &message, flags);
    *cut = (message.msg_flags & MSG_TRUNC) != 0;
    return got;
}

int casp_datagram_receive(casp_posix *b, cas_port_socket *s, void *buf, size_t len, int flags,
                          SOCKADDR_STORAGE *from, size_t *count)
{
    if (s->receive_shut)
        return WSAESHUTDOWN;
    if (!s->bound)
        return WSAEINVAL;
    answered(b, s);
    ssize_t got = -1;
    int number = 0;
    bool cut = false;
    for (unsigned i = 0; i < RECEIVE_TRIES_MAX && got < 0; i++) {
        if (casp_datagram_has_error(s))
            return answer_error(s);
        got = receive_once(s, buf, len, flags, from, &cut);
        number = got < 0 ? errno : 0;
        if (!is_icmp_error(number))
            break;
        b->os->take_datagram_errors(s, number);
    }
    if (got < 0) {
        s->readable = CASP_READABLE_NO;
        return is_icmp_error(number) ? WSAEWOULDBLOCK : casp_wsa_from_errno(number);
    }
    s->readable = (flags & MSG_PEEK) != 0 ? CASP_READABLE_YES : CASP_READABLE_MAYBE;
    *count = (size_t)got;
    return cut ? WSAEMSGSIZE : 0;
}

/* ---- send ---- */

static ssize_t send_once(const casp_posix *b, cas_port_socket *s, const void *buf, size_t len, int flags,
                         const SOCKADDR *to, int to_len)
{
    ssize_t sent = -1;
    for (unsigned i = 0; i < SEND_TRIES_MAX && sent < 0; i++) {
        sent = sendto(s->fd, buf, len, flags | MSG_NOSIGNAL, to, to == NULL ? 0 : (socklen_t)to_len);
        if (sent < 0 && !is_icmp_error(errno))
            break;
        if (sent < 0 && b->os->keep_datagram_error != NULL)
            b->os->keep_datagram_error(s, errno);
    }
    return sent;
}

static bool is_limited_broadcast(const SOCKADDR *to)
{
    return to->sa_family == AF_INET &&
           ((const SOCKADDR_IN *)(const void *)to)->sin_addr.s_addr == INADDR_BROADCAST;
}

/* What fails binds nothing, while the kernel would choose a port before it looks at a length. */
static int check_send(const cas_port_socket *s, size_t len, const SOCKADDR *to)
{
    if (s->send_shut)
        return WSAESHUTDOWN;
    if (to == NULL && s->phase != CASP_CONNECTED)
        return WSAENOTCONN;
    if (len > (s->family == AF_INET6 ? LENGTH_MAX_V6 : LENGTH_MAX_V4))
        return WSAEMSGSIZE;
    if (to == NULL)
        return 0;
    if (is_limited_broadcast(to) && !s->shadow.broadcast)
        return WSAEACCES; /* also where the kernel has no route for it */
    return casp_address_is_any(to) || casp_address_port(to) == 0 ? WSAEADDRNOTAVAIL : 0;
}

int casp_datagram_send(casp_posix *b, cas_port_socket *s, const void *buf, size_t len, int flags,
                       const SOCKADDR *to, int to_len, size_t *count)
{
    int error = check_send(s, len, to);
    if (error != 0)
        return error;
    bool lent = to != NULL && s->broadcast_lent; /* BRD-02: lent for the connected peer only */
    if (lent)
        casp_socket_set_flag(s, SOL_SOCKET, SO_BROADCAST, 0);
    ssize_t sent = send_once(b, s, buf, len, flags, to, to_len);
    error = sent < 0 ? casp_wsa_from_errno(errno) : 0;
    if (lent)
        casp_socket_set_flag(s, SOL_SOCKET, SO_BROADCAST, 1);
    if (error == WSAEWOULDBLOCK) {
        s->writable = false;
        casp_watch(b, s, wanted(s, (s->interest & CASP_EVENT_IN) == 0));
    }
    if (error != 0)
        return error;
    s->bound = true; /* the kernel chose a port, if there was none */
    *count = (size_t)sent;
    return 0;
}
