/* SPDX-License-Identifier: MIT
 *
 * The epoll backend: its set, and wait(), where all reports come from.
 *
 * Connections are in the set edge triggered, so one costs one epoll_ctl in its life; a message costs what it
 * costs with raw epoll: epoll_wait, recv, send.  posix_socket.h has the states and invariants.
 */
#include <errno.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "backends/linux_socket.h"
#include "castanet/os.h"

enum { EVENTS_PER_WAIT = 64 };

typedef struct epoll_backend {
    casp_posix posix;
    int set;           /* the epoll descriptor */
    int alarm;         /* a timerfd in the set, made when somebody asks for the descriptor; -1: none */
    uint64_t alarm_ns; /* when it is due; UINT64_MAX: it is not running */
    bool reporting;    /* inside wait(), walking over events */
} epoll_backend;

/* ---- the set ---- */

/* The kernel takes our bits as they are. */
_Static_assert(CASP_EVENT_IN == EPOLLIN && CASP_EVENT_PRI == EPOLLPRI && CASP_EVENT_OUT == EPOLLOUT &&
                   CASP_EVENT_ERR == EPOLLERR && CASP_EVENT_HUP == EPOLLHUP && CASP_EVENT_END == EPOLLRDHUP &&
                   CASP_WATCH_CHANGES == EPOLLET,
               "events of epoll");

static int watch(casp_posix *base, cas_port_socket *s, unsigned events)
{
    epoll_backend *b = (epoll_backend *)base;
    int operation = s->interest == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    struct epoll_event event = {.events = events, .data.ptr = s};
    if (epoll_ctl(b->set, operation, s->fd, &event) != 0)
        return errno == EEXIST ? WSAEINVAL : WSAENOBUFS;
    return 0;
}

/* ---- the alarm ---- */

static void set_alarm(epoll_backend *b, uint64_t at_ns)
{
    const uint64_t ns_per_s = 1000000000u;
    struct itimerspec when = {.it_value = {(time_t)(at_ns / ns_per_s), (long)(at_ns % ns_per_s)}};
    b->alarm_ns = at_ns;
    timerfd_settime(b->alarm, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Needed only by somebody who watches the descriptor: wait() is given the time by the engine.  What is posted
 * during wait() is dispatched right after it. */
static void wake(cas_backend *backend, uint64_t at_ns)
{
    epoll_backend *b = (epoll_backend *)backend;
    if (b->alarm >= 0 && !b->reporting && at_ns < b->alarm_ns)
        set_alarm(b, at_ns == 0 ? 1 : at_ns);
}

static int descriptor(cas_backend *backend)
{
    epoll_backend *b = (epoll_backend *)backend;
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

static void alarm_rang(epoll_backend *b)
{
    uint64_t expirations;
    b->alarm_ns = UINT64_MAX;
    /* A failing read means that it was moved meanwhile; then it will ring again. */
    ssize_t ignored = read(b->alarm, &expirations, sizeof expirations);
    (void)ignored;
}

/* ---- waiting ---- */

static int wait_for_events(cas_backend *backend, int64_t timeout_ns)
{
    epoll_backend *b = (epoll_backend *)backend;
    struct epoll_event events[EVENTS_PER_WAIT];
    int count = epoll_wait(b->set, events, EVENTS_PER_WAIT, casp_posix_wait_ms(timeout_ns));
    if (count < 0)
        return errno == EINTR ? 0 : casp_wsa_from_errno(errno);
    b->reporting = true;
    for (int i = 0; i < count; i++) {
        cas_port_socket *s = events[i].data.ptr;
        if (s == NULL)
            alarm_rang(b);
        else
            casp_posix_event(&b->posix, s, events[i].events);
    }
    b->reporting = false;
    return 0;
}

static const casp_os_ops epoll_ops = {
    .name = "epoll",
    .wait = wait_for_events,
    .wake = wake,
    .descriptor = descriptor,
    .watch = watch,
    .open = casp_linux_open,
    .accept = casp_linux_accept,
    .prepare_datagram = casp_linux_prepare_datagram,
    .take_datagram_errors = casp_linux_take_datagram_errors,
    .count_beyond_mark = casp_linux_count_beyond_mark,
};

/* ---- life ---- */

int cas_epoll_backend_create(cas_allocator *memory, cas_backend **out)
{
    if (memory == NULL)
        memory = cas_allocator_system();
    epoll_backend *b = cas_alloc(memory, sizeof *b);
    if (b == NULL)
        return WSAENOBUFS;
    *b = (epoll_backend){.alarm = -1, .alarm_ns = UINT64_MAX};
    casp_posix_init(&b->posix, &epoll_ops, memory);
    b->set = epoll_create1(EPOLL_CLOEXEC);
    if (b->set < 0) {
        int error = casp_wsa_from_errno(errno);
        cas_free(memory, b, sizeof *b);
        return error;
    }
    *out = &b->posix.base;
    return 0;
}

void cas_epoll_backend_destroy(cas_backend *backend)
{
    epoll_backend *b = (epoll_backend *)backend;
    if (b == NULL)
        return;
    if (b->alarm >= 0)
        close(b->alarm);
    close(b->set);
    cas_free(b->posix.memory, b, sizeof *b);
}
