/* SPDX-License-Identifier: MIT
 *
 * Bytes read as packets: what was written is read back, and what is wrong is refused for the right reason.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/test_list.h"
#include "tests/wire_sample.h"

enum { SAMPLES = 20000, FLIPPED_SAMPLES = 300, BYTES_MAX = 4096, V4 = 20, V6 = 40 };

/* A packet as bytes, to be bent and read. */
typedef struct bench {
    simp_arena arena;
    uint8_t bytes[BYTES_MAX];
    uint32_t len;
    sim_packet *read; /* of the last right bytes */
} bench;

static void begin(bench *b, const wire_sample_options *options)
{
    memset(b, 0, sizeof *b);
    simp_arena_init(&b->arena, cas_allocator_system());
    sim_packet *packet = wire_sample_plain(&b->arena, options);
    simp_block *block = simp_packet_bytes(&b->arena, packet);
    EXPECT_TRUE_FATAL(block != NULL && block->used <= BYTES_MAX);
    b->len = block->used;
    memcpy(b->bytes, block->bytes, b->len);
}

static void begin_v4(bench *b, uint8_t protocol, uint32_t payload_len)
{
    begin(b, &(wire_sample_options){.protocol = protocol, .payload_len = payload_len});
}

static void begin_v6(bench *b, uint8_t protocol, uint32_t payload_len)
{
    begin(b, &(wire_sample_options){.v6 = true, .protocol = protocol, .payload_len = payload_len});
}

static void end(bench *b) { simp_arena_fini(&b->arena); }

static const char *read_bytes(bench *b)
{
    simp_block *block = wire_sample_block(&b->arena, b->bytes, b->len);
    b->read = NULL;
    simp_wire_error error = simp_packet_parse(&b->arena, block, &b->read);
    EXPECT_EQ_INT(b->read != NULL, error == SIMP_WIRE_OK);
    return simp_wire_error_name(error);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void mend_v4(bench *b)
{
    put16(b->bytes + 10, 0);
    simp_wire_put_checksum(b->bytes + 10, simp_wire_sum(b->bytes, (b->bytes[0] & 15u) * 4));
}

/* Makes the transport checksum right again; the transport header stands behind header_len octets. */
static void mend_transport(bench *b, uint32_t header_len, uint8_t protocol)
{
    sim_packet p = {.protocol = protocol};
    bool v4 = b->bytes[0] >> 4 == 4;
    const uint8_t *from = b->bytes + (v4 ? 12 : 8), *to = b->bytes + (v4 ? 16 : 24);
    p.source = v4 ? simp_ip_v4(simp_get32(from))
                  : (simp_ip){(uint64_t)simp_get32(from) << 32 | simp_get32(from + 4),
                              (uint64_t)simp_get32(from + 8) << 32 | simp_get32(from + 12)};
    p.destination = v4 ? simp_ip_v4(simp_get32(to))
                       : (simp_ip){(uint64_t)simp_get32(to) << 32 | simp_get32(to + 4),
                                   (uint64_t)simp_get32(to + 8) << 32 | simp_get32(to + 12)};
    uint8_t *transport = b->bytes + header_len, *field = transport + simp_wire_checksum_at(protocol);
    uint32_t len = b->len - header_len;
    put16(field, 0);
    simp_wire_put_checksum(field, simp_wire_pseudo_sum(&p, len) + simp_wire_sum(transport, len));
}

/* ---- what was written ---- */

static void every_packet_is_read_as_it_was_written(void)
{
    for (uint64_t seed = 1; seed <= SAMPLES; seed++) {
        simp_arena arena;
        sim_packet *read = NULL;
        simp_arena_init(&arena, cas_allocator_system());
        sim_packet *packet = wire_sample_create(&arena, seed);
        simp_block *bytes = simp_packet_bytes(&arena, packet);
        EXPECT_EQ_STR(simp_wire_error_name(simp_packet_parse(&arena, bytes, &read)), "right");
        if (read != NULL) {
            wire_sample_expect_equal(packet, read, seed);
            simp_packet_free(&arena, read);
        }
        EXPECT_EQ_INT(bytes->references, 1);
        simp_arena_fini(&arena);
    }
}

/* What is written from what was read is the same to the last octet, but for the checksum of a quote that was
 * cut. */
static void every_packet_read_is_written_the_same(void)
{
    for (uint64_t seed = 1; seed <= SAMPLES; seed++) {
        simp_arena arena;
        sim_packet *read = NULL;
        simp_arena_init(&arena, cas_allocator_system());
        simp_block *bytes = simp_packet_bytes(&arena, wire_sample_create(&arena, seed));
        simp_packet_parse(&arena, bytes, &read);
        EXPECT_TRUE_FATAL(read != NULL);
        simp_block *again = simp_packet_bytes(&arena, read);
        bool is_icmp = read->protocol == IPPROTO_ICMP || read->protocol == IPPROTO_ICMPV6;
        bool is_cut = !read->from_bytes && is_icmp && read->icmp.quoted != NULL &&
                      read->icmp.quoted->block == NULL;
        EXPECT_EQ_INT(again->used, bytes->used);
        if (!is_cut && again->used == bytes->used)
            EXPECT_EQ_MEM(again->bytes, bytes->bytes, bytes->used);
        simp_arena_fini(&arena);
    }
}

static void octets_behind_the_end_are_ignored(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 10);
    b.len += 7;
    EXPECT_EQ_STR(read_bytes(&b), "right");
    EXPECT_EQ_INT(b.read->length, 10);
    end(&b);
    begin_v6(&b, IPPROTO_TCP, 10);
    b.len += 7;
    EXPECT_EQ_STR(read_bytes(&b), "right");
    EXPECT_EQ_INT(b.read->length, 10);
    end(&b);
}

