/* SPDX-License-Identifier: MIT
 *
 * Reading TCP, UDP and ICMP: RFC 9293 3.1 and 3.2, RFC 768, RFC 792, RFC 4443.
 *
 * A quote of an ICMP error may end anywhere behind its first 8 octets of transport header: what it does not
 * reach stays 0.
 */
#include "simnet/packet/wire_read.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMPS = 8,
    SCALE_MAX = 14, /* RFC 7323 2.3: larger ones count as this */
    QUOTED_LEAST = 8
};

static bool is_v4(const sim_packet *p) { return simp_ip_is_v4(p->destination); }

/* The transport header and payload, offset and length of p. */
static bool checksum_is_right(const simp_bytes *b, const sim_packet *p, uint32_t len)
{
    return b->is_quote ||
           simp_wire_sum_is_right(simp_wire_pseudo_sum(p, len) + simp_wire_sum(b->bytes + p->offset, len));
}

/* Where nothing is missing, the length is as the fields have it: options that were passed over are gone. */
static void settle_length(sim_packet *p, bool is_whole)
{
    simp_packet_parts parts = simp_packet_parts_of(p);
    if (is_whole)
        p->ip_payload_len = parts.size - parts.transport;
}

/* The rest is payload. */
static void take_header(sim_packet *p, uint32_t len)
{
    bool is_whole = p->length == p->ip_payload_len;
    p->offset += len;
    p->length -= len;
    p->from_bytes = false;
    settle_length(p, is_whole);
}

/* ---- TCP ---- */

static void read_sack(simp_tcp_header *h, const uint8_t *at, uint32_t len)
{
    uint32_t count = (len - 2) / 8;
    if ((len - 2) % 8 != 0 || count == 0 || count > SIMP_SACK_MAX)
        return;
    h->sack_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++)
        h->sack[i] = (simp_sack_range){simp_get32(at + 2 + 8 * i), simp_get32(at + 6 + 8 * i)};
}

static void read_syn_option(simp_tcp_header *h, const uint8_t *at, uint32_t len)
{
    if (at[0] == OPTION_MSS && len == 4)
        h->mss = (uint16_t)simp_get16(at + 2);
    else if (at[0] == OPTION_SCALE && len == 3)
        h->scale = at[2] < SCALE_MAX ? at[2] : SCALE_MAX;
    else if (at[0] == OPTION_SACK_PERMITTED && len == 2)
        h->sack_permitted = true;
}

/* One that is not known, has not the length of its kind, or has no place here, is passed over: what a SYN
 * offers belongs on a SYN only, and SACK never does (RFC 2018 3).  So there is room to write them again. */
static void read_option(simp_tcp_header *h, const uint8_t *at, uint32_t len)
{
    bool is_syn = (h->flags & SIMP_SYN) != 0;
    if (at[0] == OPTION_TIMESTAMPS && len == 10) {
        h->has_timestamps = true;
        h->ts_value = simp_get32(at + 2);
        h->ts_echo = simp_get32(at + 6);
    } else if (is_syn) {
        read_syn_option(h, at, len);
    } else if (at[0] == OPTION_SACK) {
        read_sack(h, at, len);
    }
}

/* RFC 9293 3.2, MUST-4 to 7: unknown options are skipped by their length, and one whose length is illegal
 * ends the list, for it is not known where the next one begins.  MUST-68: every other kind has a length. */
static void read_tcp_options(simp_tcp_header *h, const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != OPTION_END) {
        if (*at == OPTION_NOP) {
            at++;
            continue;
        }
        if (end - at < 2 || at[1] < 2 || at[1] > end - at)
            return;
        read_option(h, at, at[1]);
        at += at[1];
    }
}

static void read_tcp_fields(simp_tcp_header *h, const uint8_t *at)
{
    h->ack = simp_get32(at + 8);
    h->flags = at[13];
    h->window = (uint16_t)simp_get16(at + 14);
    h->urgent = (uint16_t)simp_get16(at + 18);
}

static simp_wire_error read_tcp(const simp_bytes *b, sim_packet *p)
{
    const uint8_t *at = b->bytes + p->offset;
    p->source_port = (uint16_t)simp_get16(at);
    p->destination_port = (uint16_t)simp_get16(at + 2);
    p->tcp = (simp_tcp_header){.seq = simp_get32(at + 4), .scale = SIMP_NO_SCALE};
    if (p->ip_payload_len < SIMP_TCP_HEADER_LEN)
        return SIMP_WIRE_BAD_LENGTH;
    if (p->length < SIMP_TCP_HEADER_LEN) { /* quoted, and cut */
        take_header(p, p->length);
        return SIMP_WIRE_OK;
    }
    uint32_t header_len = (at[12] >> 4) * 4u;
    if (header_len < SIMP_TCP_HEADER_LEN || header_len > p->ip_payload_len)
        return SIMP_WIRE_BAD_LENGTH;
    if (!checksum_is_right(b, p, p->length))
        return SIMP_WIRE_BAD_CHECKSUM;
    uint32_t there = header_len < p->length ? header_len : p->length;
    read_tcp_fields(&p->tcp, at);
    read_tcp_options(&p->tcp, at + SIMP_TCP_HEADER_LEN, at + there);
    take_header(p, there);
    return SIMP_WIRE_OK;
}

