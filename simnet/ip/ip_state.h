/* SPDX-License-Identifier: MIT
 *
 * What the IP layer of a host keeps beside addresses and routes: drops, limits, what it waits for.  Most
 * hosts never need it: it is made when something is to be kept.
 */
#ifndef SIMNET_IP_STATE_H
#define SIMNET_IP_STATE_H

#include "castanet/sim_ip.h"
#include "simnet/ip/ip.h"

/* When a target was last sent an ICMP error. */
typedef struct simp_icmp_target {
    struct simp_icmp_target *next;
    simp_ip ip;
    uint64_t sent_ns;
} simp_icmp_target;

/* What a router said that the way to a destination can carry. */
typedef struct simp_path_mtu {
    struct simp_path_mtu *next;
    simp_ip destination;
    uint32_t mtu;
    uint64_t until_ns;
} simp_path_mtu;

typedef struct simp_ip_state {
    uint64_t drops[SIM_DROP_REASONS];
    struct simp_membership *groups; /* of its sockets, see multicast.h */
    uint64_t icmp_interval_ns;
    simp_icmp_target *icmp_targets; /* of the last interval */
    simp_path_mtu *path_mtus;
    uint64_t unreachable_delay_ns;
    bool answers_broadcast_echo;
    bool is_strong;         /* end system, RFC 1122 3.3.4.2 */
    bool addresses_changed; /* a source address may be no longer the host's */
} simp_ip_state;

/* Made if there is none; NULL: no memory. */
simp_ip_state *simp_ip_state_of(sim_host *);

/* One more for the reason; refused memory voids the run. */
void simp_ip_count_drop(sim_host *, sim_drop reason);
/* The same, and frees the packet. */
void simp_ip_drop(sim_host *, sim_packet *, sim_drop reason);

/* May the target be sent an error now?  If so, it counts as sent. */
bool simp_icmp_limit_passes(sim_host *, simp_ip target);

/* path_mtu.c */
void simp_path_mtu_learn(sim_host *, simp_ip destination, uint32_t mtu);
/* The smaller one of what is known and what the link carries. */
uint32_t simp_path_mtu_of(const sim_host *, simp_ip destination, uint32_t link_mtu);

/* unreachable.c: takes over a packet for which nobody on the link answers.  It waits as long as the host
 * does, then its sender learns of it. */
void simp_ip_unreachable(sim_host *, sim_packet *);

#endif