/* ---- IP ---- */

static void every_truncation_is_refused(void)
{
    static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
    bench b;
    for (unsigned i = 0; i < 6; i++) {
        uint8_t protocol = protocols[i % 3];
        if (i < 3)
            begin_v4(&b, protocol, 30);
        else
            begin_v6(&b, protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 : protocol, 30);
        for (uint32_t whole = b.len; b.len-- > 0;) {
            EXPECT_EQ_STR(read_bytes(&b), "truncated");
            EXPECT_TRUE(b.len < whole);
        }
        end(&b);
    }
}

static void other_versions_are_refused(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 4);
    for (unsigned version = 0; version < 16; version++) {
        if (version == 4 || version == 6)
            continue;
        b.bytes[0] = (uint8_t)(version << 4 | 5);
        EXPECT_EQ_STR(read_bytes(&b), "bad version");
    }
    end(&b);
}

static void v4_lengths_that_lie_are_refused(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 4);
    b.bytes[0] = 0x44; /* a header of 16 octets */
    EXPECT_EQ_STR(read_bytes(&b), "bad length");
    b.bytes[0] = 0x45;
    put16(b.bytes + 2, 19);
    EXPECT_EQ_STR(read_bytes(&b), "bad length");
    put16(b.bytes + 2, b.len + 1);
    EXPECT_EQ_STR(read_bytes(&b), "truncated");
    put16(b.bytes + 2, 24); /* half a UDP header */
    mend_v4(&b);
    EXPECT_EQ_STR(read_bytes(&b), "truncated");
    end(&b);
}

static void v4_header_checksum_is_verified(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 4);
    b.bytes[8]++;
    EXPECT_EQ_STR(read_bytes(&b), "bad header checksum");
    mend_v4(&b);
    EXPECT_EQ_STR(read_bytes(&b), "right");
    end(&b);
}

static void insert_octets(bench *b, uint32_t at, const uint8_t *octets, uint32_t len)
{
    memmove(b->bytes + at + len, b->bytes + at, b->len - at);
    memcpy(b->bytes + at, octets, len);
    b->len += len;
    if (b->bytes[0] >> 4 == 6) {
        put16(b->bytes + 4, b->len - V6);
        return;
    }
    put16(b->bytes + 2, b->len);
}

static void v4_options_are_skipped(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 4);
    insert_octets(&b, V4, (uint8_t[]){0x94, 4, 0, 0}, 4); /* router alert, RFC 2113 */
    b.bytes[0] = 0x46;
    mend_v4(&b);
    EXPECT_EQ_STR(read_bytes(&b), "right");
    EXPECT_EQ_INT(b.read->length, 4);
    end(&b);
}

