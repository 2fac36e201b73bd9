/* SPDX-License-Identifier: MIT
 *
 * Settling on real sockets needs no sleep: a datagram that a socket sends to itself over loopback passes the
 * same queue of the kernel as everything sent before, so when it has arrived, so has the rest (the fence).
 * That queue is one of the processor, so the process stays on one; and what the kernel answers by itself (the
 * rest of a handshake) enters the queue behind the fence, so several have to pass without anything new.
 * What the kernel does later by itself (a delayed acknowledgement) is met by arena_wait, with a limit.
 */
#define _GNU_SOURCE /* sched_getcpu */
#include "tests/arena.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "castanet/casyncsocket.h"
#include "castanet/os.h"
#include "castanet/sim_fault.h"
#include "tests/world_pair.h"

enum { FENCE_MS_MAX = 1000, QUIET_ROUNDS = 6, ROUNDS_MAX = 2000, REST_MS = 250 };

struct arena {
    arena_options options;
    cas_thread *threads[ARENA_THREADS];
    world_pair pair;                      /* simulated */
    cas_backend *backends[ARENA_THREADS]; /* real */
    sim_fault *wrappers[ARENA_THREADS];   /* if they are wanted */
    int fence;                            /* a datagram socket connected to itself; -1: none */
};

static const struct {
    const char *name;
    int (*create)(cas_allocator *memory, cas_backend **out); /* NULL: a world */
    void (*destroy)(cas_backend *);
} kinds[ARENA_BACKENDS] = {
    [ARENA_SIM] = {"sim", NULL, NULL},
    [ARENA_EPOLL] = {"epoll", cas_epoll_backend_create, cas_epoll_backend_destroy},
    [ARENA_POLL] = {"poll", cas_poll_backend_create, cas_poll_backend_destroy},
};

const char *arena_backend_name(arena_backend backend) { return kinds[backend].name; }

arena_backend arena_backend_of_name(const char *name)
{
    unsigned i = 0;
    while (i < ARENA_BACKENDS && strcmp(kinds[i].name, name) != 0)
        i++;
    return (arena_backend)i;
}

int arena_backend_create(arena_backend backend, cas_allocator *memory, cas_backend **out)
{
    return kinds[backend].create(memory, out);
}

void arena_backend_destroy(arena_backend backend, cas_backend *made) { kinds[backend].destroy(made); }

