/* SPDX-License-Identifier: MIT
 *
 * What the log is told about mistakes: exactly one line each, with what, why and how to mend it.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/log.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

static struct {
    unsigned lines;
    char last[400];
} heard;

static void hear(void *context, const char *line)
{
    (void)context;
    heard.lines++;
    snprintf(heard.last, sizeof heard.last, "%s", line);
}

static void listen_to_the_log(void)
{
    memset(&heard, 0, sizeof heard);
    cas_set_log(hear, NULL);
}

/* One line came since the last time, and it is this one; %s stands for a handle, if there is one. */
static void expect_line(const char *wanted, SOCKET handle)
{
    char subject[32] = "", line[400];
    if (handle != INVALID_SOCKET)
        snprintf(subject, sizeof subject, " on socket %llu", (unsigned long long)handle);
    const char *gap = strstr(wanted, "%s");
    EXPECT_TRUE_FATAL(gap != NULL);
    snprintf(line, sizeof line, "%.*s%s%s", (int)(gap - wanted), wanted, subject, gap + 2);
    EXPECT_EQ_INT(heard.lines, 1);
    EXPECT_EQ_STR(heard.last, line);
    heard.lines = 0;
}

static void call_without_thread_is_told(void)
{
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    listen_to_the_log();
    EXPECT_ERROR(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL), WSANOTINITIALISED);
    expect_line(
        "CAsyncSocket_Create%s fails with WSANOTINITIALISED; the calling thread has no notification queue; "
        "call cas_thread_init or cas_thread_enter on it first",
        INVALID_SOCKET);
    EXPECT_ERROR(CAsyncSocket_AsyncSelect(&socket, FD_READ), WSANOTINITIALISED);
    EXPECT_EQ_INT(heard.lines, 1);
    cas_set_log(NULL, NULL);
}

static void use_after_close_is_told(arena *a)
{
    (void)a;
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Close(&socket);
    listen_to_the_log();
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&socket, "x", 1, 0), WSAENOTSOCK);
    expect_line(
        "CAsyncSocket_Send%s fails with WSAENOTSOCK; the object has no socket: it was not created yet, or is "
        "closed; call Create, Socket, Attach or Accept first",
        INVALID_SOCKET);
    CAsyncSocket_Close(&socket); /* a no-op, not a mistake */
    EXPECT_EQ_INT(heard.lines, 0);
    cas_set_log(NULL, NULL);
}

static void use_on_another_thread_is_told(arena *a)
{
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL));
    listen_to_the_log();
    arena_enter(a, ARENA_B2);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&socket, (char[1]){0}, 1, 0), WSAENOTSOCK);
    expect_line(
        "CAsyncSocket_Receive%s fails with WSAENOTSOCK; the socket is not one of the calling thread; use it "
        "where it was created, or hand it over with Detach and Attach",
        socket.m_hSocket);
    EXPECT_TRUE(CAsyncSocket_FromHandle(socket.m_hSocket) == NULL);
    expect_line(
        "CAsyncSocket_FromHandle%s fails with WSAENOTSOCK; no object of the calling thread has this handle; "
        "ask on the thread that owns the socket, before it is closed",
        socket.m_hSocket);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Close(&socket);
    cas_set_log(NULL, NULL);
}

static void copied_object_is_told(arena *a)
{
    (void)a;
    CAsyncSocket socket, copy;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL));
    copy = socket;
    listen_to_the_log();
    EXPECT_ERROR(CAsyncSocket_Listen(&copy, 5), WSAENOTSOCK);
    expect_line("CAsyncSocket_Listen%s fails with WSAENOTSOCK; the object is a copy, was moved, or is left "
                "over from a "
                "closed socket; use the object that owns the socket; objects cannot be copied",
                socket.m_hSocket);
    CAsyncSocket_Close(&socket);
    cas_set_log(NULL, NULL);
}

static void attaching_twice_is_told(arena *a)
{
    (void)a;
    CAsyncSocket socket, other;
    CAsyncSocket_Construct(&socket, NULL);
    CAsyncSocket_Construct(&other, NULL);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL));
    listen_to_the_log();
    EXPECT_ERROR(CAsyncSocket_Attach(&other, socket.m_hSocket, 0), WSAEINVAL);
    expect_line(
        "CAsyncSocket_Attach%s fails with WSAEINVAL; another object of this thread has the handle already; "
        "detach it there first",
        socket.m_hSocket);
    EXPECT_ERROR(CAsyncSocket_Attach(&other, INVALID_SOCKET, 0), WSA_INVALID_HANDLE);
    expect_line("CAsyncSocket_Attach%s fails with WSA_INVALID_HANDLE; INVALID_SOCKET is not a handle; pass "
                "what Detach "
                "returned",
                INVALID_SOCKET);
    CAsyncSocket_Close(&socket);
    cas_set_log(NULL, NULL);
}

