/* SPDX-License-Identifier: MIT
 *
 * What only real sockets can get wrong: a kernel whose levels and edges have to become notifications, each
 * once and none too few, and a wait() that must not return for nothing.
 */
#include <string.h>

#include "simnet/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

/* ---- helpers ---- */

static void delete(arena *a, arena_thread thread, recorder *r)
{
    cas_thread *before = arena_enter(a, thread);
    CAsyncSocket_Destruct(&r->socket);
    cas_thread_enter(before);
}

/* Leaves no port behind in TIME-WAIT. */
static void abort_connection(arena *a, arena_thread thread, recorder *r)
{
    struct linger reset = {1, 0};
    cas_thread *before = arena_enter(a, thread);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r->socket, SO_LINGER, &reset, sizeof reset, SOL_SOCKET));
    CAsyncSocket_Destruct(&r->socket);
    cas_thread_enter(before);
}

static void select_events(arena *a, arena_thread thread, recorder *r, long mask)
{
    cas_thread *before = arena_enter(a, thread);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&r->socket, mask));
    cas_thread_enter(before);
}

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

/* A socket that is silenced says so once or twice before. */
static void expect_no_spin(arena *a, arena_thread thread, const char *state)
{
    enum { EARLY_MAX = 2 };
    arena_settle(a);
    cas_thread *before = arena_enter(a, thread);
    unsigned early = count_early_returns();
    expect_report(EXPECT_SITE(false), early <= EARLY_MAX, "wait() returned %u times for nothing: %s", early,
                  state);
    cas_thread_enter(before);
}

static void send_pattern(recorder *r, size_t from, size_t len)
{
    static char block[131072];
    EXPECT_TRUE_FATAL(len <= sizeof block);
    for (size_t i = 0; i < len; i++)
        block[i] = (char)((from + i) * 31);
    EXPECT_EQ_INT(CAsyncSocket_Send(&r->socket, block, (int)len, 0), len);
}

/* Takes up to len bytes; returns what Receive did. */
static int receive_pattern(recorder *r, size_t from, size_t len)
{
    static char block[131072];
    EXPECT_TRUE_FATAL(len <= sizeof block);
    int got = CAsyncSocket_Receive(&r->socket, block, (int)len, 0);
    int wrong = 0;
    for (int i = 0; i < got; i++)
        wrong += block[i] != (char)((from + (size_t)i) * 31);
    EXPECT_EQ_INT(wrong, 0);
    return got;
}

/* ---- waiting without spinning ---- */

static void unread_bytes_do_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    select_events(a, ARENA_B, &server, FD_READ | FD_CLOSE);
    arena_enter(a, ARENA_A);
    send_pattern(&client, 0, 10);
    expect_no_spin(a, ARENA_B, "10 bytes unread");
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(receive_pattern(&server, 0, 4), 4);
    expect_no_spin(a, ARENA_B, "6 bytes unread");
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 2);
    delete(a, ARENA_A, &client);
    expect_no_spin(a, ARENA_B, "6 bytes unread, and the peer has finished");
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    select_events(a, ARENA_B, &server, 0);
    expect_no_spin(a, ARENA_B, "the same without a mask");
    delete(a, ARENA_B, &server);
}

static void finished_connection_does_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    select_events(a, ARENA_B, &server, FD_READ | FD_WRITE | FD_OOB | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_ShutDown(&client.socket, SD_SEND));
    expect_no_spin(a, ARENA_B, "the peer has finished");
    expect_no_spin(a, ARENA_A, "the own side has finished");
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_ShutDown(&server.socket, SD_SEND));
    expect_no_spin(a, ARENA_B, "both sides have finished");
    expect_no_spin(a, ARENA_A, "both sides have finished");
    delete(a, ARENA_A, &client);
    delete(a, ARENA_B, &server);
}

