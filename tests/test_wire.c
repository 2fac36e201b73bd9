/* SPDX-License-Identifier: MIT
 *
 * Packets as bytes: every header against values written down by hand, every checksum against a sum made here.
 */
#include <string.h>

#include <netinet/in.h>

#include "simnet/packet/wire.h"
#include "tests/expect.h"
#include "tests/test_list.h"

#define PAYLOAD_MAX 4096
#define ETHERNET_LEN 14
#define V4_LEN 20
#define V6_LEN 40

/* A packet, and room for the block that it refers to. */
typedef struct sample {
    _Alignas(simp_block) uint8_t storage[sizeof(simp_block) + PAYLOAD_MAX];
    simp_block *block;
    sim_packet packet;
    uint8_t frame[SIM_FRAME_MAX];
    size_t len;
} sample;

static const simp_ip v6_a = {0x20010DB800000000u, 1}, v6_b = {0x20010DB800000000u, 2};

static uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

/* RFC 1071 4.1, byte pair by byte pair; an odd last byte is the high half of a word. */
static uint32_t plain_sum(uint32_t sum, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xFFFFu) + (sum >> 16);
    }
    return sum;
}

/* A correct message sums up to 0xFFFF with its checksum and its pseudo header. */
static uint32_t transport_sum(const uint8_t *frame, size_t header_len, size_t len, uint8_t protocol)
{
    const uint8_t *ip = frame + ETHERNET_LEN, *transport = ip + header_len;
    uint32_t sum = ip[0] >> 4 == 4 ? plain_sum(0, ip + 12, 8) : plain_sum(0, ip + 8, 32);
    sum = plain_sum(sum, (uint8_t[]){(uint8_t)(len >> 8), (uint8_t)len, 0, protocol}, 4);
    return plain_sum(sum, transport, len);
}

static void fill(sample *s, simp_ip source, simp_ip destination, uint8_t protocol, uint32_t length)
{
    memset(s, 0, sizeof *s);
    s->block = (simp_block *)(void *)s->storage;
    s->block->references = 1;
    s->block->capacity = s->block->used = PAYLOAD_MAX;
    for (unsigned i = 0; i < PAYLOAD_MAX; i++)
        s->block->bytes[i] = (uint8_t)(i * 7 + 3);
    s->packet.id = 42;
    s->packet.source = source;
    s->packet.destination = destination;
    s->packet.source_host = 1;
    s->packet.next_host = 0x0203;
    s->packet.source_port = 49152;
    s->packet.destination_port = 40000;
    s->packet.ip_id = 0xABCD;
    s->packet.protocol = protocol;
    s->packet.ttl = 64;
    s->packet.originated = true;
    s->packet.block = length != 0 ? s->block : NULL;
    s->packet.length = length;
    s->packet.ip_payload_len = 8 + length;
}

static void fill_v4(sample *s, uint8_t protocol, uint32_t length)
{
    fill(s, simp_ip_v4(0xC0000201u), simp_ip_v4(0xC0000202u), protocol, length);
}

static void fill_v6(sample *s, uint8_t protocol, uint32_t length) { fill(s, v6_a, v6_b, protocol, length); }

static void fill_tcp(sample *s, uint32_t length)
{
    s->packet.tcp = (simp_tcp_header){.seq = 0x01020304,
                                      .ack = 0x0A0B0C0D,
                                      .window = 0xFFFE,
                                      .urgent = 0,
                                      .scale = SIMP_NO_SCALE,
                                      .flags = SIMP_ACK | SIMP_PSH};
    s->packet.ip_payload_len = 20 + length;
}

/* What the tests have changed since the packet was filled may have changed its length. */
static void settle(sim_packet *packet)
{
    simp_packet_parts parts = simp_packet_parts_of(packet);
    if (!simp_packet_is_fragment(packet))
        packet->ip_payload_len = parts.size - parts.transport;
}

