/* SPDX-License-Identifier: MIT
 *
 * Builds and checks a stage.
 */
#include "tests/fixture_stage.h"

#include <string.h>

#include "tests/expect.h"

void stage_open(stage *t, arena *a)
{
    memset(t, 0, sizeof *t);
    t->arena = a;
    arena_connect(a, &t->client, &t->server);
    arena_enter(a, ARENA_B);
    recorder_construct(&t->idle);
    recorder_construct(&t->listener);
    recorder_construct(&t->datagram);
    recorder_construct(&t->unbound);
    recorder_construct(&t->empty);
    EXPECT_OK_FATAL(CAsyncSocket_Socket(&t->idle.socket, SOCK_STREAM, 0, 0, AF_INET));
    EXPECT_OK_FATAL(CAsyncSocket_Create(&t->listener.socket, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&t->listener.socket, 5));
    EXPECT_OK_FATAL(CAsyncSocket_Create(&t->datagram.socket, 0, SOCK_DGRAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Socket(&t->unbound.socket, SOCK_DGRAM, 0, 0, AF_INET));
}

void stage_check(stage *t)
{
    UINT port = 0;
    EXPECT_EQ_INT(CAsyncSocket_Send(&t->server.socket, "hello", 5, 0), 5);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&t->client.socket, t->bytes, 16, 0), 5);
    EXPECT_EQ_MEM(t->bytes, "hello", 5);
    EXPECT_EQ_INT(CAsyncSocket_Send(&t->client.socket, "again", 5, 0), 5);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&t->server.socket, t->bytes, 16, 0), 5);
    EXPECT_EQ_MEM(t->bytes, "again", 5);
    EXPECT_ERROR(CAsyncSocket_GetSockName(&t->idle.socket, t->text, sizeof t->text, &port), WSAEINVAL);
    EXPECT_ERROR(CAsyncSocket_GetSockName(&t->unbound.socket, t->text, sizeof t->text, &port), WSAEINVAL);
    EXPECT_ERROR(CAsyncSocket_Accept(&t->listener.socket, &t->empty.socket, NULL, NULL), WSAEWOULDBLOCK);
    EXPECT_OK(CAsyncSocket_GetSockName(&t->datagram.socket, t->text, sizeof t->text, &port));
    EXPECT_TRUE(t->empty.socket.m_hSocket == INVALID_SOCKET);
}

void stage_close(stage *t)
{
    arena_enter(t->arena, ARENA_B);
    CAsyncSocket_Destruct(&t->server.socket);
    CAsyncSocket_Destruct(&t->idle.socket);
    CAsyncSocket_Destruct(&t->listener.socket);
    CAsyncSocket_Destruct(&t->datagram.socket);
    CAsyncSocket_Destruct(&t->unbound.socket);
    CAsyncSocket_Destruct(&t->empty.socket);
    arena_enter(t->arena, ARENA_A);
    CAsyncSocket_Destruct(&t->client.socket);
}
