/* SPDX-License-Identifier: MIT
 *
 * A bridge between a world and a port whose clock and packets are the test's: host "inside" (10.9.0.2,
 * fd09::2) on a link of 1 ms, behind which the outside is 10.9.0.1 and fd09::1.
 */
#include <string.h>

#include "castanet/sim_bridge.h"
#include "simnet/world/arena.h"
#include "simnet/packet/wire.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { PACKETS = 16, BYTES = 2048, MS = 1000000, PORT_START = 777 };

typedef struct bytes {
    uint8_t data[BYTES];
    size_t len;
    uint64_t at_ns; /* by the port's clock: when it comes in, or went out */
} bytes;

/* Time passes only in wait. */
typedef struct test_port {
    cas_packet_port port; /* first */
    uint64_t now_ns;
    bytes in[PACKETS], out[PACKETS];
    unsigned in_count, in_taken, out_count;
    int failure; /* what receive says instead of WSAEWOULDBLOCK */
} test_port;

static uint64_t port_now(cas_packet_port *port) { return ((test_port *)port)->now_ns; }

static int port_receive(cas_packet_port *port, uint8_t *packet, size_t capacity, size_t *len)
{
    test_port *self = (test_port *)port;
    if (self->in_taken == self->in_count || self->in[self->in_taken].at_ns > self->now_ns)
        return self->failure != 0 ? self->failure : WSAEWOULDBLOCK;
    const bytes *next = &self->in[self->in_taken++];
    EXPECT_TRUE_FATAL(next->len <= capacity);
    memcpy(packet, next->data, next->len);
    *len = next->len;
    return 0;
}

static int port_send(cas_packet_port *port, const uint8_t *packet, size_t len)
{
    test_port *self = (test_port *)port;
    if (self->out_count == PACKETS)
        return WSAENOBUFS;
    bytes *out = &self->out[self->out_count++];
    out->len = len;
    out->at_ns = self->now_ns;
    memcpy(out->data, packet, len < BYTES ? len : BYTES);
    return 0;
}

static void port_wait(cas_packet_port *port, uint64_t until_ns)
{
    test_port *self = (test_port *)port;
    if (self->in_taken < self->in_count && self->in[self->in_taken].at_ns < until_ns)
        until_ns = self->in[self->in_taken].at_ns;
    if (until_ns > self->now_ns)
        self->now_ns = until_ns;
}

static void port_close(cas_packet_port *port) { ((test_port *)port)->failure = WSAENETDOWN; }

static const cas_packet_port_ops port_ops = {port_now, port_receive, port_send, port_wait, port_close};

/* ---- the world ---- */

typedef struct bridged {
    test_port port;
    sim_world *world;
    sim_host *inside;
    sim_link *link;
    sim_bridge *bridge;
    simp_arena arena; /* of packets that the test makes and reads */
} bridged;

static void begin(bridged *b)
{
    memset(b, 0, sizeof *b);
    b->port.port.ops = &port_ops;
    b->port.now_ns = PORT_START;
    simp_arena_init(&b->arena, cas_allocator_system());
    sim_world_options options = {.seed = fixture_seed(), .memory = &fixture_memory()->base};
    EXPECT_CODE_FATAL(sim_world_create(&options, &b->world), 0);
    EXPECT_CODE(sim_host_create(b->world, "inside", &b->inside), 0);
    EXPECT_CODE(sim_bridge_create(b->world, "outside", &b->port.port, &b->bridge), 0);
    EXPECT_CODE(sim_link_create(b->world, "edge", &(sim_link_options){.latency_ns = SIM_MS(1)}, &b->link), 0);
    EXPECT_CODE(sim_host_attach(b->inside, b->link, "10.9.0.2/24 fd09::2/64"), 0);
    EXPECT_CODE(sim_host_attach(sim_bridge_host(b->bridge), b->link, "10.9.0.1/24 fd09::1/64"), 0);
}

static void end(bridged *b)
{
    sim_world_destroy(b->world);
    simp_arena_fini(&b->arena);
}