static void make_frame(sample *s)
{
    settle(&s->packet);
    memset(s->frame, 0xEE, sizeof s->frame);
    s->len = sim_packet_frame(&s->packet, s->frame, sizeof s->frame);
    EXPECT_EQ_INT(s->len, ETHERNET_LEN + simp_packet_size(&s->packet));
    EXPECT_EQ_INT(s->frame[s->len], 0xEE);
}

/* ---- Ethernet ---- */

static void ethernet_macs_name_the_hosts(void)
{
    sample s;
    fill_v4(&s, IPPROTO_UDP, 4);
    make_frame(&s);
    EXPECT_EQ_MEM(s.frame, ((uint8_t[]){2, 0, 0, 2, 3, 0, 2, 0, 0, 0, 1, 0, 0x08, 0x00}), 14);
    fill_v6(&s, IPPROTO_UDP, 4);
    make_frame(&s);
    EXPECT_EQ_MEM(s.frame + 12, ((uint8_t[]){0x86, 0xDD}), 2);
}

static void ethernet_broadcast_and_multicast_have_their_macs(void)
{
    sample s;
    fill_v4(&s, IPPROTO_UDP, 4);
    s.packet.next_host = 0xFFFF;
    s.packet.destination = simp_ip_v4(0xFFFFFFFFu);
    make_frame(&s);
    EXPECT_EQ_MEM(s.frame, ((uint8_t[]){255, 255, 255, 255, 255, 255}), 6);
    s.packet.destination = simp_ip_v4(0xEF81FF02u);
    make_frame(&s);
    EXPECT_EQ_MEM(s.frame, ((uint8_t[]){0x01, 0x00, 0x5E, 0x01, 0xFF, 0x02}), 6);
    fill_v6(&s, IPPROTO_UDP, 4);
    s.packet.next_host = 0xFFFF;
    s.packet.destination = (simp_ip){0xFF02000000000000u, 0x00000001FF345678u};
    make_frame(&s);
    EXPECT_EQ_MEM(s.frame, ((uint8_t[]){0x33, 0x33, 0xFF, 0x34, 0x56, 0x78}), 6);
}

/* ---- IP ---- */

static void v4_header_is_that_of_rfc_791(void)
{
    sample s;
    fill_v4(&s, IPPROTO_UDP, 12);
    s.packet.dont_fragment = true;
    make_frame(&s);
    /* 4500+0028+ABCD+4000+4011+C000+0201+C000+0202 = 2F509, folded F50B, complement 0AF4 */
    const uint8_t wanted[] = {0x45, 0,    0,   40, 0xAB, 0xCD, 0x40, 0x00, 64, 17,
                              0x0A, 0xF4, 192, 0,  2,    1,    192,  0,    2,  2};
    EXPECT_EQ_MEM(s.frame + ETHERNET_LEN, wanted, sizeof wanted);
    EXPECT_EQ_INT(plain_sum(0, s.frame + ETHERNET_LEN, V4_LEN), 0xFFFF);
}

static void v6_header_is_that_of_rfc_8200(void)
{
    sample s;
    fill_v6(&s, IPPROTO_UDP, 12);
    make_frame(&s);
    const uint8_t wanted[] = {0x60, 0, 0, 0, 0, 20, 17, 64, 0x20, 0x01, 0x0D, 0xB8, 0,    0,
                              0,    0, 0, 0, 0, 0,  0,  0,  0,    1,    0x20, 0x01, 0x0D, 0xB8,
                              0,    0, 0, 0, 0, 0,  0,  0,  0,    0,    0,    2};
    EXPECT_EQ_MEM(s.frame + ETHERNET_LEN, wanted, sizeof wanted);
}

/* ---- TCP ---- */

