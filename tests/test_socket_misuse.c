/* SPDX-License-Identifier: MIT
 *
 * Every function of the class with valid arguments on objects that may not be used: without a socket, closed,
 * copied, of another thread, and without a thread.  The documented code, no crash, nothing changed.
 */
#include <arpa/inet.h>

#include "castanet/error.h"
#include "tests/expect.h"
#include "tests/fixture_stage.h"
#include "tests/test_list.h"

typedef struct call {
    const char *name;
    long (*make)(stage *, CAsyncSocket *); /* returns what the function returned */
    long failure;                          /* FALSE or SOCKET_ERROR */
} call;

static SOCKADDR_IN ipv4(uint32_t address, uint16_t port)
{
    return (SOCKADDR_IN){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(address)}};
}

#define CALL(name, expression)                                                                               \
    static long name(stage *t, CAsyncSocket *s)                                                              \
    {                                                                                                        \
        (void)t;                                                                                             \
        return (long)(expression);                                                                           \
    }

/* ---- every call, with valid arguments ---- */

static long try_bind_addr(stage *t, CAsyncSocket *s)
{
    SOCKADDR_IN addr = ipv4(INADDR_ANY, 0);
    (void)t;
    return CAsyncSocket_BindAddr(s, (SOCKADDR *)&addr, sizeof addr);
}

static long try_connect_addr(stage *t, CAsyncSocket *s)
{
    SOCKADDR_IN addr = ipv4(INADDR_LOOPBACK, 9);
    (void)t;
    return CAsyncSocket_ConnectAddr(s, (SOCKADDR *)&addr, sizeof addr);
}

static long try_accept(stage *t, CAsyncSocket *s)
{
    CAsyncSocket target;
    (void)t;
    CAsyncSocket_Construct(&target, NULL);
    BOOL ok = CAsyncSocket_Accept(s, &target, NULL, NULL);
    CAsyncSocket_Destruct(&target);
    return ok;
}

static long try_receive_from_addr(stage *t, CAsyncSocket *s)
{
    SOCKADDR_IN addr;
    int len = sizeof addr;
    return CAsyncSocket_ReceiveFromAddr(s, t->bytes, 4, (SOCKADDR *)&addr, &len, 0);
}

static long try_send_to_addr(stage *t, CAsyncSocket *s)
{
    SOCKADDR_IN addr = ipv4(INADDR_LOOPBACK, 9);
    return CAsyncSocket_SendToAddr(s, t->bytes, 4, (SOCKADDR *)&addr, sizeof addr, 0);
}

static long try_receive_from(stage *t, CAsyncSocket *s)
{
    UINT port;
    return CAsyncSocket_ReceiveFrom(s, t->bytes, 4, t->text, sizeof t->text, &port, 0);
}

static long try_receive_from_ex(stage *t, CAsyncSocket *s)
{
    UINT port;
    return CAsyncSocket_ReceiveFromEx(s, t->bytes, 4, t->text, sizeof t->text, &port, 0);
}

static long try_peer_name(stage *t, CAsyncSocket *s)
{
    UINT port;
    return CAsyncSocket_GetPeerName(s, t->text, sizeof t->text, &port);
}

static long try_peer_name_ex(stage *t, CAsyncSocket *s)
{
    UINT port;
    return CAsyncSocket_GetPeerNameEx(s, t->text, sizeof t->text, &port);
}

static long try_peer_name_addr(stage *t, CAsyncSocket *s)
{
    SOCKADDR_IN addr;
    int len = sizeof addr;
    (void)t;
    return CAsyncSocket_GetPeerNameAddr(s, (SOCKADDR *)&addr, &len);
}

static long try_sock_name(stage *t, CAsyncSocket *s)
{
    UINT port;
    return CAsyncSocket_GetSockName(s, t->text, sizeof t->text, &port);
}

static long try_sock_name_ex(stage *t, CAsyncSocket *s)
{
    UINT port;
    return CAsyncSocket_GetSockNameEx(s, t->text, sizeof t->text, &port);
}

static long try_sock_name_addr(stage *t, CAsyncSocket *s)
{
    SOCKADDR_IN addr;
    int len = sizeof addr;
    (void)t;
    return CAsyncSocket_GetSockNameAddr(s, (SOCKADDR *)&addr, &len);
}

