/* SPDX-License-Identifier: MIT
 *
 * Reading the IP header, of a packet or of one that an ICMP error quotes: RFC 791 3.1, RFC 8200 3 and 4.
 *
 * Invariants:
 *  1. What is left as payload lies within the bytes; of a quote that was cut, its true length is
 *     ip_payload_len.
 *  2. The chain of extension headers is walked in one pass: each takes at least 8 octets.
 */
#include "simnet/packet/wire_read.h"

enum {
    MORE_FRAGMENTS_V4 = 0x2000,
    DONT_FRAGMENT_V4 = 0x4000,
    OFFSET_V4 = 0x1FFF,
    EXTENSION_UNIT = 8,
    OPTION_PAD1 = 0,
    OPTION_PADN = 1,
    OPTION_ROUTER_ALERT = 5, /* RFC 2711 */
    OPTION_ACTION = 0xC0     /* what to do with an option that is not known; 0: skip it */
};

/* ---- IPv4 ---- */

static simp_wire_error check_v4_lengths(const simp_bytes *b, uint32_t header_len, uint32_t total_len)
{
    if (header_len < SIMP_V4_HEADER_LEN || total_len < header_len)
        return SIMP_WIRE_BAD_LENGTH;
    if (header_len > b->len || (!b->is_quote && total_len > b->len))
        return SIMP_WIRE_TRUNCATED;
    if (!b->is_quote && !simp_wire_sum_is_right(simp_wire_sum(b->bytes, header_len)))
        return SIMP_WIRE_BAD_HEADER_CHECKSUM;
    return SIMP_WIRE_OK;
}

static simp_wire_error read_v4(const simp_bytes *b, sim_packet *p)
{
    const uint8_t *h = b->bytes;
    if (b->len < SIMP_V4_HEADER_LEN)
        return SIMP_WIRE_TRUNCATED;
    uint32_t header_len = (h[0] & 15u) * 4, total_len = simp_get16(h + 2), flags = simp_get16(h + 6);
    simp_wire_error error = check_v4_lengths(b, header_len, total_len);
    if (error != SIMP_WIRE_OK)
        return error;
    p->traffic_class = h[1];
    p->ip_id = simp_get16(h + 4);
    p->dont_fragment = (flags & DONT_FRAGMENT_V4) != 0;
    p->more_fragments = (flags & MORE_FRAGMENTS_V4) != 0;
    p->fragment_offset = (uint16_t)((flags & OFFSET_V4) * 8);
    p->ttl = h[8];
    p->protocol = h[9];
    p->source = simp_ip_v4(simp_get32(h + 12));
    p->destination = simp_ip_v4(simp_get32(h + 16));
    p->ip_payload_len = total_len - header_len;
    p->offset = header_len;
    p->length = (total_len < b->len ? total_len : b->len) - header_len;
    return SIMP_WIRE_OK;
}

/* ---- IPv6 ---- */

/* RFC 8200 4.2: options that are not known may be skipped if their number says so. */
static bool may_skip_options(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        if (*at == OPTION_PAD1) {
            at++;
            continue;
        }
        if (end - at < 2 || end - at - 2 < at[1])
            return false;
        if (*at != OPTION_PADN && *at != OPTION_ROUTER_ALERT && (*at & OPTION_ACTION) != 0)
            return false;
        at += 2 + at[1];
    }
    return true;
}

/* A hop-by-hop, destination or routing header of len octets at at: may it be left out? */
static bool may_skip(uint8_t kind, const uint8_t *at, uint32_t len)
{
    if (kind == IPPROTO_ROUTING)
        return at[3] == 0; /* no segments left: RFC 8200 4.4 */
    return may_skip_options(at + 2, at + len);
}

