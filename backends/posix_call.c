/* SPDX-License-Identifier: MIT
 *
 * The life of a socket of either type: open, attach, bind, shutdown, detach, close.
 *
 * Where Linux and Winsock differ:
 *  - A bind on Linux fails for minutes after a server has gone, unless SO_REUSEADDR is on; Winsock's
 *    listeners need no such thing.  So the kernel's flag is on while a bind is retried and while a socket
 *    listens, whatever the user's own SO_REUSEADDR says, and two sockets still cannot have one port.
 *  - Shutting down the receiving side is a matter of this library only: the kernel would take its own flag
 *    for the peer's end of stream in every later event.
 *  - Close never waits.  With a linger time and unsent bytes it fails instead, as on a non-blocking Windows
 *    socket.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "backends/detached.h"

/* ---- records ---- */

cas_port_socket *casp_socket_create(casp_posix *b, cas_sink *sink, int fd, int family, bool datagram)
{
    cas_port_socket *s = cas_alloc(b->memory, sizeof *s);
    if (s == NULL)
        return NULL;
    *s = (cas_port_socket){.sink = sink, .fd = fd, .family = family, .datagram = datagram};
    s->writable = datagram;
    s->shadow.sndbuf = -1;
    s->shadow.rcvbuf = -1;
    if (b->os->join == NULL || b->os->join(b, s) == 0)
        return s;
    cas_free(b->memory, s, sizeof *s);
    return NULL;
}

void casp_socket_free(casp_posix *b, cas_port_socket *s)
{
    if (b->os->leave != NULL)
        b->os->leave(b, s);
    cas_free(b->memory, s, sizeof *s);
}

/* The descriptor may belong to somebody else as soon as it is closed. */
static void close_socket(casp_posix *b, cas_port_socket *s)
{
    int fd = s->fd;
    casp_socket_free(b, s);
    close(fd);
}

short casp_socket_poll(const cas_port_socket *s, short events)
{
    struct pollfd wanted = {.fd = s->fd, .events = events};
    return poll(&wanted, 1, 0) > 0 ? wanted.revents : 0;
}

int casp_socket_take_error(const cas_port_socket *s)
{
    int number = 0;
    socklen_t len = sizeof number;
    return getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &number, &len) == 0 ? number : errno;
}

void casp_socket_set_flag(const cas_port_socket *s, int level, int name, int value)
{
    setsockopt(s->fd, level, name, &value, sizeof value);
}

bool casp_socket_local(const cas_port_socket *s, SOCKADDR_STORAGE *out)
{
    SOCKADDR_STORAGE name;
    socklen_t len = sizeof name;
    memset(&name, 0, sizeof name);
    if (getsockname(s->fd, (SOCKADDR *)&name, &len) != 0)
        return false;
    *out = name;
    return casp_address_port((SOCKADDR *)&name) != 0;
}

/* ---- open ---- */

int casp_posix_open(cas_backend *backend, int family, int type, cas_sink *sink, cas_port_socket **out,
                    SOCKET *handle)
{
    casp_posix *b = (casp_posix *)backend;
    int fd = b->os->open(family, type);
    if (fd < 0)
        return casp_wsa_from_errno(errno);
    cas_port_socket *s = casp_socket_create(b, sink, fd, family, type == SOCK_DGRAM);
    if (s == NULL) {
        close(fd);
        return WSAENOBUFS;
    }
    if (family == AF_INET6) /* Winsock's default */
        casp_socket_set_flag(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (s->datagram) {
        b->os->prepare_datagram(s);
        int error = casp_watch(b, s, CASP_EVENT_IN);
        if (error != 0) {
            close_socket(b, s);
            return error;
        }
    }
    *out = s;
    *handle = (SOCKET)fd;
    return 0;
}

/* ---- attach and detach ---- */

static int kernel_int(int fd, int name, int *value)
{
    socklen_t len = sizeof *value;
    return getsockopt(fd, SOL_SOCKET, name, value, &len) == 0 ? 0 : casp_wsa_from_errno(errno);
}

static int kernel_family(int fd, int *family)
{
    SOCKADDR_STORAGE name;
    socklen_t len = sizeof name;
    if (getsockname(fd, (SOCKADDR *)&name, &len) != 0)
        return casp_wsa_from_errno(errno);
    *family = name.ss_family;
    return 0;
}

static int identify(SOCKET handle, int *family, int *type)
{
    if (handle > INT_MAX)
        return WSAENOTSOCK;
    int fd = (int)handle;
    int error = kernel_int(fd, SO_TYPE, type);
    if (error == 0)
        error = kernel_family(fd, family);
    if (error != 0)
        return error;
    if (*family != AF_INET && *family != AF_INET6)
        return WSAEAFNOSUPPORT;
    if (*type != SOCK_STREAM && *type != SOCK_DGRAM)
        return WSAESOCKTNOSUPPORT;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || ((flags & O_NONBLOCK) == 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0))
        return casp_wsa_from_errno(errno);
    return 0;
}