static long try_get_option(stage *t, CAsyncSocket *s)
{
    int value, len = sizeof value;
    (void)t;
    return CAsyncSocket_GetSockOpt(s, SO_TYPE, &value, &len, SOL_SOCKET);
}

static long try_set_option(stage *t, CAsyncSocket *s)
{
    int value = 1;
    (void)t;
    return CAsyncSocket_SetSockOpt(s, SO_REUSEADDR, &value, sizeof value, SOL_SOCKET);
}

static long try_ioctl(stage *t, CAsyncSocket *s)
{
    DWORD value;
    (void)t;
    return CAsyncSocket_IOCtl(s, FIONREAD, &value);
}

static long try_detach(stage *t, CAsyncSocket *s)
{
    (void)t;
    return CAsyncSocket_Detach(s) == INVALID_SOCKET ? FALSE : TRUE;
}

CALL(try_bind, CAsyncSocket_Bind(s, 0, NULL))
CALL(try_connect, CAsyncSocket_Connect(s, "127.0.0.1", 9))
CALL(try_listen, CAsyncSocket_Listen(s, 1))
CALL(try_receive, CAsyncSocket_Receive(s, t->bytes, 4, 0))
CALL(try_send, CAsyncSocket_Send(s, t->bytes, 4, 0))
CALL(try_send_to, CAsyncSocket_SendTo(s, t->bytes, 4, 9, "127.0.0.1", 0))
CALL(try_send_to_ex, CAsyncSocket_SendToEx(s, t->bytes, 4, 9, "127.0.0.1", 0))
CALL(try_shut_down, CAsyncSocket_ShutDown(s, CAsyncSocket_sends))
CALL(try_select, CAsyncSocket_AsyncSelect(s, FD_READ))

static const call every_call[] = {{"Bind", try_bind, FALSE},
                                  {"BindAddr", try_bind_addr, FALSE},
                                  {"Connect", try_connect, FALSE},
                                  {"ConnectAddr", try_connect_addr, FALSE},
                                  {"Listen", try_listen, FALSE},
                                  {"Accept", try_accept, FALSE},
                                  {"Receive", try_receive, SOCKET_ERROR},
                                  {"ReceiveFrom", try_receive_from, SOCKET_ERROR},
                                  {"ReceiveFromAddr", try_receive_from_addr, SOCKET_ERROR},
                                  {"ReceiveFromEx", try_receive_from_ex, SOCKET_ERROR},
                                  {"Send", try_send, SOCKET_ERROR},
                                  {"SendTo", try_send_to, SOCKET_ERROR},
                                  {"SendToAddr", try_send_to_addr, SOCKET_ERROR},
                                  {"SendToEx", try_send_to_ex, SOCKET_ERROR},
                                  {"ShutDown", try_shut_down, FALSE},
                                  {"AsyncSelect", try_select, FALSE},
                                  {"GetPeerName", try_peer_name, FALSE},
                                  {"GetPeerNameAddr", try_peer_name_addr, FALSE},
                                  {"GetPeerNameEx", try_peer_name_ex, FALSE},
                                  {"GetSockName", try_sock_name, FALSE},
                                  {"GetSockNameAddr", try_sock_name_addr, FALSE},
                                  {"GetSockNameEx", try_sock_name_ex, FALSE},
                                  {"GetSockOpt", try_get_option, FALSE},
                                  {"SetSockOpt", try_set_option, FALSE},
                                  {"IOCtl", try_ioctl, FALSE},
                                  {"Detach", try_detach, FALSE}};

static void expect_call(stage *t, const call *c, CAsyncSocket *object, int wanted)
{
    long result = c->make(t, object);
    int error = CAsyncSocket_GetLastError();
    expect_report(EXPECT_SITE(false), result == c->failure && error == wanted,
                  "%s returns %ld with last error %s (%d), expected %ld with %s (%d)", c->name, result,
                  cas_error_name(error), error, c->failure, cas_error_name(wanted), wanted);
}

static void expect_every_call(stage *t, CAsyncSocket *object, int wanted)
{
    for (size_t i = 0; i < sizeof every_call / sizeof every_call[0]; i++)
        expect_call(t, &every_call[i], object, wanted);
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