/* A packet from the outside to the inside; len bytes of payload, all zero. */
static sim_packet *outside_packet(bridged *b, bool v6, uint8_t protocol, uint32_t len)
{
    uint8_t zero[BYTES] = {0};
    sim_packet *p = simp_packet_create(&b->arena);
    EXPECT_TRUE_FATAL(p != NULL && len <= BYTES);
    p->source = v6 ? (simp_ip){0xFD09000000000000u, 1} : simp_ip_v4(0x0A090001u);
    p->destination = v6 ? (simp_ip){0xFD09000000000000u, 2} : simp_ip_v4(0x0A090002u);
    p->protocol = protocol;
    p->ttl = 64;
    p->source_port = 40001;
    p->destination_port = 40002;
    p->block = simp_block_copy(&b->arena, zero, len);
    p->length = len;
    if (protocol == IPPROTO_TCP)
        p->tcp = (simp_tcp_header){.scale = SIMP_NO_SCALE};
    else
        p->icmp = (simp_icmp_header){.kind = SIMP_ICMP_ECHO};
    return p;
}

static bytes *bring_at(bridged *b, sim_packet *packet, uint64_t at_ns)
{
    EXPECT_TRUE_FATAL(b->port.in_count < PACKETS);
    bytes *in = &b->port.in[b->port.in_count++];
    simp_packet_parts parts = simp_packet_parts_of(packet);
    packet->ip_payload_len = parts.size - parts.transport;
    simp_block *block = simp_packet_bytes(&b->arena, packet);
    in->len = block->used;
    in->at_ns = at_ns + PORT_START;
    memcpy(in->data, block->bytes, block->used);
    return in;
}

static bytes *bring(bridged *b, sim_packet *packet) { return bring_at(b, packet, 0); }

static void run_until(bridged *b, uint64_t until_ns)
{
    EXPECT_EQ_INT(sim_bridge_run(b->bridge, until_ns), SIM_STOP_TIME);
    EXPECT_EQ_INT(sim_world_now(b->world), until_ns);
}

/* Packet i that went out, read. */
static const sim_packet *gone_out(bridged *b, unsigned i)
{
    sim_packet *packet = NULL;
    EXPECT_TRUE_FATAL(i < b->port.out_count);
    simp_block *block = simp_block_copy(&b->arena, b->port.out[i].data, (uint32_t)b->port.out[i].len);
    EXPECT_EQ_STR(simp_wire_error_name(simp_packet_parse(&b->arena, block, &packet)), "right");
    EXPECT_TRUE_FATAL(packet != NULL);
    return packet;
}

static sim_bridge_counters counters(const bridged *b)
{
    sim_bridge_counters c;
    sim_bridge_counters_read(b->bridge, &c);
    return c;
}

/* ---- packets ---- */

static void ping_of(bool v6)
{
    bridged b;
    begin(&b);
    sim_packet *ping = outside_packet(&b, v6, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 56);
    ping->icmp = (simp_icmp_header){.kind = SIMP_ICMP_ECHO, .identifier = 77, .sequence = 3};
    bring(&b, ping);
    run_until(&b, 10 * MS);
    EXPECT_EQ_INT(b.port.out_count, 1);
    const sim_packet *pong = gone_out(&b, 0);
    EXPECT_EQ_INT(pong->icmp.kind, SIMP_ICMP_ECHO_REPLY);
    EXPECT_EQ_INT(pong->icmp.identifier, 77);
    EXPECT_EQ_INT(pong->icmp.sequence, 3);
    EXPECT_EQ_INT(pong->length, 56);
    EXPECT_TRUE(simp_ip_equal(pong->source, ping->destination));
    EXPECT_TRUE(simp_ip_equal(pong->destination, ping->source));
    EXPECT_EQ_INT(b.port.out[0].at_ns, PORT_START + 2 * MS); /* there and back */
    EXPECT_EQ_INT(counters(&b).received, 1);
    EXPECT_EQ_INT(counters(&b).sent, 1);
    end(&b);
}

static void ping_from_outside_is_answered(void) { ping_of(false); }
static void ping_from_outside_is_answered_over_ipv6(void) { ping_of(true); }

