/* SPDX-License-Identifier: MIT
 *
 * Hosts with which something is wrong: crashed, standing still, slow, with a wrong clock, short of something.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

static void run_for(const world_pair *pair, int64_t ns)
{
    sim_world_run(pair->world, sim_world_now(pair->world) + (uint64_t)ns);
}

static void watch(sim_host *host, recorder *r)
{
    sim_host_enter(host);
    EXPECT_OK_FATAL(CAsyncSocket_AsyncSelect(&r->socket, CASYNCSOCKET_DEFAULT_EVENTS));
}

static void send_text(sim_host *host, recorder *r, const char *text)
{
    sim_host_enter(host);
    EXPECT_EQ_INT(CAsyncSocket_Send(&r->socket, text, (int)strlen(text), 0), strlen(text));
}

/* ---- crashes ---- */

static void power_failure_is_silence_and_a_reset_after_the_restart(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    world_pair_connect(&pair, &client, &server);
    watch(pair.a, &client);
    EXPECT_CODE(sim_host_crash(pair.b, SIM_CRASH_POWER), 0);
    EXPECT_FALSE(sim_host_is_up(pair.b));
    EXPECT_TRUE(server.socket.m_hSocket == INVALID_SOCKET);
    send_text(pair.a, &client, "anybody there?");
    run_for(&pair, SIM_S(10));
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 0);
    EXPECT_CODE(sim_host_restart(pair.b), 0);
    run_for(&pair, SIM_S(20)); /* the next retransmission is answered by a reset (RFC 9293 3.5.1) */
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_INT(server.total, 0);
}

static void crash_of_programs_resets_their_connections_at_once(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    world_pair_connect(&pair, &client, &server);
    watch(pair.a, &client);
    EXPECT_CODE(sim_host_crash(pair.b, SIM_CRASH_PROGRAMS), 0);
    EXPECT_TRUE(sim_host_is_up(pair.b));
    run_for(&pair, SIM_MS(2));
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_INT(cas_thread_socket_count(sim_host_thread(pair.b)), 0);
}

/* A client connects to b, where kind happened to the listener before; what OnConnect told. */
static int connect_after(sim_crash kind)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder listener, client;
    recorder_construct(&listener);
    recorder_construct(&client);
    sim_host_enter(pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener.socket, 80, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener.socket, 5));
    EXPECT_CODE(sim_host_crash(pair.b, kind), 0);
    sim_host_enter(pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, FD_CONNECT, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "b", 80), WSAEWOULDBLOCK);
    run_for(&pair, SIM_S(400));
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    return recorder_error(&client, FD_CONNECT);
}

static void newcomers_are_refused_by_the_system_and_ignored_without_power(void)
{
    EXPECT_EQ_INT(connect_after(SIM_CRASH_PROGRAMS), WSAECONNREFUSED);
    EXPECT_EQ_INT(connect_after(SIM_CRASH_POWER), WSAETIMEDOUT);
}

static void count_up(cas_timer *timer, void *context)
{
    (void)timer;
    ++*(int *)context;
}

static void listen_again(void *argument)
{
    CAsyncSocket *listener = argument;
    CAsyncSocket_Construct(listener, NULL);
    EXPECT_OK(CAsyncSocket_Create(listener, 80, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(listener, 5));
}

static void restart_runs_the_boot_program_with_nothing_left_of_before(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client;
    CAsyncSocket listener;
    int fired = 0;
    cas_timer timer = {.on_timer = count_up, .context = &fired};
    EXPECT_CODE(sim_host_set_boot(pair.b, listen_again, &listener), 0);
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(cas_timer_start(&timer, (uint64_t)SIM_S(1)), 0);
    listen_again(&listener);
    EXPECT_CODE(sim_host_crash(pair.b, SIM_CRASH_POWER), 0);
    EXPECT_CODE(sim_host_crash(pair.b, SIM_CRASH_POWER), 0); /* it is down already */
    EXPECT_CODE(sim_host_restart(pair.b), 0);
    recorder_construct(&client);
    sim_host_enter(pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, FD_CONNECT, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "b", 80), WSAEWOULDBLOCK);
    run_for(&pair, SIM_S(5));
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), 0);
    EXPECT_EQ_INT(fired, 0);
}

static void start_counter(void *argument) { ++*(int *)argument; }