static void tcp_header_is_that_of_rfc_9293(void)
{
    sample s;
    fill_v4(&s, IPPROTO_TCP, 3);
    fill_tcp(&s, 3);
    s.packet.tcp.flags |= SIMP_URG;
    s.packet.tcp.urgent = 0x0102;
    make_frame(&s);
    const uint8_t *tcp = s.frame + ETHERNET_LEN + V4_LEN;
    EXPECT_EQ_INT(s.len, 14 + 20 + 20 + 3);
    EXPECT_EQ_MEM(tcp, ((uint8_t[]){0xC0, 0, 0x9C, 0x40, 1, 2, 3, 4, 10, 11, 12, 13}), 12);
    EXPECT_EQ_MEM(tcp + 12, ((uint8_t[]){0x50, 0x38, 0xFF, 0xFE}), 4);
    EXPECT_EQ_MEM(tcp + 18, ((uint8_t[]){1, 2, 3, 10, 17}), 5);
    EXPECT_EQ_INT(transport_sum(s.frame, V4_LEN, 23, IPPROTO_TCP), 0xFFFF);
}

static void tcp_syn_carries_mss_and_scale(void)
{
    sample s;
    fill_v4(&s, IPPROTO_TCP, 0);
    fill_tcp(&s, 0);
    s.packet.tcp.mss = 1460;
    s.packet.tcp.scale = 7;
    make_frame(&s);
    const uint8_t *tcp = s.frame + ETHERNET_LEN + V4_LEN;
    EXPECT_EQ_INT(tcp[12], 0x70);
    EXPECT_EQ_MEM(tcp + 20, ((uint8_t[]){2, 4, 0x05, 0xB4, 1, 3, 3, 7}), 8);
    EXPECT_EQ_INT(transport_sum(s.frame, V4_LEN, 28, IPPROTO_TCP), 0xFFFF);
    s.packet.tcp.mss = 0;
    make_frame(&s);
    EXPECT_EQ_INT(tcp[12], 0x60);
    EXPECT_EQ_MEM(tcp + 20, ((uint8_t[]){1, 3, 3, 7}), 4);
}

static void tcp_checksums_hold_for_every_length_and_offset(void)
{
    sample s;
    for (uint32_t length = 0; length < 70; length++) {
        fill_v4(&s, IPPROTO_TCP, length);
        fill_tcp(&s, length);
        s.packet.offset = length % 5;
        make_frame(&s);
        EXPECT_EQ_INT(transport_sum(s.frame, V4_LEN, 20 + length, IPPROTO_TCP), 0xFFFF);
        s.packet.source = v6_a;
        s.packet.destination = v6_b;
        make_frame(&s);
        EXPECT_EQ_INT(transport_sum(s.frame, V6_LEN, 20 + length, IPPROTO_TCP), 0xFFFF);
    }
}

/* Chooses the window so that all other words sum up to 0xFFFF without it: the checksum comes out as 0. */
static void tcp_checksum_zero_stays_zero(void)
{
    sample s;
    fill_v4(&s, IPPROTO_TCP, 0);
    fill_tcp(&s, 0);
    s.packet.tcp.window = 0;
    make_frame(&s);
    s.packet.tcp.window = (uint16_t)get16(s.frame + ETHERNET_LEN + V4_LEN + 16);
    make_frame(&s);
    EXPECT_EQ_INT(get16(s.frame + ETHERNET_LEN + V4_LEN + 16), 0x0000);
}

/* ---- UDP ---- */

static void udp_header_is_that_of_rfc_768(void)
{
    sample s;
    for (uint32_t length = 0; length < 9; length++) {
        fill_v4(&s, IPPROTO_UDP, length);
        make_frame(&s);
        const uint8_t *udp = s.frame + ETHERNET_LEN + V4_LEN;
        EXPECT_EQ_MEM(udp, ((uint8_t[]){0xC0, 0, 0x9C, 0x40, 0, (uint8_t)(8 + length)}), 6);
        EXPECT_EQ_MEM(udp + 8, s.block->bytes, length);
        EXPECT_EQ_INT(transport_sum(s.frame, V4_LEN, 8 + length, IPPROTO_UDP), 0xFFFF);
    }
}

