/* SPDX-License-Identifier: MIT
 *
 * Packets to write and to read: random ones of every kind that the simulator makes, and blocks of bytes.
 */
#ifndef TESTS_WIRE_SAMPLE_H
#define TESTS_WIRE_SAMPLE_H

#include "simnet/world/arena.h"
#include "simnet/packet/wire.h"

enum { WIRE_SAMPLE_PAYLOAD_MAX = 3000 };

/* A random packet; everything about it is a function of seed.  Of the arena, as what it refers to. */
sim_packet *wire_sample_create(simp_arena *, uint64_t seed);
/* The same of one kind: SIMP_ICMP_PORT_UNREACHABLE quoting TCP is made by quoted_protocol IPPROTO_TCP. */
typedef struct wire_sample_options {
    bool v6;
    uint8_t protocol;
    uint32_t payload_len;
} wire_sample_options;
sim_packet *wire_sample_plain(simp_arena *, const wire_sample_options *);

/* A block with these bytes. */
simp_block *wire_sample_block(simp_arena *, const uint8_t *bytes, size_t len);

/* Expects that b says on the wire what a says: every field that goes there, and the payload. */
void wire_sample_expect_equal(const sim_packet *a, const sim_packet *b, uint64_t seed);

#endif