static void dead_connection_does_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    select_events(a, ARENA_B, &server, FD_READ | FD_CLOSE);
    arena_enter(a, ARENA_A);
    send_pattern(&client, 0, 10);
    arena_settle(a);
    abort_connection(a, ARENA_A, &client);
    expect_no_spin(a, ARENA_B, "reset with bytes unread");
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&server, FD_CLOSE), WSAECONNABORTED);
    delete(a, ARENA_B, &server);
}

static void urgent_byte_does_not_spin(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    select_events(a, ARENA_B, &server, FD_READ | FD_OOB | FD_CLOSE);
    arena_enter(a, ARENA_A);
    send_pattern(&client, 0, 3);
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
    delete(a, ARENA_A, &client);
    delete(a, ARENA_B, &server);
}

/* Bytes are sent until there is no room; the reader lets them lie. */
static void full_connection_does_not_spin(arena *a)
{
    static char block[65536];
    recorder client, server;
    arena_connect(a, &client, &server);
    select_events(a, ARENA_A, &client, FD_WRITE);
    arena_enter(a, ARENA_A);
    for (int i = 0; i < 10000 && CAsyncSocket_Send(&client.socket, block, sizeof block, 0) > 0; i++)
        continue;
    EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAEWOULDBLOCK);
    expect_no_spin(a, ARENA_A, "no room");
    expect_no_spin(a, ARENA_B, "a full buffer");
    delete(a, ARENA_A, &client);
    expect_no_spin(a, ARENA_B, "a full buffer, and the peer is gone");
    delete(a, ARENA_B, &server);
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

/* ---- the end behind unread bytes ---- */

static void end_behind_unread_bytes_is_told_at_once(arena *a)
{
    static const size_t sizes[] = {1, 2, 500, 4000, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        recorder client, server;
        arena_connect(a, &client, &server);
        select_events(a, ARENA_B, &server, FD_READ | FD_CLOSE);
        arena_enter(a, ARENA_A);
        send_pattern(&client, 0, sizes[i]);
        CAsyncSocket_Destruct(&client.socket);
        arena_settle(a);
        EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
        EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
        arena_enter(a, ARENA_B);
        EXPECT_EQ_INT(receive_pattern(&server, 0, sizes[i]), sizes[i]);
        EXPECT_EQ_INT(receive_pattern(&server, 0, 1), 0);
        CAsyncSocket_Destruct(&server.socket);
    }
}

/* Listens with a receive buffer of its own, and connects. */
static void connect_with_buffer(arena *a, recorder *client, recorder *server, int bytes)
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

/* The end comes later than the bytes: then poll can tell it behind any backlog, too. */
static void end_behind_a_large_backlog_is_told(arena *a)
{
    enum { BACKLOG = 100000 };
    recorder client, server;
    connect_with_buffer(a, &client, &server, 200000);
    select_events(a, ARENA_B, &server, FD_READ | FD_CLOSE);
    arena_enter(a, ARENA_A);
    send_pattern(&client, 0, BACKLOG);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 0);
    delete(a, ARENA_A, &client);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    arena_enter(a, ARENA_B);
    size_t total = 0;
    for (int got = 1; got > 0; total += (size_t)got)
        got = receive_pattern(&server, total, 7000);
    EXPECT_EQ_INT(total, BACKLOG);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    delete(a, ARENA_B, &server);
}

/* If it comes with them, poll may have to wait until they were read. */
static void end_that_comes_with_a_large_backlog_is_told_once(arena *a)
{
    enum { BACKLOG = 100000 };
    recorder client, server;
    connect_with_buffer(a, &client, &server, 200000);
    select_events(a, ARENA_B, &server, FD_READ | FD_CLOSE);
    arena_enter(a, ARENA_A);
    send_pattern(&client, 0, BACKLOG);
    CAsyncSocket_Destruct(&client.socket);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), arena_backend_of(a) == ARENA_EPOLL);
    for (size_t total = 0; total < BACKLOG;) {
        arena_enter(a, ARENA_B);
        total += (size_t)receive_pattern(&server, total, 5000);
        arena_settle(a);
    }
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(receive_pattern(&server, 0, 1), 0);
    delete(a, ARENA_B, &server);
}

