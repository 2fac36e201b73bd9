/* SPDX-License-Identifier: MIT
 *
 * See fault_echo.h.
 */
#include "tests/fault_echo.h"

#include <string.h>

#include "tests/expect.h"

enum { REAL_ROUNDS_MAX = 100000, IDLE_ROUNDS_MAX = 20, IDLE_WAIT_MS = 50, CHUNK = 4096 };

static uint8_t pattern(size_t at) { return (uint8_t)(at * 31 + (at >> 8) * 7 + 5); }

static void give_up(echo_end *e, int error)
{
    if (e->run->error == 0)
        e->run->error = error;
    e->done = true;
    CAsyncSocket_Close(&e->socket);
}

/* ---- client ---- */

static void pour(echo_end *e)
{
    echo_run *run = e->run;
    uint8_t bytes[CHUNK];
    while (run->sent < run->total) {
        size_t len = run->total - run->sent < CHUNK ? run->total - run->sent : CHUNK;
        for (size_t i = 0; i < len; i++)
            bytes[i] = pattern(run->sent + i);
        int count = CAsyncSocket_Send(&e->socket, bytes, (int)len, 0);
        if (count < 0 && CAsyncSocket_GetLastError() == WSAEWOULDBLOCK)
            return;
        if (count < 0) {
            give_up(e, CAsyncSocket_GetLastError());
            return;
        }
        run->sent += (size_t)count;
    }
    if (!run->program.patient)
        CAsyncSocket_ShutDown(&e->socket, CAsyncSocket_sends);
}

static void check(echo_run *run, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run->wrong += bytes[i] != pattern(run->returned + i);
    run->returned += count;
    if (run->program.patient && run->returned == run->total)
        CAsyncSocket_ShutDown(&run->client.socket, CAsyncSocket_sends);
}

static void collect(echo_end *e)
{
    int count;
    do {
        count = CAsyncSocket_Receive(&e->socket, e->buffer, ECHO_BUFFER, 0);
        if (count > 0)
            check(e->run, e->buffer, (size_t)count);
    } while (count > 0 && e->finished);
    int error = count < 0 ? CAsyncSocket_GetLastError() : 0;
    if (error != 0 && (error != WSAEWOULDBLOCK || e->run->program.fatal_would_block)) {
        give_up(e, error);
    } else if (count == 0 && e->finished) {
        e->done = true;
        CAsyncSocket_Close(&e->socket);
    }
}

static void client_connected(CAsyncSocket *self, int error)
{
    if (error != 0)
        give_up((echo_end *)self, error);
    else
        pour((echo_end *)self);
}

static void client_may_send(CAsyncSocket *self, int error)
{
    echo_end *e = (echo_end *)self;
    (void)error;
    if (e->run->sent < e->run->total)
        pour(e);
}

static void client_may_receive(CAsyncSocket *self, int error)
{
    (void)error;
    collect((echo_end *)self);
}

static void client_closed(CAsyncSocket *self, int error)
{
    echo_end *e = (echo_end *)self;
    e->finished = true;
    if (error != 0)
        give_up(e, error);
    else
        collect(e);
}

/* ---- server ---- */

