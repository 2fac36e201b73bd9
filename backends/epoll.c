/* SPDX-License-Identifier: MIT
 *
 * The epoll backend: its table, its set, and wait(), where all reports come from.
 *
 * A connection costs one epoll_ctl in its life; a message costs what it costs with raw epoll: epoll_wait,
 * recv, send.  epoll_socket.h has the states and invariants.
 *
 * It does not serve several threads, and does not survive a fork in the child.
 */
#define _GNU_SOURCE /* Linux's own calls and options */

#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include <sys/timerfd.h>

#include "backends/epoll_socket.h"
#include "castanet/os.h"

enum { EVENTS_PER_WAIT = 64 };

static const uint64_t NS_PER_S = 1000000000u;

/* ---- the set ---- */

int casp_epoll_interest(casp_epoll *b, cas_port_socket *s, uint32_t events)
{
    if (events == s->interest)
        return 0;
    int operation = s->interest == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    struct epoll_event event = {.events = events, .data.ptr = s};
    if (epoll_ctl(b->set, operation, s->fd, &event) != 0)
        return errno == EEXIST ? WSAEINVAL : WSAENOBUFS;
    s->interest = events;
    return 0;
}

/* ---- clock and alarm ---- */

uint64_t casp_epoll_now(cas_backend *backend)
{
    (void)backend;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void set_alarm(casp_epoll *b, uint64_t at_ns)
{
    struct itimerspec when = {.it_value = {(time_t)(at_ns / NS_PER_S), (long)(at_ns % NS_PER_S)}};
    b->alarm_ns = at_ns;
    timerfd_settime(b->alarm, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Needed only by somebody who watches the descriptor: wait() is given the time by the engine.  What is posted
 * during wait() is dispatched right after it. */
static void wake(cas_backend *backend, uint64_t at_ns)
{
    casp_epoll *b = (casp_epoll *)backend;
    if (b->alarm >= 0 && !b->reporting && at_ns < b->alarm_ns)
        set_alarm(b, at_ns == 0 ? 1 : at_ns);
}

static int descriptor(cas_backend *backend)
{
    casp_epoll *b = (casp_epoll *)backend;
    if (b->alarm >= 0)
        return b->set;
    b->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (b->alarm >= 0 && epoll_ctl(b->set, EPOLL_CTL_ADD, b->alarm, &event) != 0) {
        close(b->alarm);
        b->alarm = -1;
    }
    return b->alarm < 0 ? -1 : b->set;
}

static void alarm_rang(casp_epoll *b)
{
    uint64_t expirations;
    b->alarm_ns = UINT64_MAX;
    /* A failing read means that it was moved meanwhile; then it will ring again. */
    ssize_t ignored = read(b->alarm, &expirations, sizeof expirations);
    (void)ignored;
}

/* ---- waiting ---- */

static int wait_ms(int64_t timeout_ns)
{
    if (timeout_ns < 0)
        return -1;
    int64_t ms = timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static int wait_for_events(cas_backend *backend, int64_t timeout_ns)
{
    casp_epoll *b = (casp_epoll *)backend;
    struct epoll_event events[EVENTS_PER_WAIT];
    int count = epoll_wait(b->set, events, EVENTS_PER_WAIT, wait_ms(timeout_ns));
    if (count < 0)
        return errno == EINTR ? 0 : casp_wsa_from_errno(errno);
    b->reporting = true;
    for (int i = 0; i < count; i++) {
        cas_port_socket *s = events[i].data.ptr;
        if (s == NULL)
            alarm_rang(b);
        else if (s->datagram)
            casp_datagram_event(b, s, events[i].events);
        else
            casp_stream_event(b, s, events[i].events);
    }
    b->reporting = false;
    return 0;
}

/* ---- slots that differ by type ---- */

static int connect_socket(cas_backend *backend, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    return s->datagram ? casp_datagram_connect(s, addr, len)
                       : casp_stream_connect((casp_epoll *)backend, s, addr, len);
}

static int receive(cas_backend *backend, cas_port_socket *s, void *buf, size_t len, int flags,
                   SOCKADDR_STORAGE *from, size_t *count)
{
    return s->datagram ? casp_datagram_receive((casp_epoll *)backend, s, buf, len, flags, from, count)
                       : casp_stream_receive(s, buf, len, flags, count);
}

/* A stream ignores the destination (TSR-01). */
static int send_bytes(cas_backend *backend, cas_port_socket *s, const void *buf, size_t len, int flags,
                      const SOCKADDR *to, int to_len, size_t *count)
{
    return s->datagram ? casp_datagram_send((casp_epoll *)backend, s, buf, len, flags, to, to_len, count)
                       : casp_stream_send(s, buf, len, flags, count);
}

static int query(cas_backend *backend, cas_port_socket *s, cas_query what, unsigned *value)
{
    (void)backend;
    return s->datagram ? casp_datagram_query(s, what, value) : casp_stream_query(s, what, value);
}

static long conditions(cas_backend *backend, cas_port_socket *s, long interest, int *close_error)
{
    return s->datagram ? casp_datagram_conditions((casp_epoll *)backend, s, interest)
                       : casp_stream_conditions((casp_epoll *)backend, s, interest, close_error);
}

static const cas_backend_ops epoll_ops = {
    .name = "epoll",
    .open = casp_epoll_open,
    .attach = casp_epoll_attach,
    .detach = casp_epoll_detach,
    .close = casp_epoll_close,
    .bind = casp_epoll_bind,
    .connect = connect_socket,
    .listen = casp_stream_listen,
    .accept = casp_stream_accept,
    .receive = receive,
    .send = send_bytes,
    .shutdown = casp_epoll_shutdown,
    .local_name = casp_epoll_local_name,
    .peer_name = casp_epoll_peer_name,
    .get_option = casp_epoll_get_option,
    .set_option = casp_epoll_set_option,
    .query = query,
    .set_udp_connreset = casp_datagram_set_connreset,
    .conditions = conditions,
    .resolve = casp_epoll_resolve,
    .wait = wait_for_events,
    .wake = wake,
    .descriptor = descriptor,
    .now = casp_epoll_now,
};

/* ---- life ---- */

int cas_epoll_backend_create(cas_allocator *memory, cas_backend **out)
{
    if (memory == NULL)
        memory = cas_allocator_system();
    casp_epoll *b = cas_alloc(memory, sizeof *b);
    if (b == NULL)
        return WSAENOBUFS;
    *b = (casp_epoll){.base.ops = &epoll_ops, .memory = memory, .alarm = -1, .alarm_ns = UINT64_MAX};
    b->set = epoll_create1(EPOLL_CLOEXEC);
    if (b->set < 0) {
        int error = casp_wsa_from_errno(errno);
        cas_free(memory, b, sizeof *b);
        return error;
    }
    *out = &b->base;
    return 0;
}

void cas_epoll_backend_destroy(cas_backend *backend)
{
    casp_epoll *b = (casp_epoll *)backend;
    if (b == NULL)
        return;
    if (b->alarm >= 0)
        close(b->alarm);
    close(b->set);
    cas_free(b->memory, b, sizeof *b);
}

/* The backend that cas_os_init made for the calling thread. */
static _Thread_local cas_backend *thread_backend;

int cas_os_init(void)
{
    if (thread_backend != NULL)
        return WSAEINVAL;
    int error = cas_epoll_backend_create(NULL, &thread_backend);
    if (error != 0)
        return error;
    error = cas_thread_init(thread_backend);
    if (error != 0) {
        cas_epoll_backend_destroy(thread_backend);
        thread_backend = NULL;
    }
    return error;
}

void cas_os_fini(void)
{
    if (thread_backend == NULL)
        return;
    cas_thread_fini();
    cas_epoll_backend_destroy(thread_backend);
    thread_backend = NULL;
}
