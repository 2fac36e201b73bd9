/* SPDX-License-Identifier: MIT
 *
 * Partitions: hosts that cannot hear one another, whatever links and routers lie between them.
 *
 * A partition holds from its making until it is healed, and concerns only packets that begin at one of its
 * hosts and end at another; routers on the way pass them on.  Several may hold at a time: what one of them
 * cuts off is cut off.
 *
 * Hosts are given as names with spaces between them.  Functions that return int return 0 or a WSAE code;
 * sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_PARTITION_H
#define CASTANET_SIM_PARTITION_H

#include "castanet/sim_host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_partition sim_partition;

/* All zero: what is cut off is lost, also when it was under way before. */
typedef struct sim_partition_options {
    bool hold;             /* it is kept instead, and arrives in its order when the partition is healed */
    bool spares_in_flight; /* what was sent before the partition began still arrives */
} sim_partition_options;

/* name: for labels, copied; unique among those that hold.  options NULL: all zero. */

/* groups "a b | c d": two hosts hear each other if some group has both.  A host in several groups is a bridge
 * between them; a host in none is not concerned.  Up to 64 groups. */
int sim_partition_groups(sim_world *, const char *name, const char *groups,
                         const sim_partition_options *options, sim_partition **out);
/* What the hosts of from send does not reach those of to; the other way all is well. */
int sim_partition_one_way(sim_world *, const char *name, const char *from, const char *to,
                          const sim_partition_options *options, sim_partition **out);
/* The hosts form a ring in the order given; each hears the smallest number of neighbours on either side that
 * makes a majority with itself, so that everyone sees a majority and no two see the same.  4 to 64 hosts. */
int sim_partition_ring(sim_world *, const char *name, const char *hosts, const sim_partition_options *options,
                       sim_partition **out);

/* Shapes whose sides are drawn; each draw is a choice of the world ("user partition NAME side"). */
typedef enum sim_partition_shape {
    SIM_PARTITION_HALVES,  /* two groups, as equal as can be */
    SIM_PARTITION_SPLIT,   /* two groups of any size, neither empty */
    SIM_PARTITION_ISOLATE, /* one host against all others */
    SIM_PARTITION_ONE_WAY, /* halves, of which the first is not heard by the second */
    SIM_PARTITION_BRIDGE,  /* halves, and one host that is in both */
    SIM_PARTITION_RING     /* a ring of majorities, in an order that is drawn */
} sim_partition_shape;

/* 2 to 64 hosts; a bridge needs 3, a ring 4. */
int sim_partition_draw(sim_world *, const char *name, const char *hosts, sim_partition_shape shape,
                       const sim_partition_options *options, sim_partition **out);

/* Ends the partition, and frees it; what it held arrives now.  NULL is ignored. */
void sim_partition_heal(sim_partition *);

/* Packets that it cut off so far, held ones included. */
uint64_t sim_partition_blocked(const sim_partition *);
/* Does it keep what from sends from to? */
bool sim_partition_separates(const sim_partition *, const sim_host *from, const sim_host *to);

#ifdef __cplusplus
}
#endif

#endif