static void host_without_power_runs_nothing_and_gives_no_sockets(void)
{
    world_pair pair = fixture_world_pair(NULL);
    CAsyncSocket socket;
    int started = 0;
    EXPECT_CODE(sim_host_run(pair.b, SIM_S(1), start_counter, &started), 0);
    EXPECT_CODE(sim_host_crash(pair.b, SIM_CRASH_POWER), 0);
    CAsyncSocket_Construct(&socket, NULL);
    sim_host_enter(pair.b);
    EXPECT_ERROR(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL), WSAENETDOWN);
    run_for(&pair, SIM_S(2));
    EXPECT_EQ_INT(started, 0);
}

static void crash_own_host(CAsyncSocket *self, int error)
{
    (void)error;
    sim_host *host = sim_host_of(cas_thread_current());
    EXPECT_CODE(sim_host_crash(host, SIM_CRASH_POWER), 0);
    EXPECT_TRUE(self->m_hSocket == INVALID_SOCKET);
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(self, "x", 1, 0), WSAENOTSOCK);
}

static void program_may_crash_its_own_host(void)
{
    static const CAsyncSocketVtbl doomed = {.OnReceive = crash_own_host};
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    world_pair_connect(&pair, &client, &server);
    server.socket.vtbl = &doomed;
    watch(pair.b, &server);
    send_text(pair.a, &client, "boom");
    run_for(&pair, SIM_S(5));
    EXPECT_FALSE(sim_host_is_up(pair.b));
    EXPECT_TRUE(server.socket.m_hSocket == INVALID_SOCKET);
}

static void pump_for_ever(void *argument)
{
    int *returned = argument;
    while (cas_pump_run(-1) > 0)
        continue;
    ++*returned;
}

static void crash_b(void *argument) { EXPECT_CODE(sim_host_crash(argument, SIM_CRASH_POWER), 0); }

static void program_that_waits_in_its_pump_is_woken_by_the_crash(void)
{
    world_pair pair = fixture_world_pair(NULL);
    int returned = 0;
    EXPECT_CODE(sim_host_run(pair.b, 0, pump_for_ever, &returned), 0);
    EXPECT_CODE(sim_world_at(pair.world, SIM_S(1), crash_b, pair.b), 0);
    EXPECT_CODE(sim_host_run(pair.a, SIM_S(2), start_counter, &returned), 0);
    run_for(&pair, SIM_S(3));
    EXPECT_EQ_INT(returned, 2);
}

/* ---- standing still ---- */

static void paused_host_acknowledges_and_tells_its_programs_later(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    int fired = 0;
    cas_timer timer = {.on_timer = count_up, .context = &fired};
    world_pair_connect(&pair, &client, &server);
    watch(pair.b, &server);
    unsigned before = server.total;
    EXPECT_EQ_INT(cas_timer_start(&timer, (uint64_t)SIM_MS(100)), 0);
    EXPECT_CODE(sim_host_pause(pair.b), 0);
    send_text(pair.a, &client, "hello");
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_ShutDown(&client.socket, CAsyncSocket_sends));
    run_for(&pair, SIM_S(30));
    EXPECT_EQ_INT(server.total, before);
    EXPECT_EQ_INT(fired, 0);
    sim_host_resume(pair.b);
    run_for(&pair, SIM_MS(1));
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    EXPECT_EQ_INT(fired, 1);
}

/* ---- slow ---- */

typedef struct clocked {
    CAsyncSocket socket;
    uint64_t at_ns[64];
    unsigned count;
} clocked;

static void note_time(CAsyncSocket *self, int error)
{
    clocked *c = (clocked *)self;
    char buf[16];
    (void)error;
    c->at_ns[c->count++] = sim_world_now(sim_host_world(sim_host_of(cas_thread_current())));
    CAsyncSocket_Receive(self, buf, sizeof buf, 0);
}

/* 50 datagrams, one every 10 ms, over 1 ms; the delays of their callbacks. */
static void measure_delays(int64_t least_ns, int64_t most_ns, int64_t delays[50])
{
    static const CAsyncSocketVtbl noting = {.OnReceive = note_time};
    world_pair pair = fixture_world_pair(NULL);
    clocked sink = {0};
    CAsyncSocket source;
    CAsyncSocket_Construct(&source, NULL);
    CAsyncSocket_Construct(&sink.socket, &noting);
    EXPECT_CODE_FATAL(sim_host_set_cpu_delay(pair.b, least_ns, most_ns), 0);
    sim_host_enter(pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&sink.socket, 7, SOCK_DGRAM, FD_READ, NULL));
    sim_host_enter(pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&source, 0, SOCK_DGRAM, 0, NULL));
    for (unsigned i = 0; i < 50; i++) {
        uint64_t sent = sim_world_now(pair.world);
        sim_host_enter(pair.a);
        EXPECT_EQ_INT(CAsyncSocket_SendTo(&source, "x", 1, 7, "b", 0), 1);
        run_for(&pair, SIM_MS(10));
        EXPECT_EQ_INT_FATAL(sink.count, i + 1);
        delays[i] = (int64_t)(sink.at_ns[i] - sent) - SIM_MS(1);
    }
}

