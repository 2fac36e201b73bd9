/* SPDX-License-Identifier: MIT
 *
 * Every function of the class with arguments it must refuse: the documented code, no crash, nothing changed.
 */
#include <arpa/inet.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/bad_calls.h"
#include "tests/expect.h"
#include "tests/test_list.h"

/* ---- bad arguments ---- */

static void bad_arguments_are_refused_and_change_nothing(arena *a)
{
    stage t;
    stage_open(&t, a);
    for (size_t i = 0; bad_calls[i].name != NULL; i++) {
        long result = bad_calls[i].make(&t);
        int error = CAsyncSocket_GetLastError();
        bool failed = result == FALSE || result == SOCKET_ERROR;
        expect_report(EXPECT_SITE(false), failed && error == bad_calls[i].error,
                      "%s: returns %ld with last error %s (%d), expected %s (%d)", bad_calls[i].name, result,
                      cas_error_name(error), error, cas_error_name(bad_calls[i].error), bad_calls[i].error);
    }
    stage_check(&t);
    stage_close(&t);
}

/* ---- outputs ---- */

static void outputs_stay_untouched_on_failure(arena *a)
{
    stage t;
    SOCKADDR_IN addr;
    int len = 3;
    UINT port = 4711;
    char text[8] = "before";
    stage_open(&t, a);
    memset(&addr, 0x5A, sizeof addr);
    SOCKADDR_IN before = addr;
    EXPECT_ERROR(CAsyncSocket_GetPeerNameAddr(&t.server.socket, (SOCKADDR *)&addr, &len), WSAEFAULT);
    EXPECT_ERROR(CAsyncSocket_GetSockNameAddr(&t.server.socket, (SOCKADDR *)&addr, &len), WSAEFAULT);
    EXPECT_ERROR_COUNT(
        CAsyncSocket_ReceiveFromAddr(&t.datagram.socket, t.bytes, 4, (SOCKADDR *)&addr, &len, 0), WSAEFAULT);
    EXPECT_ERROR(CAsyncSocket_GetPeerName(&t.idle.socket, text, sizeof text, &port), WSAENOTCONN);
    EXPECT_EQ_INT(len, 3);
    EXPECT_EQ_MEM(&addr, &before, sizeof addr);
    EXPECT_EQ_STR(text, "before");
    EXPECT_EQ_INT(port, 4711);
    stage_close(&t);
}

static void accept_with_short_address_keeps_the_connection(arena *a)
{
    stage t;
    CAsyncSocket other, accepted;
    SOCKADDR_IN addr;
    int len = 0;
    UINT port = 0;
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_GetSockName(&t.listener.socket, t.text, sizeof t.text, &port));
    arena_enter(a, ARENA_A);
    CAsyncSocket_Construct(&other, NULL);
    EXPECT_OK(CAsyncSocket_Create(&other, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&other, arena_address(a, ARENA_B), port);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Construct(&accepted, NULL);
    EXPECT_ERROR(CAsyncSocket_Accept(&t.listener.socket, &accepted, (SOCKADDR *)&addr, &len), WSAEFAULT);
    EXPECT_TRUE(accepted.m_hSocket == INVALID_SOCKET);
    len = sizeof addr;
    EXPECT_OK(CAsyncSocket_Accept(&t.listener.socket, &accepted, (SOCKADDR *)&addr, &len));
    EXPECT_EQ_INT(len, sizeof addr);
    EXPECT_EQ_INT(addr.sin_family, AF_INET);
    EXPECT_EQ_STR(inet_ntop(AF_INET, &addr.sin_addr, t.text, sizeof t.text), arena_address(a, ARENA_A));
    CAsyncSocket_Destruct(&accepted);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&other);
    stage_close(&t);
}

/* ---- modes ---- */

static void blocking_mode_under_a_mask_is_refused(arena *a)
{
    recorder r;
    DWORD off = 0, on = 1;
    (void)a;
    recorder_construct(&r);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_STREAM, FD_READ, NULL));
    EXPECT_OK(CAsyncSocket_IOCtl(&r.socket, (long)FIONBIO, &on));
    EXPECT_ERROR(CAsyncSocket_IOCtl(&r.socket, (long)FIONBIO, &off), WSAEINVAL);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&r.socket, 0));
    EXPECT_OK(CAsyncSocket_IOCtl(&r.socket, (long)FIONBIO, &off));
    CAsyncSocket_Destruct(&r.socket);
}

static void shut_down_socket_refuses_both_directions(arena *a)
{
    stage t;
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_ShutDown(&t.server.socket, CAsyncSocket_both));
    EXPECT_OK(CAsyncSocket_ShutDown(&t.server.socket, CAsyncSocket_both));
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&t.server.socket, t.bytes, 4, 0), WSAESHUTDOWN);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&t.server.socket, t.bytes, 4, 0), WSAESHUTDOWN);
    EXPECT_ERROR(CAsyncSocket_Connect(&t.server.socket, "127.0.0.1", 9), WSAEISCONN);
    stage_close(&t);
}

const test_case test_socket_arguments[] = {TEST_EVERYWHERE(bad_arguments_are_refused_and_change_nothing),
                                           TEST_EVERYWHERE(outputs_stay_untouched_on_failure),
                                           TEST_EVERYWHERE(accept_with_short_address_keeps_the_connection),
                                           TEST_EVERYWHERE(blocking_mode_under_a_mask_is_refused),
                                           TEST_EVERYWHERE(shut_down_socket_refuses_both_directions),
                                           TEST_END};
