/* SPDX-License-Identifier: MIT
 *
 * Worlds: two hosts and a link are made, connect, echo 64 bytes, close, and are destroyed.
 */
#include <stdio.h>

#include "bench/bench.h"

/* As a test would: with the names and addresses written out. */
static sim_link *build(bench_network *network, sim_host *hosts[2])
{
    sim_link_options plain = bench_plain_link();
    sim_link *link;
    bool built = sim_link_create(network->world, "lan", &plain, &link) == 0 &&
                 sim_host_create(network->world, "client", &hosts[0]) == 0 &&
                 sim_host_create(network->world, "server", &hosts[1]) == 0 &&
                 sim_host_attach(hosts[0], link, "10.0.0.1/24") == 0 &&
                 sim_host_attach(hosts[1], link, "10.0.0.2/24") == 0;
    return built ? link : NULL;
}

static bool run_one(bench_game *game, uint64_t *packets, uint64_t *events)
{
    bench_network network;
    bench_server server;
    bench_client client;
    sim_host *hosts[2];
    if (!bench_network_open(&network))
        return false;
    const sim_link *link = build(&network, hosts);
    if (link == NULL || !bench_server_open(&server, hosts[1], 1) ||
        !bench_client_open(&client, game, hosts[0], "10.0.0.2"))
        return false;
    sim_world_run(network.world, SIM_FOREVER);
    bench_server_close(&server, hosts[1]);
    *packets += bench_packets(link);
    *events += sim_world_event_count(network.world);
    return bench_network_close(&network);
}

int bench_worlds(const bench_options *options)
{
    uint64_t packets = 0, events = 0, round_trips = 0;
    double start = bench_cpu_seconds();
    for (int64_t i = 0; i < options->count; i++) {
        bench_game game = {.left = 1, .sends_when_connected = true};
        if (!run_one(&game, &packets, &events))
            return bench_fail("a world was refused, or did not give all its memory back");
        round_trips += game.round_trips;
    }
    double seconds = bench_cpu_seconds() - start;
    if (round_trips != (uint64_t)options->count)
        return bench_fail("a world had no echo");
    printf("case=worlds worlds=%lld packets=%llu events=%llu seconds_cpu=%.6f worlds_per_second=%.0f\n",
           (long long)options->count, (unsigned long long)packets, (unsigned long long)events, seconds,
           (double)options->count / seconds);
    return 0;
}
