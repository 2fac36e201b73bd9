/* SPDX-License-Identifier: MIT
 *
 * See ip_state.h.
 */
#include "simnet/ip/ip_state.h"

simp_ip_state *simp_ip_state_of(sim_host *host)
{
    if (host->ip == NULL)
        host->ip = simp_alloc_zero(&host->world->arena, sizeof *host->ip);
    return host->ip;
}

/* ---- drops ---- */

void simp_ip_count_drop(sim_host *host, sim_drop reason)
{
    simp_ip_state *ip = simp_ip_state_of(host);
    if (ip == NULL)
        simp_out_of_memory(host->world);
    else
        ip->drops[reason]++;
}

void simp_ip_drop(sim_host *host, sim_packet *packet, sim_drop reason)
{
    simp_ip_count_drop(host, reason);
    simp_packet_free(&host->world->arena, packet);
}

uint64_t sim_host_drops(const sim_host *host, sim_drop reason)
{
    return host->ip == NULL || reason >= SIM_DROP_REASONS ? 0 : host->ip->drops[reason];
}

const char *sim_drop_name(sim_drop reason)
{
    static const char *const names[SIM_DROP_REASONS] = {
        [SIM_DROP_MALFORMED] = "malformed",
        [SIM_DROP_BAD_CHECKSUM] = "bad checksum",
        [SIM_DROP_MARTIAN] = "martian",
        [SIM_DROP_NOT_OURS] = "not ours",
        [SIM_DROP_NO_ROUTE] = "no route",
        [SIM_DROP_NO_NEIGHBOUR] = "no neighbour",
        [SIM_DROP_HOP_LIMIT] = "hop limit",
        [SIM_DROP_TOO_BIG] = "too big",
        [SIM_DROP_INTERFACE_DOWN] = "interface down",
        [SIM_DROP_NO_PROTOCOL] = "no protocol",
        [SIM_DROP_NO_PORT] = "no port",
        [SIM_DROP_BUFFER_FULL] = "buffer full",
        [SIM_DROP_OVERLAP] = "overlap",
        [SIM_DROP_REASSEMBLY_TIME] = "reassembly time",
        [SIM_DROP_REASSEMBLY_FULL] = "reassembly full",
        [SIM_DROP_ICMP_LIMITED] = "ICMP limited",
    };
    return reason < SIM_DROP_REASONS ? names[reason] : NULL;
}

/* ---- limits ---- */

/* Those of an older interval are of no use any more. */
static void forget_targets(sim_host *host)
{
    simp_ip_state *ip = host->ip;
    simp_icmp_target **place = &ip->icmp_targets;
    while (*place != NULL) {
        simp_icmp_target *target = *place;
        if (host->world->now_ns - target->sent_ns < ip->icmp_interval_ns) {
            place = &target->next;
            continue;
        }
        *place = target->next;
        simp_free(&host->world->arena, target, sizeof *target);
    }
}

bool simp_icmp_limit_passes(sim_host *host, simp_ip ip)
{
    if (host->ip == NULL || host->ip->icmp_interval_ns == 0)
        return true;
    forget_targets(host);
    for (const simp_icmp_target *at = host->ip->icmp_targets; at != NULL; at = at->next) {
        if (simp_ip_equal(at->ip, ip)) {
            simp_ip_count_drop(host, SIM_DROP_ICMP_LIMITED);
            return false;
        }
    }
    simp_icmp_target *target = simp_alloc_zero(&host->world->arena, sizeof *target);
    if (target == NULL) {
        simp_out_of_memory(host->world);
        return false;
    }
    *target = (simp_icmp_target){host->ip->icmp_targets, ip, host->world->now_ns};
    host->ip->icmp_targets = target;
    return true;
}

/* ---- knobs ---- */

static int set_time(sim_host *host, int64_t ns, size_t offset, const char *what)
{
    if (ns < 0)
        return simp_refuse_named(host->world, WSAEINVAL, what, host->name, "a time is not negative",
                                 "give nanoseconds, as SIM_S(1), or 0");
    simp_ip_state *ip = simp_ip_state_of(host);
    if (ip == NULL)
        return simp_no_memory(host->world);
    *(uint64_t *)(void *)((char *)ip + offset) = (uint64_t)ns;
    return 0;
}

int sim_host_set_icmp_interval(sim_host *host, int64_t interval_ns)
{
    return set_time(host, interval_ns, offsetof(simp_ip_state, icmp_interval_ns),
                    "host %s: the interval of ICMP errors is negative");
}

int sim_host_set_unreachable_delay(sim_host *host, int64_t delay_ns)
{
    return set_time(host, delay_ns, offsetof(simp_ip_state, unreachable_delay_ns),
                    "host %s: the delay for unreachable neighbours is negative");
}

int sim_host_set_broadcast_echo(sim_host *host, bool on)
{
    simp_ip_state *ip = simp_ip_state_of(host);
    if (ip == NULL)
        return simp_no_memory(host->world);
    ip->answers_broadcast_echo = on;
    return 0;
}