static void wrong_bytes_are_counted_by_reason(void)
{
    bridged b;
    begin(&b);
    sim_packet *datagram = outside_packet(&b, false, IPPROTO_UDP, 30);
    bring(&b, datagram)->data[40] ^= 1;
    bring(&b, datagram)->len -= 5;
    bring(&b, datagram)->data[8]--; /* the time to live, and not its checksum */
    bring(&b, datagram)->data[0] = 0x15;
    run_until(&b, 5 * MS);
    EXPECT_EQ_INT(b.port.out_count, 0);
    EXPECT_EQ_INT(counters(&b).received, 4);
    EXPECT_EQ_INT(counters(&b).refused, 4);
    uint64_t count, sum = 0;
    for (unsigned i = 0; sim_bridge_refusal(b.bridge, i, &count) != NULL; i++) {
        const char *name = sim_bridge_refusal(b.bridge, i, &count);
        bool expected = strcmp(name, "bad checksum") == 0 || strcmp(name, "truncated") == 0 ||
                        strcmp(name, "bad header checksum") == 0 || strcmp(name, "bad version") == 0;
        EXPECT_EQ_INT(count, expected ? 1 : 0);
        sum += count;
    }
    EXPECT_EQ_INT(sum, 4);
    end(&b);
}

static void segment_to_a_closed_port_is_reset_and_a_reset_is_not(void)
{
    bridged b;
    begin(&b);
    sim_packet *segment = outside_packet(&b, false, IPPROTO_TCP, 0);
    segment->tcp.seq = 1000;
    segment->tcp.ack = 2000;
    for (unsigned flags = 0; flags < 256; flags++) { /* RFC 9293 3.10.7.1: never an answer to an RST */
        segment->tcp.flags = (uint8_t)flags;
        b.port.in_count = b.port.in_taken = b.port.out_count = 0;
        bring(&b, segment);
        run_until(&b, sim_world_now(b.world) + 5 * MS);
        EXPECT_EQ_INT(b.port.out_count, (flags & SIMP_RST) != 0 ? 0 : 1);
        if (b.port.out_count == 1)
            EXPECT_TRUE((gone_out(&b, 0)->tcp.flags & SIMP_RST) != 0);
    }
    end(&b);
}

static void syn_from_outside_reaches_a_listener(void)
{
    bridged b;
    recorder listener;
    begin(&b);
    recorder_construct(&listener);
    sim_host_enter(b.inside);
    EXPECT_OK_FATAL(
        CAsyncSocket_Create(&listener.socket, 40002, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener.socket, 5));
    sim_packet *syn = outside_packet(&b, false, IPPROTO_TCP, 0);
    syn->tcp.flags = SIMP_SYN;
    syn->tcp.seq = 99;
    syn->tcp.mss = 1400;
    syn->tcp.window = 8192;
    bring(&b, syn);
    run_until(&b, 5 * MS);
    const sim_packet *answer = gone_out(&b, 0);
    EXPECT_EQ_INT(answer->tcp.flags & (SIMP_SYN | SIMP_ACK | SIMP_RST), SIMP_SYN | SIMP_ACK);
    EXPECT_EQ_INT(answer->tcp.ack, 100);
    sim_host_enter(b.inside);
    CAsyncSocket_Destruct(&listener.socket);
    end(&b);
}

static void accept_one(bridged *b, recorder *listener, recorder *accepted)
{
    recorder_construct(listener);
    recorder_construct(accepted);
    sim_host_enter(b->inside);
    EXPECT_OK_FATAL(
        CAsyncSocket_Create(&listener->socket, 40002, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener->socket, 5));
    sim_packet *segment = outside_packet(b, false, IPPROTO_TCP, 0);
    segment->tcp.flags = SIMP_SYN;
    segment->tcp.window = 8192;
    segment->tcp.seq = 99;
    bring(b, segment);
    run_until(b, 5 * MS);
    segment->tcp.flags = SIMP_ACK;
    segment->tcp.seq = 100;
    segment->tcp.ack = gone_out(b, 0)->tcp.seq + 1;
    bring_at(b, segment, 5 * MS);
    run_until(b, 10 * MS);
    sim_host_enter(b->inside);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&listener->socket, &accepted->socket, NULL, NULL));
}

/* The kernel's sender says 65535 while its urgent byte lies further ahead; taken literally, a byte of the
 * stream was taken out of line. */