static void udp_checksum_zero_is_sent_as_ffff(void)
{
    sample s;
    fill_v6(&s, IPPROTO_UDP, 2);
    s.block->bytes[0] = s.block->bytes[1] = 0;
    make_frame(&s);
    const uint8_t *checksum = s.frame + ETHERNET_LEN + V6_LEN + 6;
    memcpy(s.block->bytes, checksum, 2);
    make_frame(&s);
    EXPECT_EQ_INT(get16(checksum), 0xFFFF);
}

/* ---- fragments ---- */

/* A datagram of 3000 bytes in three pieces that lie in one block, as the sender cuts it. */
static void make_fragment(sample *s, uint32_t offset, uint32_t len)
{
    uint32_t header = offset == 0 ? 8 : 0;
    s->packet.ip_payload_len = 3008;
    s->packet.fragment_offset = (uint16_t)offset;
    s->packet.more_fragments = offset + len < 3008;
    s->packet.offset = offset == 0 ? 0 : offset - 8;
    s->packet.length = len - header;
    make_frame(s);
}

static void fragments_v4_put_together_are_the_datagram(void)
{
    sample s;
    uint8_t whole[ETHERNET_LEN + V4_LEN + 3008];
    fill_v4(&s, IPPROTO_UDP, 3000);
    for (uint32_t offset = 0; offset < 3008; offset += 1480) {
        uint32_t len = offset + 1480 < 3008 ? 1480 : 3008 - offset;
        make_fragment(&s, offset, len);
        const uint8_t *ip = s.frame + ETHERNET_LEN;
        EXPECT_EQ_INT(get16(ip + 2), 20 + len);
        EXPECT_EQ_INT(get16(ip + 6), (offset + len < 3008 ? 0x2000u : 0u) | offset / 8);
        EXPECT_EQ_INT(plain_sum(0, ip, V4_LEN), 0xFFFF);
        memcpy(whole, s.frame, offset == 0 ? ETHERNET_LEN + V4_LEN : 0);
        memcpy(whole + ETHERNET_LEN + V4_LEN + offset, ip + V4_LEN, len);
    }
    EXPECT_EQ_INT(get16(whole + ETHERNET_LEN + V4_LEN + 4), 3008);
    EXPECT_EQ_MEM(whole + ETHERNET_LEN + V4_LEN + 8, s.block->bytes, 3000);
    EXPECT_EQ_INT(transport_sum(whole, V4_LEN, 3008, IPPROTO_UDP), 0xFFFF);
}

static void fragment_v6_has_a_header_of_its_own(void)
{
    sample s;
    fill_v6(&s, IPPROTO_UDP, 3000);
    make_fragment(&s, 1448, 1448);
    const uint8_t *ip = s.frame + ETHERNET_LEN;
    EXPECT_EQ_INT(simp_packet_size(&s.packet), 40 + 8 + 1448);
    EXPECT_EQ_INT(get16(ip + 4), 8 + 1448);
    EXPECT_EQ_INT(ip[6], 44);
    EXPECT_EQ_MEM(ip + 40, ((uint8_t[]){17, 0, 0x05, 0xA9, 0, 0, 0xAB, 0xCD}), 8);
    EXPECT_EQ_MEM(ip + 48, s.block->bytes + 1440, 1448);
    make_fragment(&s, 2896, 112);
    EXPECT_EQ_MEM(ip + 40, ((uint8_t[]){17, 0, 0x0B, 0x50, 0, 0, 0xAB, 0xCD}), 8);
}

/* ---- ICMP ---- */

