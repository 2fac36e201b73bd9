/* SPDX-License-Identifier: MIT
 *
 * ICMP: when errors are sent and when not, what they quote, what sockets learn of them, and echo.
 */
#include <string.h>

#include "castanet/sim_observer.h"
#include "tests/expect.h"
#include "tests/routed.h"
#include "tests/test_list.h"
#include "tests/wire_log.h"

#define S UINT64_C(1000000000)

/* ---- what is on the wire ---- */

/* Counts ICMP packets that hosts originate, and keeps the last one as a frame. */
typedef struct icmp_log {
    sim_observer observer;
    unsigned count;
    simp_icmp_kind kind;
    uint8_t frame[2048];
    size_t len;
} icmp_log;

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    icmp_log *log = (icmp_log *)observer;
    (void)world, (void)from, (void)fate;
    if (packet->protocol != IPPROTO_ICMP && packet->protocol != IPPROTO_ICMPV6)
        return;
    log->count++;
    log->kind = packet->icmp.kind;
    log->len = sim_packet_frame(packet, log->frame, sizeof log->frame);
}

static routed begin(icmp_log *log)
{
    world_pair pair = fixture_world_pair(NULL);
    routed n = routed_build(pair.world);
    memset(log, 0, sizeof *log);
    log->observer.on_sent = on_sent;
    sim_world_add_observer(n.world, &log->observer);
    return n;
}

/* ---- sending rules ---- */

/* RFC 1812 4.3.2.3: as much as makes 576 octets in all; RFC 4443 2.4 (c): 1280. */
static void error_quotes_as_much_as_fits(void)
{
    static const struct {
        const char *from, *to;
        uint32_t payload;
        size_t len;
    } rows[] = {{"10.1.0.1", "10.2.0.2", 1000, 576},
                {"10.1.0.1", "10.2.0.2", 10, 20 + 8 + 20 + 8 + 10},
                {"10.1.0.1", "10.2.0.2", 0, 20 + 8 + 20 + 8},
                {"fd01::1", "fd02::2", 1400, 1280},
                {"fd01::1", "fd02::2", 100, 40 + 8 + 40 + 8 + 100}};
    icmp_log log;
    routed n = begin(&log);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sim_packet packet = routed_datagram(rows[i].from, 1000, rows[i].to, 9);
        routed_arrive(n.b, &packet, rows[i].payload);
        routed_run(n.world, S);
        EXPECT_EQ_INT(log.count, i + 1);
        EXPECT_EQ_INT(log.kind, SIMP_ICMP_PORT_UNREACHABLE);
        EXPECT_EQ_INT(log.len, 14 + rows[i].len);
    }
    EXPECT_EQ_INT(sim_host_drops(n.b, SIM_DROP_NO_PORT), 5);
}

/* The original datagram stands behind the ICMP header, octet by octet, its checksum included. */
static void quoted_datagram_is_the_original(void)
{
    uint8_t original[256];
    icmp_log log;
    routed n = begin(&log);
    sim_packet packet = routed_datagram("10.1.0.1", 1000, "10.2.0.2", 9);
    simp_block *block = simp_block_create(&n.b->world->arena, 5);
    memcpy(block->bytes, "hello", 5);
    packet.block = block;
    packet.length = 5;
    packet.ip_payload_len = 13;
    size_t len = sim_packet_frame(&packet, original, sizeof original);
    routed_arrive(n.b, &packet, 0);
    simp_block_release(&n.b->world->arena, block);
    EXPECT_EQ_INT(log.len, 14 + 20 + 8 + len - 14);
    EXPECT_EQ_MEM(log.frame + 42, original + 14, len - 14);
}

static void expect_no_answer(const sim_packet *packet, const char *why)
{
    icmp_log log;
    routed n = begin(&log);
    routed_arrive(n.b, packet, 16);
    routed_run(n.world, 100 * S);
    expect_report(EXPECT_SITE(false), log.count == 0, "%s: %u ICMP packets, expected none", why, log.count);
}

