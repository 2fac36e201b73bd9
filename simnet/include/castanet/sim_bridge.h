/* SPDX-License-Identifier: MIT
 *
 * Bridges: an outside network as a host of the world.
 *
 * The host that a bridge makes has no programs.  What arrives at it, whatever its destination, leaves the
 * world as bytes through a packet port; what comes in through the port is read, and what is right sets out
 * from the host as if it had been made there.  Attach it to links, with the addresses that the outside has
 * there, and give other hosts routes over it: they cannot tell it from a host of theirs.  On the links, all
 * faults of the world apply.
 *
 * A run with a bridge is not a function of its seed: when which packets come in is up to the outside, and
 * so is the time that passes.  The fingerprint absorbs them, and so tells whether two runs had the same
 * input.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_BRIDGE_H
#define CASTANET_SIM_BRIDGE_H

#include "castanet/packet_port.h"
#include "castanet/sim_host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_bridge sim_bridge;

typedef struct sim_bridge_counters {
    uint64_t received; /* packets that the port brought */
    uint64_t refused;  /* of these: wrong bytes, see sim_bridge_refusal */
    uint64_t lost;     /* of these: no way to their destination, or too big for it */
    uint64_t sent;     /* packets that the port took */
    uint64_t unsent;   /* that it did not */
} sim_bridge_counters;

/* Makes a host of this name, without addresses yet.  The port is borrowed, and must outlive the world. */
int sim_bridge_create(sim_world *, const char *name, cas_packet_port *port, sim_bridge **out);
sim_host *sim_bridge_host(const sim_bridge *);

/* Runs the world until virtual time is until_ns (absolute), in real time: as much virtual time passes as does
 * by the port's clock, from now on.  What is due is done, what the port brings sets out, and in between the
 * port waits.  A world that has more to do than time to do it falls behind, and catches up later.
 *
 * SIM_STOP_TIME: it is until_ns.  SIM_STOP_REQUESTED: also when the port failed, see sim_world_failure.  An
 * idle world goes on waiting.  Of several bridges only this one's port is served. */
sim_stop sim_bridge_run(sim_bridge *, uint64_t until_ns);

void sim_bridge_counters_read(const sim_bridge *, sim_bridge_counters *out);
/* Why packets were refused: the name of reason 0, 1, 2 ... and how many; NULL: there are no more reasons. */
const char *sim_bridge_refusal(const sim_bridge *, unsigned reason, uint64_t *count);

#ifdef __cplusplus
}
#endif

#endif
