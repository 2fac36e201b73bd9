/* SPDX-License-Identifier: MIT
 *
 * The clock of a host whose time is not the world's: it may have jumped, and run fast or slow.
 */
#include "simnet/host/host_fault.h"
#include "simnet/world/news.h"

#define RATE_ONE UINT64_C(1000000000)
#define DRIFT_PPM_MAX INT64_C(500000)

/* a * b / c without overflow, for b and c below 2^31, rounded down or up. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c, bool up)
{
    uint64_t whole = a / c, rest = a % c * b;
    if (whole > UINT64_MAX / 2 / b)
        return UINT64_MAX;
    return whole * b + rest / c + (up && rest % c != 0 ? 1 : 0);
}

uint64_t simp_host_clock(const sim_host *host, uint64_t world_ns)
{
    const simp_host_faults *f = host->faults;
    if (f == NULL || f->rate == 0)
        return world_ns;
    return f->local_ns + scale(world_ns - f->world_ns, f->rate, RATE_ONE, false);
}

uint64_t simp_host_span(const sim_host *host, uint64_t local_ns)
{
    const simp_host_faults *f = host->faults;
    return f == NULL || f->rate == 0 ? local_ns : scale(local_ns, RATE_ONE, f->rate, true);
}

uint64_t simp_host_world_time(const sim_host *host, uint64_t local_ns)
{
    const simp_host_faults *f = host->faults;
    if (f == NULL || f->rate == 0)
        return local_ns;
    if (local_ns <= f->local_ns)
        return f->world_ns;
    uint64_t span = simp_host_span(host, local_ns - f->local_ns);
    return span > UINT64_MAX - f->world_ns ? UINT64_MAX : f->world_ns + span;
}

int sim_host_set_clock(sim_host *host, int64_t jump_ns, int64_t drift_ppm)
{
    sim_world *world = host->world;
    uint64_t now = simp_host_clock(host, world->now_ns);
    if (drift_ppm < -DRIFT_PPM_MAX || drift_ppm > DRIFT_PPM_MAX)
        return simp_refuse_named(world, WSAEINVAL, "the drift of host %s is out of range", host->name,
                                 "a clock runs at half to one and a half of the world's speed",
                                 "give parts per million from -500000 to 500000");
    if (jump_ns < 0 ? (uint64_t) - (jump_ns + 1) >= now : (uint64_t)jump_ns > INT64_MAX - now)
        return simp_refuse_named(world, WSAEINVAL, "the clock of host %s cannot jump that far", host->name,
                                 "it counts nanoseconds from 0 to 2^63",
                                 "let the world run longer before, or make the jump smaller");
    simp_host_faults *f = simp_host_faults_of(host);
    if (f == NULL)
        return simp_no_memory(world);
    f->world_ns = world->now_ns;
    f->local_ns = now + (uint64_t)jump_ns;
    f->rate = RATE_ONE + (uint64_t)(drift_ppm * 1000);
    for (simp_task *task = host->tasks; task != NULL; task = task->next)
        simp_task_rearm(task);
    simp_tell_host(host, "clock", jump_ns != 0 ? "jumps" : "drifts");
    return 0;
}
