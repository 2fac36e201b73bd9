/* SPDX-License-Identifier: MIT
 *
 * Notifications that the fault wrapper holds back: which orders it may make, and what becomes of what is held
 * when the socket changes meanwhile.
 */
#include <string.h>

#include "castanet/sim_fault.h"
#include "tests/expect.h"
#include "tests/event_vtbl.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { SEEDS = 24, LOG_MAX = 63 };

/* Sockets that write the first letters of their callbacks into one log: "C" connect, "W", "R", "O", "A", and
 * "X" close; in upper case for the first socket of a test, in lower case for the second. */
typedef struct told {
    char text[LOG_MAX + 1];
    size_t len;
} told;

typedef struct teller {
    CAsyncSocket socket;
    told *log;
    bool second;
} teller;

static void tell(CAsyncSocket *self, long event, int error)
{
    char letter = "RWOACX"[event_number(event)];
    (void)error;
    teller *t = (teller *)self;
    if (t->log->len < LOG_MAX)
        t->log->text[t->log->len++] = t->second ? (char)(letter - 'A' + 'a') : letter;
}

static void teller_construct(teller *t, told *log, bool second)
{
    static const event_vtbl vtbl = EVENT_VTBL(tell);
    *t = (teller){.log = log, .second = second};
    CAsyncSocket_Construct(&t->socket, &vtbl.callbacks);
}

static sim_fault *install(arena *a, uint64_t seed, int64_t late_ppm, int64_t late_ns_max)
{
    sim_fault *fault = NULL;
    sim_fault_options options = {
        .seed = seed, .memory = &fixture_memory()->base, .late_ppm = late_ppm, .late_ns_max = late_ns_max};
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), &options, &fault, NULL), 0);
    return fault;
}

static uint64_t late_count(const sim_fault *fault)
{
    sim_fault_counters c;
    sim_fault_counters_read(fault, &c);
    return c.late;
}

/* Ends on thread b. */
static void settle(arena *a)
{
    arena_settle(a);
    arena_enter(a, ARENA_B);
}

/* A listener on thread a; returns its port. */
static UINT listen_on_a(arena *a, CAsyncSocket *listener)
{
    UINT port = 0;
    char text[46];
    CAsyncSocket_Construct(listener, NULL);
    arena_enter(a, ARENA_A);
    EXPECT_OK_FATAL(CAsyncSocket_Create(listener, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(listener, text, sizeof text, &port));
    arena_enter(a, ARENA_B);
    return port;
}

/* ---- one socket ---- */

/* What happens to a socket from its connection to its end, as the program is told. */
static void tell_a_life(arena *a, told *log)
{
    CAsyncSocket listener, server;
    teller client;
    char bytes[16];
    UINT port = listen_on_a(a, &listener);
    teller_construct(&client, log, false);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_A), port), WSAEWOULDBLOCK);
    settle(a);
    CAsyncSocket_Construct(&server, NULL);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_Accept(&listener, &server, NULL, NULL));
    EXPECT_EQ_INT(CAsyncSocket_Send(&server, "hello", 5, 0), 5);
    CAsyncSocket_Close(&server);
    settle(a);
    settle(a);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&client.socket, bytes, sizeof bytes, 0), 5);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&client.socket, bytes, sizeof bytes, 0), 0);
    settle(a);
    CAsyncSocket_Destruct(&client.socket);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&listener);
    arena_enter(a, ARENA_B);
}

/* 5.4: connect first, the data's FD_READ not behind FD_CLOSE.  FD_WRITE may come anywhere after connect. */
static bool is_allowed(const char *text)
{
    static const char *const orders[] = {"CWRX", "CRWX", "CRXW"};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strcmp(text, orders[i]) == 0)
            return true;
    return false;
}

static void late_notifications_of_a_socket_keep_the_allowed_order(arena *a)
{
    arena_backend backend = arena_backend_of(a);
    uint64_t own = fixture_seed(), late = 0;
    for (uint64_t n = 0; n < SEEDS; n++) {
        fixture_set_seed(own * 100 + n);
        arena *mine = arena_open(backend, NULL);
        arena_enter(mine, ARENA_B);
        told log = {"", 0};
        sim_fault *fault = install(mine, own * 100 + n, n == 0 ? SIM_PERCENT(100) : SIM_PERCENT(50), 0);
        tell_a_life(mine, &log);
        expect_report(EXPECT_SITE(false), is_allowed(log.text), "seed %d tells %s", (int)(own * 100 + n),
                      log.text);
        late += late_count(fault);
        EXPECT_CODE(sim_fault_remove(fault), 0);
        arena_close(mine);
    }
    fixture_set_seed(own);
    EXPECT_TRUE(late > 0);
}

