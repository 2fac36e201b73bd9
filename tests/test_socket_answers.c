/* SPDX-License-Identifier: MIT
 *
 * What calls answer and notifications leave out, where a recording of Winsock showed that the library had it
 * otherwise.
 */
#include <arpa/inet.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { BLOCK_BYTES = 65536, BLOCKS_MAX = 1000 };

static SOCKADDR_IN loopback_of(recorder *r)
{
    SOCKADDR_IN address = {0};
    int len = (int)sizeof address;
    EXPECT_OK(CAsyncSocket_GetSockNameAddr(&r->socket, (SOCKADDR *)&address, &len));
    return address;
}

static void make_datagram(recorder *r, const char *address)
{
    recorder_construct(r);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&r->socket, 0, SOCK_DGRAM, FD_READ, address));
}

static void truncated_datagram_has_a_sender(arena *a)
{
    recorder from, to;
    char bytes[4], text[INET_ADDRSTRLEN] = "untouched";
    UINT port = 7;
    SOCKADDR_IN got = {0};
    int len = (int)sizeof got;
    make_datagram(&from, "127.0.0.1");
    make_datagram(&to, "127.0.0.1");
    SOCKADDR_IN sender = loopback_of(&from), receiver = loopback_of(&to);
    for (int i = 0; i < 2; i++)
        EXPECT_EQ_INT(CAsyncSocket_SendToAddr(&from.socket, "0123456789", 10, (SOCKADDR *)&receiver,
                                              sizeof receiver, 0),
                      10);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_ERROR_COUNT(CAsyncSocket_ReceiveFromAddr(&to.socket, bytes, 4, (SOCKADDR *)&got, &len, 0),
                       WSAEMSGSIZE);
    EXPECT_EQ_INT(ntohs(got.sin_port), ntohs(sender.sin_port));
    EXPECT_EQ_INT(ntohl(got.sin_addr.s_addr), INADDR_LOOPBACK);
    /* The form with text writes on success only. */
    EXPECT_ERROR_COUNT(CAsyncSocket_ReceiveFrom(&to.socket, bytes, 4, text, sizeof text, &port, 0),
                       WSAEMSGSIZE);
    EXPECT_EQ_STR(text, "untouched");
    EXPECT_EQ_INT(port, 7);
    CAsyncSocket_Destruct(&from.socket);
    CAsyncSocket_Destruct(&to.socket);
}

static void some_options_are_kept_in_one_byte(arena *a)
{
    static const struct {
        int name, level;
    } options[] = {{SO_KEEPALIVE, SOL_SOCKET}, {SO_DONTROUTE, SOL_SOCKET}, {TCP_NODELAY, IPPROTO_TCP}};
    recorder r;
    (void)a;
    recorder_construct(&r);
    EXPECT_OK_FATAL(CAsyncSocket_Socket(&r.socket, SOCK_STREAM, 0, 0, AF_INET));
    for (unsigned i = 0; i < sizeof options / sizeof options[0]; i++) {
        int value = -1, len = (int)sizeof value;
        EXPECT_OK(CAsyncSocket_SetSockOpt(&r.socket, options[i].name, &(int){2}, 4, options[i].level));
        EXPECT_OK(CAsyncSocket_GetSockOpt(&r.socket, options[i].name, &value, &len, options[i].level));
        EXPECT_EQ_INT(len, 1);
        EXPECT_EQ_INT(value, 1);
        EXPECT_ERROR(CAsyncSocket_GetSockOpt(&r.socket, options[i].name, &value, &(int){0}, options[i].level),
                     WSAEFAULT);
    }
    CAsyncSocket_Destruct(&r.socket);
}

static void datagram_sockets_have_no_mark(arena *a)
{
    recorder r;
    DWORD value = 7;
    (void)a;
    make_datagram(&r, NULL);
    EXPECT_ERROR(CAsyncSocket_IOCtl(&r.socket, SIOCATMARK, &value), WSAEINVAL);
    EXPECT_EQ_INT(value, 7);
    CAsyncSocket_Destruct(&r.socket);
}

/* Fills the connection until nothing is taken even after the network has done its work. */
static void fill(arena *a, recorder *client)
{
    static const char block[BLOCK_BYTES];
    int taken = 0;
    for (int i = 0; i < BLOCKS_MAX && taken != SOCKET_ERROR; i++) {
        cas_thread *before = arena_enter(a, ARENA_A);
        taken = CAsyncSocket_Send(&client->socket, block, BLOCK_BYTES, 0);
        cas_thread_enter(before);
        if (taken != SOCKET_ERROR)
            arena_rest(a, ARENA_A);
    }
    EXPECT_EQ_INT_FATAL(taken, SOCKET_ERROR);
}

