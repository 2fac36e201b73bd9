/* SPDX-License-Identifier: MIT
 *
 * Hosts: machines in a world, with threads, addresses and routes.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_HOST_H
#define CASTANET_SIM_HOST_H

#include "castanet/sim_world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* name: 1 to 63 letters, digits, - . _ ; unique in the world, and resolvable by the programs of all hosts. */
int sim_host_create(sim_world *, const char *name, sim_host **out);
sim_host *sim_world_host(const sim_world *, const char *name); /* NULL: none */
const char *sim_host_name(const sim_host *);
sim_world *sim_host_world(const sim_host *);
unsigned sim_host_index(const sim_host *); /* from 0 in order of creation */

/* A router: passes on packets that are not its own. */
void sim_host_set_forwarding(sim_host *, bool on);
/* prefix "10.1.0.0/16" or "::/0", gateway a numeric address.  The longest prefix wins, then the newest
 * route. */
int sim_host_add_route(sim_host *, const char *prefix, const char *gateway);

/* Runs start(argument) on the host's main thread when virtual time has moved by delay_ns; not if the host is
 * down then. */
int sim_host_run(sim_host *, uint64_t delay_ns, void (*start)(void *argument), void *argument);
/* The host's main thread; made when it is first needed.  NULL: there was no memory for it. */
cas_thread *sim_host_thread(sim_host *);
/* A further thread on the same host. */
int sim_host_add_thread(sim_host *, cas_thread **out);
/* The host a thread belongs to; NULL for one that is in no world. */
sim_host *sim_host_of(const cas_thread *);
/* Makes the host's main thread the current one, for code outside callbacks; returns the one before, to be
 * entered again with cas_thread_enter. */
cas_thread *sim_host_enter(sim_host *);

#ifdef __cplusplus
}
#endif

#endif