static void urgent_pointer_that_was_cut_short_marks_no_byte(void)
{
    bridged b;
    recorder listener, accepted;
    char got[100];
    begin(&b);
    accept_one(&b, &listener, &accepted);
    sim_packet *segment = outside_packet(&b, false, IPPROTO_TCP, 40);
    segment->tcp.flags = SIMP_ACK | SIMP_URG;
    segment->tcp.urgent = UINT16_MAX;
    segment->tcp.window = 8192;
    segment->tcp.seq = 100;
    segment->tcp.ack = gone_out(&b, 0)->tcp.seq + 1;
    for (uint32_t at = 0; at < 66000; at += 1000) {
        sim_packet *text = outside_packet(&b, false, IPPROTO_TCP, 1000);
        text->tcp = segment->tcp;
        text->tcp.seq = 100 + at;
        if (at != 0)
            text->tcp.flags = SIMP_ACK;
        b.port.in_count = b.port.in_taken = b.port.out_count = 0;
        bring_at(&b, text, sim_world_now(b.world));
        b.port.in[0].at_ns = b.port.now_ns;
        run_until(&b, sim_world_now(b.world) + 5 * MS);
        sim_host_enter(b.inside);
        for (int count, sum = 0; sum < 1000; sum += count) {
            count = CAsyncSocket_Receive(&accepted.socket, got, sizeof got, 0);
            EXPECT_TRUE_FATAL(count > 0);
            if (sum + count > 1000)
                EXPECT_EQ_INT(sum + count, 1000);
        }
    }
    EXPECT_EQ_INT(recorder_count(&accepted, FD_OOB), 0);
    CAsyncSocket_Destruct(&accepted.socket);
    CAsyncSocket_Destruct(&listener.socket);
    end(&b);
}

static void packet_too_big_for_the_link_is_reported(void)
{
    bridged b;
    begin(&b);
    EXPECT_CODE(sim_link_set_options(b.link, NULL, &(sim_link_options){.mtu = 1280}), 0);
    sim_packet *datagram = outside_packet(&b, false, IPPROTO_UDP, 1400);
    datagram->dont_fragment = true;
    bring(&b, datagram);
    run_until(&b, 5 * MS);
    const sim_packet *error = gone_out(&b, 0);
    EXPECT_EQ_INT(error->icmp.kind, SIMP_ICMP_TOO_BIG);
    EXPECT_EQ_INT(error->icmp.mtu, 1280);
    EXPECT_EQ_INT(error->icmp.quoted->source_port, 40001);
    EXPECT_EQ_INT(counters(&b).lost, 1);
    end(&b);
}

static void packet_without_a_way_is_lost(void)
{
    bridged b;
    begin(&b);
    sim_packet *datagram = outside_packet(&b, false, IPPROTO_UDP, 4);
    datagram->destination = simp_ip_v4(0xC0000201u);
    bring(&b, datagram);
    datagram->destination = datagram->source; /* it would come back */
    bring(&b, datagram);
    run_until(&b, 5 * MS);
    EXPECT_EQ_INT(b.port.out_count, 0);
    EXPECT_EQ_INT(counters(&b).lost, 2);
    end(&b);
}

static void packet_that_the_port_does_not_take_is_counted(void)
{
    bridged b;
    begin(&b);
    b.port.out_count = PACKETS;
    sim_packet *datagram = outside_packet(&b, false, IPPROTO_UDP, 4); /* to a closed port */
    bring(&b, datagram);
    run_until(&b, 5 * MS);
    EXPECT_EQ_INT(counters(&b).sent, 0);
    EXPECT_EQ_INT(counters(&b).unsent, 1);
    end(&b);
}

/* ---- time ---- */

static void virtual_time_follows_the_clock_of_the_port(void)
{
    bridged b;
    begin(&b);
    sim_packet *datagram = outside_packet(&b, false, IPPROTO_UDP, 4);
    bring_at(&b, datagram, 3 * MS + 1);
    run_until(&b, 20 * MS);
    EXPECT_EQ_INT(b.port.now_ns, PORT_START + 20 * MS);
    EXPECT_EQ_INT(b.port.out[0].at_ns, PORT_START + 5 * MS + 1);
    b.port.now_ns += 400 * MS; /* between two runs no virtual time passes */
    bring_at(&b, datagram, 425 * MS);
    run_until(&b, 30 * MS);
    EXPECT_EQ_INT(b.port.out[1].at_ns, PORT_START + 427 * MS);
    end(&b);
}