/* The fragment header at p->offset; one that tells of no fragment is skipped (RFC 6946). */
static simp_wire_error read_fragment_header(const simp_bytes *b, sim_packet *p)
{
    const uint8_t *h = b->bytes + p->offset;
    if (p->length < SIMP_FRAGMENT_HEADER_LEN)
        return SIMP_WIRE_TRUNCATED;
    uint32_t field = simp_get16(h + 2);
    p->protocol = h[0];
    p->fragment_offset = (uint16_t)(field & 0xFFF8u);
    p->more_fragments = (field & 1) != 0;
    p->ip_id = simp_get32(h + 4);
    return SIMP_WIRE_OK;
}

static void skip(sim_packet *p, uint32_t len)
{
    p->offset += len;
    p->length -= len;
    p->ip_payload_len -= len;
}

simp_wire_error simp_wire_skip_extensions(const simp_bytes *b, sim_packet *p, bool was_fragmented)
{
    for (bool first = !was_fragmented;; first = false) {
        uint8_t kind = p->protocol;
        bool is_known = kind == IPPROTO_HOPOPTS || kind == IPPROTO_DSTOPTS || kind == IPPROTO_ROUTING ||
                        kind == IPPROTO_FRAGMENT;
        if (!is_known)
            return kind == IPPROTO_NONE ? SIMP_WIRE_UNSUPPORTED : SIMP_WIRE_OK;
        if (p->length < EXTENSION_UNIT)
            return SIMP_WIRE_TRUNCATED;
        if (kind == IPPROTO_HOPOPTS && !first)
            return SIMP_WIRE_BAD_EXTENSION;
        const uint8_t *at = b->bytes + p->offset;
        if (kind == IPPROTO_FRAGMENT) {
            simp_wire_error error = was_fragmented ? SIMP_WIRE_BAD_EXTENSION : read_fragment_header(b, p);
            if (error != SIMP_WIRE_OK)
                return error;
            skip(p, SIMP_FRAGMENT_HEADER_LEN);
            if (p->more_fragments || p->fragment_offset != 0)
                return SIMP_WIRE_OK; /* what follows is a piece of bytes */
            continue;
        }
        uint32_t len = (at[1] + 1u) * EXTENSION_UNIT;
        if (len > p->length)
            return b->is_quote ? SIMP_WIRE_TRUNCATED : SIMP_WIRE_BAD_LENGTH;
        if (!b->is_quote && !may_skip(kind, at, len))
            return SIMP_WIRE_BAD_EXTENSION;
        p->protocol = at[0];
        skip(p, len);
    }
}

static simp_wire_error read_v6(const simp_bytes *b, sim_packet *p)
{
    const uint8_t *h = b->bytes;
    if (b->len < SIMP_V6_HEADER_LEN)
        return SIMP_WIRE_TRUNCATED;
    uint32_t room = b->len - SIMP_V6_HEADER_LEN;
    p->traffic_class = (uint8_t)(simp_get16(h) >> 4);
    p->ip_payload_len = simp_get16(h + 4);
    p->protocol = h[6];
    p->ttl = h[7];
    p->source = (simp_ip){simp_get64(h + 8), simp_get64(h + 16)};
    p->destination = (simp_ip){simp_get64(h + 24), simp_get64(h + 32)};
    if (!b->is_quote && p->ip_payload_len > room)
        return SIMP_WIRE_TRUNCATED;
    if (simp_ip_is_v4(p->source) || simp_ip_is_v4(p->destination))
        return SIMP_WIRE_BAD_ADDRESS;
    p->offset = SIMP_V6_HEADER_LEN;
    p->length = p->ip_payload_len < room ? p->ip_payload_len : room;
    return simp_wire_skip_extensions(b, p, false);
}

simp_wire_error simp_wire_read_ip(const simp_bytes *b, sim_packet *p)
{
    *p = (sim_packet){.from_bytes = true, .originated = true, .origin = SIMP_OUTSIDE, .block = b->block};
    if (b->len == 0)
        return SIMP_WIRE_TRUNCATED;
    switch (b->bytes[0] >> 4) {
    case 4: return read_v4(b, p);
    case 6: return read_v6(b, p);
    default: return SIMP_WIRE_BAD_VERSION;
    }
}
