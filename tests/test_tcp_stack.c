/* SPDX-License-Identifier: MIT
 *
 * Stacks: their names, what is refused, for whom they hold, and the numbers that show on the wire.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

static void stack_is_found_by_its_name(void)
{
    static const char *const names[] = {"rfc", "linux", "freebsd", "windows"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const sim_stack *stack = sim_stack_named(names[i]);
        EXPECT_TRUE_FATAL(stack != NULL);
        EXPECT_EQ_STR(stack->name, names[i]);
        EXPECT_CODE(sim_stack_check(stack, NULL), 0);
    }
    EXPECT_TRUE(sim_stack_named("vms") == NULL);
    EXPECT_TRUE(sim_stack_named(NULL) == NULL);
}

static void stack_that_contradicts_itself_is_refused(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_stack bad = *sim_stack_named("rfc");
    bad.rto_min_ns = bad.rto_max_ns + 1;
    EXPECT_CODE(sim_host_set_stack(pair.a, &bad), WSAEINVAL);
    EXPECT_EQ_STR(sim_world_error(pair.world)->what, "rto_min_ns of stack rfc is 60000000001");
    EXPECT_EQ_STR(sim_world_error(pair.world)->why, "it must lie in 1 .. 60000000000");
    EXPECT_TRUE(sim_world_error(pair.world)->fix[0] != '\0');
    EXPECT_EQ_STR(sim_host_stack(pair.a)->name, "rfc");
    sim_world *world = NULL;
    EXPECT_CODE(sim_world_create(&(sim_world_options){.stack = &bad}, &world), WSAEINVAL);
    EXPECT_TRUE(world == NULL);
    EXPECT_CODE(sim_stack_check(&(sim_stack){0}, NULL), WSAEINVAL);
}

static void every_field_of_a_stack_is_checked(void)
{
    static const char *const wrong[] = {"delayed_ack_ns", "ttl", "port_last", "keepalive_probes"};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sim_stack stack = *sim_stack_named("linux");
        sim_error error;
        stack.delayed_ack_ns = i == 0 ? SIM_S(1) : stack.delayed_ack_ns; /* MUST-40 */
        stack.ttl = i == 1 ? 256 : stack.ttl;
        stack.port_last = i == 2 ? stack.port_first - 1 : stack.port_last;
        stack.keepalive_probes = i == 3 ? 0 : stack.keepalive_probes;
        EXPECT_CODE(sim_stack_check(&stack, &error), WSAEINVAL);
        EXPECT_TRUE(strncmp(error.what, wrong[i], strlen(wrong[i])) == 0);
    }
}

static void host_has_the_stack_of_its_world_until_it_gets_its_own(void)
{
    sim_world_options options = {.memory = &fixture_memory()->base, .stack = sim_stack_named("freebsd")};
    world_pair pair = fixture_world_pair(&options);
    EXPECT_EQ_STR(sim_host_stack(pair.a)->name, "freebsd");
    sim_stack mine = *sim_stack_named("windows");
    mine.name = "mine";
    EXPECT_CODE(sim_host_set_stack(pair.a, &mine), 0);
    mine.ttl = 1; /* it was copied */
    EXPECT_EQ_STR(sim_host_stack(pair.a)->name, "mine");
    EXPECT_EQ_INT(sim_host_stack(pair.a)->ttl, 128);
    EXPECT_EQ_STR(sim_host_stack(pair.b)->name, "freebsd");
    EXPECT_CODE(sim_host_set_stack(pair.a, NULL), 0);
    EXPECT_EQ_STR(sim_host_stack(pair.a)->name, "freebsd");
}