static void v6_headers_that_may_be_skipped_are(void)
{
    static const struct {
        uint8_t kind;
        uint8_t octets[8];
        const char *outcome;
    } rows[] = {
        {IPPROTO_HOPOPTS, {17, 0, 5, 2, 0, 0, 1, 0}, "right"},                   /* router alert, PadN */
        {IPPROTO_HOPOPTS, {17, 0, 0x3E, 4, 0, 0, 0, 0}, "right"},                /* 00: skip */
        {IPPROTO_HOPOPTS, {17, 0, 0x7E, 4, 0, 0, 0, 0}, "bad extension header"}, /* 01: discard */
        {IPPROTO_HOPOPTS, {17, 0, 0xC2, 4, 0, 1, 0, 0}, "bad extension header"}, /* jumbo */
        {IPPROTO_DSTOPTS, {17, 0, 1, 4, 0, 0, 0, 0}, "right"},
        {IPPROTO_DSTOPTS, {17, 0, 1, 5, 0, 0, 0, 0}, "bad extension header"}, /* longer than the header */
        {IPPROTO_DSTOPTS, {17, 9, 1, 4, 0, 0, 0, 0}, "bad length"},
        {IPPROTO_ROUTING, {17, 0, 77, 0, 0, 0, 0, 0}, "right"},
        {IPPROTO_ROUTING, {17, 0, 77, 1, 0, 0, 0, 0}, "bad extension header"}, /* a segment left */
        {IPPROTO_FRAGMENT, {17, 0, 0, 0, 1, 2, 3, 4}, "right"},                /* RFC 6946: of no fragment */
        {IPPROTO_DSTOPTS, {IPPROTO_NONE, 0, 1, 4, 0, 0, 0, 0}, "unsupported"},
        {IPPROTO_DSTOPTS, {IPPROTO_HOPOPTS, 0, 1, 4, 0, 0, 0, 0}, "bad extension header"}, /* not first */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench b;
        begin_v6(&b, IPPROTO_UDP, 4);
        insert_octets(&b, V6, rows[i].octets, 8);
        b.bytes[6] = rows[i].kind;
        EXPECT_EQ_STR(read_bytes(&b), rows[i].outcome);
        if (b.read != NULL)
            EXPECT_EQ_INT(b.read->length, 4);
        end(&b);
    }
}

static void v6_packet_of_mapped_addresses_is_refused(void)
{
    bench b;
    begin_v6(&b, IPPROTO_UDP, 4);
    memset(b.bytes + 8, 0, 10);
    memset(b.bytes + 18, 0xFF, 2);
    EXPECT_EQ_STR(read_bytes(&b), "bad address");
    end(&b);
}

static void unknown_protocol_stays_bytes(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 4);
    b.bytes[9] = 132;
    mend_v4(&b);
    EXPECT_EQ_STR(read_bytes(&b), "right");
    EXPECT_TRUE(b.read->from_bytes);
    EXPECT_EQ_INT(b.read->length, 12);
    b.bytes[9] = IPPROTO_ICMPV6; /* in IPv4 */
    mend_v4(&b);
    EXPECT_EQ_STR(read_bytes(&b), "unsupported");
    end(&b);
}

/* ---- TCP ---- */

/* A segment of these flags whose header has these option octets. */
static simp_tcp_header read_options_of(uint8_t flags, const uint8_t *options, uint32_t len)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 12);
    b.bytes[9] = IPPROTO_TCP;
    memset(b.bytes + V4, 0, 20);
    insert_octets(&b, V4 + 20, options, len);
    b.bytes[V4 + 12] = (uint8_t)((5 + len / 4) << 4);
    b.bytes[V4 + 13] = flags;
    mend_v4(&b);
    mend_transport(&b, V4, IPPROTO_TCP);
    EXPECT_EQ_STR(read_bytes(&b), "right");
    simp_tcp_header header = b.read != NULL ? b.read->tcp : (simp_tcp_header){0};
    end(&b);
    return header;
}

static simp_tcp_header read_options(const uint8_t *options, uint32_t len)
{
    return read_options_of(SIMP_SYN, options, len);
}

