/* SPDX-License-Identifier: MIT
 *
 * Arenas: three threads on simulated or on real sockets, driven from one thread of the system.
 *
 * Settling on real sockets needs no sleep: a datagram that a socket sends to itself over loopback passes the
 * same queue of the kernel as everything sent before, so when it has arrived, so has the rest (the fence).
 * That queue is one of the processor, so the process stays on one; and what the kernel answers by itself (the
 * rest of a handshake) enters the queue behind the fence, so several have to pass without anything new.
 * What the kernel does later by itself (a delayed acknowledgement) is met by arena_wait, with a limit.
 */
#define _GNU_SOURCE /* sched_getcpu */
#include "tests/fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "castanet/os.h"
#include "tests/expect.h"
#include "tests/fixture_private.h"

enum { ARENAS_MAX = 8, FENCE_MS_MAX = 1000, QUIET_ROUNDS = 6, ROUNDS_MAX = 2000 };

struct arena {
    arena_backend backend;
    cas_thread *threads[ARENA_THREADS];
    world_pair pair;                      /* simulated */
    cas_backend *backends[ARENA_THREADS]; /* real */
    int fence;                            /* a datagram socket connected to itself; -1: none */
};

static struct {
    arena arenas[ARENAS_MAX];
    bool used[ARENAS_MAX];
} open_arenas;

const char *arena_backend_name(arena_backend backend) { return backend == ARENA_SIM ? "sim" : "epoll"; }

static arena *take_arena(void)
{
    unsigned i = 0;
    while (i < ARENAS_MAX && open_arenas.used[i])
        i++;
    EXPECT_TRUE_FATAL(i < ARENAS_MAX);
    open_arenas.used[i] = true;
    open_arenas.arenas[i] = (arena){.fence = -1};
    return &open_arenas.arenas[i];
}

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

static void open_sim(arena *a, const cas_profile *profile)
{
    sim_world_options options = {.seed = fixture_seed(), .memory = &fixture_memory()->base};
    if (profile != NULL)
        options.profile = *profile;
    a->pair = fixture_world_pair(&options);
    a->threads[ARENA_A] = sim_host_thread(a->pair.a);
    a->threads[ARENA_B] = sim_host_thread(a->pair.b);
    EXPECT_CODE_FATAL(sim_host_add_thread(a->pair.b, &a->threads[ARENA_B2]), 0);
}

static void open_epoll(arena *a, const cas_profile *profile)
{
    cas_allocator *memory = &fixture_memory()->base;
    a->fence = make_fence();
    EXPECT_TRUE_FATAL(a->fence >= 0);
    for (unsigned i = 0; i < ARENA_THREADS; i++) {
        EXPECT_CODE_FATAL(cas_epoll_backend_create(memory, &a->backends[i]), 0);
        EXPECT_CODE_FATAL(cas_thread_create(a->backends[i], memory, &a->threads[i]), 0);
        if (profile != NULL)
            cas_thread_set_profile(a->threads[i], profile);
    }
}

arena *arena_open(arena_backend backend, const cas_profile *profile)
{
    arena *a = take_arena();
    a->backend = backend;
    expect_set_place(arena_backend_name(backend));
    if (backend == ARENA_SIM)
        open_sim(a, profile);
    else
        open_epoll(a, profile);
    return a;
}

void arena_close(arena *a)
{
    cas_thread_enter(NULL);
    for (unsigned i = 0; a->backend == ARENA_EPOLL && i < ARENA_THREADS; i++) {
        if (a->threads[i] != NULL)
            cas_thread_destroy(a->threads[i]);
        if (a->backends[i] != NULL)
            cas_epoll_backend_destroy(a->backends[i]);
    }
    if (a->pair.world != NULL)
        fixture_world_destroy(a->pair.world);
    if (a->fence >= 0)
        close(a->fence);
    open_arenas.used[a - open_arenas.arenas] = false;
    expect_set_world(NULL);
    expect_set_place(NULL);
}

void arena_run(arena_backend backend, void (*body)(arena *))
{
    arena *a = arena_open(backend, NULL);
    arena_enter(a, ARENA_B);
    body(a);
    arena_close(a);
}

void fixture_arena_close_all(void)
{
    for (unsigned i = 0; i < ARENAS_MAX; i++)
        if (open_arenas.used[i])
            arena_close(&open_arenas.arenas[i]);
}

arena_backend arena_backend_of(const arena *a) { return a->backend; }
sim_world *arena_world(arena *a) { return a->pair.world; }
cas_thread *arena_thread_of(arena *a, arena_thread thread) { return a->threads[thread]; }
cas_thread *arena_enter(arena *a, arena_thread thread) { return cas_thread_enter(a->threads[thread]); }
void arena_forget_thread(arena *a, arena_thread thread) { a->threads[thread] = NULL; }

const char *arena_address(const arena *a, arena_thread thread)
{
    if (a->backend == ARENA_EPOLL)
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
    expect_report(EXPECT_SITE(false), passed, "a datagram to oneself did not arrive over loopback");
}

/* Returns the number of callbacks. */
static int pump_all(arena *a)
{
    int callbacks = 0;
    for (unsigned i = 0; i < ARENA_THREADS; i++) {
        cas_thread *before = cas_thread_enter(a->threads[i]);
        int made = cas_pump_run(0);
        cas_thread_enter(before);
        expect_report(EXPECT_SITE(false), made >= 0, "cas_pump_run(0) fails");
        callbacks += made > 0 ? made : 0;
    }
    return callbacks;
}

static void settle_epoll(arena *a)
{
    unsigned quiet = 0;
    for (unsigned round = 0; quiet < QUIET_ROUNDS && round < ROUNDS_MAX; round++) {
        pass_fence(a);
        quiet = pump_all(a) == 0 ? quiet + 1 : 0;
    }
    expect_report(EXPECT_SITE(false), quiet == QUIET_ROUNDS, "callbacks do not cease after %d rounds",
                  ROUNDS_MAX);
}

void arena_settle(arena *a)
{
    if (a->backend == ARENA_SIM)
        world_pair_settle(&a->pair);
    else
        settle_epoll(a);
}

bool arena_wait(arena *a, int timeout_ms)
{
    struct pollfd wait_for[ARENA_THREADS];
    if (a->backend == ARENA_SIM)
        return false;
    for (unsigned i = 0; i < ARENA_THREADS; i++) {
        cas_thread *before = cas_thread_enter(a->threads[i]);
        wait_for[i] = (struct pollfd){.fd = cas_pump_descriptor(), .events = POLLIN};
        cas_thread_enter(before);
    }
    return poll(wait_for, ARENA_THREADS, timeout_ms) > 0;
}

void arena_connect(arena *a, recorder *client, recorder *server)
{
    CAsyncSocket listener;
    UINT port = 0;
    char address[46];
    cas_thread *before = arena_enter(a, ARENA_B);
    CAsyncSocket_Construct(&listener, NULL);
    recorder_construct(server);
    recorder_construct(client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(&listener, address, sizeof address, &port));
    arena_enter(a, ARENA_A);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client->socket, arena_address(a, ARENA_B), port);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&listener, &server->socket, NULL, NULL));
    CAsyncSocket_Destruct(&listener);
    cas_thread_enter(before);
}