/* Data arrives while FD_CONNECT is held for long: it has to wait as well. */
static void data_that_arrives_waits_behind_a_held_connect(void)
{
    told log = {"", 0};
    CAsyncSocket listener, server;
    teller client;
    arena *a = arena_open(ARENA_SIM, NULL);
    sim_world *world = arena_world(a);
    arena_enter(a, ARENA_B);
    sim_fault *fault = install(a, 1, SIM_PERCENT(100), SIM_S(3000));
    UINT port = listen_on_a(a, &listener);
    teller_construct(&client, &log, false);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_A), port), WSAEWOULDBLOCK);
    sim_world_run(world, sim_world_now(world) + (uint64_t)SIM_MS(5));
    EXPECT_EQ_INT(late_count(fault), 1);
    EXPECT_CODE(sim_fault_set_options(fault, NULL, NULL), 0);
    CAsyncSocket_Construct(&server, NULL);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_Accept(&listener, &server, NULL, NULL));
    EXPECT_EQ_INT(CAsyncSocket_Send(&server, "hello", 5, 0), 5);
    sim_world_run(world, sim_world_now(world) + (uint64_t)SIM_MS(5));
    EXPECT_EQ_STR(log.text, "");
    sim_world_run(world, sim_world_now(world) + (uint64_t)SIM_S(4000));
    EXPECT_EQ_STR(log.text, "CRW"); /* the order in which what is true together is posted */
    CAsyncSocket_Destruct(&server);
    CAsyncSocket_Destruct(&listener);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Destruct(&client.socket);
    arena_close(a);
}

/* ---- two sockets ---- */

/* Two datagrams, the first one to the first socket. */
static void tell_of_two(arena *a, told *log)
{
    teller sockets[2];
    CAsyncSocket sender;
    UINT ports[2] = {0, 0};
    char text[46];
    for (int i = 0; i < 2; i++) {
        teller_construct(&sockets[i], log, i == 1);
        EXPECT_OK(CAsyncSocket_Create(&sockets[i].socket, 0, SOCK_DGRAM, FD_READ, NULL));
        EXPECT_OK(CAsyncSocket_GetSockName(&sockets[i].socket, text, sizeof text, &ports[i]));
    }
    arena_enter(a, ARENA_A);
    CAsyncSocket_Construct(&sender, NULL);
    EXPECT_OK(CAsyncSocket_Create(&sender, 0, SOCK_DGRAM, 0, NULL));
    for (int i = 0; i < 2; i++)
        EXPECT_EQ_INT(CAsyncSocket_SendTo(&sender, "x", 1, ports[i], arena_address(a, ARENA_B), 0), 1);
    settle(a);
    for (int i = 0; i < 2; i++)
        CAsyncSocket_Destruct(&sockets[i].socket);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&sender);
    arena_enter(a, ARENA_B);
}

/* A world whose datagrams arrive at the same time lets one overtake the other, too. */
static void late_notification_is_dispatched_after_one_of_another_socket(arena *a)
{
    arena_backend backend = arena_backend_of(a);
    uint64_t own = fixture_seed();
    unsigned in_order = 0, overtaken = 0;
    for (uint64_t n = 0; n < SEEDS; n++) {
        fixture_set_seed(own * 100 + n);
        arena *mine = arena_open(backend, NULL);
        arena_enter(mine, ARENA_B);
        told log = {"", 0};
        sim_fault *fault = install(mine, own * 100 + n, SIM_PERCENT(50), 0);
        tell_of_two(mine, &log);
        in_order += strcmp(log.text, "Rr") == 0;
        overtaken += strcmp(log.text, "rR") == 0;
        EXPECT_CODE(sim_fault_remove(fault), 0);
        arena_close(mine);
    }
    fixture_set_seed(own);
    EXPECT_EQ_INT(in_order + overtaken, SEEDS);
    EXPECT_TRUE(in_order > 0 && overtaken > 0);
}