/* RFC 1122 3.2.2, RFC 4443 2.4 (e). */
static void nothing_is_answered_that_must_not_be(void)
{
    sim_packet p = routed_datagram("10.1.0.1", 1000, "255.255.255.255", 9);
    expect_no_answer(&p, "to the limited broadcast address");
    p = routed_datagram("10.1.0.1", 1000, "10.2.0.255", 9);
    expect_no_answer(&p, "to the network's broadcast address");
    p = routed_datagram("10.1.0.1", 1000, "224.0.0.1", 9);
    expect_no_answer(&p, "to a group");
    p = routed_datagram("fd01::1", 1000, "ff02::1", 9);
    expect_no_answer(&p, "to an IPv6 group");
    p = routed_datagram("0.0.0.0", 1000, "10.2.0.2", 9);
    expect_no_answer(&p, "from the unspecified address");
    p = routed_datagram("::", 1000, "fd02::2", 9);
    expect_no_answer(&p, "from the unspecified IPv6 address");
    p = routed_datagram("224.0.0.5", 1000, "10.2.0.2", 9);
    expect_no_answer(&p, "from a group");
    p = routed_datagram("10.2.0.255", 1000, "10.2.0.2", 9);
    expect_no_answer(&p, "from a broadcast address");
    p = routed_datagram("10.1.0.1", 1000, "10.2.0.2", 9);
    p.fragment_offset = 1480;
    expect_no_answer(&p, "a fragment that is not the first");
}

static void error_about_an_error_is_never_sent(void)
{
    icmp_log log;
    routed n = begin(&log);
    sim_packet quoted = routed_datagram("10.2.0.2", 1000, "10.9.0.9", 9);
    sim_packet error = routed_datagram("10.1.0.1", 0, "10.9.0.9", 0); /* which is not to be routed */
    error.protocol = IPPROTO_ICMP;
    error.icmp = (simp_icmp_header){.kind = SIMP_ICMP_PORT_UNREACHABLE, .quoted = &quoted};
    routed_arrive(n.r, &error, 0);
    routed_run(n.world, S);
    EXPECT_EQ_INT(log.count, 0);
    EXPECT_EQ_INT(sim_host_drops(n.r, SIM_DROP_NO_ROUTE), 1);
}

/* RFC 1812 4.3.2.8: at most one in the interval to a target; others are not concerned. */
static void limit_holds_for_each_target(void)
{
    icmp_log log;
    routed n = begin(&log);
    sim_packet one = routed_datagram("10.1.0.1", 1000, "10.2.0.2", 9);
    sim_packet other = routed_datagram("10.1.0.254", 1000, "10.2.0.2", 9);
    EXPECT_CODE(sim_host_set_icmp_interval(n.b, SIM_S(1)), 0);
    for (unsigned i = 0; i < 3; i++)
        routed_arrive(n.b, &one, 0);
    EXPECT_EQ_INT(log.count, 1);
    routed_arrive(n.b, &other, 0);
    EXPECT_EQ_INT(log.count, 2);
    EXPECT_EQ_INT(sim_host_drops(n.b, SIM_DROP_ICMP_LIMITED), 2);
    routed_run(n.world, S);
    routed_arrive(n.b, &one, 0);
    EXPECT_EQ_INT(log.count, 3);
    EXPECT_CODE(sim_host_set_icmp_interval(n.b, -1), WSAEINVAL);
}

/* RFC 1122 3.2.2.1. */
static void unknown_protocol_is_reported(void)
{
    icmp_log log;
    routed n = begin(&log);
    sim_packet packet = routed_datagram("10.1.0.1", 0, "10.2.0.2", 0);
    packet.protocol = 132;
    packet.from_bytes = true;
    packet.ip_payload_len = 0;
    routed_arrive(n.b, &packet, 40);
    EXPECT_EQ_INT(log.kind, SIMP_ICMP_PROTOCOL_UNREACHABLE);
    EXPECT_EQ_INT(log.len, 14 + 20 + 8 + 20 + 40);
    EXPECT_EQ_INT(sim_host_drops(n.b, SIM_DROP_NO_PROTOCOL), 1);
}

