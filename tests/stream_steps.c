/* SPDX-License-Identifier: MIT
 *
 * See stream_steps.h.
 */
#include "tests/stream_steps.h"

#include "tests/expect.h"

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
