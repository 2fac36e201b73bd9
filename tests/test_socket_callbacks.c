/* SPDX-License-Identifier: MIT
 *
 * What callbacks may do, and what handles and objects mean across lives.  The rows of the specification about
 * callbacks are scenarios (mfc.txt); here is what they cannot say.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

/* ---- objects and handles ---- */

static void handle_used_again_belongs_to_the_new_object(arena *a)
{
    recorder first, second;
    (void)a;
    recorder_construct(&first);
    recorder_construct(&second);
    EXPECT_OK(CAsyncSocket_Create(&first.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    SOCKET old = first.socket.m_hSocket;
    CAsyncSocket_Close(&first.socket);
    EXPECT_TRUE(CAsyncSocket_FromHandle(old) == NULL);
    EXPECT_OK(CAsyncSocket_Create(&second.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_TRUE(CAsyncSocket_FromHandle(second.socket.m_hSocket) == &second.socket);
    arena_settle(a);
    EXPECT_EQ_INT(first.total, 0);
    EXPECT_EQ_INT(second.total, 1);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&second.socket);
}

/* An object that kept a closed handle's value may not close what got the same value. */
static void stale_object_cannot_close_the_new_socket(arena *a)
{
    recorder first, second;
    (void)a;
    recorder_construct(&first);
    recorder_construct(&second);
    EXPECT_OK(CAsyncSocket_Create(&first.socket, 0, SOCK_DGRAM, 0, NULL));
    CAsyncSocket stale = first.socket;
    CAsyncSocket_Close(&first.socket);
    EXPECT_OK(CAsyncSocket_Create(&second.socket, 0, SOCK_DGRAM, 0, NULL));
    CAsyncSocket_Close(&stale);
    EXPECT_TRUE(CAsyncSocket_FromHandle(second.socket.m_hSocket) == &second.socket);
    CAsyncSocket_Destruct(&second.socket);
}

static void detached_handle_is_silent_until_attached(arena *a)
{
    recorder r, other;
    recorder_construct(&r);
    recorder_construct(&other);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    SOCKET handle = CAsyncSocket_Detach(&r.socket);
    EXPECT_TRUE(handle != INVALID_SOCKET);
    EXPECT_TRUE(r.socket.m_hSocket == INVALID_SOCKET);
    EXPECT_TRUE(CAsyncSocket_FromHandle(handle) == NULL);
    arena_settle(a);
    EXPECT_EQ_INT(r.total, 0);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_Attach(&other.socket, handle, FD_WRITE));
    EXPECT_TRUE(CAsyncSocket_FromHandle(handle) == &other.socket);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&other, FD_WRITE), 1);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&other.socket);
}

static void from_handle_of_unknown_is_null(arena *a)
{
    (void)a;
    EXPECT_TRUE(CAsyncSocket_FromHandle(INVALID_SOCKET) == NULL);
    EXPECT_TRUE(CAsyncSocket_FromHandle(INVALID_SOCKET - 1) == NULL);
    EXPECT_TRUE(CAsyncSocket_FromHandle(60000) == NULL);
}

/* ---- inside callbacks ---- */

typedef struct actor {
    CAsyncSocket socket;
    arena *arena;
    struct actor *other;
    unsigned calls, depth, depth_max;
    bool handle_was_true;
} actor;

static void pump_again(CAsyncSocket *self, int error)
{
    actor *me = (actor *)self;
    (void)error;
    me->calls++;
    me->handle_was_true = CAsyncSocket_FromHandle(me->socket.m_hSocket) == self;
    me->depth = me->other->depth + 1;
    if (me->depth > me->depth_max)
        me->depth_max = me->depth;
    cas_pump_run(0);
    me->depth = 0;
}

