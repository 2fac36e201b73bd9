/* SPDX-License-Identifier: MIT
 *
 * The states of a bench.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/sweep_bench.h"

enum { BULK = 16384, BULK_SENDS_MAX = 2000 };

static void ask_port(bench *t, bench_role role)
{
    char text[46];
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(bench_socket(t, role), text, sizeof text, &t->port));
}

static void create(bench *t, bench_role role, int type)
{
    EXPECT_OK_FATAL(CAsyncSocket_Create(bench_socket(t, role), 0, type, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    ask_port(t, role);
}

static void settle(bench *t)
{
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
}

void bench_nothing(bench *t) { (void)t; }

/* ---- streams ---- */

void bench_stream(bench *t)
{
    EXPECT_OK_FATAL(
        CAsyncSocket_Socket(bench_subject(t), SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, 0, AF_INET));
}

void bench_bound(bench *t) { create(t, BENCH_SUBJECT, SOCK_STREAM); }

void bench_listening(bench *t)
{
    bench_bound(t);
    EXPECT_OK_FATAL(CAsyncSocket_Listen(bench_subject(t), 5));
}

static void call_in(bench *t, bench_role role)
{
    arena_enter(t->arena, ARENA_A);
    EXPECT_OK_FATAL(
        CAsyncSocket_Create(bench_socket(t, role), 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    CAsyncSocket_Connect(bench_socket(t, role), arena_address(t->arena, ARENA_B), t->port);
    settle(t);
}

void bench_one_waits(bench *t)
{
    bench_listening(t);
    call_in(t, BENCH_PEER);
}

void bench_two_wait(bench *t)
{
    bench_one_waits(t);
    call_in(t, BENCH_PEER2);
}

static void listen_at_peer(bench *t)
{
    arena_enter(t->arena, ARENA_A);
    create(t, BENCH_PEER, SOCK_STREAM);
    EXPECT_OK_FATAL(CAsyncSocket_Listen(bench_socket(t, BENCH_PEER), 5));
    arena_enter(t->arena, ARENA_B);
}

void bench_callable_unbound(bench *t)
{
    bench_stream(t);
    listen_at_peer(t);
}

void bench_callable(bench *t)
{
    bench_bound(t);
    listen_at_peer(t);
}

void bench_connecting(bench *t)
{
    bench_callable(t);
    CAsyncSocket_Connect(bench_subject(t), arena_address(t->arena, ARENA_A), t->port);
}

void bench_connected(bench *t)
{
    arena_connect(t->arena, &t->socket[BENCH_PEER], &t->socket[BENCH_SUBJECT]);
    EXPECT_OK_FATAL(CAsyncSocket_AsyncSelect(bench_subject(t), CASYNCSOCKET_DEFAULT_EVENTS));
    arena_enter(t->arena, ARENA_A);
    EXPECT_OK_FATAL(CAsyncSocket_AsyncSelect(bench_socket(t, BENCH_PEER), CASYNCSOCKET_DEFAULT_EVENTS));
    settle(t);
}

static void send_from_peer(bench *t, const char *bytes, int flags)
{
    int len = (int)strlen(bytes);
    arena_enter(t->arena, ARENA_A);
    EXPECT_EQ_INT_FATAL(CAsyncSocket_Send(bench_socket(t, BENCH_PEER), bytes, len, flags), len);
    settle(t);
}

void bench_data(bench *t)
{
    bench_connected(t);
    send_from_peer(t, "hello", 0);
}

void bench_urgent(bench *t)
{
    bench_connected(t);
    send_from_peer(t, "!", MSG_OOB);
}

void bench_full(bench *t)
{
    static const char bulk[BULK];
    const int size = BULK;
    bench_connected(t);
    EXPECT_OK(CAsyncSocket_SetSockOpt(bench_subject(t), SO_SNDBUF, &size, sizeof size, SOL_SOCKET));
    t->is_bulk = true;
    /* Twice in a row: what the first one left may have moved on to the peer. */
    for (unsigned i = 0, blocked = 0; i < BULK_SENDS_MAX && blocked < 2; i++) {
        int count = bench_send_bulk(t, bulk, BULK);
        blocked = count < 0 ? blocked + 1 : 0;
        settle(t);
    }
}

void bench_ended(bench *t)
{
    bench_connected(t);
    arena_enter(t->arena, ARENA_A);
    EXPECT_OK_FATAL(CAsyncSocket_ShutDown(bench_socket(t, BENCH_PEER), CAsyncSocket_sends));
    settle(t);
}

void bench_reset(bench *t)
{
    const struct linger hard = {.l_onoff = 1};
    bench_connected(t);
    arena_enter(t->arena, ARENA_A);
    CAsyncSocket *peer = bench_socket(t, BENCH_PEER);
    EXPECT_OK_FATAL(CAsyncSocket_SetSockOpt(peer, SO_LINGER, &hard, sizeof hard, SOL_SOCKET));
    CAsyncSocket_Close(peer);
    settle(t);
}

/* ---- datagrams ---- */

void bench_datagram_unbound(bench *t)
{
    EXPECT_OK_FATAL(
        CAsyncSocket_Socket(bench_subject(t), SOCK_DGRAM, CASYNCSOCKET_DEFAULT_EVENTS, 0, AF_INET));
    arena_enter(t->arena, ARENA_A);
    create(t, BENCH_PEER, SOCK_DGRAM);
    settle(t);
}

void bench_datagram(bench *t)
{
    create(t, BENCH_SUBJECT, SOCK_DGRAM);
    arena_enter(t->arena, ARENA_A);
    create(t, BENCH_PEER, SOCK_DGRAM);
    settle(t);
}

void bench_datagram_connected(bench *t)
{
    bench_datagram(t);
    EXPECT_OK_FATAL(CAsyncSocket_Connect(bench_subject(t), arena_address(t->arena, ARENA_A), t->port));
    settle(t);
}

void bench_datagram_data(bench *t)
{
    bench_datagram(t);
    UINT peer_port = t->port;
    ask_port(t, BENCH_SUBJECT);
    arena_enter(t->arena, ARENA_A);
    EXPECT_EQ_INT_FATAL(CAsyncSocket_SendTo(bench_socket(t, BENCH_PEER), "hello", 5, t->port,
                                            arena_address(t->arena, ARENA_B), 0),
                        5);
    t->port = peer_port;
    settle(t);
}

/* ---- handles ---- */

void bench_detached(bench *t)
{
    bench_data(t);
    t->detached = CAsyncSocket_Detach(bench_subject(t));
}

void bench_datagram_detached(bench *t)
{
    bench_datagram(t);
    t->detached = CAsyncSocket_Detach(bench_subject(t));
}
