/* SPDX-License-Identifier: MIT
 *
 * What only real sockets can get wrong: a wait() that returns for nothing, the set of sockets it waits for,
 * handles that come and go, and errors that the kernel tells once.
 */
#include <unistd.h>

#include "backends/detached.h"
#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/stream_steps.h"
#include "tests/test_list.h"

/* How often wait() came back before its time without a callback, in a few tries. */
static unsigned count_early_returns(void)
{
    enum { TRIES = 8, WAIT_MS = 2 };
    unsigned early = 0;
    for (int i = 0; i < TRIES; i++) {
        uint64_t begin = cas_now_ns();
        int callbacks = cas_pump_run(WAIT_MS);
        early += callbacks == 0 && cas_now_ns() - begin < (uint64_t)SIM_MS(WAIT_MS);
    }
    return early;
}

/* What is silenced, or comes late on a busy machine, may speak before; who spins, spins each time. */
static void expect_no_spin(arena *a, arena_thread thread, const char *state)
{
    enum { EARLY_MAX = 4 };
    arena_settle(a);
    cas_thread *before = arena_enter(a, thread);
    unsigned early = count_early_returns();
    expect_report(EXPECT_SITE(false), early <= EARLY_MAX, "wait() returned %u times for nothing: %s", early,
                  state);
    cas_thread_enter(before);
}

/* ---- waiting without spinning ---- */

static void unread_bytes_do_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    stream_select(a, ARENA_B, &server, FD_READ | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(stream_send(&client, 0, 10), 10);
    expect_no_spin(a, ARENA_B, "10 bytes unread");
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(stream_receive(&server, 0, 4), 4);
    expect_no_spin(a, ARENA_B, "6 bytes unread");
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 2);
    stream_delete(a, ARENA_A, &client);
    expect_no_spin(a, ARENA_B, "6 bytes unread, and the peer has finished");
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    stream_select(a, ARENA_B, &server, 0);
    expect_no_spin(a, ARENA_B, "the same without a mask");
    stream_delete(a, ARENA_B, &server);
}

static void finished_connection_does_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    stream_select(a, ARENA_B, &server, FD_READ | FD_WRITE | FD_OOB | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_ShutDown(&client.socket, SD_SEND));
    expect_no_spin(a, ARENA_B, "the peer has finished");
    expect_no_spin(a, ARENA_A, "the own side has finished");
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_ShutDown(&server.socket, SD_SEND));
    expect_no_spin(a, ARENA_B, "both sides have finished");
    expect_no_spin(a, ARENA_A, "both sides have finished");
    stream_delete(a, ARENA_A, &client);
    stream_delete(a, ARENA_B, &server);
}

static void dead_connection_does_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    stream_select(a, ARENA_B, &server, FD_READ | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(stream_send(&client, 0, 10), 10);
    arena_settle(a);
    stream_abort(a, ARENA_A, &client);
    expect_no_spin(a, ARENA_B, "reset with bytes unread");
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&server, FD_CLOSE), WSAECONNABORTED);
    stream_delete(a, ARENA_B, &server);
}

static void urgent_byte_does_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    stream_select(a, ARENA_B, &server, FD_READ | FD_OOB | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(stream_send(&client, 0, 3), 3);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "!", 1, MSG_OOB), 1);
    expect_no_spin(a, ARENA_B, "3 bytes and an urgent one");
    EXPECT_EQ_INT(recorder_count(&server, FD_OOB), 1);
    char byte = 0;
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, &byte, 1, MSG_OOB), 1);
    expect_no_spin(a, ARENA_B, "3 bytes and an urgent one that was read");
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "?", 1, MSG_OOB), 1);
    expect_no_spin(a, ARENA_B, "another urgent byte");
    EXPECT_EQ_INT(recorder_count(&server, FD_OOB), 2);
    stream_delete(a, ARENA_A, &client);
    stream_delete(a, ARENA_B, &server);
}

