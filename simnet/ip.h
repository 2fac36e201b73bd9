/* SPDX-License-Identifier: MIT
 *
 * The IP layer of a host: routing, output, input, forwarding, and ICMP.
 */
#ifndef SIMNET_IP_H
#define SIMNET_IP_H

#include "simnet/host.h"

#define SIMP_EVERYBODY 0xFFFF /* next_host: all on the link */
#define SIMP_NOBODY 0xFFFE    /* ... or none */

/* Where a packet to an address goes. */
typedef struct simp_next_hop {
    simp_interface *interface;
    simp_ip hop;
    simp_ip source; /* of the host's addresses, the one to send from */
    uint32_t mtu;
} simp_next_hop;

/* 0, or WSAENETUNREACH when no route or no source address fits. */
int simp_ip_route(const sim_host *, simp_ip destination, simp_next_hop *out);

/* Sends a packet whose source, destination, ports, protocol, transport header and payload are set; takes it
 * over. Splits what the link's mtu cannot hold, unless dont_fragment is set.  What cannot go is lost; only
 * memory for the pieces can be wanting: WSAENOBUFS, and nothing was sent. */
int simp_ip_try_output(sim_host *, sim_packet *packet);
/* The same where no call can report it: refused memory voids the run. */
void simp_ip_output(sim_host *, sim_packet *packet);

/* Is it known that the host it was sent to takes the destination as its own? */
static inline bool simp_packet_is_direct(const sim_packet *packet, const sim_world *world)
{
    return packet->is_direct && packet->topology == world->topology;
}

/* A packet has arrived at the host. */
void simp_ip_input(sim_host *, sim_packet *packet);

/* icmp.c: answers packet (not taken over) with an error, where RFC 1122 3.2.2 allows one. */
void simp_icmp_send_error(sim_host *, const sim_packet *packet, simp_icmp_kind kind, uint32_t mtu);
void simp_icmp_input(sim_host *, sim_packet *packet);

/* fragment.c */
/* Collects a fragment; the whole datagram when it was the last one missing, else NULL. */
sim_packet *simp_reassemble(sim_host *, sim_packet *fragment);
/* Forgets what has been collected. */
void simp_reassembly_clear(sim_host *);
/* Sends packet in pieces that fit mtu, all of them or, with WSAENOBUFS, none; takes it over. */
int simp_fragment_output(sim_host *, sim_packet *packet, const simp_next_hop *next);
/* Puts one packet on the interface of next. */
void simp_ip_transmit(sim_host *, sim_packet *packet, const simp_next_hop *next);

/* udp.c and tcp_in.c */
void simp_udp_input(sim_host *, sim_packet *packet);
void simp_udp_error(sim_host *, const sim_packet *quoted, int error);
void simp_tcp_input(sim_host *, sim_packet *packet);
void simp_tcp_error(sim_host *, const sim_packet *quoted, int error, uint32_t mtu);

#endif
