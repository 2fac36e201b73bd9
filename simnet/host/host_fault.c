/* SPDX-License-Identifier: MIT
 *
 * Crashes, restarts, pauses, and what else is wrong with a host.
 *
 *   up -> up      the programs crash                    [sim_host_crash]
 *   up -> down    the power fails                       [sim_host_crash]
 *   down -> up    [sim_host_restart]
 *
 * Invariant: a host that is down has no socket, no connection, no timer and no message, and gets none.
 */
#include "simnet/host/host_fault.h"

#include "simnet/ip/fragment.h"
#include "simnet/ip/ip.h"
#include "simnet/socket/socket_call.h"
#include "simnet/transport/port_table.h"
#include "simnet/transport/tcp.h"
#include "simnet/world/news.h"

simp_host_faults *simp_host_faults_of(sim_host *host)
{
    if (host->faults == NULL)
        host->faults = simp_alloc_zero(&host->world->arena, sizeof *host->faults);
    return host->faults;
}

bool sim_host_is_up(const sim_host *host) { return host->faults == NULL || !host->faults->down; }

int simp_host_trouble(const sim_host *host)
{
    if (host->faults == NULL)
        return 0;
    if (host->faults->down)
        return WSAENETDOWN;
    return host->faults->out_of_buffers ? WSAENOBUFS : 0;
}

/* ---- crashing ---- */

/* The programs' connections, those that wait to be accepted included; what was closed before goes on. */
static void reset_connections(sim_host *host)
{
    for (uint32_t i = 0; i < host->socket_capacity; i++) {
        cas_port_socket *s = host->sockets[i];
        if (s != NULL && s->tcp != NULL)
            simp_tcp_abort(s->tcp);
    }
}

/* Those that no thread has, because they were detached. */
static void close_handles(sim_host *host)
{
    for (uint32_t i = 0; i < host->socket_capacity; i++) {
        if (host->sockets[i] != NULL)
            simp_call_close(&host->tasks->backend, host->sockets[i]);
    }
}

int sim_host_crash(sim_host *host, sim_crash kind)
{
    sim_world *world = host->world;
    if (kind != SIM_CRASH_PROGRAMS && kind != SIM_CRASH_POWER)
        return simp_refuse_named(world, WSAEINVAL, "host %s cannot crash that way", host->name,
                                 "the number is none of sim_crash", "choose one of them");
    if (!sim_host_is_up(host))
        return 0;
    simp_host_faults *faults = simp_host_faults_of(host);
    if (faults == NULL)
        return simp_no_memory(world);
    simp_record_event(world, SIMP_RECORD_HOST, host->name_hash >> 8, (uint64_t)kind);
    if (kind == SIM_CRASH_POWER) {
        simp_tcp_vanish(host);
        simp_reassembly_clear(host);
        faults->down = true;
    } else {
        reset_connections(host);
    }
    faults->paused = false;
    simp_tell_host(host, "crash", kind == SIM_CRASH_POWER ? "the power is gone" : "its programs are gone");
    for (simp_task *task = host->tasks; task != NULL; task = task->next)
        simp_task_end(task);
    close_handles(host);
    return 0;
}

/* ---- coming back ---- */

int sim_host_set_boot(sim_host *host, void (*start)(void *argument), void *argument)
{
    simp_host_faults *faults = simp_host_faults_of(host);
    if (faults == NULL)
        return simp_no_memory(host->world);
    faults->boot = start;
    faults->boot_argument = argument;
    return 0;
}

int sim_host_restart(sim_host *host)
{
    simp_host_faults *faults = host->faults;
    if (faults == NULL)
        return 0;
    int error = faults->boot == NULL ? 0 : sim_host_run(host, 0, faults->boot, faults->boot_argument);
    if (error != 0)
        return error;
    simp_record_event(host->world, SIMP_RECORD_HOST, host->name_hash >> 8, UINT64_MAX);
    faults->down = false;
    simp_tell_host(host, "restart", NULL);
    return 0;
}

/* ---- standing still, being slow, running out ---- */

int sim_host_pause(sim_host *host)
{
    simp_host_faults *faults = simp_host_faults_of(host);
    if (faults == NULL)
        return simp_no_memory(host->world);
    faults->paused = sim_host_is_up(host);
    simp_tell_host(host, "pause", NULL);
    return 0;
}

void sim_host_resume(sim_host *host)
{
    if (!simp_host_is_paused(host))
        return;
    host->faults->paused = false;
    simp_tell_host(host, "resume", NULL);
    for (simp_task *task = host->tasks; task != NULL; task = task->next)
        simp_task_rearm(task);
}

int sim_host_set_cpu_delay(sim_host *host, int64_t least_ns, int64_t most_ns)
{
    sim_world *world = host->world;
    if (least_ns < 0 || most_ns < least_ns || most_ns > SIM_S(3600))
        return simp_refuse_named(world, WSAEINVAL, "the delays of host %s are no window", host->name,
                                 "a dispatch waits from 0 to 3600 seconds, and no less than at least",
                                 "give least_ns <= most_ns, as SIM_US(10), SIM_MS(5)");
    simp_host_faults *faults = simp_host_faults_of(host);
    if (faults == NULL)
        return simp_no_memory(world);
    if (faults->cpu.key == 0)
        simp_stream_init(&faults->cpu, world->options.seed, host->name, "cpu");
    faults->cpu_least_ns = (uint64_t)least_ns;
    faults->cpu_window = most_ns == 0 ? 0 : (uint64_t)(most_ns - least_ns) + 1;
    simp_tell_host(host, "cpu delay", most_ns == 0 ? "ends" : "begins");
    return 0;
}

uint64_t simp_host_cpu_delay(sim_host *host)
{
    simp_host_faults *faults = host->faults;
    if (faults == NULL || faults->cpu_window == 0)
        return 0;
    return faults->cpu_least_ns + simp_stream_below(&faults->cpu, faults->cpu_window);
}

int sim_host_set_out_of_buffers(sim_host *host, bool on)
{
    simp_host_faults *faults = simp_host_faults_of(host);
    if (faults == NULL)
        return simp_no_memory(host->world);
    faults->out_of_buffers = on;
    simp_tell_host(host, "out of buffers", on ? "begins" : "ends");
    return 0;
}