/* Bytes are sent until there is no room; the reader lets them lie. */
static void full_connection_does_not_spin(arena *a)
{
    static char block[65536];
    recorder client, server;
    arena_connect(a, &client, &server);
    stream_select(a, ARENA_A, &client, FD_WRITE);
    arena_enter(a, ARENA_A);
    for (int i = 0; i < 10000 && CAsyncSocket_Send(&client.socket, block, sizeof block, 0) > 0; i++)
        continue;
    EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAEWOULDBLOCK);
    expect_no_spin(a, ARENA_A, "no room");
    expect_no_spin(a, ARENA_B, "a full buffer");
    stream_delete(a, ARENA_A, &client);
    expect_no_spin(a, ARENA_B, "a full buffer, and the peer is gone");
    stream_delete(a, ARENA_B, &server);
}

static void unanswered_sockets_do_not_spin(arena *a)
{
    CAsyncSocket clients[2];
    recorder listener, datagram, refused;
    UINT port = 0, udp_port = 0;
    char address[46];
    recorder_construct(&listener);
    recorder_construct(&datagram);
    recorder_construct(&refused);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 0, SOCK_STREAM, FD_ACCEPT, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5));
    EXPECT_OK(CAsyncSocket_GetSockName(&listener.socket, address, sizeof address, &port));
    EXPECT_OK(CAsyncSocket_Create(&datagram.socket, 0, SOCK_DGRAM, FD_READ, NULL));
    EXPECT_OK(CAsyncSocket_GetSockName(&datagram.socket, address, sizeof address, &udp_port));
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&datagram.socket, "x", 1, udp_port, "127.0.0.1", 0), 1);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&datagram.socket, "y", 1, udp_port, "127.0.0.1", 0), 1);
    for (int i = 0; i < 2; i++) {
        CAsyncSocket_Construct(&clients[i], NULL);
        EXPECT_OK(CAsyncSocket_Create(&clients[i], 0, SOCK_STREAM, 0, NULL));
        CAsyncSocket_Connect(&clients[i], "127.0.0.1", port);
    }
    expect_no_spin(a, ARENA_B, "connections and datagrams that nobody takes");
    EXPECT_EQ_INT(recorder_count(&listener, FD_ACCEPT), 1);
    EXPECT_EQ_INT(recorder_count(&datagram, FD_READ), 1);
    CAsyncSocket_Destruct(&listener.socket);
    expect_no_spin(a, ARENA_B, "clients of a listener that has gone");
    EXPECT_OK(CAsyncSocket_Create(&refused.socket, 0, SOCK_STREAM, FD_CONNECT | FD_WRITE | FD_CLOSE, NULL));
    CAsyncSocket_Connect(&refused.socket, "127.0.0.1", port);
    expect_no_spin(a, ARENA_B, "a refused attempt");
    EXPECT_EQ_INT(refused.total, 1);
    EXPECT_EQ_INT(recorder_error(&refused, FD_CONNECT), WSAECONNREFUSED);
    CAsyncSocket_Destruct(&refused.socket);
    CAsyncSocket_Destruct(&datagram.socket);
    CAsyncSocket_Destruct(&clients[0]);
    CAsyncSocket_Destruct(&clients[1]);
}

/* ---- the set of sockets ---- */

