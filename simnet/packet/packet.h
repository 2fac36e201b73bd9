/* SPDX-License-Identifier: MIT
 *
 * A packet in flight: a struct with a reference to its payload.  Bytes and checksums exist only in wire.c,
 * for somebody who looks.
 *
 * Invariants:
 *  1. A packet is in one place: on a path, in a receive or reassembly queue, or in the hands of one function.
 *  2. Payload is shared by reference and never written after the packet was sent.
 */
#ifndef SIMNET_PACKET_H
#define SIMNET_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "castanet/sim_observer.h"
#include "simnet/ip/ip_address.h"

/* Bytes with a count of references; released when the last packet or queue lets go. */
typedef struct simp_block {
    struct simp_block *next; /* in the send buffer that fills it */
    uint32_t references;
    uint32_t capacity;
    uint32_t used;
    uint32_t seq; /* send buffer: sequence number of the first byte */
    uint8_t bytes[];
} simp_block;

enum {
    SIMP_FIN = 1,
    SIMP_SYN = 2,
    SIMP_RST = 4,
    SIMP_PSH = 8,
    SIMP_ACK = 16,
    SIMP_URG = 32,
    SIMP_ECE = 64, /* RFC 3168 6.1 */
    SIMP_CWR = 128
};
#define SIMP_NO_SCALE 0xFF

/* The lower two bits of the traffic class, RFC 3168 5. */
enum { SIMP_ECN_MASK = 3, SIMP_NOT_ECT = 0, SIMP_ECT_1 = 1, SIMP_ECT_0 = 2, SIMP_CE = 3 };

enum { SIMP_SACK_MAX = 4 };

/* Bytes [left, right) that were received behind a gap, RFC 2018 3. */
typedef struct simp_sack_range {
    uint32_t left, right;
} simp_sack_range;

typedef struct simp_tcp_header {
    uint32_t seq, ack;
    uint16_t window; /* as on the wire, unscaled */
    uint16_t urgent;
    uint16_t mss;  /* option; 0: absent */
    uint8_t scale; /* window scale option; SIMP_NO_SCALE: absent */
    uint8_t flags;
    bool sack_permitted;        /* option, on a SYN only */
    bool has_timestamps;        /* option, RFC 7323 3.2 */
    uint8_t sack_count;         /* option; 0: absent */
    uint32_t ts_value, ts_echo; /* TSval and TSecr, valid with has_timestamps */
    simp_sack_range sack[SIMP_SACK_MAX];
} simp_tcp_header;

/* ICMP by meaning; wire.c has the type and code of either family. */
typedef enum simp_icmp_kind {
    SIMP_ICMP_ECHO, /* identifier, sequence, payload */
    SIMP_ICMP_ECHO_REPLY,
    SIMP_ICMP_NET_UNREACHABLE, /* the errors carry quoted */
    SIMP_ICMP_HOST_UNREACHABLE,
    SIMP_ICMP_PROTOCOL_UNREACHABLE, /* IPv6: an unknown next header */
    SIMP_ICMP_PORT_UNREACHABLE,
    SIMP_ICMP_TOO_BIG,             /* mtu */
    SIMP_ICMP_SOURCE_ROUTE_FAILED, /* this and the next four: IPv4 only; IPv6 has the nearest */
    SIMP_ICMP_NET_UNKNOWN,
    SIMP_ICMP_HOST_UNKNOWN,
    SIMP_ICMP_NET_PROHIBITED,
    SIMP_ICMP_HOST_PROHIBITED,
    SIMP_ICMP_PROHIBITED, /* administratively */
    SIMP_ICMP_TIME_EXCEEDED,
    SIMP_ICMP_REASSEMBLY_TIME,
    SIMP_ICMP_PARAMETER_PROBLEM, /* mtu: the octet of the quoted packet that is wrong */
    SIMP_ICMP_KINDS
} simp_icmp_kind;

typedef struct simp_icmp_header {
    simp_icmp_kind kind;
    uint16_t identifier, sequence;
    uint32_t mtu;
    struct sim_packet *quoted; /* errors: the packet that caused it, owned, with a reference to its payload;
                                   its ip_payload_len tells how long it was.  How much of that payload the
                                   error quotes is the error's own block, offset and length */
} simp_icmp_header;

