/* SPDX-License-Identifier: MIT
 *
 * See wire_sample.h.
 */
#include "tests/wire_sample.h"

#include "simnet/world/random.h"
#include "tests/expect.h"

enum { FRAGMENT_PIECE = 1480 };

static const simp_ip v6_source = {0xFD00000000000000u, 1}, v6_destination = {0xFD00000000000000u, 2};

static uint32_t below(simp_stream *random, uint32_t bound)
{
    return (uint32_t)simp_stream_below(random, bound);
}

static bool one_in(simp_stream *random, uint32_t n) { return below(random, n) == 0; }

simp_block *wire_sample_block(simp_arena *arena, const uint8_t *bytes, size_t len)
{
    simp_block *block = simp_block_copy(arena, bytes, (uint32_t)len);
    EXPECT_TRUE_FATAL(block != NULL);
    return block;
}

static void fill_payload(simp_arena *arena, sim_packet *p, simp_stream *random, uint32_t len)
{
    uint8_t bytes[WIRE_SAMPLE_PAYLOAD_MAX];
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)simp_stream_next(random);
    p->block = wire_sample_block(arena, bytes, len);
    p->length = len;
}

static void fill_syn_options(simp_tcp_header *h, simp_stream *random)
{
    h->mss = (uint16_t)(1 + below(random, 65535));
    h->scale = one_in(random, 2) ? (uint8_t)below(random, 15) : SIMP_NO_SCALE;
    h->sack_permitted = one_in(random, 2);
    h->has_timestamps = one_in(random, 2);
}

static void fill_tcp(sim_packet *p, simp_stream *random)
{
    simp_tcp_header *h = &p->tcp;
    *h = (simp_tcp_header){.seq = (uint32_t)simp_stream_next(random),
                           .ack = (uint32_t)simp_stream_next(random),
                           .window = (uint16_t)simp_stream_next(random),
                           .urgent = (uint16_t)simp_stream_next(random),
                           .scale = SIMP_NO_SCALE,
                           .flags = (uint8_t)simp_stream_next(random)};
    if ((h->flags & SIMP_SYN) != 0) {
        fill_syn_options(h, random);
    } else {
        h->has_timestamps = one_in(random, 2);
        h->sack_count = (uint8_t)below(random, h->has_timestamps ? SIMP_SACK_MAX : SIMP_SACK_MAX + 1);
    }
    if (h->has_timestamps) {
        h->ts_value = (uint32_t)simp_stream_next(random);
        h->ts_echo = (uint32_t)simp_stream_next(random);
    }
    for (unsigned i = 0; i < h->sack_count; i++)
        h->sack[i] = (simp_sack_range){(uint32_t)simp_stream_next(random),
                                       (uint32_t)simp_stream_next(random)};
}

static void fill_ip(sim_packet *p, simp_stream *random, bool v6)
{
    uint32_t host = below(random, 255);
    p->source = v6 ? (simp_ip){v6_source.high, host} : simp_ip_v4(0x0A000000u + host);
    p->destination = v6 ? v6_destination : simp_ip_v4(0x0A0000FEu);
    p->ttl = (uint8_t)simp_stream_next(random);
    p->traffic_class = (uint8_t)simp_stream_next(random);
    p->dont_fragment = !v6 && one_in(random, 2);
    p->source_host = 1;
}

static void settle(sim_packet *p)
{
    simp_packet_parts parts = simp_packet_parts_of(p);
    p->ip_payload_len = parts.size - parts.transport;
}

/* TCP, UDP or an echo. */
static sim_packet *plain(simp_arena *arena, simp_stream *random, bool v6, uint8_t protocol, uint32_t len)
{
    sim_packet *p = simp_packet_create(arena);
    EXPECT_TRUE_FATAL(p != NULL);
    fill_ip(p, random, v6);
    p->protocol = protocol;
    p->source_port = (uint16_t)simp_stream_next(random);
    p->destination_port = (uint16_t)simp_stream_next(random);
    p->ip_id = v6 ? 0 : (uint16_t)simp_stream_next(random);
    if (protocol == IPPROTO_TCP) {
        fill_tcp(p, random);
    } else if (protocol != IPPROTO_UDP) {
        p->source_port = p->destination_port = 0;
        p->icmp = (simp_icmp_header){.kind = one_in(random, 2) ? SIMP_ICMP_ECHO : SIMP_ICMP_ECHO_REPLY,
                                     .identifier = (uint16_t)simp_stream_next(random),
                                     .sequence = (uint16_t)simp_stream_next(random)};
    }
    fill_payload(arena, p, random, len);
    settle(p);
    return p;
}