/* Sockets come and go in any order; those that are left hear of their own datagram and of nothing else. */
static void sockets_added_and_removed_in_any_order_keep_their_events(arena *a)
{
    enum { PLACES = 100, STEPS = 600 };
    static recorder sockets[PLACES];
    bool open[PLACES] = {false};
    simp_stream chance;
    simp_stream_init(&chance, fixture_seed(), "set", "places");
    for (int i = 0; i < STEPS; i++) {
        unsigned place = (unsigned)simp_stream_below(&chance, PLACES);
        if (open[place])
            CAsyncSocket_Destruct(&sockets[place].socket);
        else {
            recorder_construct(&sockets[place]);
            EXPECT_OK_FATAL(CAsyncSocket_Create(&sockets[place].socket, 0, SOCK_DGRAM, FD_READ, NULL));
        }
        open[place] = !open[place];
        if (i % 50 == 0)
            EXPECT_EQ_INT(cas_pump_run(0), 0);
    }
    for (unsigned i = 0; i < PLACES; i++) {
        UINT port = 0;
        char address[46];
        if (!open[i])
            continue;
        EXPECT_OK(CAsyncSocket_GetSockName(&sockets[i].socket, address, sizeof address, &port));
        EXPECT_EQ_INT(CAsyncSocket_SendTo(&sockets[i].socket, &i, sizeof i, port, "127.0.0.1", 0), sizeof i);
    }
    arena_settle(a);
    arena_enter(a, ARENA_B);
    for (unsigned i = 0; i < PLACES; i++) {
        unsigned got = PLACES;
        if (!open[i])
            continue;
        EXPECT_EQ_INT(sockets[i].total, 1);
        EXPECT_EQ_INT(CAsyncSocket_Receive(&sockets[i].socket, &got, sizeof got, 0), sizeof got);
        EXPECT_EQ_INT(got, i);
        CAsyncSocket_Destruct(&sockets[i].socket);
    }
}

/* ---- handles that come and go ---- */

static void detached_handle_has_no_low_water_mark(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(stream_send(&client, 0, 10), 10);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    SOCKET handle = CAsyncSocket_Detach(&server.socket);
    int mark = 0;
    socklen_t len = sizeof mark;
    EXPECT_EQ_INT(getsockopt((int)handle, SOL_SOCKET, SO_RCVLOWAT, &mark, &len), 0);
    EXPECT_EQ_INT(mark, 1);
    EXPECT_OK(CAsyncSocket_Attach(&server.socket, handle, FD_READ | FD_CLOSE));
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    EXPECT_EQ_INT(stream_receive(&server, 0, 10), 10);
    stream_delete(a, ARENA_A, &client);
    stream_delete(a, ARENA_B, &server);
}

/* The state of a handle is found out from the handle alone. */
static void attached_handle_goes_on_where_it_was(arena *a)
{
    recorder client, server, listener;
    UINT port = 0;
    char address[46];
    arena_connect(a, &client, &server);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_ShutDown(&server.socket, SD_SEND));
    SOCKET handle = CAsyncSocket_Detach(&server.socket);
    EXPECT_OK(CAsyncSocket_Attach(&server.socket, handle, FD_READ | FD_CLOSE));
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&server.socket, "x", 1, 0), WSAESHUTDOWN);
    arena_enter(a, ARENA_A);
    handle = CAsyncSocket_Detach(&client.socket);
    EXPECT_OK(CAsyncSocket_Attach(&client.socket, handle, FD_READ | FD_WRITE | FD_CLOSE));
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "y", 1, 0), 1);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_count(&client, FD_WRITE), 1);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    stream_delete(a, ARENA_A, &client);
    stream_delete(a, ARENA_B, &server);

    arena_enter(a, ARENA_B);
    recorder_construct(&listener);
    recorder_construct(&client);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_GetSockName(&listener.socket, address, sizeof address, &port));
    handle = CAsyncSocket_Detach(&listener.socket);
    EXPECT_OK(CAsyncSocket_Attach(&listener.socket, handle, FD_ACCEPT));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5)); /* bound and idle */
    handle = CAsyncSocket_Detach(&listener.socket);
    EXPECT_OK(CAsyncSocket_Attach(&listener.socket, handle, FD_ACCEPT));
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, FD_CONNECT, NULL));
    CAsyncSocket_Connect(&client.socket, "127.0.0.1", port);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&listener, FD_ACCEPT), 1);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    stream_delete(a, ARENA_B, &client);
    stream_delete(a, ARENA_B, &listener);
}

/* ---- what the process remembers of detached handles ---- */

