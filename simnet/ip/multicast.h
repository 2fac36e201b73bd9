/* SPDX-License-Identifier: MIT
 *
 * Groups: which sockets, and so which hosts, belong to them on which interface, and how a socket sends to
 * them.
 *
 * Invariants:
 *  1. A membership ends with its socket.
 *  2. A host belongs to a group on an interface while one of its sockets does; to the group of all hosts
 * always.
 */
#ifndef SIMNET_MULTICAST_H
#define SIMNET_MULTICAST_H

#include "simnet/ip/ip.h"
#include "simnet/socket/sim_socket.h"

typedef struct simp_membership {
    struct simp_membership *next;
    simp_ip group;
    uint16_t interface;
    unsigned count; /* of a host: the sockets that belong */
} simp_membership;

/* What a socket has once it asked for anything out of the ordinary. */
typedef struct simp_multicast {
    uint16_t interface; /* that groups are sent to by; 0: the routes decide */
    uint8_t ttl;        /* 1 */
    bool loop;          /* on */
    simp_membership *memberships;
} simp_multicast;

/* The interface of an index, loopback included; NULL: there is none. */
simp_interface *simp_host_interface(const sim_host *, unsigned index);

/* 0; WSAEINVAL: it is no group; WSAEADDRNOTAVAIL: no such interface, or not joined; WSAEADDRINUSE: joined
 * already; WSAENOBUFS. */
int simp_multicast_join(cas_port_socket *, const cas_group *);
int simp_multicast_leave(cas_port_socket *, const cas_group *);
/* The socket is closed. */
void simp_multicast_end(cas_port_socket *);

/* CAS_OPT_MULTICAST_IF, _TTL, _LOOP. */
int simp_multicast_get(const cas_port_socket *, cas_option, int *value);
int simp_multicast_set(cas_port_socket *, cas_option, int value);

/* Does what comes to the group on this interface concern the socket, or the host? */
bool simp_multicast_hears(const cas_port_socket *, simp_ip group, unsigned interface);
bool simp_multicast_concerns(const sim_host *, simp_ip group, unsigned interface);

#endif
