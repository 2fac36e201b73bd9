/* SPDX-License-Identifier: MIT
 *
 * Which sockets and connections hold which port of a host: bind conflicts, ephemeral ports, and who gets a
 * packet.
 */
#ifndef SIMNET_PORT_TABLE_H
#define SIMNET_PORT_TABLE_H

#include "simnet/socket/sim_socket.h"

/* Binds a socket whose local address and ipv6 are set; port 0: an ephemeral one.  0, WSAEADDRINUSE,
 * WSAEACCES, WSAENOBUFS. */
int simp_port_bind(cas_port_socket *, simp_ip local, uint16_t port);
void simp_port_unbind(cas_port_socket *);
/* Undoes the bind to an ephemeral port that a call made by the way, as if it had not been. */
void simp_port_unbind_ephemeral(cas_port_socket *);

/* A connection keeps its local port taken, also after its socket was closed. */
int simp_port_hold(sim_host *, uint16_t port, bool datagram);
void simp_port_drop(sim_host *, uint16_t port, bool datagram);

/* The socket for a packet to (local, port): a connected one, then the most specific, then the oldest; NULL:
 * none. */
cas_port_socket *simp_port_find_datagram(const sim_host *, const simp_ip *local, uint16_t port,
                                         const simp_ip *remote, uint16_t remote_port);
cas_port_socket *simp_port_find_listener(sim_host *, simp_ip local, uint16_t port);

/* The first datagram socket on a port, for delivery to all (broadcast, multicast); go on with port_next. */
cas_port_socket *simp_port_first_datagram(const sim_host *, uint16_t port);
bool simp_port_accepts(const cas_port_socket *, simp_ip local);

#endif