static uint8_t icmp_of(bool v6) { return v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP; }

/* A piece of the whole, as fragment.c cuts it: by reference, behind a transport header of 8 octets. */
static void cut(sim_packet *p, simp_stream *random)
{
    uint32_t whole = p->ip_payload_len, piece = below(random, (whole + FRAGMENT_PIECE - 1) / FRAGMENT_PIECE);
    uint32_t at = piece * FRAGMENT_PIECE, end = at + FRAGMENT_PIECE < whole ? at + FRAGMENT_PIECE : whole;
    p->ip_id = (uint16_t)simp_stream_next(random);
    p->dont_fragment = false;
    p->fragment_offset = (uint16_t)at;
    p->more_fragments = end < whole;
    p->offset = at == 0 ? 0 : at - 8;
    p->length = end - at - (at == 0 ? 8 : 0);
}

/* Kinds that have a type and code of their own in this family. */
static simp_icmp_kind random_error_kind(simp_stream *random, bool v6)
{
    for (;;) {
        simp_icmp_kind kind = SIMP_ICMP_NET_UNREACHABLE +
                              below(random, SIMP_ICMP_KINDS - SIMP_ICMP_NET_UNREACHABLE);
        simp_icmp_kind first = SIMP_ICMP_ECHO;
        while (simp_icmp_type_code(first, !v6) != simp_icmp_type_code(kind, !v6))
            first++;
        if (first == kind)
            return kind;
    }
}

/* An error about a packet with all of its payload, or with a part of it. */
static sim_packet *error_about(simp_arena *arena, sim_packet *quoted, simp_stream *random)
{
    bool v6 = !simp_ip_is_v4(quoted->destination);
    sim_packet *p = simp_packet_create(arena);
    EXPECT_TRUE_FATAL(p != NULL);
    fill_ip(p, random, v6);
    p->protocol = icmp_of(v6);
    p->icmp = (simp_icmp_header){.kind = random_error_kind(random, v6), .quoted = quoted};
    if (p->icmp.kind == SIMP_ICMP_TOO_BIG)
        p->icmp.mtu = 1280 + below(random, 10000);
    if (p->icmp.kind == SIMP_ICMP_PARAMETER_PROBLEM)
        p->icmp.mtu = below(random, 256);
    p->block = quoted->block;
    p->block->references++;
    p->length = one_in(random, 2) ? quoted->length : below(random, quoted->length + 1);
    settle(p);
    return p;
}

sim_packet *wire_sample_create(simp_arena *arena, uint64_t seed)
{
    simp_stream random;
    simp_stream_init(&random, seed, "wire", "sample");
    bool v6 = one_in(&random, 2);
    const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, icmp_of(v6)};
    uint8_t protocol = protocols[below(&random, 4)];
    bool big = protocol != IPPROTO_TCP && one_in(&random, 3);
    uint32_t len = big ? 1473 + below(&random, WIRE_SAMPLE_PAYLOAD_MAX - 1473) : below(&random, 1200);
    sim_packet *p = plain(arena, &random, v6, protocol, one_in(&random, 4) ? 0 : len);
    if (p->ip_payload_len > FRAGMENT_PIECE)
        cut(p, &random);
    else if (one_in(&random, 4))
        p = error_about(arena, p, &random);
    return p;
}

sim_packet *wire_sample_plain(simp_arena *arena, const wire_sample_options *o)
{
    simp_stream random;
    simp_stream_init(&random, 1, "wire", "plain");
    return plain(arena, &random, o->v6, o->protocol, o->payload_len);
}

/* ---- comparing ---- */

