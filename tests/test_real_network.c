/* SPDX-License-Identifier: MIT
 *
 * Connection attempts that end as they do on a real network.  They need one that was prepared:
 * pytests/test_real_network.py makes it, of a namespace in which
 *
 *   192.0.2.1     has no route
 *   203.0.113.2   has one, but nobody has the address
 *   203.0.113.3   takes every packet and answers none
 *
 * and sets CASTANET_NETWORK.  Without it these tests say so and do nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { PORT = 80, WAIT_MS = 100, ROUNDS_MAX = 200 };

static bool is_prepared(const char *test)
{
    bool prepared = getenv("CASTANET_NETWORK") != NULL;
    if (!prepared)
        printf("# %s: skipped, no prepared network; see pytests/test_real_network.py\n", test);
    return prepared;
}

static void begin(arena *a, recorder *r)
{
    arena_enter(a, ARENA_B);
    recorder_construct(r);
    EXPECT_OK_FATAL(
        CAsyncSocket_Create(&r->socket, 0, SOCK_STREAM, FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE, NULL));
}

static void without_route_connect_fails_at_once(arena *a)
{
    recorder r;
    if (!is_prepared("without_route_connect_fails_at_once"))
        return;
    begin(a, &r);
    EXPECT_ERROR(CAsyncSocket_Connect(&r.socket, "192.0.2.1", PORT), WSAENETUNREACH);
    arena_settle(a);
    EXPECT_EQ_INT(r.total, 0);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&r.socket);
}

/* Runs the attempts side by side until each was told its end; the first one may be tried again. */
static void attempt_on_both(const char *address, int wanted)
{
    recorder r[2];
    arena *arenas[2] = {arena_open(ARENA_EPOLL, NULL), arena_open(ARENA_POLL, NULL)};
    for (int i = 0; i < 2; i++) {
        begin(arenas[i], &r[i]);
        EXPECT_ERROR(CAsyncSocket_Connect(&r[i].socket, address, PORT), WSAEWOULDBLOCK);
    }
    for (int round = 0; round < ROUNDS_MAX && (r[0].total == 0 || r[1].total == 0); round++) {
        arena_enter(arenas[round % 2], ARENA_B);
        cas_pump_run(WAIT_MS);
    }
    for (int i = 0; i < 2; i++) {
        arena_settle(arenas[i]);
        EXPECT_EQ_INT(r[i].total, 1);
        EXPECT_EQ_INT(recorder_count(&r[i], FD_CONNECT), 1);
        EXPECT_EQ_INT(recorder_error(&r[i], FD_CONNECT), wanted);
        arena_enter(arenas[i], ARENA_B);
        EXPECT_ERROR(CAsyncSocket_Connect(&r[i].socket, address, PORT), WSAEWOULDBLOCK);
        CAsyncSocket_Destruct(&r[i].socket);
        arena_close(arenas[i]);
    }
}

static void attempt_without_a_neighbour_is_told(void)
{
    if (is_prepared("attempt_without_a_neighbour_is_told"))
        attempt_on_both("203.0.113.2", WSAEHOSTUNREACH);
}

static void attempt_without_an_answer_times_out(void)
{
    if (is_prepared("attempt_without_an_answer_times_out"))
        attempt_on_both("203.0.113.3", WSAETIMEDOUT);
}

const test_case test_real_network[] = {TEST_REAL(without_route_connect_fails_at_once),
                                       TEST(attempt_without_a_neighbour_is_told),
                                       TEST(attempt_without_an_answer_times_out), TEST_END};
