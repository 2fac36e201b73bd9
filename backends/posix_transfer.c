/* SPDX-License-Identifier: MIT
 *
 * Bytes of a connection, and what is known about them without asking.
 *
 *   readable  NO -> YES      an edge said so                                  [casp_stream_event]
 *   readable  YES -> NO      a receive got less than it asked for, or nothing [casp_stream_receive]
 *   readable  YES -> MAYBE   a receive filled its buffer, or could have stopped at an urgent mark
 *   readable  MAYBE -> any   somebody wants to know                           [casp_stream_look]
 *   writable  true -> false  a send took less than all                        [casp_stream_send]
 *   writable  false -> true  an edge said so                                  [casp_stream_event]
 */

#include <errno.h>
#include <poll.h>

#include "backends/posix_socket.h"

/* ---- the end of a connection ---- */

/* What was acknowledged is not what a reset answered. */
static bool has_unacknowledged(const cas_port_socket *s)
{
    int count = 0;
    return ioctl(s->fd, TIOCOUTQ, &count) != 0 || count > 0;
}

/* The kernel says EPIPE of a reset that came after the peer's FIN.  Then FD_CLOSE belongs to the FIN, and
 * what is left to say is that the connection is gone; aborted, if the reset answers what was sent
 * (SHU-20). */
void casp_stream_mark_dead(cas_port_socket *s, int number)
{
    if (s->dead != 0)
        return;
    s->readable = CASP_READABLE_NO;
    s->shadow.error = 0; /* RST-02 */
    bool reset = number == ECONNRESET || number == EPIPE;
    if (number == EPIPE)
        s->fin = true;
    s->dead = reset && !(s->fin && s->sent && has_unacknowledged(s)) ? WSAECONNRESET : WSAECONNABORTED;
    s->close_error = s->fin ? 0 : s->dead;
}

/* Remembers a failed transfer; returns its code. */
static int transfer_failed(cas_port_socket *s, int number)
{
    switch (number) {
    case EINTR:
    case EAGAIN: return WSAEWOULDBLOCK;
    case ENOBUFS:
    case ENOMEM: return WSAENOBUFS;
    case EFAULT:
    case EINVAL:
    case EOPNOTSUPP:
    case EMSGSIZE:
    case EACCES:
    case EPERM: return casp_wsa_from_errno(number);
    default: casp_stream_mark_dead(s, number); return s->dead;
    }
}

/* ---- readiness ---- */

/* No segment was longer than what came between two such moments. */
static void queue_is_empty(cas_port_socket *s)
{
    s->readable = CASP_READABLE_NO;
    if (s->burst > s->burst_max)
        s->burst_max = s->burst;
    s->burst = 0;
}

bool casp_stream_look(cas_port_socket *s)
{
    char byte;
    ssize_t got = recv(s->fd, &byte, 1, MSG_PEEK);
    if (got > 0) {
        s->readable = CASP_READABLE_YES;
        return true;
    }
    int number = errno;
    queue_is_empty(s);
    if (got == 0)
        s->fin = true;
    else
        transfer_failed(s, number);
    return false;
}

static bool is_readable(cas_port_socket *s)
{
    if (s->readable == CASP_READABLE_MAYBE)
        casp_stream_look(s);
    return s->readable == CASP_READABLE_YES;
}

