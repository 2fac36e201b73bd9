/* SPDX-License-Identifier: MIT
 *
 * Memory of what does nothing, as growth of the world's allocator: connections with both their ends, and
 * hosts with one address on a segment.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

static int print_growth(bench_network *network, const char *name, const char *what, int64_t count,
                        int64_t before)
{
    int64_t bytes = network->memory.bytes_live - before;
    printf("case=%s %ss=%lld bytes_per_%s=%.1f\n", name, what, (long long)count, what,
           (double)bytes / (double)count);
    return bench_network_close(network) ? 0 : bench_fail("memory was not given back");
}

/* ---- connections ---- */

static bool connect_all(bench_network *network, bench_game *game, bench_client *clients, unsigned count,
                        sim_host *from)
{
    for (unsigned i = 0; i < count; i++) {
        if (!bench_client_open(&clients[i], game, from, "10.0.0.2"))
            return false;
        sim_world_run(network->world, sim_world_now(network->world) + (uint64_t)SIM_MS(5));
    }
    return game->connected == count;
}

int bench_idle_connections(const bench_options *options)
{
    bench_network network;
    bench_server server;
    bench_game game = {0};
    sim_host *hosts[2];
    sim_link_options plain = bench_plain_link();
    unsigned count = (unsigned)options->count;
    bench_client *clients = calloc(count, sizeof *clients);
    if (clients == NULL || !bench_network_open(&network) || bench_pair(&network, 0, &plain, hosts) == NULL ||
        !bench_server_open(&server, hosts[1], count))
        return bench_fail("no memory");
    int64_t before = network.memory.bytes_live;
    if (!connect_all(&network, &game, clients, count, hosts[0]))
        return bench_fail("the connections did not come about");
    int result = print_growth(&network, "idle-connections", "connection", options->count, before);
    free(server.peers);
    free(clients);
    return result;
}

/* ---- hosts ---- */

static bool add_host(bench_network *network, sim_link *segment, unsigned number)
{
    char name[16], address[24];
    sim_host *host;
    snprintf(name, sizeof name, "h%u", number);
    snprintf(address, sizeof address, "10.%u.%u.%u/8", (number + 1) >> 16 & 255, (number + 1) >> 8 & 255,
             (number + 1) & 255);
    return sim_host_create(network->world, name, &host) == 0 && sim_host_attach(host, segment, address) == 0;
}

int bench_idle_hosts(const bench_options *options)
{
    bench_network network;
    sim_link *segment;
    sim_link_options plain = bench_plain_link();
    if (!bench_network_open(&network) || sim_segment_create(network.world, "lan", &plain, &segment) != 0)
        return bench_fail("no world");
    int64_t before = network.memory.bytes_live;
    for (unsigned i = 0; i < (unsigned)options->count; i++) {
        if (!add_host(&network, segment, i))
            return bench_fail(sim_world_error(network.world)->what);
    }
    return print_growth(&network, "idle-hosts", "host", options->count, before);
}