static void icmp_echo_has_the_types_of_both_families(void)
{
    sample s;
    for (uint32_t length = 0; length < 6; length++) {
        fill_v4(&s, IPPROTO_ICMP, length);
        s.packet.icmp = (simp_icmp_header){.kind = SIMP_ICMP_ECHO, .identifier = 0x1234, .sequence = 5};
        make_frame(&s);
        const uint8_t *v4 = s.frame + ETHERNET_LEN + V4_LEN, *v6 = s.frame + ETHERNET_LEN + V6_LEN;
        EXPECT_EQ_MEM(v4, ((uint8_t[]){8, 0}), 2);
        EXPECT_EQ_MEM(v4 + 4, ((uint8_t[]){0x12, 0x34, 0, 5}), 4);
        EXPECT_EQ_INT(plain_sum(0, v4, 8 + length), 0xFFFF); /* no pseudo header, RFC 792 */
        fill_v6(&s, IPPROTO_ICMPV6, length);
        s.packet.icmp = (simp_icmp_header){.kind = SIMP_ICMP_ECHO_REPLY, .identifier = 0x1234, .sequence = 5};
        make_frame(&s);
        EXPECT_EQ_MEM(v6, ((uint8_t[]){129, 0}), 2);
        EXPECT_EQ_INT(transport_sum(s.frame, V6_LEN, 8 + length, IPPROTO_ICMPV6), 0xFFFF);
    }
}

static void icmp_kinds_have_their_types_and_codes(void)
{
    static const struct {
        simp_icmp_kind kind;
        uint32_t v4, v6;
    } rows[] = {{SIMP_ICMP_ECHO, 0x0800, 0x8000},
                {SIMP_ICMP_ECHO_REPLY, 0x0000, 0x8100},
                {SIMP_ICMP_NET_UNREACHABLE, 0x0300, 0x0100},
                {SIMP_ICMP_HOST_UNREACHABLE, 0x0301, 0x0103},
                {SIMP_ICMP_PORT_UNREACHABLE, 0x0303, 0x0104},
                {SIMP_ICMP_TOO_BIG, 0x0304, 0x0200},
                {SIMP_ICMP_TIME_EXCEEDED, 0x0B00, 0x0300},
                {SIMP_ICMP_REASSEMBLY_TIME, 0x0B01, 0x0301}};
    sample s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fill_v4(&s, IPPROTO_ICMP, 0);
        s.packet.icmp.kind = rows[i].kind;
        make_frame(&s);
        EXPECT_EQ_INT(get16(s.frame + ETHERNET_LEN + V4_LEN), rows[i].v4);
        fill_v6(&s, IPPROTO_ICMPV6, 0);
        s.packet.icmp.kind = rows[i].kind;
        make_frame(&s);
        EXPECT_EQ_INT(get16(s.frame + ETHERNET_LEN + V6_LEN), rows[i].v6);
    }
}

/* The quoted packet as the network has it: without payload, but of its old length. */
static sim_packet quoted_from(const sample *s)
{
    sim_packet quoted = s->packet;
    quoted.block = NULL;
    quoted.length = 0;
    return quoted;
}

static void icmp_v4_error_quotes_header_and_eight_bytes(void)
{
    sample s;
    fill_v4(&s, IPPROTO_UDP, 100);
    sim_packet quoted = quoted_from(&s);
    fill_v4(&s, IPPROTO_ICMP, 0);
    s.packet.icmp = (simp_icmp_header){.kind = SIMP_ICMP_PORT_UNREACHABLE, .quoted = &quoted};
    make_frame(&s);
    const uint8_t *icmp = s.frame + ETHERNET_LEN + V4_LEN;
    EXPECT_EQ_INT(s.len, 14 + 20 + 8 + 20 + 8);
    EXPECT_EQ_INT(plain_sum(0, icmp, 36), 0xFFFF);
    EXPECT_EQ_MEM(icmp + 4, ((uint8_t[]){0, 0, 0, 0, 0x45, 0, 0, 128}), 8);
    EXPECT_EQ_INT(plain_sum(0, icmp + 8, V4_LEN), 0xFFFF);
    EXPECT_EQ_MEM(icmp + 28, ((uint8_t[]){0xC0, 0, 0x9C, 0x40, 0, 108, 0, 0}), 8);
}