/* RFC 1122 3.2.1.3. */
static void martians_are_dropped(void)
{
    icmp_log log;
    routed n = begin(&log);
    sim_packet packet = routed_datagram("127.0.0.1", 1000, "10.2.0.2", 9);
    routed_arrive(n.b, &packet, 1);
    packet = routed_datagram("10.1.0.1", 1000, "127.0.0.1", 9);
    routed_arrive(n.b, &packet, 1);
    packet = routed_datagram("255.255.255.255", 1000, "10.2.0.2", 9);
    routed_arrive(n.b, &packet, 1);
    EXPECT_EQ_INT(log.count, 0);
    EXPECT_EQ_INT(sim_host_drops(n.b, SIM_DROP_MARTIAN), 3);
}

/* ---- what datagram sockets learn ---- */

/* right reports kind about what a (port 5000) sent it; what the next receive of a then says. */
static int learned(const char *profile, bool connected, simp_icmp_kind kind)
{
    sim_world_options options = {.seed = fixture_seed(), .memory = &fixture_memory()->base};
    EXPECT_TRUE(cas_profile_parse(&options.profile, profile, NULL));
    routed n = routed_build(fixture_world_pair(&options).world);
    recorder r;
    char c;
    routed_open(n.a, &r, 5000, NULL);
    if (connected)
        EXPECT_OK(CAsyncSocket_Connect(&r.socket, "10.2.0.2", 9));
    sim_packet quoted = routed_datagram("10.1.0.1", 5000, "10.2.0.2", 9);
    simp_icmp_send_error(n.b, &quoted, kind, 1300);
    routed_run(n.world, S);
    sim_host_enter(n.a);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&r.socket, &c, 1, 0), SOCKET_ERROR);
    int error = CAsyncSocket_GetLastError();
    EXPECT_EQ_INT(recorder_count(&r, FD_READ), error != WSAEWOULDBLOCK);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&r.socket, &c, 1, 0), WSAEWOULDBLOCK); /* once */
    cas_thread_enter(NULL);
    fixture_world_destroy(n.world);
    return error;
}

static void datagram_socket_learns_what_windows_tells(void)
{
    for (int connected = 0; connected < 2; connected++) {
        EXPECT_EQ_INT(learned("windows", connected, SIMP_ICMP_PORT_UNREACHABLE), WSAECONNRESET);
        EXPECT_EQ_INT(learned("windows", connected, SIMP_ICMP_PROTOCOL_UNREACHABLE), WSAECONNRESET);
        EXPECT_EQ_INT(learned("windows", connected, SIMP_ICMP_TIME_EXCEEDED), WSAENETRESET);
        EXPECT_EQ_INT(learned("windows", connected, SIMP_ICMP_NET_UNREACHABLE), WSAEWOULDBLOCK);
        EXPECT_EQ_INT(learned("windows", connected, SIMP_ICMP_HOST_UNREACHABLE), WSAEWOULDBLOCK);
    }
}

/* The hard ones of the table of Unix, once, and only a socket that is connected. */
static void datagram_socket_learns_what_unix_tells(void)
{
    static const struct {
        simp_icmp_kind kind;
        int error;
    } rows[] = {
        {SIMP_ICMP_PORT_UNREACHABLE, WSAECONNREFUSED},   {SIMP_ICMP_PROTOCOL_UNREACHABLE, WSAENOPROTOOPT},
        {SIMP_ICMP_NET_UNREACHABLE, WSAEWOULDBLOCK},     {SIMP_ICMP_HOST_UNREACHABLE, WSAEWOULDBLOCK},
        {SIMP_ICMP_SOURCE_ROUTE_FAILED, WSAEWOULDBLOCK}, {SIMP_ICMP_NET_UNKNOWN, WSAENETUNREACH},
        {SIMP_ICMP_HOST_UNKNOWN, WSAEHOSTDOWN},          {SIMP_ICMP_NET_PROHIBITED, WSAENETUNREACH},
        {SIMP_ICMP_HOST_PROHIBITED, WSAEHOSTUNREACH},    {SIMP_ICMP_PROHIBITED, WSAEHOSTUNREACH},
        {SIMP_ICMP_TIME_EXCEEDED, WSAEWOULDBLOCK}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        EXPECT_EQ_INT(learned("windows,unix-datagrams", true, rows[i].kind), rows[i].error);
        EXPECT_EQ_INT(learned("windows,unix-datagrams", false, rows[i].kind), WSAEWOULDBLOCK);
    }
}