static void accept_into_a_socket_in_use_is_told(arena *a)
{
    (void)a;
    CAsyncSocket listener;
    CAsyncSocket_Construct(&listener, NULL);
    EXPECT_OK(CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener, 5));
    listen_to_the_log();
    EXPECT_ERROR(CAsyncSocket_Accept(&listener, &listener, NULL, NULL), WSAEINVAL);
    expect_line(
        "CAsyncSocket_Accept%s fails with WSAEINVAL; the target object has a socket already; close or detach "
        "it first",
        listener.m_hSocket);
    EXPECT_ERROR(CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL), WSAEINVAL);
    expect_line("CAsyncSocket_Create%s fails with WSAEINVAL; the object has a socket already; close or "
                "detach it first",
                listener.m_hSocket);
    CAsyncSocket_Close(&listener);
    cas_set_log(NULL, NULL);
}

static void options_of_short_length_are_told(arena *a)
{
    (void)a;
    CAsyncSocket socket;
    int value = 1, len = 1;
    DWORD zero = 0;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, FD_READ, NULL));
    listen_to_the_log();
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&socket, SO_RCVBUF, &value, 2, SOL_SOCKET), WSAEFAULT);
    expect_line("CAsyncSocket_SetSockOpt%s fails with WSAEFAULT; the value is NULL, or its length is not one "
                "that the "
                "option takes; pass an int, or a struct linger for SO_LINGER, with its size",
                socket.m_hSocket);
    EXPECT_ERROR(CAsyncSocket_GetSockOpt(&socket, SO_TYPE, &value, &len, SOL_SOCKET), WSAEFAULT);
    expect_line("CAsyncSocket_GetSockOpt%s fails with WSAEFAULT; the value is NULL, or its length is not one "
                "that the "
                "option takes; pass an int, or a struct linger for SO_LINGER, with its size",
                socket.m_hSocket);
    EXPECT_ERROR(CAsyncSocket_IOCtl(&socket, FIONBIO, &zero), WSAEINVAL);
    expect_line("CAsyncSocket_IOCtl%s fails with WSAEINVAL; events are selected, so the socket cannot be "
                "made blocking; "
                "call AsyncSelect(0) first",
                socket.m_hSocket);
    CAsyncSocket_Close(&socket);
    cas_set_log(NULL, NULL);
}

static void addresses_that_do_not_parse_are_told(arena *a)
{
    (void)a;
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    listen_to_the_log();
    EXPECT_ERROR(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, "10.0.0"), WSAEINVAL);
    EXPECT_EQ_INT(heard.lines, 1);
    EXPECT_TRUE(strstr(heard.last, "the text is no numeric address of the socket's family") != NULL);
    heard.lines = 0;
    EXPECT_OK(CAsyncSocket_Socket(&socket, SOCK_STREAM, 0, 0, AF_INET));
    EXPECT_ERROR(CAsyncSocket_Connect(&socket, NULL, 80), WSAEINVAL);
    expect_line("CAsyncSocket_Connect%s fails with WSAEINVAL; the host is neither a numeric address nor a "
                "name that is "
                "known; pass a host that resolves in the family of the socket",
                socket.m_hSocket);
    EXPECT_ERROR(CAsyncSocket_BindAddr(&socket, NULL, 16), WSAEFAULT);
    expect_line(
        "CAsyncSocket_Bind%s fails with WSAEFAULT; the address is NULL, or its length is too short for the "
        "family; pass the whole structure and its size",
        socket.m_hSocket);
    CAsyncSocket_Close(&socket);
    cas_set_log(NULL, NULL);
}

static void failures_that_are_no_mistakes_are_not_told(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    listen_to_the_log();
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&server.socket, (char[1]){0}, 1, 0), WSAEWOULDBLOCK);
    CAsyncSocket_Close(&server.socket);
    arena_settle(a);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_ShutDown(&client.socket, CAsyncSocket_sends));
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&client.socket, "x", 1, 0), WSAESHUTDOWN);
    CAsyncSocket_Close(&client.socket);
    EXPECT_EQ_INT(heard.lines, 0);
    cas_set_log(NULL, NULL);
}

const test_case test_log[] = {TEST(call_without_thread_is_told),
                              TEST_EVERYWHERE(use_after_close_is_told),
                              TEST_EVERYWHERE(use_on_another_thread_is_told),
                              TEST_EVERYWHERE(copied_object_is_told),
                              TEST_EVERYWHERE(attaching_twice_is_told),
                              TEST_EVERYWHERE(accept_into_a_socket_in_use_is_told),
                              TEST_EVERYWHERE(options_of_short_length_are_told),
                              TEST_EVERYWHERE(addresses_that_do_not_parse_are_told),
                              TEST_EVERYWHERE(failures_that_are_no_mistakes_are_not_told),
                              TEST_END};
