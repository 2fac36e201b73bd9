/* SPDX-License-Identifier: MIT
 *
 * The poll backend: real sockets on any system, with POSIX poll(2) and nothing that only one kernel has.
 *
 * poll(2) tells levels: what is true is told again each time.  So each wait() first asks of every socket what
 * it has still to tell, which follows from its state alone (wanted), and nothing else keeps it up to date.
 * That walk is short beside the kernel's own walk over the same array.  What POSIX has no event for, the end
 * of a stream whose bytes are unread, is the affair of stream_end.c.
 *
 * Invariants:
 *  1. sockets[i]->place == i for each i < count, and capacity >= count: fds has room for each socket that
 *     exists, so that watching one never asks for memory.
 *  2. A stream whose readable is NO has a low-water mark of 1 whenever poll(2) is called.
 *  3. What poll(2) is asked for is not known yet; so wait() does not return again and again for nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "backends/stream_end.h"
#include "castanet/os.h"

typedef struct poll_backend {
    casp_posix posix;
    struct pollfd *fds;
    cas_port_socket **sockets;
    size_t count, capacity;
    unsigned waits; /* number of the current wait() */
} poll_backend;

/* ---- the array ---- */

/* One block: the sockets, and behind them fds, which each wait() fills anew. */
static size_t block_size(size_t capacity)
{
    return capacity * (sizeof(cas_port_socket *) + sizeof(struct pollfd));
}

static int grow(poll_backend *b)
{
    enum { CAPACITY_FIRST = 16 };
    cas_allocator *memory = b->posix.memory;
    size_t capacity = b->capacity == 0 ? CAPACITY_FIRST : b->capacity * 2;
    void *block = memory->resize(memory, b->sockets, block_size(b->capacity), block_size(capacity));
    if (block == NULL)
        return WSAENOBUFS;
    b->sockets = block;
    b->fds = (struct pollfd *)(void *)(b->sockets + capacity);
    b->capacity = capacity;
    return 0;
}

static int join(casp_posix *base, cas_port_socket *s)
{
    poll_backend *b = (poll_backend *)base;
    if (b->count == b->capacity && grow(b) != 0)
        return WSAENOBUFS;
    s->place = b->count;
    b->sockets[b->count++] = s;
    return 0;
}

/* The last one takes the place.  The descriptor may live on elsewhere. */
static void leave(casp_posix *base, cas_port_socket *s)
{
    poll_backend *b = (poll_backend *)base;
    if (s->low_water > 1)
        casp_end_set_low_water(s, 1);
    cas_port_socket *last = b->sockets[--b->count];
    b->sockets[s->place] = last;
    last->place = s->place;
}

/* Each wait() looks at interest by itself. */
static int watch(casp_posix *base, cas_port_socket *s, unsigned events)
{
    (void)base, (void)s, (void)events;
    return 0;
}

/* ---- what to ask for ---- */

/* Whether POLLIN can say something new of a connection. */
static bool can_learn_from_input(const poll_backend *b, cas_port_socket *s)
{
    if (s->readable == CASP_READABLE_MAYBE)
        casp_stream_look(s);
    if (s->fin || s->dead != 0)
        return false;
    if (s->readable == CASP_READABLE_NO && s->low_water > 1)
        casp_end_set_low_water(s, 1);
    if (s->readable == CASP_READABLE_NO)
        return true;
    if (s->end_watch == CASP_END_UNWATCHED)
        casp_end_watch_begin(s, b->waits);
    return s->end_watch == CASP_END_WATCHED;
}

/* Nothing will be reported of the connection any more, unless another attempt is made. */
static bool is_over(const cas_port_socket *s)
{
    if (s->phase == CASP_IDLE) /* the attempt failed */
        return true;
    return s->close_told && (s->dead != 0 || (s->fin && s->send_shut));
}