/* ---- partial reads ---- */

typedef struct traffic {
    recorder client, server;
    simp_stream chance;
    size_t sent, received;
    unsigned receives;
    unsigned reads_answered; /* OnReceive that was followed by a Receive */
} traffic;

static uint64_t below(traffic *t, uint64_t bound) { return simp_stream_below(&t->chance, bound); }

static void send_some(arena *a, traffic *t, size_t largest)
{
    static char block[65536];
    size_t len = 1 + (size_t)below(t, below(t, 2) == 0 ? 20 : largest);
    for (size_t i = 0; i < len; i++)
        block[i] = (char)((t->sent + i) * 31);
    arena_enter(a, ARENA_A);
    int took = CAsyncSocket_Send(&t->client.socket, block, (int)len, 0);
    t->sent += took > 0 ? (size_t)took : 0;
}

static void receive_some(arena *a, traffic *t, size_t largest)
{
    arena_enter(a, ARENA_B);
    t->receives++;
    t->reads_answered = recorder_count(&t->server, FD_READ);
    int got = receive_pattern(&t->server, t->received, 1 + (size_t)below(t, below(t, 2) == 0 ? 5 : largest));
    t->received += got > 0 ? (size_t)got : 0;
}

/* What is unread was notified and the notification not answered yet; and no end is told before there is one. */
static bool is_consistent(arena *a, traffic *t)
{
    arena_enter(a, ARENA_B);
    bool owed = recorder_count(&t->server, FD_READ) > t->reads_answered;
    DWORD unread = 0;
    EXPECT_OK(CAsyncSocket_IOCtl(&t->server.socket, FIONREAD, &unread));
    bool lost = unread > 0 && !owed;
    bool doubled = recorder_count(&t->server, FD_READ) > t->receives + 1;
    bool untrue = recorder_count(&t->server, FD_CLOSE) != 0;
    return expect_report(EXPECT_SITE(false), !lost && !doubled && !untrue,
                         "%zu bytes sent, %zu received, %u unread:%s%s%s", t->sent, t->received, unread,
                         lost ? " no FD_READ" : "", doubled ? " FD_READ twice" : "",
                         untrue ? " FD_CLOSE without an end" : "");
}

static void drain(arena *a, traffic *t, size_t largest)
{
    enum { ROUNDS_MAX = 100000 };
    for (int i = 0; i < ROUNDS_MAX && t->received < t->sent; i++) {
        arena_settle(a);
        receive_some(a, t, largest);
        if (t->received < t->sent && recorder_count(&t->server, FD_READ) == t->reads_answered)
            arena_wait(a, 100);
    }
    arena_settle(a);
    EXPECT_EQ_INT(t->received, t->sent);
}

/* One program: sends and partial reads in any order.  In step, each OnReceive is made before the Receive that
 * could make another one due; else messages may wait meanwhile. */
static void run_traffic(arena *a, uint64_t seed, int buffer, size_t largest, bool in_step)
{
    enum { STEPS = 60 };
    traffic t;
    memset(&t, 0, sizeof t);
    simp_stream_init(&t.chance, seed, "traffic", "steps");
    connect_with_buffer(a, &t.client, &t.server, buffer);
    select_events(a, ARENA_B, &t.server, FD_READ | FD_CLOSE);
    bool ok = true;
    for (int i = 0; ok && i < STEPS; i++) {
        if (below(&t, 2) == 0)
            send_some(a, &t, largest);
        else if (recorder_count(&t.server, FD_READ) > t.reads_answered || below(&t, 4) == 0)
            receive_some(a, &t, largest);
        if (in_step || below(&t, 3) != 0) {
            arena_settle(a);
            ok = is_consistent(a, &t);
        }
    }
    drain(a, &t, largest);
    is_consistent(a, &t);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_ShutDown(&t.client.socket, SD_SEND));
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&t.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&t.server, FD_CLOSE), 0);
    abort_connection(a, ARENA_B, &t.server);
    delete(a, ARENA_A, &t.client);
}