/* A connection does not say that this side has finished; but then even sending nothing fails. */
static bool own_side_has_finished(const cas_port_socket *s)
{
    short state = casp_socket_poll(s, POLLOUT);
    if ((state & POLLERR) != 0)
        return false;
    return (state & POLLHUP) != 0 || (send(s->fd, "", 0, MSG_NOSIGNAL) != 0 && errno == EPIPE);
}

/* An attempt under way is what has a port, no peer yet, and nothing to tell. */
static void adopt_stream_state(cas_port_socket *s, bool has_peer)
{
    int listens = 0;
    if (kernel_int(s->fd, SO_ACCEPTCONN, &listens) == 0 && listens != 0) {
        s->phase = CASP_LISTENING;
    } else if (has_peer) {
        s->phase = CASP_CONNECTED;
        s->send_shut = own_side_has_finished(s);
    } else if (s->bound && casp_socket_poll(s, POLLIN | POLLOUT) == 0) {
        s->phase = CASP_CONNECTING;
    }
}

/* An urgent byte is queued, or its place in the stream: then the two ways to count differ. */
static bool has_mark(const cas_port_socket *s)
{
    return sockatmark(s->fd) == 1 || casp_stream_count(s) != casp_stream_count_otherwise(s);
}

/* What is asked now is right though others have used the handle meanwhile. */
static void recall_stream(cas_port_socket *s, const cas_port_socket *known)
{
    if (known->phase == CASP_CONNECTED && (s->phase == CASP_IDLE || s->phase == CASP_CONNECTING)) {
        s->phase = CASP_CONNECTED; /* the kernel knows no peer of a connection that has died */
        s->peer = known->peer;
    }
    if (known->phase == CASP_LISTENING)
        s->inline_changed = known->inline_changed;
    if (known->phase != CASP_CONNECTED || s->phase != CASP_CONNECTED)
        return;
    short state = casp_socket_poll(s, POLLOUT | POLLPRI);
    s->readable = CASP_READABLE_MAYBE;
    s->writable = (state & POLLOUT) != 0;
    s->urgent = (state & POLLPRI) != 0;
    s->urgent_seen = known->urgent_seen || s->urgent;
    s->urgent_taken = known->urgent_taken;
    s->mark_stands = known->mark_stands;
    s->fin = known->fin;
    s->sent = known->sent;
    s->close_told = known->close_told;
    s->close_error = known->close_error;
    s->dead = known->dead;
    s->connected_ns = known->connected_ns;
    casp_stream_notice_death(s, (unsigned short)state);
}

static void recall_datagram(cas_port_socket *s, const cas_port_socket *known)
{
    s->ignore_resets = known->ignore_resets;
    s->broadcast_lent = known->broadcast_lent;
    s->resets = known->resets;
    s->expiries = known->expiries;
}

/* A handle comes back that was detached in this process. */
static void recall(cas_port_socket *s, const cas_port_socket *known)
{
    casp_option_recall(s, &known->shadow);
    s->bound_by_user = known->bound_by_user;
    s->receive_shut = known->receive_shut;
    s->send_shut = s->send_shut || known->send_shut;
    if (s->datagram)
        recall_datagram(s, known);
    else
        recall_stream(s, known);
}

static void adopt_state(cas_port_socket *s)
{
    SOCKADDR_STORAGE name;
    socklen_t len = sizeof s->peer;
    cas_port_socket known;
    s->foreign = true;
    s->bound = casp_socket_local(s, &name);
    s->bound_by_user = s->bound;
    bool has_peer = getpeername(s->fd, &s->peer.any, &len) == 0;
    if (s->datagram)
        s->phase = has_peer ? CASP_CONNECTED : CASP_IDLE;
    else
        adopt_stream_state(s, has_peer);
    s->fresh = s->phase == CASP_CONNECTED && !s->datagram;
    s->burst_max = SIZE_MAX;
    casp_option_adopt(s);
    s->urgent_seen = s->fresh && has_mark(s);
    if (casp_detached_take(s, &known)) {
        s->fresh = false;
        recall(s, &known);
    }
}

