/* SPDX-License-Identifier: MIT
 *
 * Pieces of datagrams.
 *
 * A datagram that a simulated host has made is cut by reference: every piece has the block of the whole, so
 * the whole is had back without copying.  What came from outside, or has no plain transport header of 8
 * octets, is cut as bytes (from_bytes in packet.h).
 */
#ifndef SIMNET_FRAGMENT_H
#define SIMNET_FRAGMENT_H

#include "simnet/ip/ip.h"

enum { SIMP_FRAGMENT_UNIT = 8, SIMP_FRAGMENT_TRANSPORT = 8 };

/* Octets of the transport header at the beginning of this packet or piece, if it is not among its bytes. */
static inline uint32_t simp_fragment_header(const sim_packet *p)
{
    return p->fragment_offset == 0 && !p->from_bytes ? SIMP_FRAGMENT_TRANSPORT : 0u;
}

/* Octets of IP payload in this piece. */
static inline uint32_t simp_fragment_span(const sim_packet *p)
{
    return simp_fragment_header(p) + p->length;
}

/* Octets [at, at + len) of the datagram that piece is a part of, and which lie in piece; NULL: no memory.  at
 * is where piece begins, or lies behind its transport header. */
sim_packet *simp_fragment_slice(sim_world *, const sim_packet *piece, uint32_t at, uint32_t len);

/* The same packet or piece, with its IP payload as bytes; NULL: no memory. */
sim_packet *simp_fragment_as_bytes(sim_world *, const sim_packet *);

/* Sends packet in pieces that fit the mtu, all of them or, with WSAENOBUFS, none; takes it over. */
int simp_fragment_output(sim_host *, sim_packet *packet, const simp_next_hop *next);

/* ---- reassembly.c ---- */

/* Collects a fragment; the whole datagram when it was the last one missing, else NULL. */
sim_packet *simp_reassemble(sim_host *, sim_packet *fragment);
/* Of a host that loses all it had in memory. */
void simp_reassembly_clear(sim_host *);

#endif