static void partial_reads_lose_no_notification(arena *a)
{
    static const struct {
        int buffer;     /* 0: the system's */
        size_t largest; /* block that is sent */
    } kinds[] = {{0, 2000}, {0, 60000}, {4096, 1500}, {20000, 8000}, {200000, 60000}};
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    for (unsigned i = 0; i < 4 * KINDS; i++)
        run_traffic(a, fixture_seed() * 1000 + i, kinds[i % KINDS].buffer, kinds[i % KINDS].largest,
                    i % 3 != 0);
}

/* The urgent byte is taken before wait() has told of it; still the stream goes on behind its mark. */
static void urgent_byte_taken_unasked_hides_no_bytes(arena *a)
{
    enum { TRIES_MAX = 100000 };
    recorder client, server;
    char urgent = 0, block[100];
    arena_connect(a, &client, &server);
    select_events(a, ARENA_B, &server, FD_READ | FD_CLOSE);
    arena_settle(a);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "abc", 3, 0), 3);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "!", 1, MSG_OOB), 1);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "def", 3, 0), 3);
    arena_enter(a, ARENA_B);
    for (int i = 0; i < TRIES_MAX && urgent == 0; i++)
        CAsyncSocket_Receive(&server.socket, &urgent, 1, MSG_OOB);
    EXPECT_EQ_INT(urgent, '!');
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, block, sizeof block, 0), 3);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 0);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 2);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, block, sizeof block, 0), 3);
    EXPECT_EQ_MEM(block, "def", 3);
    abort_connection(a, ARENA_A, &client);
    delete(a, ARENA_B, &server);
}

/* FIONREAD stops at the mark; what lies behind it is not the end. */
static void urgent_byte_is_not_taken_for_the_end(arena *a)
{
    recorder client, server;
    char block[100];
    arena_connect(a, &client, &server);
    select_events(a, ARENA_B, &server, FD_READ | FD_OOB | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "abc", 3, 0), 3);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "!", 1, MSG_OOB), 1);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "def", 3, 0), 3);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    EXPECT_EQ_INT(recorder_count(&server, FD_OOB), 1);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 0);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, block, 2, 0), 2);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 0);
    abort_connection(a, ARENA_A, &client);
    delete(a, ARENA_B, &server);
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
    send_pattern(&client, 0, 10);
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
    EXPECT_EQ_INT(receive_pattern(&server, 0, 10), 10);
    delete(a, ARENA_A, &client);
    delete(a, ARENA_B, &server);
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
    delete(a, ARENA_A, &client);
    delete(a, ARENA_B, &server);

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
    delete(a, ARENA_B, &client);
    delete(a, ARENA_B, &listener);
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
                                       TEST_REAL(end_behind_unread_bytes_is_told_at_once),
                                       TEST_REAL(end_behind_a_large_backlog_is_told),
                                       TEST_REAL(end_that_comes_with_a_large_backlog_is_told_once),
                                       TEST_REAL(partial_reads_lose_no_notification),
                                       TEST_REAL(urgent_byte_taken_unasked_hides_no_bytes),
                                       TEST_REAL(urgent_byte_is_not_taken_for_the_end),
                                       TEST_REAL(sockets_added_and_removed_in_any_order_keep_their_events),
                                       TEST_REAL(detached_handle_has_no_low_water_mark),
                                       TEST_REAL(attached_handle_goes_on_where_it_was),
                                       TEST_REAL(refused_datagram_of_a_connected_socket_is_told),
                                       TEST_END};