static void icmp_error_for_tcp_quotes_the_sequence_number(void)
{
    sample s;
    fill_v4(&s, IPPROTO_TCP, 100);
    fill_tcp(&s, 100);
    sim_packet quoted = quoted_from(&s);
    fill_v4(&s, IPPROTO_ICMP, 0);
    s.packet.icmp = (simp_icmp_header){.kind = SIMP_ICMP_TOO_BIG, .mtu = 1400, .quoted = &quoted};
    make_frame(&s);
    const uint8_t *icmp = s.frame + ETHERNET_LEN + V4_LEN;
    EXPECT_EQ_MEM(icmp + 4, ((uint8_t[]){0, 0, 0x05, 0x78}), 4);
    EXPECT_EQ_MEM(icmp + 28, ((uint8_t[]){0xC0, 0, 0x9C, 0x40, 1, 2, 3, 4}), 8);
}

static void icmp_v6_error_quotes_what_v6_allows(void)
{
    sample s;
    fill_v6(&s, IPPROTO_UDP, 100);
    sim_packet quoted = quoted_from(&s);
    fill_v6(&s, IPPROTO_ICMPV6, 0);
    s.packet.icmp = (simp_icmp_header){.kind = SIMP_ICMP_TOO_BIG, .mtu = 70000, .quoted = &quoted};
    make_frame(&s);
    const uint8_t *icmp = s.frame + ETHERNET_LEN + V6_LEN;
    EXPECT_EQ_INT(s.len, 14 + 40 + 8 + 40 + 8);
    EXPECT_EQ_INT(transport_sum(s.frame, V6_LEN, 56, IPPROTO_ICMPV6), 0xFFFF);
    EXPECT_EQ_MEM(icmp + 4, ((uint8_t[]){0, 1, 0x11, 0x70, 0x60, 0, 0, 0, 0, 108, 17, 64}), 12);
    EXPECT_EQ_MEM(icmp + 52, ((uint8_t[]){0, 108, 0xFF, 0xFF}), 4); /* 0 is illegal here, RFC 8200 8.1 */
}

static void icmp_error_for_an_empty_datagram_quotes_its_checksum(void)
{
    sample s;
    uint8_t original[8];
    fill_v4(&s, IPPROTO_UDP, 0);
    make_frame(&s);
    memcpy(original, s.frame + ETHERNET_LEN + V4_LEN, 8);
    sim_packet quoted = quoted_from(&s);
    fill_v4(&s, IPPROTO_ICMP, 0);
    s.packet.icmp = (simp_icmp_header){.kind = SIMP_ICMP_PORT_UNREACHABLE, .quoted = &quoted};
    make_frame(&s);
    EXPECT_EQ_MEM(s.frame + ETHERNET_LEN + V4_LEN + 28, original, 8);
}

/* ---- capacity, views, words ---- */

static void frame_small_capacity_is_respected(void)
{
    sample s;
    uint8_t small[128];
    fill_v4(&s, IPPROTO_UDP, 40);
    make_frame(&s);
    for (size_t capacity = 0; capacity <= s.len; capacity++) {
        memset(small, 0xEE, sizeof small);
        EXPECT_EQ_INT(sim_packet_frame(&s.packet, small, capacity), s.len);
        EXPECT_EQ_MEM(small, s.frame, capacity);
        EXPECT_EQ_INT(small[capacity], 0xEE);
    }
}

static void payload_is_seen_where_it_lies(void)
{
    sample s;
    fill_v4(&s, IPPROTO_UDP, 40);
    s.packet.offset = 9;
    EXPECT_TRUE(simp_packet_payload(&s.packet) == s.block->bytes + 9);
    EXPECT_EQ_INT(sim_packet_id(&s.packet), 42);
    s.packet.block = NULL;
    EXPECT_TRUE(simp_packet_payload(&s.packet) == NULL);
}