/* The SYNs of an attempt that nobody answers; the last time is that of its end, all in tenths of a second. */
static void expect_syns(const char *stack, const uint64_t *tenths, unsigned count)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client;
    wire_log log;
    drop_mask all = {.mask = UINT64_MAX};
    EXPECT_CODE(sim_host_set_stack(pair.a, sim_stack_named(stack)), 0);
    wire_log_start(&log, pair.world);
    sim_link_set_script(pair.link, pair.a, drop_by_mask, &all);
    recorder_construct(&client);
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "10.0.0.2", 81), WSAEWOULDBLOCK);
    uint64_t end = tenths[count - 1] * 100 * MS;
    sim_world_run(pair.world, end - 1);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 0);
    sim_world_run(pair.world, end);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAETIMEDOUT);
    EXPECT_EQ_INT_FATAL(log.count, count - 1);
    for (unsigned i = 0; i + 1 < count; i++)
        EXPECT_EQ_INT(log.at_ns[i], tenths[i] * 100 * MS);
}

/* As measured on Linux 6.18, but for its timer's rounding: 4 time-outs of 1 s, then doubling. */
static void syns_of_linux_come_four_times_a_second_apart_then_doubling(void)
{
    static const uint64_t tenths[] = {0, 10, 20, 30, 40, 50, 70, 110, 190, 350, 670, 1310};
    expect_syns("linux", tenths, 12);
}

static void syns_of_windows_end_after_21_seconds(void)
{
    static const uint64_t tenths[] = {0, 30, 90, 210};
    expect_syns("windows", tenths, 4);
}

static void delayed_ack_of_linux_comes_after_40_ms(void)
{
    tcp_case c;
    sim_stack slow = *sim_stack_named("linux");
    slow.quick_acks = 0;
    tcp_case_begin_with(&c, NULL, &slow, NULL);
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 5, b ACK");
    EXPECT_EQ_INT(c.log.at_ns[1] - c.log.at_ns[0], 41 * MS);
}

/* What a stack sends into a closed window; the answer keeps the connection alive. */
static void expect_probe(sim_zero_window_probe probe, const char *wire, uint32_t ahead)
{
    tcp_case c;
    sim_stack stack = *sim_stack_named("rfc");
    stack.zero_window_probe = probe;
    tcp_case_begin_with(&c, &stack, NULL, NULL);
    sim_packet *shut = tcp_case_forge(&c, true, SIMP_ACK);
    shut->tcp.window = 0;
    tcp_case_arrive(&c, true, shut);
    uint32_t una = tcp_case_connection(&c, true)->una;
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 1001 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), wire);
    EXPECT_EQ_INT(c.segments.segment[0].tcp.seq, una - ahead);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "hello");
}

static void probe_of_a_closed_window_carries_one_byte(void)
{
    expect_probe(SIM_PROBE_ONE_BYTE, "a ACK 1", 0);
}

static void probe_of_linux_is_empty(void)
{
    expect_probe(SIM_PROBE_EMPTY, "a ACK, b ACK", 1);
    EXPECT_EQ_INT(sim_stack_named("linux")->zero_window_probe, SIM_PROBE_EMPTY);
}

static UINT port_of(CAsyncSocket *socket)
{
    char address[46];
    UINT port = 0;
    EXPECT_OK(CAsyncSocket_GetSockName(socket, address, sizeof address, &port));
    return port;
}

static void ephemeral_ports_lie_in_the_range_of_the_stack(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_stack narrow = *sim_stack_named("rfc");
    narrow.port_first = 40000;
    narrow.port_last = 40003;
    EXPECT_CODE(sim_host_set_stack(pair.a, &narrow), 0);
    CAsyncSocket sockets[5];
    unsigned seen = 0;
    sim_host_enter(pair.a);
    for (unsigned i = 0; i < 4; i++) {
        CAsyncSocket_Construct(&sockets[i], NULL);
        EXPECT_OK(CAsyncSocket_Create(&sockets[i], 0, SOCK_STREAM, 0, NULL));
        UINT port = port_of(&sockets[i]);
        EXPECT_TRUE(port >= 40000 && port <= 40003);
        seen |= 1u << (port - 40000);
    }
    EXPECT_EQ_INT(seen, 15);
    CAsyncSocket_Construct(&sockets[4], NULL);
    EXPECT_ERROR(CAsyncSocket_Create(&sockets[4], 0, SOCK_STREAM, 0, NULL), WSAENOBUFS);
}

