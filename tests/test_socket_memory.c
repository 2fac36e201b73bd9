/* SPDX-License-Identifier: MIT
 *
 * Each call with the first, second, third ... request for memory refused, until a run in which none was: the
 * call reports WSAENOBUFS, the object is as before, the same call then succeeds, and nothing leaks (teardown
 * counts).
 */
#include <string.h>

#include "castanet/error.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { TRIES_MAX = 200 };

typedef struct bench {
    arena *arena;
    recorder client, server, listener, subject, waiting;
    SOCKET detached;
    UINT port;
    char text[46];
} bench;

typedef struct sweep {
    const char *name;
    void (*prepare)(bench *);
    bool (*act)(bench *);          /* on thread b; true: it succeeded */
    bool (*is_unchanged)(bench *); /* after a refused act */
} sweep;

static bool is_empty(bench *t) { return t->subject.socket.m_hSocket == INVALID_SOCKET; }

static bool has_socket(bench *t)
{
    return CAsyncSocket_FromHandle(t->subject.socket.m_hSocket) == &t->subject.socket;
}

/* The connection between client and server is used. */
static bool is_connected(bench *t)
{
    UINT port;
    return CAsyncSocket_GetPeerName(&t->server.socket, t->text, sizeof t->text, &port);
}

static void prepare_nothing(bench *t) { (void)t; }

static void prepare_listener(bench *t)
{
    EXPECT_OK(CAsyncSocket_Create(&t->listener.socket, 0, SOCK_STREAM, FD_ACCEPT, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&t->listener.socket, 5));
    EXPECT_OK(CAsyncSocket_GetSockName(&t->listener.socket, t->text, sizeof t->text, &t->port));
}

static void prepare_bound(bench *t)
{
    prepare_listener(t);
    EXPECT_OK(CAsyncSocket_Create(&t->subject.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
}

static void prepare_waiting(bench *t)
{
    prepare_listener(t);
    arena_enter(t->arena, ARENA_A);
    EXPECT_OK(CAsyncSocket_Create(&t->waiting.socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&t->waiting.socket, arena_address(t->arena, ARENA_B), t->port);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
}

static void prepare_connected(bench *t)
{
    arena_connect(t->arena, &t->client, &t->server);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t->server.socket, CASYNCSOCKET_DEFAULT_EVENTS));
}

static void prepare_data(bench *t)
{
    prepare_connected(t);
    arena_enter(t->arena, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&t->client.socket, "hello", 5, 0), 5);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
}

static void prepare_detached(bench *t)
{
    EXPECT_OK(CAsyncSocket_Create(&t->subject.socket, 0, SOCK_DGRAM, 0, NULL));
    t->detached = CAsyncSocket_Detach(&t->subject.socket);
}

static void prepare_datagram(bench *t)
{
    EXPECT_OK(CAsyncSocket_Create(&t->subject.socket, 0, SOCK_DGRAM, FD_READ, NULL));
    EXPECT_OK(CAsyncSocket_GetSockName(&t->subject.socket, t->text, sizeof t->text, &t->port));
}

