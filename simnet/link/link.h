/* SPDX-License-Identifier: MIT
 *
 * Links: what connects interfaces.  A point-to-point link has two, a segment any number.
 */
#ifndef SIMNET_LINK_H
#define SIMNET_LINK_H

#include "simnet/host/host.h"

struct sim_link {
    sim_world *world;
    sim_link *next;
    const char *name; /* behind the struct */
    bool segment;
    unsigned interface_count;
    sim_link_options options; /* of interfaces to come */
    simp_interface *interfaces, **interfaces_end;
    simp_hash_table neighbours;           /* simp_interface_address by address */
    struct simp_connections *connections; /* NULL: nobody counts them */
};

/* A packet that left from has reached the far end: to the interface of its next hop, or to all. */
void simp_link_deliver(sim_world *, simp_interface *from, sim_packet *packet);

/* WSAEINVAL, with the reason in the world's error; the first %s of what stands for the link's name. */
int simp_link_refuse(const sim_link *, const char *what, const char *why, const char *fix);

/* The interface of the link that the packet, which leaves from, goes to; NULL: none, or all. */
simp_interface *simp_link_far_end(const simp_interface *from, const sim_packet *packet);

/* One more address, "10.0.0.1/24", or several separated by spaces: 0 or a refusal. */
int simp_interface_add_address(simp_interface *, const char *text);

/* Whose address it is on the link; NULL: nobody's. */
simp_interface *simp_link_neighbour(const sim_link *, simp_ip);

#endif