/* The byte may have been read over, or have arrived since the last event. */
static bool has_urgent(const cas_port_socket *s)
{
    return s->urgent_seen && !s->oob_inline && (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0;
}

static long connection_conditions(cas_port_socket *s, long interest)
{
    long now = 0;
    /* Both at once is asked only by AsyncSelect, which wants them in order: what has arrived is found out. */
    bool select = (interest & FD_READ) != 0 && (interest & FD_WRITE) != 0;
    if (select && s->readable == CASP_READABLE_NO && !s->fin)
        s->readable = CASP_READABLE_MAYBE;
    if ((interest & FD_READ) != 0 && !s->receive_shut && is_readable(s))
        now |= FD_READ;
    if ((interest & FD_OOB) != 0 && !s->receive_shut && s->urgent && has_urgent(s))
        now |= FD_OOB;
    if ((interest & FD_WRITE) != 0 && s->writable && !s->send_shut)
        now |= FD_WRITE;
    return s->dead == 0 ? now : 0;
}

long casp_stream_conditions(casp_posix *b, cas_port_socket *s, long interest, int *close_error)
{
    if (s->phase == CASP_LISTENING)
        return casp_listener_conditions(b, s);
    if (s->phase != CASP_CONNECTED)
        return 0;
    long now = s->fresh || s->dead != 0 ? 0 : connection_conditions(s, interest);
    if ((interest & FD_CLOSE) != 0 && s->close_told) {
        *close_error = s->close_error;
        now |= FD_CLOSE;
    }
    return now;
}

/* ---- queries ---- */

unsigned casp_stream_count(const cas_port_socket *s)
{
    int count = 0;
    return ioctl(s->fd, FIONREAD, &count) == 0 && count > 0 ? (unsigned)count : 0;
}

unsigned casp_stream_count_otherwise(const cas_port_socket *s)
{
    casp_socket_set_flag(s, SOL_SOCKET, SO_OOBINLINE, !s->oob_inline);
    unsigned count = casp_stream_count(s);
    casp_socket_set_flag(s, SOL_SOCKET, SO_OOBINLINE, s->oob_inline);
    return count;
}

/* What one receive would get. */
static unsigned count_bytes(const casp_posix *b, cas_port_socket *s)
{
    if (s->phase != CASP_CONNECTED || s->dead != 0 || s->receive_shut)
        return 0;
    if (s->oob_inline)
        casp_stream_skip_taken(s);
    unsigned count = casp_stream_count(s);
    if (!s->urgent_seen)
        return count;
    /* At the mark the kernel counts nothing, though a receive would step over the urgent byte. */
    if (!s->oob_inline)
        return count == 0 ? b->os->count_beyond_mark(s) : count;
    /* Inline it counts past the mark, where a receive ends; the urgent byte comes alone. */
    return count > 0 && sockatmark(s->fd) == 1 ? 1 : casp_stream_count_otherwise(s);
}

/* Winsock's SIOCATMARK says that no urgent byte waits; inline it means only one from before the switch. */
static bool is_at_mark(cas_port_socket *s)
{
    if (s->dead != 0 || s->receive_shut)
        return true; /* nothing can obtain one */
    bool waiting = (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0;
    s->mark_stands = s->mark_stands && waiting;
    return s->oob_inline ? !s->mark_stands : !waiting;
}

static bool would_not_block(cas_port_socket *s)
{
    if (s->phase == CASP_LISTENING)
        return (casp_socket_poll(s, POLLIN) & POLLIN) != 0;
    if (s->phase != CASP_CONNECTED)
        return false;
    bool bytes = is_readable(s) && !s->receive_shut;
    return bytes || s->fin || s->dead != 0;
}

int casp_stream_query(casp_posix *b, cas_port_socket *s, cas_query what, unsigned *value)
{
    switch (what) {
    case CAS_QUERY_READ_COUNT: *value = count_bytes(b, s); return 0;
    case CAS_QUERY_AT_MARK: *value = is_at_mark(s); return 0;
    default: *value = would_not_block(s); return 0;
    }
}

/* ---- receive ---- */

/* Linux keeps one urgent byte; afterwards there is none. */
static int receive_urgent(cas_port_socket *s, void *buf, size_t len, int flags, size_t *count)
{
    if (s->oob_inline)
        return WSAEINVAL;
    if (len == 0) { /* recv(2) would say 0 */
        *count = 0;
        return (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0 ? 0 : WSAEWOULDBLOCK;
    }
    ssize_t got = recv(s->fd, buf, len, flags);
    if (got < 0 && errno != EINVAL && errno != EAGAIN)
        return transfer_failed(s, errno);
    if (got <= 0) { /* nothing urgent; 0 is the end of the stream */
        s->urgent = false;
        return WSAEWOULDBLOCK;
    }
    s->urgent = (flags & MSG_PEEK) != 0;
    s->urgent_taken = !s->urgent;
    s->urgent_seen = true; /* also if no event told of it: the stream stops at its mark */
    *count = (size_t)got;
    return 0;
}

/* recv(2) of 0 bytes says 0 whatever is queued. */
static int receive_nothing(cas_port_socket *s, size_t *count)
{
    s->readable = CASP_READABLE_MAYBE;
    if (!is_readable(s) && s->dead != 0)
        return s->dead;
    if (s->readable == CASP_READABLE_NO && !s->fin)
        return WSAEWOULDBLOCK;
    *count = 0;
    return 0;
}

/* The end of the stream hides a reset that our own bytes drew after it (SHU-20). */
static int receive_end(cas_port_socket *s, size_t *count)
{
    s->readable = CASP_READABLE_NO;
    s->fin = true;
    if (s->sent) {
        int number = casp_socket_take_error(s);
        if (number != 0) {
            casp_stream_mark_dead(s, number);
            return s->dead;
        }
    }
    *count = 0;
    return 0;
}

void casp_stream_skip_taken(cas_port_socket *s)
{
    char byte;
    if (!s->urgent_taken || sockatmark(s->fd) != 1)
        return;
    s->urgent_taken = false;
    bool another = (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0;
    ssize_t ignored = another ? 0 : recv(s->fd, &byte, 1, 0);
    (void)ignored;
}

/* Inline, the urgent byte comes alone; the kernel would go on behind it. */
static size_t stop_behind_mark(const cas_port_socket *s, size_t len)
{
    return s->oob_inline && s->urgent_seen && sockatmark(s->fd) == 1 ? 1 : len;
}

int casp_stream_receive(cas_port_socket *s, void *buf, size_t len, int flags, size_t *count)
{
    if (s->phase != CASP_CONNECTED)
        return WSAENOTCONN;
    if (s->receive_shut)
        return WSAESHUTDOWN;
    if (s->dead != 0)
        return s->dead;
    if ((flags & MSG_OOB) != 0)
        return receive_urgent(s, buf, len, flags, count);
    if (len == 0)
        return receive_nothing(s, count);
    if (s->oob_inline) {
        casp_stream_skip_taken(s);
        len = stop_behind_mark(s, len);
    }
    ssize_t got = recv(s->fd, buf, len, flags);
    if (got == 0)
        return receive_end(s, count);
    if (got < 0) {
        s->readable = CASP_READABLE_NO;
        return transfer_failed(s, errno);
    }
    *count = (size_t)got;
    if ((flags & MSG_PEEK) != 0) {
        s->readable = CASP_READABLE_YES;
        return 0;
    }
    s->readable = CASP_READABLE_MAYBE;
    s->end_watch = CASP_END_UNWATCHED;
    s->burst += *count;
    if (*count < len && !s->urgent_seen)
        queue_is_empty(s);
    return 0;
}

/* ---- send ---- */

int casp_stream_send(cas_port_socket *s, const void *buf, size_t len, int flags, size_t *count)
{
    if (s->phase != CASP_CONNECTED)
        return WSAENOTCONN;
    if (s->send_shut)
        return WSAESHUTDOWN;
    if (s->dead != 0)
        return s->dead;
    ssize_t sent = send(s->fd, buf, len, flags | MSG_NOSIGNAL);
    if (sent < 0) {
        s->writable = s->writable && errno != EAGAIN;
        return transfer_failed(s, errno);
    }
    s->sent = s->sent || sent > 0;
    if ((size_t)sent < len)
        s->writable = false;
    *count = (size_t)sent;
    return 0;
}