static bool create_stream(bench *t)
{
    return CAsyncSocket_Create(&t->subject.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
}

static bool create_datagram(bench *t)
{
    return CAsyncSocket_Create(&t->subject.socket, 0, SOCK_DGRAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
}

static bool connect_stream(bench *t)
{
    return CAsyncSocket_Connect(&t->subject.socket, arena_address(t->arena, ARENA_B), t->port) ||
           CAsyncSocket_GetLastError() == WSAEWOULDBLOCK;
}

static bool listen_bound(bench *t) { return CAsyncSocket_Listen(&t->subject.socket, 5); }
static bool accept_waiting(bench *t)
{
    return CAsyncSocket_Accept(&t->listener.socket, &t->subject.socket, NULL, NULL);
}
static bool send_stream(bench *t) { return CAsyncSocket_Send(&t->server.socket, "hello", 5, 0) == 5; }
static bool select_stream(bench *t)
{
    return CAsyncSocket_AsyncSelect(&t->server.socket, CASYNCSOCKET_DEFAULT_EVENTS);
}
static bool attach_detached(bench *t)
{
    return CAsyncSocket_Attach(&t->subject.socket, t->detached, FD_WRITE);
}

static bool receive_stream(bench *t)
{
    char bytes[5];
    return CAsyncSocket_Receive(&t->server.socket, bytes, 5, 0) == 5 && memcmp(bytes, "hello", 5) == 0;
}

static bool send_datagram(bench *t)
{
    return CAsyncSocket_SendTo(&t->subject.socket, "hello", 5, t->port, arena_address(t->arena, ARENA_B),
                               0) == 5;
}

static const sweep sweeps[] = {
    {"Create, stream", prepare_nothing, create_stream, is_empty},
    {"Create, datagram", prepare_nothing, create_datagram, is_empty},
    {"Connect", prepare_bound, connect_stream, has_socket},
    {"Listen", prepare_bound, listen_bound, has_socket},
    {"Accept", prepare_waiting, accept_waiting, is_empty},
    {"Send", prepare_connected, send_stream, is_connected},
    {"Receive", prepare_data, receive_stream, is_connected},
    {"AsyncSelect", prepare_connected, select_stream, is_connected},
    {"Attach", prepare_detached, attach_detached, is_empty},
    {"SendTo", prepare_datagram, send_datagram, has_socket},
};

static void open_bench(bench *t, arena_backend backend)
{
    memset(t, 0, sizeof *t);
    t->arena = arena_open(backend, NULL);
    recorder *all[] = {&t->client, &t->server, &t->listener, &t->subject, &t->waiting};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        recorder_construct(all[i]);
    t->detached = INVALID_SOCKET;
    arena_enter(t->arena, ARENA_B);
}

static void close_bench(bench *t)
{
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
    CAsyncSocket_Destruct(&t->server.socket);
    CAsyncSocket_Destruct(&t->listener.socket);
    CAsyncSocket_Destruct(&t->subject.socket);
    arena_enter(t->arena, ARENA_A);
    CAsyncSocket_Destruct(&t->client.socket);
    CAsyncSocket_Destruct(&t->waiting.socket);
    arena_close(t->arena);
}

/* Where a call goes on to send packets it has succeeded already: a world then stops with a reason of its own,
 * so that nobody takes the run for a valid one. */
static bool is_void_run(bench *t)
{
    sim_world *world = arena_world(t->arena);
    return world != NULL &&
           sim_world_run(world, sim_world_now(world) + (uint64_t)SIM_S(10)) == SIM_STOP_NO_MEMORY;
}

/* The call failed and changed nothing; made again, it succeeds. */
static void check_refused(const sweep *s, bench *t, uint64_t n, bool ok)
{
    int error = CAsyncSocket_GetLastError();
    if (ok && is_void_run(t))
        return;
    expect_report(EXPECT_SITE(false), !ok && error == WSAENOBUFS,
                  "%s with request %d refused: %s, last error %s, expected failure with WSAENOBUFS", s->name,
                  (int)n, ok ? "succeeds" : "fails", cas_error_name(error));
    expect_report(EXPECT_SITE(false), ok || s->is_unchanged(t),
                  "%s with request %d refused changed the object", s->name, (int)n);
    expect_report(EXPECT_SITE(false), ok || s->act(t), "%s fails with %s although memory is there again",
                  s->name, cas_error_name(CAsyncSocket_GetLastError()));
}

/* One run with the n-th request refused; false when the call made fewer. */
static bool run_refusing(const sweep *s, arena_backend backend, uint64_t n)
{
    bench t;
    cas_counting_allocator *memory = fixture_memory();
    open_bench(&t, backend);
    s->prepare(&t);
    uint64_t refused_before = memory->refused;
    memory->refuse_at = memory->calls + n;
    bool ok = s->act(&t);
    memory->refuse_at = 0;
    bool was_refused = memory->refused > refused_before;
    if (was_refused)
        check_refused(s, &t, n, ok);
    else
        expect_report(EXPECT_SITE(false), ok, "%s fails with %s", s->name,
                      cas_error_name(CAsyncSocket_GetLastError()));
    close_bench(&t);
    return was_refused;
}

static void sweep_all(arena_backend backend)
{
    for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++) {
        uint64_t n = 1;
        while (n <= TRIES_MAX && run_refusing(&sweeps[i], backend, n))
            n++;
        expect_report(EXPECT_SITE(false), n <= TRIES_MAX, "%s asks for memory more than %d times",
                      sweeps[i].name, TRIES_MAX);
    }
}

static void refused_memory_is_reported_by_epoll_sockets(void) { sweep_all(ARENA_EPOLL); }
static void refused_memory_is_reported_by_poll_sockets(void) { sweep_all(ARENA_POLL); }
static void refused_memory_is_reported_by_simulated_sockets(void) { sweep_all(ARENA_SIM); }

const test_case test_socket_memory[] = {TEST(refused_memory_is_reported_by_epoll_sockets),
                                        TEST(refused_memory_is_reported_by_poll_sockets),
                                        TEST(refused_memory_is_reported_by_simulated_sockets), TEST_END};