static void tcp_unknown_options_are_skipped_by_their_length(void)
{
    simp_tcp_header h = read_options((uint8_t[]){254, 4, 2, 4, 2, 4, 5, 0xB4}, 8); /* MUST-6 */
    EXPECT_EQ_INT(h.mss, 0x5B4);
    h = read_options((uint8_t[]){1, 1, 1, 3, 3, 7, 0, 0}, 8); /* MUST-4, and the end of the list */
    EXPECT_EQ_INT(h.scale, 7);
    h = read_options((uint8_t[]){0, 1, 2, 3, 2, 4, 5, 0xB4}, 8); /* behind the end of the list: MUST-69 */
    EXPECT_EQ_INT(h.mss, 0);
}

static void tcp_illegal_option_lengths_are_survived(void)
{
    static const uint8_t rows[][8] = {{2, 4, 5, 0xB4, 254, 0, 1, 1},  /* MUST-7: 0 */
                                      {2, 4, 5, 0xB4, 254, 1, 1, 1},  /* 1 */
                                      {2, 4, 5, 0xB4, 254, 5, 1, 1},  /* beyond the header */
                                      {2, 4, 5, 0xB4, 3, 2, 0, 0},    /* a scale without value */
                                      {2, 4, 5, 0xB4, 1, 1, 1, 254}}; /* no room for a length */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        simp_tcp_header h = read_options(rows[i], 8);
        EXPECT_EQ_INT(h.mss, 0x5B4);
        EXPECT_EQ_INT(h.scale, SIMP_NO_SCALE);
    }
}

static void tcp_scale_above_14_counts_as_14(void)
{
    EXPECT_EQ_INT(read_options((uint8_t[]){1, 3, 3, 15}, 4).scale, 14); /* RFC 7323 2.3 */
    EXPECT_EQ_INT(read_options((uint8_t[]){1, 3, 3, 255}, 4).scale, 14);
}

/* RFC 2018 3: once the connection stands.  A SYN that kept them could have over 40 octets of options. */
static void tcp_sack_blocks_on_a_syn_are_passed_over(void)
{
    static const uint8_t sack[] = {1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    EXPECT_EQ_INT(read_options_of(SIMP_SYN, sack, sizeof sack).sack_count, 0);
    EXPECT_EQ_INT(read_options_of(SIMP_SYN | SIMP_ACK, sack, sizeof sack).sack_count, 0);
    EXPECT_EQ_INT(read_options_of(SIMP_ACK, sack, sizeof sack).sack_count, 1);
}

static void tcp_data_offset_that_lies_is_refused(void)
{
    bench b;
    begin_v4(&b, IPPROTO_TCP, 0);
    b.bytes[V4 + 12] = 0x40;
    EXPECT_EQ_STR(read_bytes(&b), "bad length");
    b.bytes[V4 + 12] = 0xF0;
    put16(b.bytes + 2, V4 + 24);
    mend_v4(&b);
    EXPECT_EQ_STR(read_bytes(&b), "bad length");
    end(&b);
}

static void transport_checksums_are_verified(void)
{
    static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6};
    for (unsigned i = 0; i < 4; i++) {
        bench b;
        if (protocols[i] == IPPROTO_ICMPV6)
            begin_v6(&b, protocols[i], 9);
        else
            begin_v4(&b, protocols[i], 9);
        b.bytes[b.len - 1] ^= 0x10;
        EXPECT_EQ_STR(read_bytes(&b), "bad checksum");
        end(&b);
    }
}

/* ---- UDP ---- */

static void udp_without_checksum_is_for_v4_only(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 4);
    put16(b.bytes + V4 + 6, 0);
    b.bytes[b.len - 1]++;
    EXPECT_EQ_STR(read_bytes(&b), "right");
    end(&b);
    begin_v6(&b, IPPROTO_UDP, 4);
    put16(b.bytes + V6 + 6, 0);
    EXPECT_EQ_STR(read_bytes(&b), "bad checksum");
    end(&b);
}

static void udp_length_that_lies_is_refused(void)
{
    bench b;
    begin_v4(&b, IPPROTO_UDP, 4);
    put16(b.bytes + V4 + 4, 7);
    EXPECT_EQ_STR(read_bytes(&b), "bad length");
    put16(b.bytes + V4 + 4, 13);
    EXPECT_EQ_STR(read_bytes(&b), "bad length");
    put16(b.bytes + V4 + 4, 11); /* shorter than what IP brought: the rest is not part of it */
    put16(b.bytes + V4 + 6, 0);
    EXPECT_EQ_STR(read_bytes(&b), "right");
    EXPECT_EQ_INT(b.read->length, 3);
    end(&b);
}

