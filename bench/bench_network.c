/* SPDX-License-Identifier: MIT
 *
 * The networks that are measured, and the line that is printed.
 */
#include <stdio.h>

#include "bench/bench.h"

bool bench_network_open(bench_network *network)
{
    *network = (bench_network){0};
    cas_counting_allocator_init(&network->memory, cas_allocator_system());
    sim_world_options options = {.seed = 1, .memory = &network->memory.base, .events_max = UINT64_MAX};
    return sim_world_create(&options, &network->world) == 0;
}

bool bench_network_close(bench_network *network)
{
    sim_world_destroy(network->world);
    return network->memory.bytes_live == 0 && network->memory.blocks_live == 0;
}

sim_link_options bench_plain_link(void)
{
    return (sim_link_options){.latency_ns = SIM_MS(1), .rate_bps = SIM_MBIT(1000), .queue_bytes = 1 << 20};
}

sim_link *bench_pair(bench_network *network, unsigned number, const sim_link_options *options,
                     sim_host *hosts[2])
{
    char name[32];
    sim_link *link;
    snprintf(name, sizeof name, "l%u", number);
    if (sim_link_create(network->world, name, options, &link) != 0)
        return NULL;
    for (unsigned i = 0; i < 2; i++) {
        char address[32];
        snprintf(name, sizeof name, "%c%u", "ab"[i], number);
        snprintf(address, sizeof address, "10.%u.%u.%u/30", number >> 14 & 255, number >> 6 & 255,
                 (number & 63) * 4 + i + 1);
        if (sim_host_create(network->world, name, &hosts[i]) != 0 ||
            sim_host_attach(hosts[i], link, address) != 0)
            return NULL;
    }
    return link;
}

void bench_start(bench_network *network)
{
    network->events_start = sim_world_event_count(network->world);
    network->cpu_start = bench_cpu_seconds();
}

void bench_print(const bench_network *network, const char *name, const char *extra, uint64_t packets)
{
    double seconds = bench_cpu_seconds() - network->cpu_start;
    uint64_t events = sim_world_event_count(network->world) - network->events_start;
    printf("case=%s %s", name, extra);
    if (packets != 0)
        printf(" packets=%llu packets_per_second=%.0f", (unsigned long long)packets,
               (double)packets / seconds);
    printf(" events=%llu seconds_cpu=%.6f events_per_second=%.0f seconds_simulated=%.6f\n",
           (unsigned long long)events, seconds, (double)events / seconds,
           (double)sim_world_now(network->world) / 1e9);
}

uint64_t bench_packets(const sim_link *link)
{
    sim_link_counters counters = {0};
    sim_link_counters_read(link, NULL, &counters);
    return counters.packets;
}
