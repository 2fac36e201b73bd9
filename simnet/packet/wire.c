/* SPDX-License-Identifier: MIT
 *
 * Packets as bytes: Ethernet II, IPv4 or IPv6, and TCP, UDP or ICMP, with all checksums.
 *
 * Invariants:
 *  1. Pure: the packet is only read, nothing is allocated, equal packets give equal bytes on every machine.
 *  2. All headers are built in a buffer of their own, then copied as far as the caller's capacity goes.
 *  3. simp_packet_size is the length of the frame without its Ethernet header.
 *
 * A packet that is quoted by an ICMP error has its transport header in full, and as much of its payload as
 * the error carries as its own.
 */
#include "simnet/packet/wire.h"

#include <string.h>

#include "core/check.h"

enum {
    V6_NEXT_HEADER_AT = 6,
    PSEUDO_HEADER_MAX = 40,
    /* An ICMPv6 error that was cut into fragments, about a packet that was one: more than ever happens. */
    HEADERS_MAX = SIMP_ETHERNET_LEN + 2 * (SIMP_V6_HEADER_LEN + SIMP_FRAGMENT_HEADER_LEN) +
                  SIMP_ICMP_HEADER_LEN + SIMP_TCP_HEADER_MAX
};

/* ---- numbers in network order; each returns where the next one goes ---- */

static uint8_t *put8(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    return at + 1;
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value) { return put16(put16(at, value >> 16), value & 0xFFFFu); }

static uint8_t *put_ip(uint8_t *at, simp_ip zoned)
{
    simp_ip ip = simp_ip_in_zone(zoned, 0);
    at = put32(put32(at, (uint32_t)(ip.high >> 32)), (uint32_t)ip.high);
    return put32(put32(at, (uint32_t)(ip.low >> 32)), (uint32_t)ip.low);
}

/* ---- the Internet checksum, RFC 1071 ---- */

/* Sums words as they lie in memory: RFC 1071 2(B) shows that the byte order comes out right when the result
 * is stored as it was loaded, and 32-bit words are congruent to their two halves.  bytes begins at an even
 * offset of what is summed. */
uint64_t simp_wire_sum(const uint8_t *bytes, size_t len)
{
    uint64_t sum = 0;
    uint32_t word;
    size_t words = len / 4;
    for (size_t i = 0; i < words; i++) {
        memcpy(&word, bytes + 4 * i, 4);
        sum += word;
    }
    if (len % 4 != 0) {
        word = 0;
        memcpy(&word, bytes + 4 * words, len % 4);
        sum += word;
    }
    return sum;
}

void simp_wire_put_checksum(uint8_t *at, uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFFu) + (sum >> 16);
    uint16_t checksum = (uint16_t)~sum;
    memcpy(at, &checksum, 2);
}

/* ---- lengths ---- */

static bool is_v4(const sim_packet *p) { return simp_ip_is_v4(p->destination); }

/* IPv4 keeps its fragment fields in the header, IPv6 in a header of its own (RFC 8200 4.5). */
static uint32_t ip_header_len(const sim_packet *p)
{
    if (is_v4(p))
        return SIMP_V4_HEADER_LEN;
    return simp_packet_is_fragment(p) ? SIMP_V6_HEADER_LEN + SIMP_FRAGMENT_HEADER_LEN : SIMP_V6_HEADER_LEN;
}

static bool is_icmp(const sim_packet *p)
{
    return p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6;
}

static const sim_packet *quoted_of(const sim_packet *p)
{
    bool is_echo = is_icmp(p) && (p->icmp.kind == SIMP_ICMP_ECHO || p->icmp.kind == SIMP_ICMP_ECHO_REPLY);
    return is_icmp(p) && !p->from_bytes && !is_echo ? p->icmp.quoted : NULL;
}

/* Of a packet that quotes nothing. */
static uint32_t plain_header_len(const sim_packet *p)
{
    if (p->from_bytes)
        return 0;
    if (p->protocol == IPPROTO_TCP)
        return SIMP_TCP_HEADER_LEN + simp_tcp_options_len(&p->tcp);
    if (p->protocol == IPPROTO_UDP)
        return SIMP_UDP_HEADER_LEN;
    return SIMP_ICMP_HEADER_LEN;
}

static uint32_t transport_header_len(const sim_packet *p)
{
    const sim_packet *quoted = quoted_of(p);
    return plain_header_len(p) + (quoted != NULL ? ip_header_len(quoted) + plain_header_len(quoted) : 0);
}

/* What of the transport header and payload this packet carries. */
static uint32_t carried_len(const sim_packet *p)
{
    return (p->fragment_offset == 0 ? transport_header_len(p) : 0) + p->length;
}