static void pump_inside_a_callback_nests(arena *a)
{
    static const CAsyncSocketVtbl vtbl = {.OnSend = pump_again};
    actor one = {.arena = a}, two = {.arena = a};
    one.other = &two;
    two.other = &one;
    CAsyncSocket_Construct(&one.socket, &vtbl);
    CAsyncSocket_Construct(&two.socket, &vtbl);
    EXPECT_OK(CAsyncSocket_Create(&one.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_OK(CAsyncSocket_Create(&two.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    arena_settle(a);
    EXPECT_EQ_INT(one.calls, 1);
    EXPECT_EQ_INT(two.calls, 1);
    EXPECT_EQ_INT(one.depth_max, 1);
    EXPECT_EQ_INT(two.depth_max, 2);
    EXPECT_TRUE(one.handle_was_true && two.handle_was_true);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&one.socket);
    CAsyncSocket_Destruct(&two.socket);
}

static void close_all(CAsyncSocket *self, int error)
{
    actor *me = (actor *)self;
    (void)error;
    me->calls++;
    CAsyncSocket_Close(&me->other->socket);
    CAsyncSocket_Close(&me->socket);
}

static void close_of_the_last_sockets_in_a_callback_is_allowed(arena *a)
{
    static const CAsyncSocketVtbl vtbl = {.OnSend = close_all};
    actor one = {.arena = a}, two = {.arena = a};
    one.other = &two;
    two.other = &one;
    CAsyncSocket_Construct(&one.socket, &vtbl);
    CAsyncSocket_Construct(&two.socket, &vtbl);
    EXPECT_OK(CAsyncSocket_Create(&one.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_OK(CAsyncSocket_Create(&two.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    arena_settle(a);
    EXPECT_EQ_INT(one.calls, 1);
    EXPECT_EQ_INT(two.calls, 0);
    EXPECT_EQ_INT(cas_thread_socket_count(arena_thread_of(a, ARENA_B)), 0);
}

static void end_thread(CAsyncSocket *self, int error)
{
    (void)error;
    ((actor *)self)->calls++;
    cas_thread_fini();
}

/* Real sockets only: the threads of a world belong to the world. */
static void thread_may_end_inside_a_callback(arena *a)
{
    static const CAsyncSocketVtbl vtbl = {.OnSend = end_thread};
    actor one = {.calls = 0}, two = {.calls = 0};
    CAsyncSocket_Construct(&one.socket, &vtbl);
    CAsyncSocket_Construct(&two.socket, &vtbl);
    EXPECT_OK(CAsyncSocket_Create(&one.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_OK(CAsyncSocket_Create(&two.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_EQ_INT(cas_pump_run(0), 1);
    EXPECT_EQ_INT(one.calls + two.calls, 1);
    EXPECT_TRUE(cas_thread_current() == NULL);
    EXPECT_TRUE(one.socket.m_hSocket == INVALID_SOCKET);
    EXPECT_TRUE(two.socket.m_hSocket == INVALID_SOCKET);
    arena_forget_thread(a, ARENA_B);
}

/* ---- tables without callbacks ---- */

static void missing_callbacks_do_nothing(arena *a)
{
    CAsyncSocket bare, empty;
    static const CAsyncSocketVtbl nothing = {.OnSend = NULL};
    CAsyncSocket_Construct(&bare, NULL);
    CAsyncSocket_Construct(&empty, &nothing);
    EXPECT_OK(CAsyncSocket_Create(&bare, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_OK(CAsyncSocket_Create(&empty, 0, SOCK_DGRAM, FD_WRITE, NULL));
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(cas_thread_message_count(cas_thread_current()), 0);
    CAsyncSocket_Destruct(&bare);
    CAsyncSocket_Destruct(&empty);
}

const test_case test_socket_callbacks[] = {
    TEST_EVERYWHERE(handle_used_again_belongs_to_the_new_object),
    TEST_EVERYWHERE(stale_object_cannot_close_the_new_socket),
    TEST_EVERYWHERE(detached_handle_is_silent_until_attached),
    TEST_EVERYWHERE(from_handle_of_unknown_is_null),
    TEST_EVERYWHERE(pump_inside_a_callback_nests),
    TEST_EVERYWHERE(close_of_the_last_sockets_in_a_callback_is_allowed),
    TEST_REAL(thread_may_end_inside_a_callback),
    TEST_EVERYWHERE(missing_callbacks_do_nothing),
    TEST_END};