static void describe_tcp_names_flags_and_options(void)
{
    sample s;
    char text[128];
    fill_v4(&s, IPPROTO_TCP, 0);
    s.packet.destination_port = 80;
    s.packet.tcp = (simp_tcp_header){
        .seq = 1, .window = 65535, .mss = 1460, .scale = SIMP_NO_SCALE, .flags = SIMP_SYN};
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, text, sizeof text),
                  "TCP 49152>80 SYN seq=1 win=65535 mss=1460");
    fill_v4(&s, IPPROTO_TCP, 100);
    fill_tcp(&s, 100);
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, text, sizeof text),
                  "TCP 49152>40000 ACK PSH seq=16909060 ack=168496141 len=100 win=65534");
}

/* RFC 2018, 7323, 3168. */
static void describe_tcp_names_what_is_behind_a_gap(void)
{
    sample s;
    char text[160];
    fill_v4(&s, IPPROTO_TCP, 0);
    s.packet.tcp = (simp_tcp_header){.seq = 1,
                                     .ack = 2,
                                     .window = 3,
                                     .scale = SIMP_NO_SCALE,
                                     .flags = SIMP_ACK | SIMP_ECE | SIMP_CWR,
                                     .sack_permitted = true,
                                     .has_timestamps = true,
                                     .ts_value = 4,
                                     .ts_echo = 5,
                                     .sack_count = 2,
                                     .sack = {{10, 20}, {30, 40}}};
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, text, sizeof text),
                  "TCP 49152>40000 ACK ECE CWR seq=1 ack=2 win=3 sack-permitted ts=4/5 sack=10-20,30-40");
}

static void describe_udp_and_fragments(void)
{
    sample s;
    char text[128];
    fill_v4(&s, IPPROTO_UDP, 12);
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, text, sizeof text), "UDP 49152>40000 len=12");
    fill_v4(&s, IPPROTO_UDP, 3000);
    make_fragment(&s, 1480, 1480);
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, text, sizeof text),
                  "UDP 49152>40000 len=3000 (fragment 1480+1480)");
}

static void describe_icmp_says_for_what(void)
{
    sample s;
    char text[128], little[10];
    fill_v4(&s, IPPROTO_UDP, 12);
    sim_packet quoted = quoted_from(&s);
    fill_v4(&s, IPPROTO_ICMP, 0);
    s.packet.icmp.kind = SIMP_ICMP_PORT_UNREACHABLE;
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, text, sizeof text), "ICMP port unreachable");
    s.packet.icmp.quoted = &quoted;
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, text, sizeof text),
                  "ICMP port unreachable for UDP 49152>40000");
    EXPECT_EQ_STR(sim_packet_describe(&s.packet, little, sizeof little), "ICMP port");
}

const test_case test_wire[] = {
    TEST(ethernet_macs_name_the_hosts),
    TEST(ethernet_broadcast_and_multicast_have_their_macs),
    TEST(v4_header_is_that_of_rfc_791),
    TEST(v6_header_is_that_of_rfc_8200),
    TEST(tcp_header_is_that_of_rfc_9293),
    TEST(tcp_syn_carries_mss_and_scale),
    TEST(tcp_checksums_hold_for_every_length_and_offset),
    TEST(tcp_checksum_zero_stays_zero),
    TEST(udp_header_is_that_of_rfc_768),
    TEST(udp_checksum_zero_is_sent_as_ffff),
    TEST(fragments_v4_put_together_are_the_datagram),
    TEST(fragment_v6_has_a_header_of_its_own),
    TEST(icmp_echo_has_the_types_of_both_families),
    TEST(icmp_kinds_have_their_types_and_codes),
    TEST(icmp_v4_error_quotes_header_and_eight_bytes),
    TEST(icmp_error_for_tcp_quotes_the_sequence_number),
    TEST(icmp_v6_error_quotes_what_v6_allows),
    TEST(icmp_error_for_an_empty_datagram_quotes_its_checksum),
    TEST(frame_small_capacity_is_respected),
    TEST(payload_is_seen_where_it_lies),
    TEST(describe_tcp_names_flags_and_options),
    TEST(describe_tcp_names_what_is_behind_a_gap),
    TEST(describe_udp_and_fragments),
    TEST(describe_icmp_says_for_what),
    TEST_END,
};
