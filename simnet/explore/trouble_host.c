/* SPDX-License-Identifier: MIT
 *
 * What goes wrong with a host before it calls a program.
 */
#include "simnet/explore/trouble.h"
#include "simnet/host/host_fault.h"

static void resume(void *host) { sim_host_resume(host); }

static void restart(void *argument)
{
    sim_host *host = argument;
    if (sim_host_restart(host) != 0)
        simp_out_of_memory(host->world);
}

static bool has_boot(const sim_host *host) { return host->faults != NULL && host->faults->boot != NULL; }

static bool crashes(simp_trouble *t, sim_world *world, sim_host *host, sim_may kind, sim_crash how)
{
    uint32_t value = has_boot(host) ? simp_trouble_ask(t, world, kind, 3) : 0;
    if (value == 0)
        return false;
    if (sim_host_crash(host, how) != 0)
        simp_out_of_memory(world);
    simp_trouble_mend_after(t, world, simp_trouble_time(t, value), restart, host);
    return true;
}

bool simp_trouble_calls(simp_trouble *t, sim_world *world, sim_host *host)
{
    if (crashes(t, world, host, SIM_MAY_CRASH, SIM_CRASH_PROGRAMS) ||
        crashes(t, world, host, SIM_MAY_POWER_CUT, SIM_CRASH_POWER))
        return false;
    uint32_t value = simp_host_is_paused(host) ? 0 : simp_trouble_ask(t, world, SIM_MAY_PAUSE, 3);
    if (value == 0)
        return true;
    if (sim_host_pause(host) != 0)
        simp_out_of_memory(world);
    simp_trouble_mend_after(t, world, simp_trouble_time(t, value), resume, host);
    return false;
}