/* Unix: whichever call comes next fails, and the one after that sends. */
static void unix_error_fails_the_next_send(void)
{
    sim_world_options options = {.memory = &fixture_memory()->base, .profile.unix_datagrams = true};
    routed n = routed_build(fixture_world_pair(&options).world);
    recorder r;
    routed_open(n.a, &r, 0, NULL);
    EXPECT_OK(CAsyncSocket_Connect(&r.socket, "10.2.0.2", 9));
    EXPECT_EQ_INT(CAsyncSocket_Send(&r.socket, "x", 1, 0), 1);
    routed_run(n.world, S);
    sim_host_enter(n.a);
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&r.socket, "x", 1, 0), WSAECONNREFUSED);
    EXPECT_EQ_INT(CAsyncSocket_Send(&r.socket, "x", 1, 0), 1);
}

/* ---- what connections learn ---- */

enum { ISN = 1000 };

typedef struct attempt {
    routed n;
    recorder client, server;
    CAsyncSocket listener;
} attempt;

/* a has sent its SYN (from port 5000, sequence number 1000) and hears nothing: right's port is shut off. */
static void begin_attempt(attempt *t, const char *stack, const char *to)
{
    sim_stack mine = *sim_stack_named(stack);
    mine.isn = SIM_ISN_READABLE;
    sim_world_options options = {.memory = &fixture_memory()->base, .stack = &mine};
    memset(t, 0, sizeof *t);
    t->n = routed_build(fixture_world_pair(&options).world);
    recorder_construct(&t->client);
    sim_host_enter(t->n.a);
    EXPECT_OK_FATAL(
        CAsyncSocket_Create(&t->client.socket, 5000, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&t->client.socket, to, 80), WSAEWOULDBLOCK);
}

static void report(attempt *t, simp_icmp_kind kind, uint32_t seq)
{
    sim_packet quoted = routed_datagram("10.1.0.1", 5000, "10.2.0.2", 80);
    quoted.protocol = IPPROTO_TCP;
    quoted.tcp = (simp_tcp_header){.seq = seq, .scale = SIMP_NO_SCALE};
    quoted.ip_payload_len = 20;
    simp_icmp_send_error(t->n.r, &quoted, kind, 0);
    routed_run(t->n.world, SIM_MS(5));
}

/* Nobody is at 10.2.0.2 any more. */
static void silence_right(attempt *t) { EXPECT_CODE(sim_host_crash(t->n.b, SIM_CRASH_POWER), 0); }

static void hard_error_ends_an_attempt_at_once(void)
{
    static const char *const stacks[] = {"rfc", "linux", "freebsd", "windows"};
    for (unsigned i = 0; i < 4; i++) {
        attempt t;
        begin_attempt(&t, stacks[i], "10.2.0.2");
        silence_right(&t);
        report(&t, SIMP_ICMP_PORT_UNREACHABLE, ISN);
        EXPECT_EQ_INT(recorder_count(&t.client, FD_CONNECT), 1);
        EXPECT_EQ_INT(recorder_error(&t.client, FD_CONNECT), WSAECONNREFUSED);
    }
}