/* A datagram socket whose receives were shut down, which no kernel tells. */
static SOCKET detach_shut_socket(void)
{
    CAsyncSocket object;
    CAsyncSocket_Construct(&object, NULL);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&object, 0, SOCK_DGRAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_ShutDown(&object, CAsyncSocket_receives));
    return CAsyncSocket_Detach(&object);
}

static void expect_receive(SOCKET handle, int error)
{
    CAsyncSocket object;
    char byte;
    CAsyncSocket_Construct(&object, NULL);
    EXPECT_OK_FATAL(CAsyncSocket_Attach(&object, handle, 0));
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&object, &byte, 1, 0), error);
    CAsyncSocket_Close(&object);
}

static void reused_descriptor_is_not_the_detached_one(arena *a)
{
    arena_enter(a, ARENA_A);
    SOCKET handle = detach_shut_socket();
    close((int)handle);
    EXPECT_EQ_INT_FATAL(socket(AF_INET, SOCK_DGRAM, 0), handle);
    expect_receive(handle, WSAEINVAL); /* it has no port */
}

static void oldest_detached_handle_is_forgotten_first(arena *a)
{
    SOCKET handles[CASP_DETACHED_MAX + 1];
    arena_enter(a, ARENA_A);
    for (int i = 0; i <= CASP_DETACHED_MAX; i++)
        handles[i] = detach_shut_socket();
    expect_receive(handles[0], WSAEWOULDBLOCK);
    for (int i = 1; i <= CASP_DETACHED_MAX; i++)
        expect_receive(handles[i], WSAESHUTDOWN);
}

/* ---- ICMP errors of a connected datagram socket ---- */

/* The dead port is that of a socket that is connected to itself and so refuses everybody else. */
static void refused_datagram_of_a_connected_socket_is_told(arena *a)
{
    recorder dead, sender;
    UINT port = 0;
    char address[46], byte;
    recorder_construct(&dead);
    recorder_construct(&sender);
    EXPECT_OK(CAsyncSocket_Create(&dead.socket, 0, SOCK_DGRAM, 0, "127.0.0.1"));
    EXPECT_OK(CAsyncSocket_GetSockName(&dead.socket, address, sizeof address, &port));
    EXPECT_OK(CAsyncSocket_Connect(&dead.socket, "127.0.0.1", port));
    EXPECT_OK(CAsyncSocket_Create(&sender.socket, 0, SOCK_DGRAM, FD_READ, NULL));
    EXPECT_OK(CAsyncSocket_Connect(&sender.socket, "127.0.0.1", port));
    EXPECT_EQ_INT(CAsyncSocket_Send(&sender.socket, "1", 1, 0), 1);
    EXPECT_EQ_INT(CAsyncSocket_Send(&sender.socket, "2", 1, 0), 1); /* it meets the error of the first */
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(recorder_count(&sender, FD_READ), 1);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&sender.socket, &byte, 1, 0), WSAECONNRESET);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&sender.socket, &byte, 1, 0), WSAECONNRESET);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&sender.socket, &byte, 1, 0), WSAEWOULDBLOCK);
    CAsyncSocket_Destruct(&dead.socket);
    CAsyncSocket_Destruct(&sender.socket);
}

const test_case test_real_sockets[] = {TEST_REAL(unread_bytes_do_not_spin),
                                       TEST_REAL(finished_connection_does_not_spin),
                                       TEST_REAL(dead_connection_does_not_spin),
                                       TEST_REAL(urgent_byte_does_not_spin),
                                       TEST_REAL(full_connection_does_not_spin),
                                       TEST_REAL(unanswered_sockets_do_not_spin),
                                       TEST_REAL(sockets_added_and_removed_in_any_order_keep_their_events),
                                       TEST_REAL(detached_handle_has_no_low_water_mark),
                                       TEST_REAL(attached_handle_goes_on_where_it_was),
                                       TEST_REAL(reused_descriptor_is_not_the_detached_one),
                                       TEST_REAL(oldest_detached_handle_is_forgotten_first),
                                       TEST_REAL(refused_datagram_of_a_connected_socket_is_told),
                                       TEST_END};