static int adopt_interest(casp_posix *b, cas_port_socket *s)
{
    if (s->datagram) {
        b->os->prepare_datagram(s);
        return casp_watch(b, s, CASP_EVENT_IN);
    }
    switch (s->phase) {
    case CASP_LISTENING: return casp_watch(b, s, CASP_EVENT_IN);
    case CASP_CONNECTING:
    case CASP_CONNECTED: return casp_watch(b, s, CASP_WATCH_CONNECTION);
    default: return 0;
    }
}

int casp_posix_attach(cas_backend *backend, SOCKET handle, cas_sink *sink, cas_port_socket **out, int *family,
                      int *type)
{
    casp_posix *b = (casp_posix *)backend;
    int its_family = AF_UNSPEC, its_type = 0;
    int error = identify(handle, &its_family, &its_type);
    if (error != 0)
        return error;
    cas_port_socket *s = casp_socket_create(b, sink, (int)handle, its_family, its_type == SOCK_DGRAM);
    if (s == NULL)
        return WSAENOBUFS;
    adopt_state(s);
    error = adopt_interest(b, s);
    if (error != 0) {
        casp_option_release(s);
        casp_socket_free(b, s);
        return error;
    }
    *out = s;
    *family = its_family;
    *type = its_type;
    return 0;
}

void casp_posix_detach(cas_backend *backend, cas_port_socket *s)
{
    casp_posix *b = (casp_posix *)backend;
    casp_watch(b, s, 0);
    casp_option_release(s);
    casp_detached_keep(s);
    casp_socket_free(b, s);
}

/* ---- close ---- */

static bool must_linger(const cas_port_socket *s)
{
    int linger = s->shadow.linger, unsent = 0;
    if (linger >> 16 == 0 || (linger & 0xFFFF) == 0)
        return false;
    if (s->datagram || s->phase != CASP_CONNECTED || s->dead != 0)
        return false;
    return ioctl(s->fd, TIOCOUTQ, &unsent) == 0 && unsent > 0;
}

int casp_posix_close(cas_backend *backend, cas_port_socket *s)
{
    casp_posix *b = (casp_posix *)backend;
    if (must_linger(s))
        return WSAEWOULDBLOCK;
    /* Closing takes the descriptor out of the set only if it is the last one of its socket. */
    if (s->foreign)
        casp_watch(b, s, 0);
    close_socket(b, s);
    return 0;
}

/* ---- bind ---- */

static int bind_once(const cas_port_socket *s, const SOCKADDR *addr, int len)
{
    return bind(s->fd, addr, (socklen_t)len) == 0 ? 0 : casp_wsa_from_errno(errno);
}

int casp_posix_bind(cas_backend *backend, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    (void)backend;
    if (s->bound)
        return WSAEINVAL;
    int error = bind_once(s, addr, len);
    if (error == WSAEADDRINUSE && !s->datagram && !s->shadow.reuseaddr) {
        casp_socket_set_flag(s, SOL_SOCKET, SO_REUSEADDR, 1);
        error = bind_once(s, addr, len);
        casp_socket_set_flag(s, SOL_SOCKET, SO_REUSEADDR, 0);
    }
    if (error == WSAEADDRINUSE && s->shadow.reuseaddr)
        return WSAEACCES; /* REU-01: the other one did not agree to share */
    if (error == 0) {
        s->bound = true;
        s->bound_by_user = true;
    }
    return error;
}

/* ---- shutdown ---- */

int casp_posix_shutdown(cas_backend *backend, cas_port_socket *s, int how)
{
    (void)backend;
    if (!s->datagram && s->phase != CASP_CONNECTED)
        return WSAENOTCONN;
    bool sends = how != SD_RECEIVE && !s->send_shut;
    /* ENOTCONN: the connection has died; the next event tells. */
    if (sends && !s->datagram && s->dead == 0 && shutdown(s->fd, SHUT_WR) != 0 && errno != ENOTCONN)
        return casp_wsa_from_errno(errno);
    s->send_shut = s->send_shut || sends;
    s->receive_shut = s->receive_shut || how != SD_SEND;
    return 0;
}