uint32_t simp_packet_size_of_piece(const sim_packet *p)
{
    return p->raw != NULL ? p->raw->used : ip_header_len(p) + carried_len(p);
}

simp_packet_parts simp_packet_parts_of(const sim_packet *p)
{
    uint32_t transport = ip_header_len(p);
    return (simp_packet_parts){transport, transport + carried_len(p) - p->length, transport + carried_len(p)};
}

const uint8_t *simp_packet_payload(const sim_packet *p)
{
    return p->block != NULL ? p->block->bytes + p->offset : NULL;
}

uint64_t sim_packet_id(const sim_packet *p) { return p->id; }

/* ---- headers ---- */

static uint8_t *put_host_mac(uint8_t *at, uint16_t host)
{
    at = put16(put8(put16(at, 0x0200), 0), host); /* locally administered: none of a real maker */
    return put8(at, 0);
}

static uint8_t *put_destination_mac(uint8_t *at, const sim_packet *p)
{
    if (p->next_host != 0xFFFF)
        return put_host_mac(at, p->next_host);
    if (!simp_ip_is_multicast(p->destination))
        return put32(put16(at, 0xFFFF), 0xFFFFFFFFu);
    if (!is_v4(p))
        return put32(put16(at, 0x3333), (uint32_t)p->destination.low); /* RFC 2464 7 */
    at = put16(at, 0x0100);                                            /* RFC 1112 6.4: the low 23 bits */
    return put32(at, 0x5E000000u | (simp_ip_v4_of(p->destination) & 0x7FFFFFu));
}

static uint8_t *put_ethernet(uint8_t *at, const sim_packet *p)
{
    at = put_host_mac(put_destination_mac(at, p), p->source_host);
    return put16(at, is_v4(p) ? 0x0800 : 0x86DD);
}

/* RFC 791 3.1. */
static uint8_t *put_v4(uint8_t *at, const sim_packet *p, uint32_t carried)
{
    uint8_t *start = at;
    uint32_t flags = (p->dont_fragment ? 0x4000u : 0) | (p->more_fragments ? 0x2000u : 0);
    at = put16(put16(at, 0x4500u | p->traffic_class), SIMP_V4_HEADER_LEN + carried);
    at = put16(put16(at, p->ip_id), flags | p->fragment_offset / 8u);
    at = put16(put8(put8(at, p->ttl), p->protocol), 0);
    at = put32(put32(at, simp_ip_v4_of(p->source)), simp_ip_v4_of(p->destination));
    simp_wire_put_checksum(start + 10, simp_wire_sum(start, SIMP_V4_HEADER_LEN));
    return at;
}

/* RFC 8200 3 and 4.5; the 8-byte units of the offset lie where the bytes' lower three bits would be. */
static uint8_t *put_v6(uint8_t *at, const sim_packet *p, uint32_t carried)
{
    bool has_fragment_header = simp_packet_is_fragment(p);
    at = put32(at, 0x60000000u | (uint32_t)p->traffic_class << 20);
    at = put16(at, carried + (has_fragment_header ? SIMP_FRAGMENT_HEADER_LEN : 0u));
    at = put8(put8(at, has_fragment_header ? IPPROTO_FRAGMENT : p->protocol), p->ttl);
    at = put_ip(put_ip(at, p->source), p->destination);
    if (!has_fragment_header)
        return at;
    at = put8(put8(at, p->protocol), 0);
    at = put16(at, (p->fragment_offset & 0xFFF8u) | (p->more_fragments ? 1u : 0));
    return put32(at, p->ip_id);
}

static uint8_t *put_ip_header(uint8_t *at, const sim_packet *p, uint32_t carried)
{
    return is_v4(p) ? put_v4(at, p, carried) : put_v6(at, p, carried);
}

/* RFC 9293 3.2, RFC 2018 2 and 3, RFC 7323 2.2 and 3.2. */
static uint8_t *put_tcp_options(uint8_t *at, const simp_tcp_header *h)
{
    if (h->mss != 0)
        at = put16(put16(at, 0x0204), h->mss);
    if (h->has_timestamps || h->sack_permitted)
        at = put16(at, h->sack_permitted ? 0x0402 : 0x0101);
    if (h->has_timestamps)
        at = put32(put32(put16(at, 0x080A), h->ts_value), h->ts_echo);
    else if (h->sack_permitted)
        at = put16(at, 0x0101);
    if (h->scale != SIMP_NO_SCALE)
        at = put8(put8(put16(at, 0x0103), 3), h->scale);
    if (h->sack_count > 0)
        at = put8(put8(put16(at, 0x0101), 5), 2 + 8u * h->sack_count);
    for (unsigned i = 0; i < h->sack_count; i++)
        at = put32(put32(at, h->sack[i].left), h->sack[i].right);
    return at;
}

