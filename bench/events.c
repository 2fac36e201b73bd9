/* SPDX-License-Identifier: MIT
 *
 * Events alone: so many are pending, and each that runs schedules its successor; beside it the same game on a
 * plain 4-ary heap, as the floor (heap.h).
 */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/heap.h"

/* ---- in a world ---- */

typedef struct ticker {
    sim_world *world;
    uint64_t left, step;
} ticker;

static void tick(void *argument)
{
    ticker *self = argument;
    if (self->left == 0)
        return;
    self->left--;
    sim_world_at(self->world, sim_world_now(self->world) + bench_delay(++self->step), tick, self);
}

int bench_events(const bench_options *options)
{
    bench_network network;
    if (!bench_network_open(&network))
        return bench_fail("no world");
    ticker self = {network.world, (uint64_t)options->count, 0};
    for (int64_t i = 0; i < options->pending; i++)
        sim_world_at(network.world, bench_delay((uint64_t)i), tick, &self);
    bench_start(&network);
    sim_world_run(network.world, SIM_FOREVER);
    char extra[64];
    snprintf(extra, sizeof extra, "pending=%lld", (long long)options->pending);
    bench_print(&network, "events", extra, 0);
    return bench_network_close(&network) ? 0 : bench_fail("memory was not given back");
}

int bench_heap(const bench_options *options)
{
    bench_heap_time time;
    if (!bench_run_heap((uint64_t)options->count, (size_t)options->pending, &time))
        return bench_fail("no memory");
    printf("case=heap pending=%lld events=%llu seconds_cpu=%.6f events_per_second=%.0f\n",
           (long long)options->pending, (unsigned long long)time.events, time.seconds,
           (double)time.events / time.seconds);
    return 0;
}
