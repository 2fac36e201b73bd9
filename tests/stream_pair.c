/* SPDX-License-Identifier: MIT
 *
 * See stream_pair.h.
 */
#include "tests/stream_pair.h"

#include "tests/expect.h"

void stream_connect(arena *a, recorder *client, recorder *server, int bytes)
{
    CAsyncSocket listener;
    UINT port = 0;
    char address[46];
    arena_enter(a, ARENA_B);
    CAsyncSocket_Construct(&listener, NULL);
    recorder_construct(server);
    recorder_construct(client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL));
    if (bytes > 0)
        EXPECT_OK(CAsyncSocket_SetSockOpt(&listener, SO_RCVBUF, &bytes, sizeof bytes, SOL_SOCKET));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(&listener, address, sizeof address, &port));
    arena_enter(a, ARENA_A);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client->socket, "127.0.0.1", port);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&listener, &server->socket, NULL, NULL));
    CAsyncSocket_Destruct(&listener);
}

void stream_delete(arena *a, arena_thread thread, recorder *r)
{
    cas_thread *before = arena_enter(a, thread);
    CAsyncSocket_Destruct(&r->socket);
    cas_thread_enter(before);
}

void stream_abort(arena *a, arena_thread thread, recorder *r)
{
    struct linger reset = {1, 0};
    cas_thread *before = arena_enter(a, thread);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r->socket, SO_LINGER, &reset, sizeof reset, SOL_SOCKET));
    CAsyncSocket_Destruct(&r->socket);
    cas_thread_enter(before);
}

void stream_select(arena *a, arena_thread thread, recorder *r, long mask)
{
    cas_thread *before = arena_enter(a, thread);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&r->socket, mask));
    cas_thread_enter(before);
}

/* Repeats itself only after 64 KiB. */
static char pattern(size_t at) { return (char)(at * 31 + (at >> 8) * 7); }

int stream_send(recorder *r, size_t from, size_t len)
{
    static char block[131072];
    EXPECT_TRUE_FATAL(len <= sizeof block);
    for (size_t i = 0; i < len; i++)
        block[i] = pattern(from + i);
    return CAsyncSocket_Send(&r->socket, block, (int)len, 0);
}

int stream_receive(recorder *r, size_t from, size_t len)
{
    static char block[131072];
    EXPECT_TRUE_FATAL(len <= sizeof block);
    int got = CAsyncSocket_Receive(&r->socket, block, (int)len, 0);
    int wrong = 0;
    for (int i = 0; i < got; i++)
        wrong += block[i] != pattern(from + (size_t)i);
    EXPECT_EQ_INT(wrong, 0);
    return got;
}