static void random_ports_are_not_in_order(void)
{
    world_pair pair = fixture_world_pair(NULL);
    EXPECT_CODE(sim_host_set_stack(pair.a, sim_stack_named("linux")), 0);
    CAsyncSocket sockets[8];
    unsigned in_order = 0;
    UINT before = 0;
    sim_host_enter(pair.a);
    for (unsigned i = 0; i < 8; i++) {
        CAsyncSocket_Construct(&sockets[i], NULL);
        EXPECT_OK(CAsyncSocket_Create(&sockets[i], 0, SOCK_STREAM, 0, NULL));
        UINT port = port_of(&sockets[i]);
        EXPECT_TRUE(port >= 32768 && port <= 60999);
        in_order += port == before + 1;
        before = port;
    }
    EXPECT_TRUE(in_order < 2);
}

static void readable_sequence_numbers_are_thousands(void)
{
    sim_stack readable = *sim_stack_named("rfc");
    readable.isn = SIM_ISN_READABLE;
    tcp_case c;
    tcp_case_begin_with(&c, &readable, &readable, NULL);
    EXPECT_EQ_INT(tcp_case_connection(&c, true)->iss, 1000);
    EXPECT_EQ_INT(tcp_case_connection(&c, false)->iss, 1000);
}

static void connection_keeps_the_stack_it_was_made_with(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    EXPECT_CODE(sim_host_set_stack(c.pair.b, sim_stack_named("linux")), 0);
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(c.log.at_ns[1] - c.log.at_ns[0], 201 * MS);
}

/* Each request for memory of a Connect refused in its turn, where the stack wants CUBIC's record too. */
static void connect_on_linux_survives_refused_memory(void)
{
    cas_counting_allocator *memory = fixture_memory();
    uint64_t refused = 1;
    for (unsigned n = 1; refused > 0 && n < 50; n++) {
        world_pair pair = fixture_world_pair(NULL);
        CAsyncSocket socket;
        EXPECT_CODE(sim_host_set_stack(pair.a, sim_stack_named("linux")), 0);
        sim_host_enter(pair.a);
        CAsyncSocket_Construct(&socket, NULL);
        EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL));
        uint64_t before = memory->refused;
        memory->refuse_at = memory->calls + n;
        BOOL connected = CAsyncSocket_Connect(&socket, "10.0.0.2", 81);
        memory->refuse_at = 0;
        refused = memory->refused - before;
        EXPECT_FALSE(connected);
        EXPECT_EQ_INT(CAsyncSocket_GetLastError(), refused > 0 ? WSAENOBUFS : WSAEWOULDBLOCK);
        CAsyncSocket_Close(&socket);
        fixture_world_destroy(pair.world);
    }
    EXPECT_EQ_INT(refused, 0);
}

const test_case test_tcp_stack[] = {TEST(stack_is_found_by_its_name),
                                    TEST(stack_that_contradicts_itself_is_refused),
                                    TEST(every_field_of_a_stack_is_checked),
                                    TEST(host_has_the_stack_of_its_world_until_it_gets_its_own),
                                    TEST(syns_of_linux_come_four_times_a_second_apart_then_doubling),
                                    TEST(syns_of_windows_end_after_21_seconds),
                                    TEST(delayed_ack_of_linux_comes_after_40_ms),
                                    TEST(probe_of_a_closed_window_carries_one_byte),
                                    TEST(probe_of_linux_is_empty),
                                    TEST(ephemeral_ports_lie_in_the_range_of_the_stack),
                                    TEST(random_ports_are_not_in_order),
                                    TEST(readable_sequence_numbers_are_thousands),
                                    TEST(connection_keeps_the_stack_it_was_made_with),
                                    TEST(connect_on_linux_survives_refused_memory),
                                    TEST_END};