/* ---- times ---- */

static void late_notification_comes_within_its_time(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_fault_options options = {.late_ppm = SIM_PERCENT(100), .late_ns_max = SIM_MS(5)};
    sim_fault *fault = NULL;
    recorder r;
    EXPECT_CODE_FATAL(sim_fault_install(sim_host_thread(pair.a), &options, &fault, NULL), 0);
    sim_host_enter(pair.a);
    recorder_construct(&r);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_EQ_INT(r.total, 0);
    uint64_t by = 0;
    for (size_t i = 0; i < sim_world_choice_count(pair.world); i++)
        if (strcmp(sim_world_choice(pair.world, i).label, "fault a notification late by") == 0)
            by = sim_world_choice(pair.world, i).value;
    EXPECT_TRUE(by > 0 && by <= (uint64_t)SIM_MS(5));
    sim_world_run(pair.world, by - 1);
    EXPECT_EQ_INT(r.total, 0);
    sim_world_run(pair.world, by);
    EXPECT_EQ_INT(recorder_count(&r, FD_WRITE), 1);
    sim_host_enter(pair.a);
    CAsyncSocket_Destruct(&r.socket);
}

/* ---- what is held when the socket changes ---- */

/* Everything is late; the socket's first FD_WRITE is held. */
static sim_fault *open_held(arena *a, recorder *r)
{
    sim_fault *fault = install(a, 1, SIM_PERCENT(100), 0);
    recorder_construct(r);
    EXPECT_OK(CAsyncSocket_Create(&r->socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_EQ_INT(late_count(fault), 1);
    EXPECT_EQ_INT(cas_thread_message_count(cas_thread_current()), 0);
    return fault;
}

static void close_forgets_what_is_held(arena *a)
{
    recorder r;
    sim_fault *fault = open_held(a, &r);
    CAsyncSocket_Close(&r.socket);
    settle(a);
    EXPECT_EQ_INT(r.total, 0);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void handle_that_was_detached_tells_its_new_object(arena *a)
{
    recorder r, other;
    sim_fault *fault = open_held(a, &r);
    SOCKET handle = CAsyncSocket_Detach(&r.socket);
    settle(a);
    EXPECT_EQ_INT(r.total, 0);
    recorder_construct(&other);
    EXPECT_OK(CAsyncSocket_Attach(&other.socket, handle, FD_WRITE));
    settle(a);
    EXPECT_EQ_INT(recorder_count(&other, FD_WRITE), 1);
    EXPECT_EQ_INT(r.total, 0);
    CAsyncSocket_Destruct(&other.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void select_of_what_is_held_tells_it_once(arena *a)
{
    recorder r;
    sim_fault *fault = open_held(a, &r);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&r.socket, FD_WRITE | FD_READ));
    settle(a);
    EXPECT_EQ_INT(recorder_count(&r, FD_WRITE), 1);
    EXPECT_EQ_INT(r.total, 1);
    CAsyncSocket_Destruct(&r.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* The rest of the data is held, the end of the stream is not: AsyncSelect tells both, the data first. */
static void select_tells_held_data_before_the_end(arena *a)
{
    told log = {"", 0};
    CAsyncSocket listener, server;
    teller client;
    char bytes[16];
    sim_fault_options late = {.late_ppm = SIM_PERCENT(100)};
    sim_fault *fault = install(a, 1, 0, 0);
    UINT port = listen_on_a(a, &listener);
    teller_construct(&client, &log, false);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, FD_READ | FD_CLOSE, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_A), port), WSAEWOULDBLOCK);
    settle(a);
    CAsyncSocket_Construct(&server, NULL);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_Accept(&listener, &server, NULL, NULL));
    EXPECT_EQ_INT(CAsyncSocket_Send(&server, "0123456789", 10, 0), 10);
    CAsyncSocket_Close(&server);
    settle(a);
    EXPECT_EQ_STR(log.text, "RX");
    EXPECT_CODE(sim_fault_set_options(fault, &late, NULL), 0);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&client.socket, bytes, 4, 0), 4);
    EXPECT_EQ_INT(late_count(fault), 1);
    EXPECT_CODE(sim_fault_set_options(fault, NULL, NULL), 0);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&client.socket, FD_READ | FD_CLOSE));
    settle(a);
    EXPECT_EQ_STR(log.text, "RXRX");
    CAsyncSocket_Destruct(&client.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&listener);
}