struct sim_packet {
    struct sim_packet *next; /* on the path or queue that holds it */
    simp_block *block;       /* NULL: no payload */
    simp_block *raw;         /* the IP packet as bytes, once it is no longer what the fields say: it was
                                corrupted on its way, or came in from outside as nothing known; else NULL */
    uint32_t offset, length; /* payload: block->bytes[offset .. offset+length) */
    uint32_t ip_payload_len; /* transport header and payload in bytes; of a fragment: those of the whole */
    uint16_t source_port, destination_port; /* TCP, UDP */
    uint16_t fragment_offset;               /* bytes */
    bool more_fragments;
    bool from_bytes; /* a fragment from outside, or of an unknown protocol: the IP payload is the block's, its
                        transport header among it, and the fields of that header here are not set */
    bool dont_fragment;
    uint8_t protocol;      /* IPPROTO_TCP, _UDP, _ICMP, _ICMPV6 */
    uint8_t ttl;           /* or hop limit */
    uint8_t traffic_class; /* DSCP and ECN */
    bool loops;            /* to many: the host that sends it hears it too */
    bool originated;       /* false once a router has passed it on */
    bool is_direct;        /* the next hop's host takes it, as it is, for its own; it is no fragment then, and
                              not bytes.  Holds with topology */
    uint16_t interface;    /* index at the host that has it: where it arrived, or must leave; 0: anywhere */
    uint32_t topology;     /* that to and is_direct were found in; 0: nobody has looked */
    uint32_t origin;       /* index of the host that sent it first; SIMP_OUTSIDE: none of the world's */
    uint32_t ip_id;        /* IPv4: 16 bits */
    uint16_t source_host;  /* indices of the interfaces' hosts, for the MACs of the frame ... */
    uint16_t next_host;    /* ... 0xFFFF: broadcast or multicast */
    uint64_t id;
    uint64_t sent_ns;          /* by the host that sent it first */
    uint64_t arrive_ns;        /* path: when it reaches the other end */
    uint64_t order;            /* path: tie of equal times, the sender's sequence */
    struct simp_interface *to; /* whose the next hop is */
    simp_ip next_hop;          /* set by routing, for the link */
    simp_ip source, destination;
    union {
        simp_tcp_header tcp;
        simp_icmp_header icmp;
    };
};

#define SIMP_OUTSIDE UINT32_MAX

enum { SIMP_V4_HEADER_LEN = 20, SIMP_V6_HEADER_LEN = 40 };

/* Is there a TCP header to look at? */
static inline bool simp_packet_has_tcp(const struct sim_packet *packet)
{
    return packet->protocol == IPPROTO_TCP && packet->fragment_offset == 0 && !packet->from_bytes;
}

/* Fragments (UDP and echo): the first one (fragment_offset 0) carries the 8-byte transport header and then
 * its slice; a further one carries only its slice, which begins fragment_offset - 8 bytes into the payload
 * of the whole.  All share the whole's block, so that the checksum, which spans the whole, can be had from
 * the first. */

/* Each option is filled to whole words; SACK-permitted takes the place of the filling before timestamps. */
static inline uint32_t simp_tcp_options_len(const simp_tcp_header *h)
{
    return (h->mss != 0 ? 4u : 0u) + (h->scale != SIMP_NO_SCALE ? 4u : 0u) +
           (h->has_timestamps   ? 12u
            : h->sack_permitted ? 4u
                                : 0u) +
           (h->sack_count > 0 ? 4u + 8u * h->sack_count : 0u);
}

struct simp_arena;

/* packet.c.  NULL: no memory. */
/* Zero up to its id.  What follows is to be set by who sends it, the header of TCP or ICMP as a whole. */
struct sim_packet *simp_packet_create(struct simp_arena *);
struct sim_packet *simp_packet_copy(struct simp_arena *, const struct sim_packet *);
void simp_packet_free(struct simp_arena *, struct sim_packet *);
simp_block *simp_block_create(struct simp_arena *, uint32_t capacity); /* one reference */
simp_block *simp_block_copy(struct simp_arena *, const void *bytes, uint32_t len);
void simp_block_release(struct simp_arena *, simp_block *); /* NULL is ignored */

static inline bool simp_packet_is_fragment(const struct sim_packet *packet)
{
    return packet->more_fragments || packet->fragment_offset != 0;
}

/* wire.c: the size of a fragment, and of what came or goes as bytes. */
uint32_t simp_packet_size_of_piece(const struct sim_packet *);

/* Length of the IP packet on a link, headers included. */
static inline uint32_t simp_packet_size(const struct sim_packet *packet)
{
    if (packet->raw != NULL || packet->from_bytes || simp_packet_is_fragment(packet))
        return simp_packet_size_of_piece(packet);
    uint32_t header = simp_ip_is_v4(packet->destination) ? SIMP_V4_HEADER_LEN : SIMP_V6_HEADER_LEN;
    return header + packet->ip_payload_len;
}

const uint8_t *simp_packet_payload(const struct sim_packet *);

#endif