/* RFC 9293 MUST-56 against Linux: remembered, and told when the attempt has failed; or the end of it. */
static void soft_error_is_remembered_or_ends_the_attempt(void)
{
    attempt t;
    begin_attempt(&t, "rfc", "10.2.0.2");
    silence_right(&t);
    report(&t, SIMP_ICMP_HOST_UNREACHABLE, ISN);
    EXPECT_EQ_INT(recorder_count(&t.client, FD_CONNECT), 0);
    sim_world_run(t.n.world, SIM_FOREVER);
    EXPECT_EQ_INT(recorder_error(&t.client, FD_CONNECT), WSAEHOSTUNREACH);
    EXPECT_TRUE(sim_world_now(t.n.world) >= 180 * S);

    begin_attempt(&t, "linux", "10.2.0.2");
    silence_right(&t);
    report(&t, SIMP_ICMP_NET_UNREACHABLE, ISN);
    EXPECT_EQ_INT(recorder_error(&t.client, FD_CONNECT), WSAENETUNREACH);
}

static void attempt_without_any_error_times_out(void)
{
    attempt t;
    begin_attempt(&t, "rfc", "10.2.0.2");
    silence_right(&t);
    sim_world_run(t.n.world, SIM_FOREVER);
    EXPECT_EQ_INT(recorder_error(&t.client, FD_CONNECT), WSAETIMEDOUT);
}

/* RFC 5927 4.1: only sequence numbers that are in flight. */
static void error_about_no_segment_in_flight_is_ignored(void)
{
    attempt t;
    begin_attempt(&t, "linux", "10.2.0.2");
    silence_right(&t);
    report(&t, SIMP_ICMP_PORT_UNREACHABLE, ISN - 1);
    report(&t, SIMP_ICMP_PORT_UNREACHABLE, ISN + 1);
    report(&t, SIMP_ICMP_HOST_UNREACHABLE, ISN + 70000);
    EXPECT_EQ_INT(recorder_count(&t.client, FD_CONNECT), 0);
    report(&t, SIMP_ICMP_PORT_UNREACHABLE, ISN);
    EXPECT_EQ_INT(recorder_count(&t.client, FD_CONNECT), 1);
}

/* An octet of an established connection is in flight when the error comes. */
static unsigned closes_after(const char *stack, simp_icmp_kind kind)
{
    attempt t;
    begin_attempt(&t, stack, "10.2.0.2");
    sim_host_enter(t.n.b);
    CAsyncSocket_Construct(&t.listener, NULL);
    EXPECT_OK(CAsyncSocket_Create(&t.listener, 80, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&t.listener, 5));
    routed_run(t.n.world, SIM_MS(10));
    EXPECT_EQ_INT(recorder_count(&t.client, FD_CONNECT), 1);
    sim_host_enter(t.n.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&t.client.socket, "x", 1, 0), 1);
    report(&t, kind, ISN + 1);
    return recorder_count(&t.client, FD_CLOSE);
}

/* RFC 9293 SHLD-26, RFC 5927 6.2. */
static void hard_error_ends_a_connection_by_policy(void)
{
    EXPECT_EQ_INT(closes_after("rfc", SIMP_ICMP_PROTOCOL_UNREACHABLE), 1);
    EXPECT_EQ_INT(closes_after("rfc", SIMP_ICMP_HOST_UNREACHABLE), 0);
    EXPECT_EQ_INT(closes_after("linux", SIMP_ICMP_PROTOCOL_UNREACHABLE), 0);
    EXPECT_EQ_INT(closes_after("windows", SIMP_ICMP_PORT_UNREACHABLE), 0);
}

/* ---- neighbours that do not answer ---- */

static void router_reports_a_silent_neighbour_after_the_delay(void)
{
    icmp_log log;
    routed n = begin(&log);
    EXPECT_CODE(sim_host_set_unreachable_delay(n.r, SIM_S(3)), 0);
    sim_packet packet = routed_datagram("10.1.0.1", 1000, "10.2.0.77", 9);
    routed_arrive(n.r, &packet, 1);
    routed_run(n.world, 3 * S - 1);
    EXPECT_EQ_INT(log.count, 0);
    routed_run(n.world, 1);
    EXPECT_EQ_INT(log.count, 1);
    EXPECT_EQ_INT(log.kind, SIMP_ICMP_HOST_UNREACHABLE);
    EXPECT_EQ_INT(sim_host_drops(n.r, SIM_DROP_NO_NEIGHBOUR), 1);
}

