/* SPDX-License-Identifier: MIT
 *
 * What goes wrong with a host as a whole: it crashes and comes back, stands still, is slow, has a wrong
 * clock, or runs out of something.
 *
 * A host runs out of ports when its stack has few (sim_stack.h: port_first, port_last).
 *
 * All may be called at any time, also by the host's own programs; to do it at a virtual time, see
 * sim_world_at.  Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and
 * how to mend it.
 */
#ifndef CASTANET_SIM_HOST_FAULT_H
#define CASTANET_SIM_HOST_FAULT_H

#include "castanet/sim_host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sim_crash {
    /* The programs are gone, the host stays: its system resets every connection that they had open, so peers
     * learn of it at once. */
    SIM_CRASH_PROGRAMS,
    /* The power is gone: every connection vanishes without a word, and until the restart nothing is answered.
     * Peers learn by silence, or by a reset when they send to the host that came back. */
    SIM_CRASH_POWER
} sim_crash;

/* Ends all programs of the host.  Its CAsyncSocket objects are closed without notification (so they must
 * still exist; what else the programs owned is the caller's business), timers stop, messages are forgotten.
 * What was sent before is on its way.  Nothing happens to a host that is down. */
int sim_host_crash(sim_host *, sim_crash);
/* Brings a host back whose power was gone, with the same addresses and nothing else, and runs its boot
 * program. A host that is up just runs it once more. */
int sim_host_restart(sim_host *);
/* What restarts run on the main thread; NULL: nothing. */
int sim_host_set_boot(sim_host *, void (*start)(void *argument), void *argument);
bool sim_host_is_up(const sim_host *);

/* The programs stand still (SIGSTOP): no callback is made and no timer runs until resume, while the system
 * goes on receiving, acknowledging and filling its buffers. */
int sim_host_pause(sim_host *);
void sim_host_resume(sim_host *);

/* Every dispatch of the host waits for the processor: each time a delay from this window is drawn.  0, 0: no
 * delay. */
int sim_host_set_cpu_delay(sim_host *, int64_t least_ns, int64_t most_ns);

/* Moves the clock that the host's programs read (cas_now_ns) by jump_ns, and lets it run fast
 * (drift_ppm > 0) or slow from now on, by at most half.  Timers of its programs and of its TCP go by it;
 * latencies of links do not.  The clock may not go below 0. */
int sim_host_set_clock(sim_host *, int64_t jump_ns, int64_t drift_ppm);

/* While on, the host has no memory for the network: Socket, Connect and Send fail with WSAENOBUFS, and what
 * arrives is dropped. */
int sim_host_set_out_of_buffers(sim_host *, bool on);

/* Kills one connection of the host, by the handle of its socket (m_hSocket): as if something on the way had
 * sent an RST to either end.  WSAENOTCONN: it has none. */
int sim_host_reset_connection(sim_host *, SOCKET handle);
/* The host forgets the connection without a word: its peer has a half-open one, and is reset when it sends.
 * The program here is told nothing either; its calls fail with WSAECONNABORTED. */
int sim_host_forget_connection(sim_host *, SOCKET handle);

#ifdef __cplusplus
}
#endif

#endif