static void expect_equal_tcp(const simp_tcp_header *a, const simp_tcp_header *b)
{
    EXPECT_EQ_INT(b->seq, a->seq);
    EXPECT_EQ_INT(b->ack, a->ack);
    EXPECT_EQ_INT(b->window, a->window);
    EXPECT_EQ_INT(b->urgent, a->urgent);
    EXPECT_EQ_INT(b->flags, a->flags);
    EXPECT_EQ_INT(b->mss, a->mss);
    EXPECT_EQ_INT(b->scale, a->scale);
    EXPECT_EQ_INT(b->sack_permitted, a->sack_permitted);
    EXPECT_EQ_INT(b->has_timestamps, a->has_timestamps);
    EXPECT_EQ_INT(b->ts_value, a->ts_value);
    EXPECT_EQ_INT(b->ts_echo, a->ts_echo);
    EXPECT_EQ_INT(b->sack_count, a->sack_count);
    for (unsigned i = 0; i < a->sack_count && i < b->sack_count; i++)
        EXPECT_TRUE(a->sack[i].left == b->sack[i].left && a->sack[i].right == b->sack[i].right);
}

static void expect_equal_ip(const sim_packet *a, const sim_packet *b)
{
    EXPECT_TRUE(simp_ip_equal(a->source, b->source));
    EXPECT_TRUE(simp_ip_equal(a->destination, b->destination));
    EXPECT_EQ_INT(b->protocol, a->protocol);
    EXPECT_EQ_INT(b->ttl, a->ttl);
    EXPECT_EQ_INT(b->traffic_class, a->traffic_class);
    EXPECT_EQ_INT(b->dont_fragment, a->dont_fragment);
    EXPECT_EQ_INT(b->more_fragments, a->more_fragments);
    EXPECT_EQ_INT(b->fragment_offset, a->fragment_offset);
    EXPECT_EQ_INT(b->ip_id, a->ip_id);
}

static void expect_equal_headers(const sim_packet *a, const sim_packet *b)
{
    expect_equal_ip(a, b);
    EXPECT_FALSE(b->from_bytes);
    EXPECT_EQ_INT(b->ip_payload_len, a->ip_payload_len);
    EXPECT_EQ_INT(b->source_port, a->source_port);
    EXPECT_EQ_INT(b->destination_port, a->destination_port);
    if (a->protocol == IPPROTO_TCP) {
        expect_equal_tcp(&a->tcp, &b->tcp);
    } else if (a->protocol != IPPROTO_UDP) {
        EXPECT_EQ_INT(b->icmp.kind, a->icmp.kind);
        EXPECT_EQ_INT(b->icmp.identifier, a->icmp.identifier);
        EXPECT_EQ_INT(b->icmp.sequence, a->icmp.sequence);
        EXPECT_EQ_INT(b->icmp.mtu, a->icmp.mtu);
        EXPECT_EQ_INT(b->icmp.quoted != NULL, a->icmp.quoted != NULL);
    }
}

void wire_sample_expect_equal(const sim_packet *a, const sim_packet *b, uint64_t seed)
{
    bool is_fragment = a->more_fragments || a->fragment_offset != 0;
    bool is_icmp = a->protocol == IPPROTO_ICMP || a->protocol == IPPROTO_ICMPV6;
    EXPECT_EQ_INT(simp_packet_size(b), simp_packet_size(a));
    if (is_fragment) {
        expect_equal_ip(a, b);
        EXPECT_TRUE(b->from_bytes);
        return;
    }
    expect_equal_headers(a, b);
    EXPECT_EQ_INT(b->length, a->length);
    if (a->length == b->length && a->length != 0)
        EXPECT_EQ_MEM(simp_packet_payload(b), simp_packet_payload(a), a->length);
    if (is_icmp && a->icmp.quoted != NULL && b->icmp.quoted != NULL)
        expect_equal_headers(a->icmp.quoted, b->icmp.quoted);
    expect_report(EXPECT_SITE(false), simp_packet_size(a) == simp_packet_size(b), "sample of seed %llu",
                  (unsigned long long)seed);
}