static void drain(arena *a, recorder *server)
{
    static char block[BLOCK_BYTES];
    for (bool more = true; more;) {
        cas_thread *before = arena_enter(a, ARENA_B);
        for (more = false; CAsyncSocket_Receive(&server->socket, block, BLOCK_BYTES, 0) > 0;)
            more = true;
        cas_thread_enter(before);
        arena_settle(a);
    }
}

static void no_room_is_told_after_own_shutdown(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&client.socket, FD_WRITE));
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&client, FD_WRITE), 1);
    fill(a, &client);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_ShutDown(&client.socket, CAsyncSocket_sends));
    drain(a, &server);
    EXPECT_EQ_INT(recorder_count(&client, FD_WRITE), 1);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&client.socket);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&server.socket);
}

static void connected_datagram_socket_knows_its_address(arena *a)
{
    recorder first, second;
    char text[INET_ADDRSTRLEN];
    (void)a;
    make_datagram(&first, "127.0.0.1");
    SOCKADDR_IN to = loopback_of(&first);
    make_datagram(&second, NULL);
    EXPECT_OK(CAsyncSocket_ConnectAddr(&second.socket, (SOCKADDR *)&to, sizeof to));
    EXPECT_OK(CAsyncSocket_GetSockName(&second.socket, text, sizeof text, NULL));
    EXPECT_EQ_STR(text, "127.0.0.1");
    CAsyncSocket_Destruct(&first.socket);
    CAsyncSocket_Destruct(&second.socket);
}

static void loopback_has_a_broadcast_address(arena *a)
{
    recorder from, one;
    make_datagram(&from, NULL);
    make_datagram(&one, NULL);
    SOCKADDR_IN to = loopback_of(&one);
    to.sin_addr.s_addr = htonl(0x7FFFFFFF);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendToAddr(&from.socket, "x", 1, (SOCKADDR *)&to, sizeof to, 0),
                       WSAEACCES);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&from.socket, SO_BROADCAST, &(int){1}, 4, SOL_SOCKET));
    EXPECT_EQ_INT(CAsyncSocket_SendToAddr(&from.socket, "x", 1, (SOCKADDR *)&to, sizeof to, 0), 1);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&one, FD_READ), 1);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&from.socket);
    CAsyncSocket_Destruct(&one.socket);
}

/* SHU-20 is about the reset that answers a send. */
static void reset_after_a_graceful_end_is_a_reset(arena *a)
{
    recorder client, server;
    char byte;
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    arena_connect(a, &client, &server);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_ShutDown(&client.socket, CAsyncSocket_sends));
    arena_settle(a);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&client.socket, SO_LINGER, &hard, sizeof hard, SOL_SOCKET));
    CAsyncSocket_Close(&client.socket);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&server.socket, &byte, 1, 0), WSAECONNRESET);
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&server.socket, "x", 1, 0), WSAECONNRESET);
    CAsyncSocket_Destruct(&server.socket);
}

/* Linux would begin an attempt. */
static void connecting_to_port_0_fails_at_once(arena *a)
{
    recorder client;
    recorder_construct(&client);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, FD_CONNECT, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_B), 0), WSAEADDRNOTAVAIL);
    arena_settle(a);
    EXPECT_EQ_INT(client.total, 0);
    CAsyncSocket_Close(&client.socket);
}

static void listener_has_nothing_to_read(arena *a)
{
    recorder listener;
    DWORD count = 7;
    (void)a;
    recorder_construct(&listener);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5));
    EXPECT_OK(CAsyncSocket_IOCtl(&listener.socket, FIONREAD, &count));
    EXPECT_EQ_INT(count, 0);
    CAsyncSocket_Close(&listener.socket);
}

const test_case test_socket_answers[] = {
    TEST_EVERYWHERE(truncated_datagram_has_a_sender),
    TEST_EVERYWHERE(some_options_are_kept_in_one_byte),
    TEST_EVERYWHERE(datagram_sockets_have_no_mark),
    TEST_EVERYWHERE(no_room_is_told_after_own_shutdown),
    TEST_EVERYWHERE(connected_datagram_socket_knows_its_address),
    TEST_EVERYWHERE(loopback_has_a_broadcast_address),
    TEST_EVERYWHERE(reset_after_a_graceful_end_is_a_reset),
    TEST_EVERYWHERE(connecting_to_port_0_fails_at_once),
    TEST_EVERYWHERE(listener_has_nothing_to_read),
    TEST_END,
};
