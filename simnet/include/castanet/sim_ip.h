/* SPDX-License-Identifier: MIT
 *
 * The IP layer of hosts: what they drop and why, how they answer, and addresses that come and go.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_IP_H
#define CASTANET_SIM_IP_H

#include "castanet/sim_link.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a host drops ---- */

/* Why a host let a packet fall; what links lose is counted by the links. */
typedef enum sim_drop {
    SIM_DROP_MALFORMED,    /* lengths or fields that cannot be */
    SIM_DROP_BAD_CHECKSUM, /* of the IP header, or of what is in it */
    SIM_DROP_MARTIAN,  /* a source or destination that may not be on a link: loopback, a group as source */
    SIM_DROP_NOT_OURS, /* for somebody else, and the host is no router; or for another interface */
    SIM_DROP_NO_ROUTE, /* no way to the destination */
    SIM_DROP_NO_NEIGHBOUR,    /* nobody on the link has the address of the next hop */
    SIM_DROP_HOP_LIMIT,       /* a router found the time to live used up */
    SIM_DROP_TOO_BIG,         /* for the next link, and not to be fragmented */
    SIM_DROP_INTERFACE_DOWN,  /* it came to, or should leave by, an interface that is down */
    SIM_DROP_NO_PROTOCOL,     /* nobody listens to its protocol */
    SIM_DROP_NO_PORT,         /* a datagram to a port without socket */
    SIM_DROP_BUFFER_FULL,     /* a datagram for which the buffer of the socket had no room */
    SIM_DROP_OVERLAP,         /* a fragment that contradicts others (IPv6: and all of its datagram) */
    SIM_DROP_REASSEMBLY_TIME, /* a datagram of which fragments stayed away */
    SIM_DROP_REASSEMBLY_FULL, /* a datagram whose fragments would have taken too much memory */
    SIM_DROP_ICMP_LIMITED,    /* an ICMP error that was not sent, see sim_host_set_icmp_interval */
    SIM_DROP_REASONS
} sim_drop;

/* How many so far. */
uint64_t sim_host_drops(const sim_host *, sim_drop reason);
/* "no route"; NULL: it is no reason. */
const char *sim_drop_name(sim_drop reason);

/* ---- how it answers ---- */

/* At most one ICMP error in such a time to the same target; 0 (at first): no limit.  Linux: SIM_S(1). */
int sim_host_set_icmp_interval(sim_host *, int64_t interval_ns);

/* How long the host waits for a neighbour that does not answer, as address resolution does, before a packet
 * is given up as undeliverable: a router then reports it, and the host itself tells its own sockets.  0 (at
 * first): a router reports at once, and the host's own packets are lost without a word.  Linux: SIM_S(3). */
int sim_host_set_unreachable_delay(sim_host *, int64_t delay_ns);

/* Does it answer an echo request to a broadcast address, or an IPv4 group?  At first it does not (RFC 1122
 * 3.2.2.6 leaves it open).  Those to IPv6 groups are answered (RFC 4443 4.2). */
int sim_host_set_broadcast_echo(sim_host *, bool on);

/* ---- addresses that come and go ---- */

/* One more address, "10.0.0.9/24", on the interface that the host has on the link. */
int sim_host_add_address(sim_host *, sim_link *, const char *address);

/* The address "10.0.0.9" is the host's no longer: what is sent to it is not taken, sockets that are bound to
 * it fail to send (WSAEADDRNOTAVAIL), and its connections hear and send nothing, until they are given up or
 * the address is back. */
int sim_host_remove_address(sim_host *, const char *address);

/* An interface that is down sends and takes nothing, and its addresses and networks are as if they were not
 * there: WSAENETUNREACH, if no other way leads to the destination. */
int sim_host_set_interface_up(sim_host *, sim_link *, bool up);

/* RFC 1122 3.3.4.2.  A strong end system takes only what arrives at the interface that has its destination,
 * and sends only by the interface that has its source; a weak one (at first) minds neither. */
int sim_host_set_strong(sim_host *, bool on);

/* The number of the host's interface on the link, as options about groups and scope identifiers name it: the
 * loopback is 1, the others follow in the order of attaching.  0: it has none.
 * A link-local address is on the link of its scope identifier ("fe80::2%3" in text); without one, on that of
 * the first interface with a link-local address. */
unsigned sim_host_interface_index(const sim_host *, const sim_link *);

#ifdef __cplusplus
}
#endif

#endif
