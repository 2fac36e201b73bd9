/* SPDX-License-Identifier: MIT
 *
 * What tells a connection from all others of its world: the four-tuple, and the host that has this end.
 */
#ifndef SIMNET_TCP_KEY_H
#define SIMNET_TCP_KEY_H

#include "simnet/host/host.h"

typedef struct simp_tcp_key {
    simp_ip local, remote;
    uint16_t remote_port, local_port;
    uint32_t host;
} simp_tcp_key;

/* Of the connection at host that a packet which arrived belongs to. */
static inline simp_tcp_key simp_tcp_key_at(const sim_host *host, const sim_packet *packet)
{
    return (simp_tcp_key){packet->destination, packet->source, packet->source_port, packet->destination_port,
                          host->index};
}

/* Is it that of a packet which arrived at the host that has this end? */
static inline bool simp_tcp_key_fits(const simp_tcp_key *key, const sim_packet *packet)
{
    return key->remote_port == packet->source_port && key->local_port == packet->destination_port &&
           ((key->local.high ^ packet->destination.high) | (key->local.low ^ packet->destination.low) |
            (key->remote.high ^ packet->source.high) | (key->remote.low ^ packet->source.low)) == 0;
}

/* In the order in which they lie, so that a compiler can read them at once. */
static inline uint64_t simp_tcp_key_ends(const simp_tcp_key *key)
{
    return (uint64_t)key->host << 32 | (uint32_t)key->local_port << 16 | key->remote_port;
}

/* A polynomial in an odd number, of which the upper half counts: nobody chooses keys so that they meet. */
static inline uint32_t simp_tcp_key_hash(const simp_tcp_key *key)
{
    const uint64_t odd = 0x9E3779B97F4A7C15u;
    return (uint32_t)(((key->local.low * odd + key->remote.low) * odd + simp_tcp_key_ends(key)) * odd >> 32);
}

/* The ports tell most apart; where they are equal all is. */
static inline bool simp_tcp_key_equal(const simp_tcp_key *a, const simp_tcp_key *b)
{
    return simp_tcp_key_ends(a) == simp_tcp_key_ends(b) &&
           ((a->local.high ^ b->local.high) | (a->local.low ^ b->local.low) |
            (a->remote.high ^ b->remote.high) | (a->remote.low ^ b->remote.low)) == 0;
}

#endif