/* ---- ICMP ---- */

/* An error of this type and code about a packet of which len octets are quoted. */
static const char *read_error(bench *b, uint32_t type_code, const uint8_t *quote, uint32_t len)
{
    b->len = V4 + 8 + len;
    memset(b->bytes + V4, 0, 8);
    put16(b->bytes + V4, type_code);
    memcpy(b->bytes + V4 + 8, quote, len);
    put16(b->bytes + 2, b->len);
    mend_v4(b);
    mend_transport(b, V4, IPPROTO_ICMP);
    return read_bytes(b);
}

static void icmp_error_with_eight_quoted_octets_is_enough(void)
{
    bench b, about;
    begin_v4(&b, IPPROTO_ICMP, 0);
    begin_v4(&about, IPPROTO_TCP, 100);
    EXPECT_EQ_STR(read_error(&b, 0x0303, about.bytes, V4 + 8), "right");
    EXPECT_EQ_INT(b.read->icmp.kind, SIMP_ICMP_PORT_UNREACHABLE);
    EXPECT_EQ_INT(b.read->icmp.quoted->source_port, simp_get16(about.bytes + V4));
    EXPECT_EQ_INT(b.read->icmp.quoted->tcp.seq, simp_get32(about.bytes + V4 + 4));
    for (uint32_t len = 0; len < V4 + 8; len++)
        EXPECT_EQ_STR(read_error(&b, 0x0303, about.bytes, len), "truncated");
    for (uint32_t len = V4 + 8; len <= about.len; len++)
        EXPECT_EQ_STR(read_error(&b, 0x0303, about.bytes, len), "right");
    end(&about);
    end(&b);
}

static void icmp_of_no_known_kind_is_unsupported(void)
{
    bench b, about;
    begin_v4(&b, IPPROTO_ICMP, 0);
    begin_v4(&about, IPPROTO_UDP, 0);
    EXPECT_EQ_STR(read_error(&b, 0x0D00, about.bytes, about.len), "unsupported"); /* timestamp */
    EXPECT_EQ_STR(read_error(&b, 0x0400, about.bytes, about.len),
                  "unsupported"); /* source quench, RFC 6633 */
    EXPECT_EQ_STR(read_error(&b, 0x03FF, about.bytes, about.len), "unsupported");
    end(&about);
    end(&b);
}

/* ---- raw ---- */

/* IPv4 covers its header, and the transport the rest: one wrong bit is always noticed.  It may change the
 * version, and a UDP checksum of one bit into none. */
static void one_wrong_bit_is_noticed(void)
{
    for (uint64_t seed = 1; seed <= FLIPPED_SAMPLES; seed++) {
        simp_arena arena;
        simp_arena_init(&arena, cas_allocator_system());
        sim_packet *packet = wire_sample_create(&arena, seed), *read = NULL;
        bool whole = !packet->more_fragments && packet->fragment_offset == 0;
        uint32_t bits = simp_packet_size(packet) * 8;
        for (uint32_t i = 0; i < 50 && simp_ip_is_v4(packet->source) && whole; i++) {
            uint32_t bit = (uint32_t)((seed * 131 + i * 977) % bits);
            if (bit < 4)
                continue;
            EXPECT_CODE(simp_packet_flip_bits(&arena, packet, &bit, 1, false), 0);
            EXPECT_TRUE(simp_packet_parse(&arena, packet->raw, &read) != SIMP_WIRE_OK);
            EXPECT_CODE(simp_packet_flip_bits(&arena, packet, &bit, 1, false), 0);
            EXPECT_EQ_STR(simp_wire_error_name(simp_packet_parse(&arena, packet->raw, &read)), "right");
        }
        simp_arena_fini(&arena);
    }
}

