/* SPDX-License-Identifier: MIT
 *
 * The IP layer of a host: routing, output, input, forwarding, and ICMP.
 */
#ifndef SIMNET_IP_H
#define SIMNET_IP_H

#include "core/cold.h"
#include "simnet/host/host.h"

#define SIMP_EVERYBODY 0xFFFF /* next_host: all on the link */
#define SIMP_NOBODY 0xFFFE    /* next_host: the next hop's address is nobody's on the link */

/* ---- route.c ---- */

/* Where a packet to an address goes. */
typedef struct simp_next_hop {
    simp_interface *interface;
    simp_ip hop;
    simp_ip source; /* of the host's addresses, the one to send from */
    uint32_t mtu;
} simp_next_hop;

/* 0, or WSAENETUNREACH when no route or no source address fits. */
int simp_ip_route(const sim_host *, simp_ip destination, simp_next_hop *out);
/* The same by one interface only; NULL: by any. */
int simp_ip_route_by(const sim_host *, simp_ip destination, const simp_interface *only, simp_next_hop *out);

/* A link-local address without a zone gets that of the first interface that has one; others stay as they are.
 * */
simp_ip simp_ip_default_zone(const sim_host *, simp_ip);

/* ---- interface.c ---- */

/* The one that has the address and is up; NULL: none, or the loopback. */
simp_interface *simp_host_interface_of(const sim_host *, simp_ip);
/* Is what arrives at the interface (NULL: any) for this address of the host's? */
bool simp_host_takes(const sim_host *, const simp_interface *arrived, simp_ip);

/* ---- ip.c ---- */

/* Sends a packet whose source, destination, ports, protocol, transport header and payload are set; takes it
 * over. Splits what the link's mtu cannot hold, unless dont_fragment is set.  What cannot go is lost; only
 * memory for the pieces can be wanting: WSAENOBUFS, and nothing was sent. */
int simp_ip_try_output(sim_host *, sim_packet *packet);
/* The same where no call can report it: refused memory voids the run. */
void simp_ip_output(sim_host *, sim_packet *packet);

/* Puts one packet on the interface of next. */
void simp_ip_transmit(sim_host *, sim_packet *packet, const simp_next_hop *next);

/* RFC 1122 3.2.1.3: addresses that no packet on a link may have. */
bool simp_ip_is_martian(simp_ip source, simp_ip destination);

/* A packet has arrived at an interface. */
void simp_ip_arrive(simp_interface *, sim_packet *packet);
/* It has passed the interface, and now comes to the host. */
void simp_ip_input(sim_host *, sim_packet *packet);

/* ---- icmp.c ---- */

/* Answers packet (not taken over) with an error, where the rules allow one.  word: the mtu, or where the
 * parameter is that is wrong. */
void simp_icmp_send_error(sim_host *, const sim_packet *packet, simp_icmp_kind kind, uint32_t word);
void simp_icmp_input(sim_host *, sim_packet *packet);
/* Tells the host's transports what became of a packet of theirs. */
void simp_icmp_tell(sim_host *, const sim_packet *quoted, simp_icmp_kind kind, uint32_t word);

/* What the transports are told. */
typedef struct simp_icmp_news {
    simp_icmp_kind kind;
    int error;    /* WSAE code */
    bool hard;    /* RFC 1122 4.2.3.9: it will not pass */
    uint32_t mtu; /* SIMP_ICMP_TOO_BIG */
} simp_icmp_news;

/* ---- udp.c and tcp_in.c ---- */

APART void simp_udp_input(sim_host *, sim_packet *packet);
void simp_udp_error(sim_host *, const sim_packet *quoted, const simp_icmp_news *);
APART void simp_tcp_input(sim_host *, sim_packet *packet);
void simp_tcp_error(sim_host *, const sim_packet *quoted, const simp_icmp_news *);

#endif
