/* SPDX-License-Identifier: MIT
 *
 * What the files that read packets share: wire_ip.c, wire_transport.c and wire_parse.c.
 */
#ifndef SIMNET_WIRE_READ_H
#define SIMNET_WIRE_READ_H

#include "simnet/packet/wire.h"

typedef struct simp_bytes {
    const uint8_t *bytes;
    uint32_t len;
    simp_block *block; /* that they are, or begin later in; borrowed */
    bool is_quote;     /* of an ICMP error: cut anywhere, and its checksums are not looked at */
} simp_bytes;

static inline uint64_t simp_get64(const uint8_t *at)
{
    return (uint64_t)simp_get32(at) << 32 | simp_get32(at + 4);
}

/* wire_ip.c.  Fills the packet down to the IP header: from_bytes, in the block without a reference of its
 * own; offset and length are those of the IP payload within the bytes.  On failure *out is anything. */
simp_wire_error simp_wire_read_ip(const simp_bytes *, sim_packet *out);
/* From p->protocol at p->offset on, over the extension headers of IPv6.  was_fragmented: the bytes are those
 * of a datagram that was put together. */
simp_wire_error simp_wire_skip_extensions(const simp_bytes *, sim_packet *, bool was_fragmented);

/* wire_transport.c.  p lies as simp_wire_read_ip left it, no fragment; afterwards offset and length are those
 * of the payload, from_bytes is false, and an ICMP error has what it quotes: in the caller's storage.  A
 * protocol that is not known stays as it is. */
simp_wire_error simp_wire_read_transport(const simp_bytes *, sim_packet *p, sim_packet *quoted);

#endif