static void stop_world(void *world) { sim_world_stop(world); }

static void note(void *argument) { ++*(unsigned *)argument; }

static void world_that_stops_ends_the_run(void)
{
    bridged b;
    unsigned done = 0;
    begin(&b);
    EXPECT_CODE(sim_world_at(b.world, 2 * MS, note, &done), 0);
    EXPECT_CODE(sim_world_at(b.world, 3 * MS, stop_world, b.world), 0);
    EXPECT_EQ_INT(sim_bridge_run(b.bridge, 10 * MS), SIM_STOP_REQUESTED);
    EXPECT_EQ_INT(sim_world_now(b.world), 3 * MS);
    EXPECT_EQ_INT(done, 1);
    run_until(&b, 10 * MS);
    end(&b);
}

static void port_that_fails_ends_the_run_with_its_reason(void)
{
    bridged b;
    begin(&b);
    b.port.failure = WSAENETDOWN;
    EXPECT_EQ_INT(sim_bridge_run(b.bridge, 10 * MS), SIM_STOP_REQUESTED);
    EXPECT_TRUE(sim_world_failure(b.world) != NULL && strstr(sim_world_failure(b.world), "outside") != NULL);
    end(&b);
}

/* ---- the same input ---- */

static void fingerprint_of(char text[33], uint8_t octet, uint64_t at_ns)
{
    bridged b;
    begin(&b);
    sim_packet *datagram = outside_packet(&b, false, IPPROTO_UDP, 4);
    datagram->block->bytes[3] = octet;
    bring_at(&b, datagram, at_ns);
    run_until(&b, 10 * MS);
    sim_world_fingerprint_text(b.world, text);
    end(&b);
}

static void fingerprint_is_that_of_the_input(void)
{
    char first[33], again[33], other[33], later[33];
    fingerprint_of(first, 1, MS);
    fingerprint_of(again, 1, MS);
    fingerprint_of(other, 2, MS);
    fingerprint_of(later, 1, 2 * MS);
    EXPECT_EQ_STR(again, first);
    EXPECT_TRUE(strcmp(other, first) != 0);
    EXPECT_TRUE(strcmp(later, first) != 0);
}

/* ---- bad arguments ---- */

static void bridge_without_port_is_refused(void)
{
    bridged b;
    sim_bridge *none = NULL;
    begin(&b);
    EXPECT_CODE(sim_bridge_create(b.world, "x", NULL, &none), WSAEINVAL);
    EXPECT_CODE(sim_bridge_create(b.world, "x", &b.port.port, NULL), WSAEINVAL);
    EXPECT_CODE(sim_bridge_create(b.world, "inside", &b.port.port, &none), WSAEADDRINUSE);
    EXPECT_CODE(sim_bridge_create(b.world, "no name", &b.port.port, &none), WSAEINVAL);
    EXPECT_TRUE(none == NULL);
    end(&b);
}

const test_case test_bridge[] = {
    TEST(ping_from_outside_is_answered),
    TEST(ping_from_outside_is_answered_over_ipv6),
    TEST(wrong_bytes_are_counted_by_reason),
    TEST(segment_to_a_closed_port_is_reset_and_a_reset_is_not),
    TEST(syn_from_outside_reaches_a_listener),
    TEST(urgent_pointer_that_was_cut_short_marks_no_byte),
    TEST(packet_too_big_for_the_link_is_reported),
    TEST(packet_without_a_way_is_lost),
    TEST(packet_that_the_port_does_not_take_is_counted),
    TEST(virtual_time_follows_the_clock_of_the_port),
    TEST(world_that_stops_ends_the_run),
    TEST(port_that_fails_ends_the_run_with_its_reason),
    TEST(fingerprint_is_that_of_the_input),
    TEST(bridge_without_port_is_refused),
    TEST_END,
};