static void dispatch_waits_for_the_processor_within_its_window(void)
{
    int64_t delays[50], again[50];
    measure_delays(SIM_MS(1), SIM_MS(5), delays);
    int64_t least = delays[0], most = delays[0];
    for (unsigned i = 0; i < 50; i++) {
        least = delays[i] < least ? delays[i] : least;
        most = delays[i] > most ? delays[i] : most;
    }
    /* 50 draws from a window of 4 ms come within half a millisecond of both ends but for 1 case in 700. */
    EXPECT_TRUE(least >= SIM_MS(1) && least < SIM_US(1500));
    EXPECT_TRUE(most <= SIM_MS(5) && most > SIM_US(4500));
    measure_delays(SIM_MS(1), SIM_MS(5), again);
    EXPECT_EQ_MEM(again, delays, sizeof delays);
    measure_delays(0, 0, delays);
    EXPECT_EQ_INT(delays[49], 0);
    measure_delays(SIM_MS(3), SIM_MS(3), delays);
    EXPECT_EQ_INT(delays[49], SIM_MS(3));
}

/* ---- clocks ---- */

static void note_world_time(cas_timer *timer, void *context)
{
    (void)timer;
    *(uint64_t *)context = sim_world_now(sim_host_world(sim_host_of(cas_thread_current())));
}

/* When a timer of 3 s fires, set just before the clock is. */
static uint64_t fired_at(int64_t jump_ns, int64_t drift_ppm)
{
    world_pair pair = fixture_world_pair(NULL);
    uint64_t at_ns = 0;
    cas_timer timer = {.on_timer = note_world_time, .context = &at_ns};
    run_for(&pair, SIM_S(1));
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(cas_timer_start(&timer, (uint64_t)SIM_S(3)), 0);
    EXPECT_CODE(sim_host_set_clock(pair.b, jump_ns, drift_ppm), 0);
    run_for(&pair, SIM_S(20));
    return at_ns;
}

static void timers_go_by_the_clock_of_their_host(void)
{
    EXPECT_EQ_INT(fired_at(0, 0), SIM_S(4));
    EXPECT_EQ_INT(fired_at(0, 500000), SIM_S(3));  /* 3 s of its own take 2 */
    EXPECT_EQ_INT(fired_at(0, -500000), SIM_S(7)); /* ... or 6 */
    EXPECT_EQ_INT(fired_at(0, 200000), SIM_MS(3500));
    EXPECT_EQ_INT(fired_at(SIM_S(1), 0), SIM_S(3));
    EXPECT_EQ_INT(fired_at(SIM_S(9), 0), SIM_S(1)); /* it was due already */
    EXPECT_EQ_INT(fired_at(-SIM_MS(500), 0), SIM_MS(4500));
}

static void clock_reads_what_jumps_and_drifts_made_of_it(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_host_enter(pair.b);
    run_for(&pair, SIM_S(10));
    EXPECT_CODE(sim_host_set_clock(pair.b, SIM_S(5), 100), 0);
    EXPECT_EQ_INT(cas_now_ns(), SIM_S(15));
    run_for(&pair, SIM_S(1000));
    EXPECT_EQ_INT(cas_now_ns(), SIM_S(1015) + SIM_MS(100));
    EXPECT_CODE(sim_host_set_clock(pair.b, -SIM_S(15), -100), 0);
    run_for(&pair, SIM_S(1000));
    EXPECT_EQ_INT(cas_now_ns(), SIM_S(2000));
    sim_host_enter(pair.a);
    EXPECT_EQ_INT(cas_now_ns(), SIM_S(2010));
}

/* ---- short of something ---- */

