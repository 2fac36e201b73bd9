/* SPDX-License-Identifier: MIT
 *
 * UDP ping-pong: hosts in pairs, each pair on a link of its own; who receives a datagram sends one, until the
 * common budget is used up.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

typedef struct player {
    CAsyncSocket socket;
    uint64_t *left;
    const char *serves_to; /* NULL: waits for the first one */
    char address[24];
} player;

static void on_receive(CAsyncSocket *socket, int error)
{
    player *self = (player *)socket;
    uint8_t message[BENCH_MESSAGE];
    SOCKADDR_STORAGE from;
    int from_len = sizeof from;
    (void)error;
    int count = CAsyncSocket_ReceiveFromAddr(socket, message, sizeof message, (SOCKADDR *)&from, &from_len,
                                             0);
    if (count != BENCH_MESSAGE || *self->left == 0)
        return;
    --*self->left;
    CAsyncSocket_SendToAddr(socket, message, sizeof message, (SOCKADDR *)&from, from_len, 0);
}

static const CAsyncSocketVtbl player_vtbl = {.OnReceive = on_receive};

static void start(void *argument)
{
    player *self = argument;
    CAsyncSocket_Construct(&self->socket, &player_vtbl);
    CAsyncSocket_Create(&self->socket, BENCH_PORT, SOCK_DGRAM, FD_READ, NULL);
}

static void serve(void *argument)
{
    player *self = argument;
    uint8_t message[BENCH_MESSAGE] = {0};
    if (*self->left == 0)
        return;
    --*self->left;
    CAsyncSocket_SendTo(&self->socket, message, sizeof message, BENCH_PORT, self->serves_to, 0);
}

static bool build_pair(bench_network *network, unsigned number, player pair[2], uint64_t *left)
{
    sim_host *hosts[2];
    sim_link_options plain = bench_plain_link();
    if (bench_pair(network, number, &plain, hosts) == NULL)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        pair[i].left = left;
        if (sim_host_run(hosts[i], 0, start, &pair[i]) != 0)
            return false;
    }
    snprintf(pair[0].address, sizeof pair[0].address, "10.%u.%u.%u", number >> 14 & 255, number >> 6 & 255,
             (number & 63) * 4 + 2);
    pair[0].serves_to = pair[0].address;
    return sim_host_run(hosts[0], (uint64_t)SIM_MS(1), serve, &pair[0]) == 0;
}

int bench_udp_pingpong(const bench_options *options)
{
    unsigned hosts = (unsigned)options->hosts / 2 * 2;
    uint64_t left = (uint64_t)options->count;
    player *players = calloc(hosts, sizeof *players);
    bench_network network;
    if (players == NULL || !bench_network_open(&network))
        return bench_fail("no memory");
    double before = bench_cpu_seconds();
    for (unsigned i = 0; i < hosts; i += 2) {
        if (!build_pair(&network, i / 2, players + i, &left))
            return bench_fail(sim_world_error(network.world)->what);
    }
    sim_world_run(network.world, (uint64_t)SIM_US(1));
    double built = bench_cpu_seconds() - before;
    bench_start(&network);
    sim_world_run(network.world, SIM_FOREVER);
    char extra[128];
    snprintf(extra, sizeof extra, "hosts=%u round_trips=%lld bytes_per_host=%lld us_to_build_host=%.2f",
             hosts, (long long)options->count / 2, (long long)(network.memory.bytes_live / hosts),
             built * 1e6 / hosts);
    bench_print(&network, "udp-pingpong", extra, (uint64_t)options->count);
    bool clean = bench_network_close(&network);
    free(players);
    return left == 0 && clean ? 0 : bench_fail("datagrams or memory are missing");
}