static void flipped_payload_with_mended_checksums_is_believed(void)
{
    static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
    for (unsigned i = 0; i < 3; i++) {
        bench b;
        begin_v4(&b, protocols[i], 100);
        sim_packet *packet = wire_sample_plain(
            &b.arena, &(wire_sample_options){.protocol = protocols[i], .payload_len = 100});
        uint32_t bit = (simp_packet_parts_of(packet).payload + 50) * 8;
        EXPECT_CODE(simp_packet_flip_bits(&b.arena, packet, &bit, 1, true), 0);
        EXPECT_EQ_INT(simp_packet_size(packet), b.len);
        memcpy(b.bytes, packet->raw->bytes, b.len);
        EXPECT_EQ_STR(read_bytes(&b), "right");
        EXPECT_EQ_INT(simp_packet_payload(b.read)[50], simp_packet_payload(packet)[50] ^ 0x80);
        end(&b);
    }
}

static void raw_packet_is_framed_as_its_bytes(void)
{
    bench b;
    uint8_t frame[BYTES_MAX];
    begin_v4(&b, IPPROTO_UDP, 20);
    sim_packet *packet = wire_sample_plain(
        &b.arena, &(wire_sample_options){.protocol = IPPROTO_UDP, .payload_len = 20});
    uint32_t bits[] = {V4 * 8, b.len * 8 + 3};
    EXPECT_CODE(simp_packet_flip_bits(&b.arena, packet, bits, 2, false), 0);
    EXPECT_EQ_INT(sim_packet_frame(packet, frame, sizeof frame), SIMP_ETHERNET_LEN + b.len);
    b.bytes[V4] ^= 0x80;
    EXPECT_EQ_MEM(frame + SIMP_ETHERNET_LEN, b.bytes, b.len);
    end(&b);
}

static void opened_packet_keeps_its_journey_and_its_bytes(void)
{
    simp_arena arena;
    simp_arena_init(&arena, cas_allocator_system());
    sim_packet *packet = wire_sample_plain(
        &arena, &(wire_sample_options){.v6 = true, .protocol = IPPROTO_TCP, .payload_len = 60});
    uint32_t bit = simp_packet_parts_of(packet).payload * 8, size = simp_packet_size(packet);
    packet->id = 77;
    packet->originated = true;
    EXPECT_CODE(simp_packet_flip_bits(&arena, packet, &bit, 1, true), 0);
    EXPECT_EQ_STR(simp_wire_error_name(simp_packet_open(&arena, &packet)), "right");
    EXPECT_TRUE(packet->from_bytes);
    EXPECT_EQ_INT(packet->id, 77);
    EXPECT_EQ_INT(simp_packet_size(packet), size);
    EXPECT_EQ_STR(simp_wire_error_name(simp_packet_parse_transport(&arena, &packet)), "right");
    EXPECT_FALSE(packet->from_bytes);
    EXPECT_EQ_INT(packet->id, 77);
    EXPECT_EQ_INT(packet->length, 60);
    simp_arena_fini(&arena);
}

const test_case test_wire_parse[] = {
    TEST(every_packet_is_read_as_it_was_written),
    TEST(every_packet_read_is_written_the_same),
    TEST(octets_behind_the_end_are_ignored),
    TEST(every_truncation_is_refused),
    TEST(other_versions_are_refused),
    TEST(v4_lengths_that_lie_are_refused),
    TEST(v4_header_checksum_is_verified),
    TEST(v4_options_are_skipped),
    TEST(v6_headers_that_may_be_skipped_are),
    TEST(v6_packet_of_mapped_addresses_is_refused),
    TEST(unknown_protocol_stays_bytes),
    TEST(tcp_unknown_options_are_skipped_by_their_length),
    TEST(tcp_illegal_option_lengths_are_survived),
    TEST(tcp_scale_above_14_counts_as_14),
    TEST(tcp_sack_blocks_on_a_syn_are_passed_over),
    TEST(tcp_data_offset_that_lies_is_refused),
    TEST(transport_checksums_are_verified),
    TEST(udp_without_checksum_is_for_v4_only),
    TEST(udp_length_that_lies_is_refused),
    TEST(icmp_error_with_eight_quoted_octets_is_enough),
    TEST(icmp_of_no_known_kind_is_unsupported),
    TEST(one_wrong_bit_is_noticed),
    TEST(flipped_payload_with_mended_checksums_is_believed),
    TEST(raw_packet_is_framed_as_its_bytes),
    TEST(opened_packet_keeps_its_journey_and_its_bytes),
    TEST_END,
};