static void host_without_buffers_refuses_sends_and_hears_nothing(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    CAsyncSocket another;
    char got[8] = "";
    world_pair_connect(&pair, &client, &server);
    EXPECT_CODE(sim_host_set_out_of_buffers(pair.b, true), 0);
    sim_host_enter(pair.b);
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&server.socket, "x", 1, 0), WSAENOBUFS);
    CAsyncSocket_Construct(&another, NULL);
    EXPECT_ERROR(CAsyncSocket_Create(&another, 0, SOCK_DGRAM, 0, NULL), WSAENOBUFS);
    send_text(pair.a, &client, "late");
    run_for(&pair, SIM_S(2));
    sim_host_enter(pair.b);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&server.socket, got, 4, 0), WSAEWOULDBLOCK);
    EXPECT_CODE(sim_host_set_out_of_buffers(pair.b, false), 0);
    run_for(&pair, SIM_S(10)); /* the retransmission finds room */
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, got, 4, 0), 4);
    EXPECT_EQ_STR(got, "late");
}

static void host_without_ports_refuses_the_next_one_that_wants_one(void)
{
    world_pair pair = fixture_world_pair(NULL);
    CAsyncSocket socket[3];
    sim_stack narrow = *sim_stack_named("rfc");
    narrow.port_first = 6000;
    narrow.port_last = 6001;
    EXPECT_CODE(sim_host_set_stack(pair.a, &narrow), 0);
    sim_host_enter(pair.a);
    for (unsigned i = 0; i < 3; i++) {
        CAsyncSocket_Construct(&socket[i], NULL);
        EXPECT_OK_FATAL(CAsyncSocket_Socket(&socket[i], SOCK_STREAM, 0, 0, AF_INET));
    }
    EXPECT_ERROR(CAsyncSocket_Connect(&socket[0], "b", 80), WSAEWOULDBLOCK);
    EXPECT_ERROR(CAsyncSocket_Connect(&socket[1], "b", 80), WSAEWOULDBLOCK);
    EXPECT_ERROR(CAsyncSocket_Connect(&socket[2], "b", 80), WSAENOBUFS);
    run_for(&pair, SIM_S(1)); /* both were refused */
    CAsyncSocket_Close(&socket[0]);
    EXPECT_ERROR(CAsyncSocket_Connect(&socket[2], "b", 80), WSAEWOULDBLOCK);
}

/* ---- refusals ---- */

static void faults_without_sense_are_refused_with_reasons(void)
{
    world_pair pair = fixture_world_pair(NULL);
    EXPECT_CODE(sim_host_crash(pair.b, (sim_crash)7), WSAEINVAL);
    EXPECT_CODE(sim_host_set_cpu_delay(pair.b, -1, 0), WSAEINVAL);
    EXPECT_CODE(sim_host_set_cpu_delay(pair.b, 2, 1), WSAEINVAL);
    EXPECT_CODE(sim_host_set_cpu_delay(pair.b, 0, INT64_MAX), WSAEINVAL);
    EXPECT_CODE(sim_host_set_clock(pair.b, -1, 0), WSAEINVAL);
    EXPECT_CODE(sim_host_set_clock(pair.b, INT64_MIN, 0), WSAEINVAL);
    EXPECT_CODE(sim_host_set_clock(pair.b, 0, 500001), WSAEINVAL);
    EXPECT_CODE(sim_host_set_clock(pair.b, 0, INT64_MIN), WSAEINVAL);
    const sim_error *error = sim_world_error(pair.world);
    EXPECT_TRUE(strstr(error->what, "host b") != NULL && error->why[0] != '\0' && error->fix[0] != '\0');
    EXPECT_TRUE(sim_host_is_up(pair.b));
}

const test_case test_host_fault[] = {TEST(power_failure_is_silence_and_a_reset_after_the_restart),
                                     TEST(crash_of_programs_resets_their_connections_at_once),
                                     TEST(newcomers_are_refused_by_the_system_and_ignored_without_power),
                                     TEST(restart_runs_the_boot_program_with_nothing_left_of_before),
                                     TEST(host_without_power_runs_nothing_and_gives_no_sockets),
                                     TEST(program_may_crash_its_own_host),
                                     TEST(program_that_waits_in_its_pump_is_woken_by_the_crash),
                                     TEST(paused_host_acknowledges_and_tells_its_programs_later),
                                     TEST(dispatch_waits_for_the_processor_within_its_window),
                                     TEST(timers_go_by_the_clock_of_their_host),
                                     TEST(clock_reads_what_jumps_and_drifts_made_of_it),
                                     TEST(host_without_buffers_refuses_sends_and_hears_nothing),
                                     TEST(host_without_ports_refuses_the_next_one_that_wants_one),
                                     TEST(faults_without_sense_are_refused_with_reasons),
                                     TEST_END};