/* The host itself waits, and tells its own socket. */
static void attempt_to_a_silent_neighbour_fails_after_the_delay(void)
{
    attempt t;
    begin_attempt(&t, "linux", "10.2.0.2");
    sim_host_enter(t.n.a);
    recorder r;
    recorder_construct(&r);
    EXPECT_CODE(sim_host_set_unreachable_delay(t.n.a, SIM_S(3)), 0);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&r.socket, "10.1.0.77", 80), WSAEWOULDBLOCK);
    routed_run(t.n.world, 3 * S - 1);
    EXPECT_EQ_INT(recorder_count(&r, FD_CONNECT), 0);
    routed_run(t.n.world, 1);
    EXPECT_EQ_INT(recorder_error(&r, FD_CONNECT), WSAEHOSTUNREACH);
}

/* ---- echo ---- */

static unsigned replies_to(routed *n, icmp_log *log, const char *from, const char *to)
{
    sim_packet echo = routed_datagram(from, 0, to, 0);
    bool v4 = simp_ip_is_v4(echo.source);
    echo.protocol = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    echo.icmp = (simp_icmp_header){.kind = SIMP_ICMP_ECHO, .identifier = 7, .sequence = 1};
    log->count = 0;
    routed_arrive(n->b, &echo, 56);
    if (log->count > 0) {
        EXPECT_EQ_INT(log->kind, SIMP_ICMP_ECHO_REPLY);
        EXPECT_EQ_INT(log->len, 14 + (v4 ? 20 : 40) + 8 + 56);
    }
    return log->count;
}

static void echo_is_answered(void)
{
    icmp_log log;
    routed n = begin(&log);
    EXPECT_EQ_INT(replies_to(&n, &log, "10.1.0.1", "10.2.0.2"), 1);
    EXPECT_EQ_INT(replies_to(&n, &log, "fd01::1", "fd02::2"), 1);
    EXPECT_EQ_INT(replies_to(&n, &log, "10.1.0.1", "10.9.9.9"), 0);
}

/* RFC 1122 3.2.2.6, RFC 4443 4.2. */
static void echo_to_many_is_answered_by_policy(void)
{
    icmp_log log;
    routed n = begin(&log);
    EXPECT_EQ_INT(replies_to(&n, &log, "10.1.0.1", "10.2.0.255"), 0);
    EXPECT_EQ_INT(replies_to(&n, &log, "10.1.0.1", "224.0.0.1"), 0);
    EXPECT_EQ_INT(replies_to(&n, &log, "fd01::1", "ff02::1"), 1);
    EXPECT_CODE(sim_host_set_broadcast_echo(n.b, true), 0);
    EXPECT_EQ_INT(replies_to(&n, &log, "10.1.0.1", "10.2.0.255"), 1);
    EXPECT_EQ_MEM(log.frame + 14 + 12, ((uint8_t[]){10, 2, 0, 2}), 4); /* from its own address */
}

const test_case test_icmp[] = {
    TEST(error_quotes_as_much_as_fits),
    TEST(quoted_datagram_is_the_original),
    TEST(nothing_is_answered_that_must_not_be),
    TEST(error_about_an_error_is_never_sent),
    TEST(limit_holds_for_each_target),
    TEST(unknown_protocol_is_reported),
    TEST(martians_are_dropped),
    TEST(datagram_socket_learns_what_windows_tells),
    TEST(datagram_socket_learns_what_unix_tells),
    TEST(unix_error_fails_the_next_send),
    TEST(hard_error_ends_an_attempt_at_once),
    TEST(soft_error_is_remembered_or_ends_the_attempt),
    TEST(attempt_without_any_error_times_out),
    TEST(error_about_no_segment_in_flight_is_ignored),
    TEST(hard_error_ends_a_connection_by_policy),
    TEST(router_reports_a_silent_neighbour_after_the_delay),
    TEST(attempt_to_a_silent_neighbour_fails_after_the_delay),
    TEST(echo_is_answered),
    TEST(echo_to_many_is_answered_by_policy),
    TEST_END,
};