/* Returns what it holds; false: there is no room for now, or the connection has ended. */
static bool give_back(echo_end *e)
{
    while (e->held > 0) {
        int count = CAsyncSocket_Send(&e->socket, e->buffer, (int)e->held, 0);
        if (count < 0 && CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
            give_up(e, CAsyncSocket_GetLastError());
        if (count < 0)
            return false;
        e->held -= (size_t)count;
        memmove(e->buffer, e->buffer + count, e->held);
    }
    return true;
}

static void work(echo_end *e)
{
    while (give_back(e) && e->may_read) {
        int count = CAsyncSocket_Receive(&e->socket, e->buffer, ECHO_BUFFER, 0);
        int error = count < 0 ? CAsyncSocket_GetLastError() : 0;
        e->may_read = e->finished && count > 0;
        if (count > 0)
            e->held = (size_t)count;
        else if (error != 0 && error != WSAEWOULDBLOCK)
            give_up(e, error);
        if (count == 0 && e->finished) {
            e->done = true;
            CAsyncSocket_Close(&e->socket);
        }
    }
}

static void server_may_receive(CAsyncSocket *self, int error)
{
    (void)error;
    ((echo_end *)self)->may_read = true;
    work((echo_end *)self);
}

static void server_may_send(CAsyncSocket *self, int error)
{
    (void)error;
    work((echo_end *)self);
}

static void server_closed(CAsyncSocket *self, int error)
{
    echo_end *e = (echo_end *)self;
    if (error != 0) {
        give_up(e, error);
        return;
    }
    e->finished = true;
    e->may_read = true;
    work(e);
}

static void listener_may_accept(CAsyncSocket *self, int error)
{
    echo_run *run = (echo_run *)((char *)self - offsetof(echo_run, listener));
    (void)error;
    if (run->server.socket.m_hSocket == INVALID_SOCKET)
        CAsyncSocket_Accept(self, &run->server.socket, NULL, NULL);
}

/* ---- runs ---- */

/* Cut sends make small segments, which would wait for delayed acknowledgements in real time. */
static void send_at_once(CAsyncSocket *socket)
{
    int on = 1;
    EXPECT_OK(CAsyncSocket_SetSockOpt(socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP));
}

static void start(echo_run *run)
{
    static const CAsyncSocketVtbl client = {.OnConnect = client_connected,
                                            .OnSend = client_may_send,
                                            .OnReceive = client_may_receive,
                                            .OnClose = client_closed};
    static const CAsyncSocketVtbl server = {
        .OnSend = server_may_send, .OnReceive = server_may_receive, .OnClose = server_closed};
    static const CAsyncSocketVtbl listener = {.OnAccept = listener_may_accept};
    UINT port = 0;
    char text[46];
    CAsyncSocket_Construct(&run->listener, &listener);
    CAsyncSocket_Construct(&run->client.socket, &client);
    CAsyncSocket_Construct(&run->server.socket, &server);
    run->client.run = run->server.run = run;
    arena_enter(run->arena, ARENA_B);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&run->listener, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    send_at_once(&run->listener); /* accepted sockets inherit it */
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&run->listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(&run->listener, text, sizeof text, &port));
    arena_enter(run->arena, ARENA_A);
    EXPECT_OK_FATAL(
        CAsyncSocket_Create(&run->client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    send_at_once(&run->client.socket);
    EXPECT_ERROR(CAsyncSocket_Connect(&run->client.socket, arena_address(run->arena, ARENA_B), port),
                 WSAEWOULDBLOCK);
}

static bool is_over(const echo_run *run) { return run->client.done && run->server.done; }

static void pump(echo_run *run)
{
    if (!arena_backend_is_real(arena_backend_of(run->arena))) {
        sim_world *world = arena_world(run->arena);
        sim_world_run(world, sim_world_now(world) + (uint64_t)SIM_S(600));
        return;
    }
    arena_wait(run->arena, 0); /* from now on its descriptors know of timers */
    unsigned idle = 0;
    for (unsigned i = 0; i < REAL_ROUNDS_MAX && idle < IDLE_ROUNDS_MAX && !is_over(run); i++) {
        arena_enter(run->arena, ARENA_A);
        int callbacks = cas_pump_run(0);
        arena_enter(run->arena, ARENA_B);
        callbacks += cas_pump_run(0);
        idle = callbacks != 0 || arena_wait(run->arena, IDLE_WAIT_MS) ? 0 : idle + 1;
    }
}

void echo_run_over(echo_run *run, arena *a, size_t total, echo_program program)
{
    *run = (echo_run){.arena = a, .total = total, .program = program};
    start(run);
    pump(run);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&run->client.socket);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&run->server.socket);
    CAsyncSocket_Destruct(&run->listener);
}

bool echo_is_complete(const echo_run *run)
{
    return is_over(run) && run->error == 0 && run->wrong == 0 && run->sent == run->total &&
           run->returned == run->total;
}
