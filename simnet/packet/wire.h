/* SPDX-License-Identifier: MIT
 *
 * Packets as bytes, in both directions: sim_packet_frame (castanet/sim_observer.h) and simp_packet_size
 * write, what stands here reads, and turns bits over.
 *
 * Invariants:
 *  1. Reading what was written gives the packet again, as far as its fields go to the wire.
 *  2. Whatever the bytes: no read outside of them, no loop that they can prolong, and either a packet whose
 *     lengths are true or a reason.
 *
 * Not kept of what came from outside: options of IPv4, extension headers and the flow label of IPv6, unknown
 * options of TCP, and octets behind the end that the header names.
 */
#ifndef SIMNET_WIRE_H
#define SIMNET_WIRE_H

#include <netinet/in.h>

#include "simnet/packet/packet.h"

struct simp_arena;

enum {
    SIMP_ETHERNET_LEN = 14,
    SIMP_FRAGMENT_HEADER_LEN = 8,
    SIMP_TCP_HEADER_LEN = 20,
    SIMP_TCP_HEADER_MAX = SIMP_TCP_HEADER_LEN + 40,
    SIMP_UDP_HEADER_LEN = 8,
    SIMP_ICMP_HEADER_LEN = 8
};

/* Why bytes are no packet for this network. */
typedef enum simp_wire_error {
    SIMP_WIRE_OK,
    SIMP_WIRE_TRUNCATED,           /* they end before what their headers promise */
    SIMP_WIRE_BAD_VERSION,         /* neither IPv4 nor IPv6 */
    SIMP_WIRE_BAD_LENGTH,          /* lengths that contradict each other */
    SIMP_WIRE_BAD_HEADER_CHECKSUM, /* of IPv4 */
    SIMP_WIRE_BAD_CHECKSUM,        /* of TCP, UDP or ICMP */
    SIMP_WIRE_BAD_EXTENSION,       /* IPv6: headers or options that must not be skipped */
    SIMP_WIRE_BAD_ADDRESS,         /* an IPv4 address mapped into an IPv6 packet */
    SIMP_WIRE_UNSUPPORTED,         /* right, but nothing that a host here could make use of */
    SIMP_WIRE_NO_MEMORY,
    SIMP_WIRE_ERRORS
} simp_wire_error;

/* "bad checksum" */
const char *simp_wire_error_name(simp_wire_error);
/* Was it a checksum? */
static inline bool simp_wire_is_checksum(simp_wire_error error)
{
    return error == SIMP_WIRE_BAD_HEADER_CHECKSUM || error == SIMP_WIRE_BAD_CHECKSUM;
}

/* ---- reading ---- */

/* The IP packet that the block's used bytes are.  The packet refers to the block for its payload; the
 * caller's reference stays the caller's.  A fragment, and what belongs to an unknown protocol, stays
 * from_bytes; all else has been verified down to its last checksum.  The packet's id, times and origin are
 * the caller's to set.  Other than SIMP_WIRE_OK: *out is untouched. */
simp_wire_error simp_packet_parse(struct simp_arena *, simp_block *bytes, sim_packet **out);

/* A packet that was corrupted on its way (raw) becomes what a receiver makes of it, down to the IP header: a
 * packet from_bytes.  A router passes it on, a host gives it to simp_packet_parse_transport.  On failure it
 * is as before.  Its id, times and origin stay. */
simp_wire_error simp_packet_open(struct simp_arena *, sim_packet **packet);

/* A whole packet from_bytes, put together from fragments or opened, becomes one with a transport header.  Of
 * an unknown protocol: SIMP_WIRE_OK, and it stays from_bytes.  On failure it is as before. */
simp_wire_error simp_packet_parse_transport(struct simp_arena *, sim_packet **packet);

/* ---- bytes and bits ---- */

/* The IP packet as bytes, in a block of its own (or the raw one) with one reference for the caller; NULL: no
 * memory. */
simp_block *simp_packet_bytes(struct simp_arena *, const sim_packet *);

/* Where the parts of its bytes begin: the IP header at 0, ... */
typedef struct simp_packet_parts {
    uint32_t transport, payload, size;
} simp_packet_parts;
simp_packet_parts simp_packet_parts_of(const sim_packet *);

/* Turns over the bits of these numbers (0 is the most significant of the first octet of the IP header; those
 * behind the end are ignored).  The packet's bytes become raw, whatever its fields say.  fix_checksums: as
 * if a device that checks had made the error, where the bytes still show what is to be mended.  0 or
 * WSAENOBUFS, and the packet is as before. */
int simp_packet_flip_bits(struct simp_arena *, sim_packet *, const uint32_t *bits, size_t count,
                          bool fix_checksums);

/* ---- shared by those that read and write ---- */

static inline uint32_t simp_get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t simp_get32(const uint8_t *at) { return simp_get16(at) << 16 | simp_get16(at + 2); }

/* RFC 1071: the sum of bytes that begin at an even offset of what is summed, ... */
uint64_t simp_wire_sum(const uint8_t *bytes, size_t len);
/* ... that of the pseudo header (RFC 9293 3.1, RFC 768, RFC 8200 8.1; ICMP has one in IPv6 only), ... */
uint64_t simp_wire_pseudo_sum(const sim_packet *, uint32_t ip_payload_len);
/* ... a sum with the checksum in it, that tells whether it was right, ... */
static inline bool simp_wire_sum_is_right(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFFu) + (sum >> 16);
    return sum == 0xFFFF;
}
/* ... and the complement of one without it, stored.  A sum that is not all zeros never gives 0xFFFF, which
 * IPv4 and TCP must not carry (RFC 1624 3). */
void simp_wire_put_checksum(uint8_t *at, uint64_t sum);

/* Octets from the start of the transport header to its checksum. */
uint32_t simp_wire_checksum_at(uint8_t protocol);

/* Type and code as one number: RFC 792, RFC 4443. */
uint32_t simp_icmp_type_code(simp_icmp_kind, bool v4);

#endif