static void select_of_nothing_silences_what_is_held(arena *a)
{
    recorder r;
    sim_fault *fault = open_held(a, &r);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&r.socket, 0));
    settle(a);
    EXPECT_EQ_INT(r.total, 0);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&r.socket, FD_WRITE));
    settle(a);
    EXPECT_EQ_INT(recorder_count(&r, FD_WRITE), 1);
    CAsyncSocket_Destruct(&r.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void thread_that_ends_forgets_what_is_held(void)
{
    recorder r;
    arena *a = arena_open(ARENA_EPOLL, NULL);
    cas_thread *thread = arena_thread_of(a, ARENA_B);
    arena_enter(a, ARENA_B);
    sim_fault *fault = open_held(a, &r);
    EXPECT_CODE(sim_fault_remove(fault), WSAEINVAL); /* its socket is open */
    CAsyncSocket_Close(&r.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
    EXPECT_EQ_INT(cas_thread_next_due(thread) == UINT64_MAX, 1);
    arena_close(a);
}

/* ---- surplus ---- */

static void receive_one_byte(arena *a, recorder *client, recorder *server)
{
    char byte;
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client->socket, "x", 1, 0), 1);
    settle(a);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server->socket, &byte, 1, 0), 1);
    settle(a);
}

static uint64_t surplus_reads_with(arena_backend backend, cas_precheck precheck, unsigned *callbacks)
{
    cas_profile profile = {.precheck = precheck};
    sim_fault_options options = {.memory = &fixture_memory()->base, .surplus_read_ppm = SIM_PERCENT(100)};
    recorder client, server;
    char byte;
    sim_fault *fault = NULL;
    arena *a = arena_open(backend, &profile);
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), &options, &fault, NULL), 0);
    arena_connect(a, &client, &server);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&server.socket, FD_READ));
    receive_one_byte(a, &client, &server);
    *callbacks = recorder_count(&server, FD_READ);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&server.socket, &byte, 1, 0), WSAEWOULDBLOCK);
    receive_one_byte(a, &client, &server); /* nothing is stuck */
    sim_fault_counters c;
    sim_fault_counters_read(fault, &c);
    CAsyncSocket_Destruct(&server.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&client.socket);
    arena_close(a);
    return c.surplus_reads;
}

static void surplus_read_comes_only_where_no_precheck_hides_it(arena *a)
{
    unsigned callbacks = 0;
    EXPECT_EQ_INT(surplus_reads_with(arena_backend_of(a), CAS_PRECHECK_NONE, &callbacks), 2);
    EXPECT_EQ_INT(callbacks, 2);
    EXPECT_EQ_INT(surplus_reads_with(arena_backend_of(a), CAS_PRECHECK_READABLE, &callbacks), 0);
    EXPECT_EQ_INT(callbacks, 1);
    EXPECT_EQ_INT(surplus_reads_with(arena_backend_of(a), CAS_PRECHECK_COUNT, &callbacks), 0);
    EXPECT_EQ_INT(callbacks, 1);
}

const test_case test_fault_late[] = {
    TEST_EVERYWHERE(late_notifications_of_a_socket_keep_the_allowed_order),
    TEST(data_that_arrives_waits_behind_a_held_connect),
    TEST_EVERYWHERE(late_notification_is_dispatched_after_one_of_another_socket),
    TEST(late_notification_comes_within_its_time),
    TEST_EVERYWHERE(close_forgets_what_is_held),
    TEST_EVERYWHERE(handle_that_was_detached_tells_its_new_object),
    TEST_EVERYWHERE(select_of_what_is_held_tells_it_once),
    TEST_EVERYWHERE(select_tells_held_data_before_the_end),
    TEST_EVERYWHERE(select_of_nothing_silences_what_is_held),
    TEST(thread_that_ends_forgets_what_is_held),
    TEST_EVERYWHERE(surplus_read_comes_only_where_no_precheck_hides_it),
    TEST_END};