/* RFC 9293 3.1; the checksum stays 0 here and below. */
static uint8_t *put_tcp(uint8_t *at, const sim_packet *p)
{
    const simp_tcp_header *h = &p->tcp;
    uint32_t words = (SIMP_TCP_HEADER_LEN + simp_tcp_options_len(h)) / 4;
    at = put16(put16(at, p->source_port), p->destination_port);
    at = put32(put32(at, h->seq), h->ack);
    at = put16(put8(put8(at, words << 4), h->flags), h->window);
    return put_tcp_options(put16(put16(at, 0), h->urgent), h);
}

static uint8_t *put_udp(uint8_t *at, const sim_packet *p, uint32_t whole_len)
{
    at = put16(put16(at, p->source_port), p->destination_port);
    return put16(put16(at, whole_len), 0);
}

uint32_t simp_icmp_type_code(simp_icmp_kind kind, bool v4)
{
    switch (kind) {
    case SIMP_ICMP_ECHO: return v4 ? 0x0800 : 0x8000;
    case SIMP_ICMP_ECHO_REPLY: return v4 ? 0x0000 : 0x8100;
    case SIMP_ICMP_NET_UNREACHABLE: return v4 ? 0x0300 : 0x0100;
    case SIMP_ICMP_HOST_UNREACHABLE: return v4 ? 0x0301 : 0x0103;
    case SIMP_ICMP_PROTOCOL_UNREACHABLE: return v4 ? 0x0302 : 0x0401;
    case SIMP_ICMP_PORT_UNREACHABLE: return v4 ? 0x0303 : 0x0104;
    case SIMP_ICMP_TOO_BIG: return v4 ? 0x0304 : 0x0200;
    case SIMP_ICMP_SOURCE_ROUTE_FAILED: return v4 ? 0x0305 : 0x0100;
    case SIMP_ICMP_NET_UNKNOWN: return v4 ? 0x0306 : 0x0100;
    case SIMP_ICMP_HOST_UNKNOWN: return v4 ? 0x0307 : 0x0103;
    case SIMP_ICMP_NET_PROHIBITED: return v4 ? 0x0309 : 0x0101;
    case SIMP_ICMP_HOST_PROHIBITED: return v4 ? 0x030A : 0x0101;
    case SIMP_ICMP_PROHIBITED: return v4 ? 0x030D : 0x0101;
    case SIMP_ICMP_TIME_EXCEEDED: return v4 ? 0x0B00 : 0x0300;
    case SIMP_ICMP_REASSEMBLY_TIME: return v4 ? 0x0B01 : 0x0301;
    case SIMP_ICMP_PARAMETER_PROBLEM: return v4 ? 0x0C00 : 0x0400;
    case SIMP_ICMP_KINDS: break;
    }
    return 0;
}

/* The word behind the checksum: RFC 792, RFC 1191 4 (the low 16 bits), RFC 4443 3.2 and 3.4. */
static uint32_t icmp_word(const simp_icmp_header *h, bool v4)
{
    switch (h->kind) {
    case SIMP_ICMP_ECHO:
    case SIMP_ICMP_ECHO_REPLY: return (uint32_t)h->identifier << 16 | h->sequence;
    case SIMP_ICMP_TOO_BIG: return v4 ? h->mtu & 0xFFFFu : h->mtu;
    case SIMP_ICMP_PARAMETER_PROBLEM: return v4 ? h->mtu << 24 : h->mtu;
    case SIMP_ICMP_PROTOCOL_UNREACHABLE: return v4 ? 0 : V6_NEXT_HEADER_AT;
    default: return 0;
    }
}

/* The first 8 bytes of ICMP, without what a quoted packet adds. */
static uint8_t *put_icmp(uint8_t *at, const sim_packet *p)
{
    const simp_icmp_header *h = &p->icmp;
    at = put16(put16(at, simp_icmp_type_code(h->kind, is_v4(p))), 0);
    return put32(at, icmp_word(h, is_v4(p)));
}

/* whole_len: transport header and payload, also when this packet is only the first fragment of them. */
static uint8_t *put_transport(uint8_t *at, const sim_packet *p, uint32_t whole_len)
{
    if (p->protocol == IPPROTO_TCP)
        return put_tcp(at, p);
    return p->protocol == IPPROTO_UDP ? put_udp(at, p, whole_len) : put_icmp(at, p);
}

uint32_t simp_wire_checksum_at(uint8_t protocol)
{
    if (protocol == IPPROTO_TCP)
        return 16;
    return protocol == IPPROTO_UDP ? 6 : 2;
}

