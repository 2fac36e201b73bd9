/* SPDX-License-Identifier: MIT
 *
 * The poll backend: real sockets on any system, with POSIX poll(2) and nothing that only one kernel has.
 *
 * poll(2) tells levels: what is true is told again each time.  So each wait() first asks of every socket what
 * it has still to tell, which follows from its state alone (wanted), and nothing else keeps it up to date.
 * That walk is short beside the kernel's own walk over the same array.
 *
 * The end of a stream behind bytes that are not read
 * --------------------------------------------------
 * FD_CLOSE is due at once, whatever is unread, and POSIX has no event for it: while bytes are unread POLLIN
 * holds and says nothing new.  So a stream with n bytes unread gets a low-water mark of n + 1
 * (SO_RCVLOWAT).  POLLIN then speaks again when more bytes come, which FIONREAD shows, or else at the end.
 * But a kernel may ignore the mark when its receive buffer gets tight (Linux does, when memory runs out or
 * the window is smaller than the largest segment seen).  So that no FD_CLOSE is ever untrue, it is believed
 *
 *  - if POLLIN was silent earlier with the same bytes unread: none came, so nothing got tight;
 *  - if it speaks at once, as long as little is unread beside the buffer, and no segment can have been long
 *    beside the window: none was longer than all that ever came without a pause, nor than two times the
 *    maximum (of which Linux tells only that of the other direction).  With the usual buffers this is good
 *    for 5000 bytes that come with the end.
 *
 * Otherwise, and once an urgent byte came, because FIONREAD stops counting at its mark, the end is found when
 * the bytes before it were read.  All this costs six system calls a message: a look, FIONREAD, SO_RCVBUF, the
 * low-water mark up, a question, and the mark down again.
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

#include "backends/posix_socket.h"
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

static bool set_low_water(cas_port_socket *s, int bytes)
{
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes) != 0)
        return false;
    s->low_water = bytes;
    return true;
}

/* The last one takes the place.  The descriptor may live on elsewhere. */
static void leave(casp_posix *base, cas_port_socket *s)
{
    poll_backend *b = (poll_backend *)base;
    if (s->low_water > 1)
        set_low_water(s, 1);
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

/* ---- the end of a stream behind unread bytes ---- */

static int unread_bytes(const cas_port_socket *s)
{
    int count = 0;
    return ioctl(s->fd, FIONREAD, &count) == 0 ? count : 0;
}

static int socket_int(const cas_port_socket *s, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof value;
    return getsockopt(s->fd, level, name, &value, &len) == 0 ? value : 0;
}

/* No segment that came was longer. */
static size_t longest_segment(const cas_port_socket *s, size_t unread)
{
    enum { SEGMENT_DEFAULT = 536 };
    size_t burst = s->burst < SIZE_MAX - unread ? s->burst + unread : SIZE_MAX;
    size_t came = burst > s->burst_max ? burst : s->burst_max;
#ifdef TCP_MAXSEG
    size_t maximum = 2 * (size_t)socket_int(s, IPPROTO_TCP, TCP_MAXSEG);
    came = maximum >= SEGMENT_DEFAULT && maximum < came ? maximum : came;
#endif
    return came > SEGMENT_DEFAULT ? came : SEGMENT_DEFAULT;
}

/* The kernel has no reason to ignore the low-water mark.  A window is half of the buffer, or a quarter if its
 * bytes came in bad shape, and at first at most 64 KiB; it is rounded down to segments; and what was read is
 * not offered again before it makes half of it. */
static bool has_plenty_of_room(const cas_port_socket *s)
{
    enum { BUFFER_AT_FIRST = 131072 };
    size_t buffer = (size_t)socket_int(s, SOL_SOCKET, SO_RCVBUF), unread = (size_t)s->unread;
    size_t window = (buffer < BUFFER_AT_FIRST ? buffer : BUFFER_AT_FIRST) / 4;
    size_t longest = longest_segment(s, unread);
    return longest <= window && 4 * longest + 2 * unread <= window;
}

static void watch_end(const poll_backend *b, cas_port_socket *s)
{
    s->end_watch = CASP_END_HIDDEN;
    int unread = s->urgent_seen ? 0 : unread_bytes(s);
    if (unread == 0 || unread > socket_int(s, SOL_SOCKET, SO_RCVBUF) / 8 * 3)
        return;
    if (s->low_water <= unread && !set_low_water(s, unread + 1))
        return;
    s->end_watch = CASP_END_WATCHED;
    s->unread = unread;
    s->watched_since = b->waits;
}

/* POLLIN has spoken though bytes are unread. */
static bool end_has_come(const poll_backend *b, cas_port_socket *s)
{
    if (unread_bytes(s) != s->unread) {
        s->end_watch = CASP_END_UNWATCHED; /* more came; the next wait() watches anew */
        return false;
    }
    bool silent_before = s->watched_since != b->waits;
    bool urgent = s->urgent_seen || (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0;
    if (!urgent && (silent_before || has_plenty_of_room(s)))
        return true;
    s->end_watch = CASP_END_HIDDEN;
    return false;
}

/* ---- what to ask for ---- */

/* Whether POLLIN can say something new of a connection. */
static bool can_learn_from_input(const poll_backend *b, cas_port_socket *s)
{
    if (s->readable == CASP_READABLE_MAYBE)
        casp_stream_look(s);
    if (s->fin || s->dead != 0)
        return false;
    if (s->readable == CASP_READABLE_NO)
        return s->low_water <= 1 || set_low_water(s, 1);
    if (s->end_watch == CASP_END_UNWATCHED)
        watch_end(b, s);
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

/* Bytes have come, and may have brought the end with them; the callback that reads them must not come
 * between the two (R9). */
static bool end_came_with_bytes(const poll_backend *b, cas_port_socket *s)
{
    watch_end(b, s);
    if (s->end_watch != CASP_END_WATCHED)
        return false;
    if ((casp_socket_poll(s, POLLIN) & POLLIN) != 0)
        return end_has_come(b, s);
    s->watched_since = b->waits - 1;
    return false;
}

/* POLLIN says of bytes and of the end alike. */
static unsigned read_input(const poll_backend *b, cas_port_socket *s, unsigned events)
{
    bool news = s->readable != CASP_READABLE_YES;
    bool bytes = news && casp_stream_look(s);
    bool end = bytes ? end_came_with_bytes(b, s) : news ? s->fin : end_has_come(b, s);
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
