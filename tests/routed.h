/* SPDX-License-Identifier: MIT
 *
 * Two networks with a router between them, datagram sockets that record, and packets made by hand.
 */
#ifndef TESTS_ROUTED_H
#define TESTS_ROUTED_H

#include "simnet/ip/ip.h"
#include "tests/fixture.h"

/* left -- router -- right, both families: 10.1.0.1 fd01::1, 10.1.0.254 fd01::fe and 10.2.0.254 fd02::fe,
 * 10.2.0.2 fd02::2; 1 ms a link; routes both ways. */
typedef struct routed {
    sim_world *world;
    sim_host *a, *r, *b;
    sim_link *near, *far;
} routed;

/* In the world of a test. */
routed routed_build(sim_world *);

/* A datagram socket with every event on the host; text "::" makes it IPv6. */
void routed_open(sim_host *, recorder *, UINT port, const char *local);
/* Lets so much time pass. */
void routed_run(sim_world *, uint64_t ns);

/* A datagram as host from would have sent it, to be quoted or to arrive; without payload. */
sim_packet routed_datagram(const char *source, UINT source_port, const char *destination,
                           UINT destination_port);
/* A copy of the packet with so many octets of payload reaches the host by its first interface. */
void routed_arrive(sim_host *, const sim_packet *, uint32_t payload_len);

#endif
