/* SPDX-License-Identifier: MIT
 *
 * The state of a host with which something is wrong, and what the rest asks about it.  Hosts without have no
 * such state: `faults` is NULL, and nothing below is called.
 */
#ifndef SIMNET_HOST_FAULT_H
#define SIMNET_HOST_FAULT_H

#include "castanet/sim_host_fault.h"
#include "simnet/host/host.h"

struct simp_host_faults {
    bool down, paused, out_of_buffers;
    void (*boot)(void *argument);
    void *boot_argument;
    uint64_t cpu_least_ns, cpu_window; /* the delay is least + 0 .. window - 1; window 0: none */
    simp_stream cpu;
    /* The clock reads local_ns at world_ns, and runs rate / 10^9 times as fast as the world's. */
    uint64_t world_ns, local_ns, rate;
};

/* host_clock.c: between the world's time and the host's own. */
uint64_t simp_host_clock(const sim_host *, uint64_t world_ns);
/* The first time of the world at which the host's clock reads local_ns. */
uint64_t simp_host_world_time(const sim_host *, uint64_t local_ns);
/* How long the world takes for a time that the host waits. */
uint64_t simp_host_span(const sim_host *, uint64_t local_ns);

/* How long the next dispatch waits for the processor. */
uint64_t simp_host_cpu_delay(sim_host *);
/* 0, or what calls that need the network fail with. */
int simp_host_trouble(const sim_host *);

static inline bool simp_host_is_paused(const sim_host *host)
{
    return host->faults != NULL && host->faults->paused;
}
static inline bool simp_host_is_deaf(const sim_host *host)
{
    return host->faults != NULL && (host->faults->down || host->faults->out_of_buffers);
}

/* host_fault.c: the state, made when it is first needed; NULL: no memory. */
simp_host_faults *simp_host_faults_of(sim_host *);

#endif
