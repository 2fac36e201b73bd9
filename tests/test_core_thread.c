/* SPDX-License-Identifier: MIT
 *
 * Threads, their pump and their timers, on every backend.
 */
#include <string.h>

#include "castanet/os.h"
#include "castanet/thread.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

/* ---- threads ---- */

static void create_without_backend_or_result_fails(void)
{
    cas_thread *thread = NULL;
    cas_backend *backend = NULL;
    cas_allocator *memory = &fixture_memory()->base;
    EXPECT_CODE_FATAL(cas_epoll_backend_create(memory, &backend), 0);
    EXPECT_CODE(cas_thread_create(NULL, memory, &thread), WSAEINVAL);
    EXPECT_CODE(cas_thread_create(backend, memory, NULL), WSAEINVAL);
    EXPECT_TRUE(thread == NULL);
    cas_epoll_backend_destroy(backend);
}

static void init_twice_fails_and_fini_undoes_it(void)
{
    cas_backend *backend = NULL;
    EXPECT_CODE_FATAL(cas_epoll_backend_create(&fixture_memory()->base, &backend), 0);
    EXPECT_CODE(cas_thread_init(backend), 0);
    cas_thread *first = cas_thread_current();
    EXPECT_TRUE(first != NULL);
    EXPECT_CODE(cas_thread_init(backend), WSAEINVAL);
    EXPECT_TRUE(cas_thread_current() == first);
    cas_thread_fini();
    EXPECT_TRUE(cas_thread_current() == NULL);
    cas_thread_fini();
    cas_epoll_backend_destroy(backend);
}

static void fini_closes_what_is_left(void)
{
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_CODE_FATAL(cas_os_init(), 0);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    cas_os_fini();
    EXPECT_TRUE(socket.m_hSocket == INVALID_SOCKET);
    EXPECT_ERROR(CAsyncSocket_Listen(&socket, 1), WSANOTINITIALISED);
}

static void create_refusing(int (*create)(cas_allocator *, cas_backend **), void (*destroy)(cas_backend *))
{
    cas_counting_allocator *memory = fixture_memory();
    for (uint64_t n = 1;; n++) {
        cas_backend *backend = NULL;
        memory->refused = 0;
        memory->refuse_at = memory->calls + n;
        int error = create(&memory->base, &backend);
        memory->refuse_at = 0;
        if (error == 0)
            destroy(backend);
        if (memory->refused == 0)
            break;
        EXPECT_CODE(error, WSAENOBUFS);
        EXPECT_EQ_INT(memory->blocks_live, 0);
    }
}

static void create_with_refused_memory_reports_it(void)
{
    create_refusing(cas_epoll_backend_create, cas_epoll_backend_destroy);
    create_refusing(cas_poll_backend_create, cas_poll_backend_destroy);
}

static void context_is_kept_for_the_owner(arena *a)
{
    int mine;
    cas_thread *thread = arena_thread_of(a, ARENA_B2);
    cas_thread_set_context(thread, &mine);
    EXPECT_TRUE(cas_thread_context(thread) == &mine);
    EXPECT_TRUE(cas_thread_context(arena_thread_of(a, ARENA_A)) != &mine);
}

static void socket_count_follows_create_and_close(arena *a)
{
    cas_thread *thread = arena_thread_of(a, ARENA_B);
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    unsigned before = cas_thread_socket_count(thread);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_DGRAM, 0, NULL));
    EXPECT_EQ_INT(cas_thread_socket_count(thread), before + 1);
    CAsyncSocket_Close(&socket);
    EXPECT_EQ_INT(cas_thread_socket_count(thread), before);
}

/* ---- pump ---- */

static void without_thread_the_pump_fails(void)
{
    EXPECT_FALSE(cas_pump_one());
    EXPECT_EQ_INT(cas_pump_run(0), SOCKET_ERROR);
    EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSANOTINITIALISED);
    EXPECT_EQ_INT(cas_pump_collect(0), SOCKET_ERROR);
    EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSANOTINITIALISED);
    EXPECT_EQ_INT(cas_pump_descriptor(), -1);
    EXPECT_EQ_INT(cas_now_ns(), 0);
}