/* ---- UDP ---- */

static simp_wire_error read_udp(const simp_bytes *b, sim_packet *p)
{
    const uint8_t *at = b->bytes + p->offset;
    uint32_t len = simp_get16(at + 4);
    bool has_checksum = simp_get16(at + 6) != 0;
    if (len < SIMP_UDP_HEADER_LEN || len > p->ip_payload_len)
        return SIMP_WIRE_BAD_LENGTH;
    if (!b->is_quote && !has_checksum && !is_v4(p))
        return SIMP_WIRE_BAD_CHECKSUM; /* RFC 8200 8.1 */
    if (has_checksum && !checksum_is_right(b, p, len))
        return SIMP_WIRE_BAD_CHECKSUM;
    p->source_port = (uint16_t)simp_get16(at);
    p->destination_port = (uint16_t)simp_get16(at + 2);
    p->ip_payload_len = len;
    p->length = len < p->length ? len : p->length;
    take_header(p, SIMP_UDP_HEADER_LEN);
    return SIMP_WIRE_OK;
}

/* ---- ICMP ---- */

static bool find_kind(uint32_t type_code, bool v4, simp_icmp_kind *out)
{
    for (simp_icmp_kind kind = SIMP_ICMP_ECHO; kind < SIMP_ICMP_KINDS; kind++) {
        if (simp_icmp_type_code(kind, v4) == type_code) {
            *out = kind;
            return true;
        }
    }
    return false;
}

/* What the packet quotes, from p->offset on.  A quote that is whole keeps its payload, so that its checksum
 * can be had again. */
static simp_wire_error read_quoted(const simp_bytes *b, sim_packet *p, sim_packet *quoted)
{
    simp_bytes quote = {b->bytes + p->offset, p->length, b->block, true};
    simp_wire_error error = simp_wire_read_ip(&quote, quoted);
    if (error != SIMP_WIRE_OK)
        return error;
    if (is_v4(quoted) != is_v4(p))
        return SIMP_WIRE_BAD_VERSION;
    if (quoted->fragment_offset == 0)
        error = simp_wire_read_transport(&quote, quoted, NULL);
    simp_packet_parts parts = simp_packet_parts_of(quoted);
    if (parts.size - parts.transport < quoted->ip_payload_len)
        quoted->block = NULL;
    quoted->offset += p->offset;
    p->length -= quoted->offset - p->offset;
    p->offset = quoted->offset;
    settle_length(p, true);
    return error;
}

static simp_wire_error read_icmp(const simp_bytes *b, sim_packet *p, sim_packet *quoted)
{
    const uint8_t *at = b->bytes + p->offset;
    simp_icmp_kind kind;
    uint32_t word = simp_get32(at + 4);
    if (!checksum_is_right(b, p, p->length))
        return SIMP_WIRE_BAD_CHECKSUM;
    if (!find_kind(simp_get16(at), is_v4(p), &kind))
        return SIMP_WIRE_UNSUPPORTED;
    p->icmp = (simp_icmp_header){.kind = kind};
    take_header(p, SIMP_ICMP_HEADER_LEN);
    if (kind == SIMP_ICMP_ECHO || kind == SIMP_ICMP_ECHO_REPLY) {
        p->icmp.identifier = (uint16_t)(word >> 16);
        p->icmp.sequence = (uint16_t)word;
        return SIMP_WIRE_OK;
    }
    if (kind == SIMP_ICMP_TOO_BIG)
        p->icmp.mtu = is_v4(p) ? word & 0xFFFFu : word;
    else if (kind == SIMP_ICMP_PARAMETER_PROBLEM)
        p->icmp.mtu = is_v4(p) ? word >> 24 : word;
    if (quoted == NULL) /* an error about an error: what that was about is nobody's concern */
        return SIMP_WIRE_OK;
    p->icmp.quoted = quoted;
    return read_quoted(b, p, quoted);
}

/* ---- all ---- */

/* ICMP belongs to its own family. */
static bool is_of_other_family(const sim_packet *p)
{
    return p->protocol == (is_v4(p) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

simp_wire_error simp_wire_read_transport(const simp_bytes *b, sim_packet *p, sim_packet *quoted)
{
    bool is_tcp = p->protocol == IPPROTO_TCP, is_udp = p->protocol == IPPROTO_UDP;
    bool is_icmp = p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6;
    if (is_of_other_family(p))
        return SIMP_WIRE_UNSUPPORTED;
    if (!is_tcp && !is_udp && !is_icmp)
        return SIMP_WIRE_OK;
    if (p->length < QUOTED_LEAST || (!b->is_quote && is_tcp && p->length < SIMP_TCP_HEADER_LEN))
        return SIMP_WIRE_TRUNCATED;
    if (is_tcp)
        return read_tcp(b, p);
    return is_udp ? read_udp(b, p) : read_icmp(b, p, quoted);
}
