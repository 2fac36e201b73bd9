/* SPDX-License-Identifier: MIT
 *
 * Every function of the class with valid arguments on objects that may not be used: without a socket, closed,
 * copied, of another thread, and without a thread.  The documented code, no crash, nothing changed.
 */
#include "tests/every_call.h"
#include "tests/expect.h"
#include "tests/test_list.h"

static void expect_every_call(stage *t, CAsyncSocket *object, int wanted)
{
    for (const api_call *call = every_call; call->name != NULL; call++)
        expect_call_fails(t, call, object, wanted, "state");
}

/* ---- objects that may not be used ---- */

static void object_without_socket_fails_with_notsock(arena *a)
{
    stage t;
    stage_open(&t, a);
    expect_every_call(&t, &t.empty.socket, WSAENOTSOCK);
    expect_every_call(&t, NULL, WSAENOTSOCK);
    CAsyncSocket_Close(&t.empty.socket);
    CAsyncSocket_Close(NULL);
    CAsyncSocket_Destruct(NULL);
    stage_check(&t);
    stage_close(&t);
}

static void object_after_close_fails_with_notsock(arena *a)
{
    stage t;
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_Create(&t.empty.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    CAsyncSocket_Close(&t.empty.socket);
    expect_every_call(&t, &t.empty.socket, WSAENOTSOCK);
    stage_check(&t);
    stage_close(&t);
}

static void copy_of_a_socket_fails_with_notsock(arena *a)
{
    stage t;
    stage_open(&t, a);
    CAsyncSocket copy = t.server.socket;
    expect_every_call(&t, &copy, WSAENOTSOCK);
    CAsyncSocket_Close(&copy);
    EXPECT_TRUE(CAsyncSocket_FromHandle(t.server.socket.m_hSocket) == &t.server.socket);
    stage_check(&t);
    stage_close(&t);
}

/* The other thread has a socket, else AsyncSelect says WSAEINVAL (row MFC-25). */
static void socket_of_another_thread_fails_with_notsock(arena *a)
{
    stage t;
    stage_open(&t, a);
    arena_enter(a, ARENA_A);
    expect_every_call(&t, &t.idle.socket, WSAENOTSOCK);
    CAsyncSocket_Close(&t.idle.socket);
    arena_enter(a, ARENA_B);
    stage_check(&t);
    stage_close(&t);
}

static void call_without_thread_fails_with_notinitialised(arena *a)
{
    stage t;
    stage_open(&t, a);
    cas_thread_enter(NULL);
    expect_every_call(&t, &t.server.socket, WSANOTINITIALISED);
    EXPECT_ERROR(CAsyncSocket_Create(&t.empty.socket, 0, SOCK_STREAM, 0, NULL), WSANOTINITIALISED);
    EXPECT_ERROR(CAsyncSocket_Socket(&t.empty.socket, SOCK_STREAM, 0, 0, AF_INET), WSANOTINITIALISED);
    EXPECT_ERROR(CAsyncSocket_Attach(&t.empty.socket, 3, 0), WSANOTINITIALISED);
    EXPECT_TRUE(CAsyncSocket_FromHandle(t.server.socket.m_hSocket) == NULL);
    CAsyncSocket_Close(&t.server.socket);
    arena_enter(a, ARENA_B);
    stage_check(&t);
    stage_close(&t);
}

/* The datagram socket that it opened meanwhile was writable. */
static void create_that_fails_leaves_no_message(arena *a)
{
    recorder first, second;
    char text[46];
    UINT port = 0;
    recorder_construct(&first);
    recorder_construct(&second);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&first.socket, 0, SOCK_DGRAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(&first.socket, text, sizeof text, &port));
    EXPECT_ERROR(CAsyncSocket_Create(&second.socket, port, SOCK_DGRAM, FD_WRITE, NULL), WSAEADDRINUSE);
    EXPECT_EQ_INT(cas_thread_message_count(arena_thread_of(a, ARENA_B)), 0);
    CAsyncSocket_Destruct(&first.socket);
}

const test_case test_socket_misuse[] = {TEST_EVERYWHERE(create_that_fails_leaves_no_message),
                                        TEST_EVERYWHERE(object_without_socket_fails_with_notsock),
                                        TEST_EVERYWHERE(object_after_close_fails_with_notsock),
                                        TEST_EVERYWHERE(copy_of_a_socket_fails_with_notsock),
                                        TEST_EVERYWHERE(socket_of_another_thread_fails_with_notsock),
                                        TEST_EVERYWHERE(call_without_thread_fails_with_notinitialised),
                                        TEST_END};
