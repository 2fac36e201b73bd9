/* SPDX-License-Identifier: MIT
 *
 * Ways: what routing found for the last few destinations of a host, with the neighbour that has the next
 * hop's address, so that a packet on a beaten track asks no table.
 *
 * Invariant: a way is used only while world->topology is what it was when the way was found; whoever gives
 * a host an address, a route or an interface, takes one, or changes an mtu, calls simp_topology_changed.
 */
#ifndef SIMNET_WAY_H
#define SIMNET_WAY_H

#include "core/cold.h"
#include "simnet/ip/ip.h"

enum { SIMP_WAYS = 4 };

typedef struct simp_way simp_way;
struct simp_way {
    simp_ip destination;
    uint32_t topology;  /* 0: empty */
    uint16_t next_host; /* as the packets have it */
    uint8_t header_len; /* of IP */
    bool to_many : 1;   /* the destination is a group or a broadcast address */
    bool is_direct : 1; /* the neighbour takes what comes from next.source as its own, and as nothing else */
    simp_interface *to; /* whose address the next hop is; NULL: everybody's, or nobody's */
    simp_next_hop next;
};

/* What a host needs once it sends. */
struct simp_outlets {
    simp_way ways[SIMP_WAYS];
    simp_interface loopback;
    struct simp_tcp *recent; /* the connection that heard something last; NULL: it is gone, or none did */
};

/* False: no memory. */
bool simp_outlets_ensure(sim_host *);

/* NULL: nothing was sent yet. */
static inline simp_interface *simp_loopback_of(const sim_host *host)
{
    return host->outlets == NULL ? NULL : &host->outlets->loopback;
}

/* Sends as simp_ip_try_output does, on a way that was just found and is the one to its destination. */
int simp_ip_try_output_on(sim_host *, sim_packet *, const simp_way *);

/* Looks the way up. */
COLD const simp_way *simp_way_find(sim_host *, simp_ip destination);

static inline unsigned simp_way_slot(simp_ip destination)
{
    return (destination.low ^ destination.low >> 8) % SIMP_WAYS;
}

/* NULL: there is no route.  Good until the next call for the same host. */
static inline const simp_way *simp_way_to(sim_host *host, simp_ip destination)
{
    const simp_way *way = host->outlets == NULL ? NULL : &host->outlets->ways[simp_way_slot(destination)];
    bool known = way != NULL && way->topology == host->world->topology &&
                 simp_ip_equal(way->destination, destination);
    return known ? way : simp_way_find(host, destination);
}

/* The same, where it was found last, if it is still there; last NULL: nowhere. */
static inline const simp_way *simp_way_again(sim_host *host, simp_ip destination, const simp_way *last)
{
    bool known = last != NULL && last->topology == host->world->topology &&
                 simp_ip_equal(last->destination, destination);
    return known ? last : simp_way_to(host, destination);
}

#endif