static unsigned wanted(const poll_backend *b, cas_port_socket *s)
{
    if (s->interest != CASP_WATCH_CONNECTION)
        return s->interest;
    if (is_over(s))
        return 0;
    if (s->urgent) /* it may have been read over meanwhile, and another may come */
        s->urgent = (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0;
    unsigned events = CASP_WATCH_CHANGES; /* not 0: errors are of interest in any case */
    if (!s->urgent)
        events |= CASP_EVENT_PRI;
    if (!s->writable)
        events |= CASP_EVENT_OUT;
    if (can_learn_from_input(b, s))
        events |= CASP_EVENT_IN;
    return events;
}

/* A call has met what wait() has to report, and the kernel may not say it again. */
static bool owes_report(const cas_port_socket *s)
{
    if (s->datagram)
        return s->error_untold;
    return s->interest == CASP_WATCH_CONNECTION && !s->close_told && (s->fin || s->dead != 0);
}

/* True if a socket owes a report. */
static bool prepare(poll_backend *b)
{
    const unsigned of_poll = CASP_EVENT_IN | CASP_EVENT_OUT | CASP_EVENT_PRI;
    bool owes = false;
    for (size_t i = 0; i < b->count; i++) {
        cas_port_socket *s = b->sockets[i];
        unsigned events = wanted(b, s);
        b->fds[i].fd = events == 0 ? -1 : s->fd;
        b->fds[i].events = (short)(events & of_poll);
        owes = owes || owes_report(s);
    }
    return owes;
}

/* ---- what it means ---- */

/* POLLIN says of bytes and of the end alike. */
static unsigned read_input(const poll_backend *b, cas_port_socket *s, unsigned events)
{
    bool news = s->readable != CASP_READABLE_YES;
    bool bytes = news && casp_stream_look(s);
    bool end = bytes ? casp_end_came_with_bytes(s, b->waits) : news ? s->fin : casp_end_has_come(s, b->waits);
    events &= ~CASP_EVENT_IN;
    return events | (bytes ? CASP_EVENT_IN : 0) | (end ? CASP_EVENT_END : 0);
}

/* Both sides have finished; some systems say it when the peer alone has. */
static unsigned read_hang_up(cas_port_socket *s, unsigned events)
{
    events &= ~(CASP_EVENT_HUP | CASP_EVENT_IN);
    bool bytes = casp_stream_look(s);
    return events | CASP_EVENT_END | (bytes ? CASP_EVENT_IN : 0);
}

/* The levels of a connection as the event that casp_stream_event reads. */
static unsigned connection_event(const poll_backend *b, cas_port_socket *s, unsigned events)
{
    bool error = (events & CASP_EVENT_ERR) != 0, hang_up = (events & CASP_EVENT_HUP) != 0;
    if ((error && hang_up) || (s->phase == CASP_CONNECTING && (error || hang_up)))
        return events;
    if (error) { /* taken, so that it does not stand */
        int number = casp_socket_take_error(s);
        if (number != 0)
            casp_stream_mark_dead(s, number);
    }
    if (s->urgent)
        events |= CASP_EVENT_PRI;
    s->urgent_seen = s->urgent_seen || (events & CASP_EVENT_PRI) != 0;
    if (hang_up)
        return read_hang_up(s, events);
    return (events & CASP_EVENT_IN) != 0 ? read_input(b, s, events) : events;
}

static void read_events(poll_backend *b, cas_port_socket *s, unsigned events)
{
    if ((events & POLLNVAL) != 0) { /* somebody else has closed the descriptor */
        casp_watch(&b->posix, s, 0);
        return;
    }
    if (s->interest == CASP_WATCH_CONNECTION && events != 0)
        events = connection_event(b, s, events);
    if (owes_report(s))
        events |= s->datagram ? CASP_EVENT_ERR : CASP_EVENT_END;
    if (events != 0)
        casp_posix_event(&b->posix, s, events);
}

static int wait_for_events(cas_backend *backend, int64_t timeout_ns)
{
    poll_backend *b = (poll_backend *)backend;
    b->waits++;
    bool owes = prepare(b);
    int spoke = poll(b->fds, (nfds_t)b->count, owes ? 0 : casp_posix_wait_ms(timeout_ns));
    if (spoke < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : casp_wsa_from_errno(errno);
    for (size_t i = 0; i < b->count && (spoke > 0 || owes); i++) {
        spoke -= b->fds[i].revents != 0;
        if (b->fds[i].revents != 0 || owes)
            read_events(b, b->sockets[i], (unsigned short)b->fds[i].revents);
    }
    return 0;
}

/* wait() is given the time by the engine. */
static void wake(cas_backend *backend, uint64_t at_ns) { (void)backend, (void)at_ns; }

static int descriptor(cas_backend *backend)
{
    (void)backend;
    return -1;
}

/* ---- sockets ---- */

/* Returns fd, or -1 after closing it. */
static int make_non_blocking(int fd)
{
    if (fd < 0)
        return -1;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
        return fd;
    int number = errno;
    close(fd);
    errno = number;
    return -1;
}

static int open_socket(int family, int type) { return make_non_blocking(socket(family, type, 0)); }

static int accept_connection(int listener, SOCKADDR *peer, socklen_t *len)
{
    return make_non_blocking(accept(listener, peer, len));
}

static unsigned count_beyond_mark(const cas_port_socket *s)
{
    char bytes[4096];
    ssize_t beyond = recv(s->fd, bytes, sizeof bytes, MSG_PEEK);
    return beyond > 0 ? (unsigned)beyond : 0;
}

/* ---- ICMP errors: one at a time, and of a connected socket only ---- */

static void prepare_datagram(const cas_port_socket *s) { (void)s; }

static void take_datagram_errors(cas_port_socket *s, int number)
{
    if (number == 0)
        number = casp_socket_take_error(s);
    if (number == ECONNREFUSED)
        casp_datagram_count_reset(s);
}

static void keep_datagram_error(cas_port_socket *s, int number)
{
    take_datagram_errors(s, number);
    s->error_untold = casp_datagram_has_error(s);
}

/* ---- life ---- */

static const casp_os_ops poll_ops = {
    .name = "poll",
    .wait = wait_for_events,
    .wake = wake,
    .descriptor = descriptor,
    .join = join,
    .leave = leave,
    .watch = watch,
    .open = open_socket,
    .accept = accept_connection,
    .prepare_datagram = prepare_datagram,
    .take_datagram_errors = take_datagram_errors,
    .keep_datagram_error = keep_datagram_error,
    .count_beyond_mark = count_beyond_mark,
};

int cas_poll_backend_create(cas_allocator *memory, cas_backend **out)
{
    if (memory == NULL)
        memory = cas_allocator_system();
    poll_backend *b = cas_alloc(memory, sizeof *b);
    if (b == NULL)
        return WSAENOBUFS;
    *b = (poll_backend){.count = 0};
    casp_posix_init(&b->posix, &poll_ops, memory);
    *out = &b->posix.base;
    return 0;
}

void cas_poll_backend_destroy(cas_backend *backend)
{
    poll_backend *b = (poll_backend *)backend;
    if (b == NULL)
        return;
    cas_free(b->posix.memory, b->sockets, block_size(b->capacity));
    cas_free(b->posix.memory, b, sizeof *b);
}