bool arena_backend_has_ipv6(arena_backend backend)
{
    if (!arena_backend_is_real(backend))
        return true;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

static void complain(const arena *a, const char *what)
{
    if (a->options.complain != NULL)
        a->options.complain(a->options.context, what);
}

/* ---- the fence ---- */

static void stay_on_this_processor(void)
{
    int processor = sched_getcpu();
    cpu_set_t one;
    CPU_ZERO(&one);
    if (processor < 0)
        return;
    CPU_SET((size_t)processor, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static int make_fence(void)
{
    stay_on_this_processor();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
        connect(fd, (struct sockaddr *)&address, len) == 0)
        return fd;
    close(fd);
    return -1;
}

/* ---- life ---- */

static bool open_world(arena *a)
{
    sim_world_options options = {.seed = a->options.seed, .memory = a->options.memory};
    if (a->options.profile != NULL)
        options.profile = *a->options.profile;
    int error = world_pair_create(&a->pair, &options);
    if (error == 0) {
        a->threads[ARENA_A] = sim_host_thread(a->pair.a);
        a->threads[ARENA_B] = sim_host_thread(a->pair.b);
        bool made = a->threads[ARENA_A] != NULL && a->threads[ARENA_B] != NULL;
        error = made ? sim_host_add_thread(a->pair.b, &a->threads[ARENA_B2]) : WSAENOBUFS;
    }
    if (error != 0)
        complain(a, a->pair.world == NULL ? "a world cannot be made" : sim_world_error(a->pair.world)->what);
    return error == 0;
}

static bool open_real(arena *a)
{
    a->fence = make_fence();
    int error = a->fence < 0 ? WSAENOBUFS : 0;
    for (unsigned i = 0; i < ARENA_THREADS && error == 0; i++) {
        error = arena_backend_create(a->options.backend, a->options.memory, &a->backends[i]);
        if (error == 0)
            error = cas_thread_create(a->backends[i], a->options.memory, &a->threads[i]);
        if (error == 0)
            cas_thread_set_profile(a->threads[i], a->options.profile);
    }
    if (error != 0)
        complain(a, "a real backend cannot be made");
    return error == 0;
}

static bool wrap(arena *a)
{
    sim_fault_options options = {.memory = a->options.memory};
    for (unsigned i = 0; a->options.wrapped && i < ARENA_THREADS; i++) {
        if (sim_fault_install(a->threads[i], &options, &a->wrappers[i], NULL) == 0)
            continue;
        complain(a, "a backend cannot be wrapped");
        return false;
    }
    return true;
}

arena *arena_create(const arena_options *options)
{
    arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    *a = (arena){.options = *options, .fence = -1};
    bool real = arena_backend_is_real(options->backend);
    if ((real ? open_real(a) : open_world(a)) && wrap(a))
        return a;
    arena_destroy(a);
    return NULL;
}

void arena_destroy(arena *a)
{
    cas_thread_enter(NULL);
    for (unsigned i = 0; arena_backend_is_real(a->options.backend) && i < ARENA_THREADS; i++) {
        if (a->threads[i] != NULL)
            cas_thread_destroy(a->threads[i]);
        sim_fault_free(a->wrappers[i]);
        if (a->backends[i] != NULL)
            arena_backend_destroy(a->options.backend, a->backends[i]);
    }
    if (a->pair.world != NULL)
        sim_world_destroy(a->pair.world);
    if (a->fence >= 0)
        close(a->fence);
    free(a);
}

arena_backend arena_backend_of(const arena *a) { return a->options.backend; }
sim_world *arena_world(arena *a) { return a->pair.world; }
cas_thread *arena_thread_of(arena *a, arena_thread thread) { return a->threads[thread]; }
cas_thread *arena_enter(arena *a, arena_thread thread) { return cas_thread_enter(a->threads[thread]); }
void arena_forget_thread(arena *a, arena_thread thread) { a->threads[thread] = NULL; }

const char *arena_address(const arena *a, arena_thread thread)
{
    if (arena_backend_is_real(a->options.backend))
        return "127.0.0.1";
    return thread == ARENA_A ? "10.0.0.1" : "10.0.0.2";
}

/* ---- settling ---- */

static void pass_fence(const arena *a)
{
    struct pollfd wait_for = {.fd = a->fence, .events = POLLIN};
    char byte = 0;
    bool passed = send(a->fence, &byte, 1, 0) == 1 && poll(&wait_for, 1, FENCE_MS_MAX) == 1 &&
                  recv(a->fence, &byte, 1, 0) == 1;
    if (!passed)
        complain(a, "a datagram to oneself did not arrive over loopback");
}

/* Returns the number of callbacks, and of notifications that the busy thread (NULL: none) has got. */
static unsigned pump_all(arena *a, const cas_thread *busy, int timeout_ms)
{
    unsigned news = 0;
    for (unsigned i = 0; i < ARENA_THREADS; i++) {
        cas_thread *thread = a->threads[i], *before = cas_thread_enter(thread);
        unsigned queued = cas_thread_message_count(thread);
        int made = thread == busy ? cas_pump_collect(timeout_ms) : cas_pump_run(timeout_ms);
        cas_thread_enter(before);
        if (made < 0)
            complain(a, "a real backend cannot be pumped");
        news += thread == busy ? cas_thread_message_count(thread) - queued : made > 0 ? (unsigned)made : 0;
    }
    return news;
}

static void settle_real(arena *a, const cas_thread *busy)
{
    unsigned quiet = 0;
    for (unsigned round = 0; quiet < QUIET_ROUNDS && round < ROUNDS_MAX; round++) {
        pass_fence(a);
        quiet = pump_all(a, busy, 0) == 0 ? quiet + 1 : 0;
    }
    if (quiet != QUIET_ROUNDS)
        complain(a, "callbacks do not cease");
}

void arena_settle(arena *a)
{
    if (!arena_backend_is_real(a->options.backend))
        world_pair_settle(&a->pair);
    else
        settle_real(a, NULL);
}

/* In a world the busy thread's own wait moves the time, for a while after each notification. */
static void rest_in_world(const arena *a, cas_thread *busy)
{
    cas_thread *before = cas_thread_enter(busy);
    unsigned queued;
    do {
        queued = cas_thread_message_count(busy);
        if (cas_pump_collect(REST_MS) != 0)
            complain(a, "a thread of the world cannot wait");
    } while (cas_thread_message_count(busy) != queued);
    cas_thread_enter(before);
}

void arena_rest(arena *a, arena_thread busy)
{
    if (arena_backend_is_real(a->options.backend))
        settle_real(a, a->threads[busy]);
    else
        rest_in_world(a, a->threads[busy]);
}

static bool wait_for_descriptors(arena *a, int timeout_ms)
{
    struct pollfd wait_for[ARENA_THREADS];
    for (unsigned i = 0; i < ARENA_THREADS; i++) {
        cas_thread *before = cas_thread_enter(a->threads[i]);
        wait_for[i] = (struct pollfd){.fd = cas_pump_descriptor(), .events = POLLIN};
        cas_thread_enter(before);
    }
    return poll(wait_for, ARENA_THREADS, timeout_ms) > 0;
}

/* poll(2) has no descriptor to wait for: the threads take turns, a millisecond each. */
static bool wait_in_turns(arena *a, int timeout_ms)
{
    unsigned callbacks = 0;
    for (int ms = 0; ms < timeout_ms && callbacks == 0; ms += ARENA_THREADS)
        callbacks = pump_all(a, NULL, 1);
    return callbacks > 0;
}

bool arena_wait(arena *a, int timeout_ms)
{
    switch (a->options.backend) {
    case ARENA_EPOLL: return wait_for_descriptors(a, timeout_ms);
    case ARENA_POLL: return wait_in_turns(a, timeout_ms);
    default: return false;
    }
}
