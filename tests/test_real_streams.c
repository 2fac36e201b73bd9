/* SPDX-License-Identifier: MIT
 *
 * Streams of real sockets: a kernel whose levels and edges have to become notifications, each once and none
 * too few, and the end of a stream told at once, but never before there is one.
 */
#include <string.h>

#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/stream_steps.h"
#include "tests/test_list.h"

/* ---- the end behind unread bytes ---- */

static void end_behind_unread_bytes_is_told_at_once(arena *a)
{
    static const size_t sizes[] = {1, 2, 500, 4000, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        recorder client, server;
        arena_connect(a, &client, &server);
        stream_select(a, ARENA_B, &server, FD_READ | FD_CLOSE);
        arena_enter(a, ARENA_A);
        stream_send(&client, 0, sizes[i]);
        CAsyncSocket_Destruct(&client.socket);
        arena_settle(a);
        EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
        EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
        arena_enter(a, ARENA_B);
        EXPECT_EQ_INT(stream_receive(&server, 0, sizes[i]), sizes[i]);
        EXPECT_EQ_INT(stream_receive(&server, 0, 1), 0);
        CAsyncSocket_Destruct(&server.socket);
    }
}

enum { BACKLOG = 100000 };

/* Leaves thread a current. */
static void send_backlog(arena *a, recorder *client, recorder *server)
{
    arena_connect_with_buffer(a, client, server, 2 * BACKLOG);
    stream_select(a, ARENA_B, server, FD_READ | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(stream_send(client, 0, BACKLOG), BACKLOG);
}

/* The end comes later than the bytes: then poll can tell it behind any backlog, too. */
static void end_behind_a_large_backlog_is_told(arena *a)
{
    recorder client, server;
    send_backlog(a, &client, &server);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 0);
    stream_delete(a, ARENA_A, &client);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    arena_enter(a, ARENA_B);
    size_t total = 0;
    for (int got = 1; got > 0; total += (size_t)got)
        got = stream_receive(&server, total, 7000);
    EXPECT_EQ_INT(total, BACKLOG);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    stream_delete(a, ARENA_B, &server);
}

/* If it comes with them, poll may have to wait until they were read. */
static void end_that_comes_with_a_large_backlog_is_told_once(arena *a)
{
    recorder client, server;
    send_backlog(a, &client, &server);
    CAsyncSocket_Destruct(&client.socket);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), arena_backend_of(a) == ARENA_EPOLL);
    for (size_t total = 0; total < BACKLOG;) {
        arena_enter(a, ARENA_B);
        total += (size_t)stream_receive(&server, total, 5000);
        arena_settle(a);
    }
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(stream_receive(&server, 0, 1), 0);
    stream_delete(a, ARENA_B, &server);
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
    size_t len = 1 + (size_t)below(t, below(t, 2) == 0 ? 20 : largest);
    arena_enter(a, ARENA_A);
    int took = stream_send(&t->client, t->sent, len);
    t->sent += took > 0 ? (size_t)took : 0;
}

static void receive_some(arena *a, traffic *t, size_t largest)
{
    arena_enter(a, ARENA_B);
    t->receives++;
    t->reads_answered = recorder_count(&t->server, FD_READ);
    int got = stream_receive(&t->server, t->received, 1 + (size_t)below(t, below(t, 2) == 0 ? 5 : largest));
    t->received += got > 0 ? (size_t)got : 0;
}

/* What is unread was notified and the notification not answered yet; no end is told before there is one. */
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
    arena_connect_with_buffer(a, &t.client, &t.server, buffer);
    stream_select(a, ARENA_B, &t.server, FD_READ | FD_CLOSE);
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
    stream_abort(a, ARENA_B, &t.server);
    stream_delete(a, ARENA_A, &t.client);
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
    stream_select(a, ARENA_B, &server, FD_READ | FD_CLOSE);
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
    stream_abort(a, ARENA_A, &client);
    stream_delete(a, ARENA_B, &server);
}

/* Bytes before it are still unread when the option is set; the byte that was taken does not come again. */
static void urgent_byte_taken_out_of_line_is_not_received_inline(arena *a)
{
    recorder client, server;
    char block[100], urgent = 0;
    int on = 1;
    arena_connect(a, &client, &server);
    stream_select(a, ARENA_B, &server, FD_READ | FD_OOB | FD_CLOSE);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "abc", 3, 0), 3);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "!", 1, MSG_OOB), 1);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "def", 3, 0), 3);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, &urgent, 1, MSG_OOB), 1);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&server.socket, SO_OOBINLINE, &on, sizeof on, SOL_SOCKET));
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, block, sizeof block, 0), 3);
    EXPECT_EQ_MEM(block, "abc", 3);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, block, sizeof block, 0), 3);
    EXPECT_EQ_MEM(block, "def", 3);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "?", 1, MSG_OOB), 1);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, block, sizeof block, 0), 1);
    EXPECT_EQ_INT(block[0], '?');
    stream_abort(a, ARENA_A, &client);
    stream_delete(a, ARENA_B, &server);
}

/* FIONREAD stops at the mark; what lies behind it is not the end. */
static void urgent_byte_is_not_taken_for_the_end(arena *a)
{
    recorder client, server;
    char block[100];
    arena_connect(a, &client, &server);
    stream_select(a, ARENA_B, &server, FD_READ | FD_OOB | FD_CLOSE);
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
    stream_abort(a, ARENA_A, &client);
    stream_delete(a, ARENA_B, &server);
}

const test_case test_real_streams[] = {TEST_REAL(end_behind_unread_bytes_is_told_at_once),
                                       TEST_REAL(end_behind_a_large_backlog_is_told),
                                       TEST_REAL(end_that_comes_with_a_large_backlog_is_told_once),
                                       TEST_REAL(partial_reads_lose_no_notification),
                                       TEST_REAL(urgent_byte_taken_unasked_hides_no_bytes),
                                       TEST_REAL(urgent_byte_taken_out_of_line_is_not_received_inline),
                                       TEST_REAL(urgent_byte_is_not_taken_for_the_end),
                                       TEST_END};