/* AsyncSelect posts at once, so that messages can be counted without a network. */
static void pump_one_makes_one_callback(arena *a)
{
    recorder first, second;
    (void)a;
    recorder_construct(&first);
    recorder_construct(&second);
    EXPECT_OK(CAsyncSocket_Create(&first.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_OK(CAsyncSocket_Create(&second.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_EQ_INT(cas_thread_message_count(cas_thread_current()), 2);
    EXPECT_TRUE(cas_pump_one());
    EXPECT_EQ_INT(recorder_count(&first, FD_WRITE), 1);
    EXPECT_EQ_INT(recorder_count(&second, FD_WRITE), 0);
    EXPECT_TRUE(cas_pump_one());
    EXPECT_FALSE(cas_pump_one());
    EXPECT_EQ_INT(second.total, 1);
    CAsyncSocket_Close(&first.socket);
    CAsyncSocket_Close(&second.socket);
}

static void pump_drops_what_is_not_owed(arena *a)
{
    recorder closed, open;
    (void)a;
    recorder_construct(&closed);
    recorder_construct(&open);
    EXPECT_OK(CAsyncSocket_Create(&closed.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_OK(CAsyncSocket_Create(&open.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    CAsyncSocket_Close(&closed.socket);
    EXPECT_TRUE(cas_pump_one());
    EXPECT_FALSE(cas_pump_one());
    EXPECT_EQ_INT(closed.total, 0);
    EXPECT_EQ_INT(open.total, 1);
    CAsyncSocket_Close(&open.socket);
}

/* Not in a world: there the pump is the world's. */
static void pump_run_counts_its_callbacks(arena *a)
{
    recorder sockets[3];
    (void)a;
    for (int i = 0; i < 3; i++) {
        recorder_construct(&sockets[i]);
        EXPECT_OK(CAsyncSocket_Create(&sockets[i].socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    }
    EXPECT_EQ_INT(cas_pump_run(0), 3);
    EXPECT_EQ_INT(cas_pump_run(0), 0);
    for (int i = 0; i < 3; i++)
        CAsyncSocket_Close(&sockets[i].socket);
}

/* What happens meanwhile is posted behind what was queued, and all of it is dispatched later. */
static void collecting_posts_and_dispatches_nothing(arena *a)
{
    recorder client, server;
    arena_connect(a, &client, &server);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&server.socket, FD_READ | FD_WRITE | FD_CLOSE));
    arena_rest(a, ARENA_B);
    EXPECT_EQ_INT(cas_thread_message_count(cas_thread_current()), 1);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "x", 1, 0), 1);
    CAsyncSocket_Close(&client.socket);
    arena_rest(a, ARENA_B);
    EXPECT_EQ_INT(server.total, 0);
    EXPECT_EQ_INT(cas_thread_message_count(arena_thread_of(a, ARENA_B)), 3);
    arena_settle(a);
    EXPECT_EQ_INT(server.total, 3);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&server.socket);
}

/* A message that waits while time passes is dispatched afterwards. */
static void collecting_keeps_what_is_due(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder r;
    recorder_construct(&r);
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_EQ_INT(cas_pump_collect(20), 0);
    EXPECT_EQ_INT(sim_world_now(pair.world), SIM_MS(20));
    EXPECT_EQ_INT(r.total, 0);
    sim_world_run(pair.world, SIM_FOREVER);
    EXPECT_EQ_INT(r.total, 1);
    sim_host_enter(pair.a);
    CAsyncSocket_Destruct(&r.socket);
}

/* ---- timers ---- */

typedef struct timer_log {
    cas_timer timers[3];
    char order[8];
    unsigned count;
    unsigned again; /* how often the first one starts itself again */
} timer_log;

static void on_timer(cas_timer *timer, void *context)
{
    timer_log *log = context;
    unsigned which = (unsigned)(timer - log->timers);
    if (log->count < sizeof log->order - 1)
        log->order[log->count++] = (char)('a' + which);
    if (which == 0 && log->again > 0) {
        log->again--;
        EXPECT_CODE(cas_timer_start(timer, (uint64_t)SIM_US(10)), 0);
    }
}

static void init_log(timer_log *log)
{
    memset(log, 0, sizeof *log);
    for (int i = 0; i < 3; i++)
        log->timers[i] = (cas_timer){.on_timer = on_timer, .context = log};
}

/* Real time: bounded by the waiting of the pump itself, up to a second. */
static void run_timers(arena *a, const timer_log *log, unsigned wanted)
{
    arena_settle(a);
    for (int i = 0; i < 100 && log->count < wanted && arena_backend_is_real(arena_backend_of(a)); i++) {
        cas_thread *before = arena_enter(a, ARENA_B);
        cas_pump_run(10);
        cas_thread_enter(before);
    }
}

/* Far enough apart that a busy machine does not change the order in which they are due. */
static void timers_run_in_order_of_time(arena *a)
{
    timer_log log;
    init_log(&log);
    EXPECT_CODE(cas_timer_start(&log.timers[2], (uint64_t)SIM_MS(60)), 0);
    EXPECT_CODE(cas_timer_start(&log.timers[0], (uint64_t)SIM_MS(20)), 0);
    EXPECT_CODE(cas_timer_start(&log.timers[1], (uint64_t)SIM_MS(40)), 0);
    run_timers(a, &log, 3);
    EXPECT_EQ_STR(log.order, "abc");
}

static void stopped_timer_does_not_run(arena *a)
{
    timer_log log;
    init_log(&log);
    EXPECT_CODE(cas_timer_start(&log.timers[0], 0), 0);
    EXPECT_CODE(cas_timer_start(&log.timers[1], 0), 0);
    cas_timer_stop(&log.timers[0]);
    cas_timer_stop(&log.timers[0]);
    run_timers(a, &log, 1);
    EXPECT_EQ_STR(log.order, "b");
}

static void started_again_timer_moves(arena *a)
{
    timer_log log;
    init_log(&log);
    EXPECT_CODE(cas_timer_start(&log.timers[0], 0), 0);
    EXPECT_CODE(cas_timer_start(&log.timers[1], (uint64_t)SIM_US(10)), 0);
    EXPECT_CODE(cas_timer_start(&log.timers[0], (uint64_t)SIM_US(20)), 0);
    run_timers(a, &log, 2);
    EXPECT_EQ_STR(log.order, "ba");
}

static void timer_may_start_itself_again(arena *a)
{
    timer_log log;
    init_log(&log);
    log.again = 2;
    EXPECT_CODE(cas_timer_start(&log.timers[0], 0), 0);
    run_timers(a, &log, 3);
    EXPECT_EQ_STR(log.order, "aaa");
}

static void timer_without_callback_or_thread_fails(void)
{
    timer_log log;
    cas_timer empty = {0};
    init_log(&log);
    EXPECT_CODE(cas_timer_start(&log.timers[0], 0), WSANOTINITIALISED);
    arena *a = arena_open(ARENA_SIM, NULL);
    arena_enter(a, ARENA_B);
    EXPECT_CODE(cas_timer_start(&empty, 0), WSAEINVAL);
    cas_timer_stop(&empty);
}

static void timer_in_a_world_runs_at_its_time(void)
{
    timer_log log;
    world_pair pair = fixture_world_pair(NULL);
    init_log(&log);
    sim_host_enter(pair.a);
    EXPECT_CODE(cas_timer_start(&log.timers[0], (uint64_t)SIM_MS(5)), 0);
    sim_world_run(pair.world, (uint64_t)SIM_MS(5) - 1);
    EXPECT_EQ_INT(log.count, 0);
    sim_world_run(pair.world, (uint64_t)SIM_MS(5));
    EXPECT_EQ_INT(log.count, 1);
    EXPECT_EQ_INT(sim_world_now(pair.world), SIM_MS(5));
}

const test_case test_core_thread[] = {TEST(create_without_backend_or_result_fails),
                                      TEST(init_twice_fails_and_fini_undoes_it),
                                      TEST(fini_closes_what_is_left),
                                      TEST(create_with_refused_memory_reports_it),
                                      TEST_EVERYWHERE(context_is_kept_for_the_owner),
                                      TEST_EVERYWHERE(socket_count_follows_create_and_close),
                                      TEST(without_thread_the_pump_fails),
                                      TEST_EVERYWHERE(pump_one_makes_one_callback),
                                      TEST_EVERYWHERE(pump_drops_what_is_not_owed),
                                      TEST_REAL(pump_run_counts_its_callbacks),
                                      TEST_EVERYWHERE(collecting_posts_and_dispatches_nothing),
                                      TEST(collecting_keeps_what_is_due),
                                      TEST_EVERYWHERE(timers_run_in_order_of_time),
                                      TEST_EVERYWHERE(stopped_timer_does_not_run),
                                      TEST_EVERYWHERE(started_again_timer_moves),
                                      TEST_EVERYWHERE(timer_may_start_itself_again),
                                      TEST(timer_without_callback_or_thread_fails),
                                      TEST(timer_in_a_world_runs_at_its_time),
                                      TEST_END};