static uint8_t *checksum_field(uint8_t *header, const sim_packet *p)
{
    return header + simp_wire_checksum_at(p->protocol);
}

uint64_t simp_wire_pseudo_sum(const sim_packet *p, uint32_t ip_payload_len)
{
    uint8_t pseudo[PSEUDO_HEADER_MAX], *at = pseudo;
    if (is_v4(p)) {
        if (is_icmp(p))
            return 0;
        at = put32(put32(at, simp_ip_v4_of(p->source)), simp_ip_v4_of(p->destination));
        at = put16(put16(at, p->protocol), ip_payload_len);
    } else {
        at = put_ip(put_ip(at, p->source), p->destination);
        at = put32(put32(at, ip_payload_len), p->protocol);
    }
    return simp_wire_sum(pseudo, (size_t)(at - pseudo));
}

static void finish_checksum(uint8_t *header, uint32_t header_len, const sim_packet *p, uint32_t whole_len)
{
    uint64_t sum = simp_wire_pseudo_sum(p, whole_len) + simp_wire_sum(header, header_len);
    uint32_t payload_len = whole_len - header_len;
    uint8_t *field = checksum_field(header, p);
    if (payload_len > 0) {
        CHECK(p->block != NULL && (uint64_t)p->offset + payload_len <= p->block->capacity);
        sum += simp_wire_sum(simp_packet_payload(p), payload_len);
    }
    simp_wire_put_checksum(field, sum);
    if (p->protocol == IPPROTO_UDP && field[0] == 0 && field[1] == 0)
        put16(field, 0xFFFF); /* RFC 768: 0 would mean that there is none */
}

/* Where the payload is gone (it came from outside, cut short) so is the checksum.  UDP over IPv4 then says
 * that it had none; over IPv6 it may not say so (RFC 8200 8.1).  Nobody verifies it. */
static void quoted_checksum(uint8_t *header, uint32_t header_len, const sim_packet *quoted)
{
    const simp_block *block = quoted->block;
    uint32_t payload_len = quoted->ip_payload_len - header_len;
    if (payload_len == 0 || (block != NULL && quoted->offset + payload_len <= block->capacity))
        finish_checksum(header, header_len, quoted, quoted->ip_payload_len);
    else if (quoted->protocol == IPPROTO_UDP && !is_v4(quoted))
        put16(checksum_field(header, quoted), 0xFFFF);
}

static uint8_t *put_quoted(uint8_t *at, const sim_packet *quoted)
{
    uint32_t header_len = plain_header_len(quoted);
    at = put_ip_header(at, quoted, quoted->block != NULL ? carried_len(quoted) : quoted->ip_payload_len);
    if (header_len == 0)
        return at;
    put_transport(at, quoted, quoted->ip_payload_len);
    quoted_checksum(at, header_len, quoted);
    return at + header_len;
}

/* Everything before the payload. */
static size_t put_headers(uint8_t headers[HEADERS_MAX], const sim_packet *p)
{
    uint8_t *at = put_ip_header(put_ethernet(headers, p), p, carried_len(p));
    if (p->fragment_offset != 0 || p->from_bytes)
        return (size_t)(at - headers);
    const sim_packet *quoted = quoted_of(p);
    uint8_t *transport = at;
    uint32_t whole_len = p->more_fragments ? p->ip_payload_len : carried_len(p);
    at = put_transport(at, p, whole_len);
    if (quoted != NULL)
        at = put_quoted(at, quoted);
    finish_checksum(transport, (uint32_t)(at - transport), p, whole_len);
    return (size_t)(at - headers);
}

/* As much as fits of a part that begins at offset; returns where the next one begins. */
static size_t copy_part(uint8_t *frame, size_t capacity, size_t offset, const uint8_t *part, size_t len)
{
    size_t room = offset < capacity ? capacity - offset : 0;
    if (len != 0 && room != 0)
        memcpy(frame + offset, part, len < room ? len : room);
    return offset + len;
}

static size_t frame_of_raw(const sim_packet *p, uint8_t *frame, size_t capacity)
{
    uint8_t ethernet[SIMP_ETHERNET_LEN];
    put_ethernet(ethernet, p);
    size_t len = copy_part(frame, capacity, 0, ethernet, sizeof ethernet);
    return copy_part(frame, capacity, len, p->raw->bytes, p->raw->used);
}

size_t sim_packet_frame(const sim_packet *p, uint8_t *frame, size_t capacity)
{
    if (p->raw != NULL)
        return frame_of_raw(p, frame, capacity);
    uint8_t headers[HEADERS_MAX];
    size_t len = copy_part(frame, capacity, 0, headers, put_headers(headers, p));
    return copy_part(frame, capacity, len, simp_packet_payload(p), p->length);
}
