/* SPDX-License-Identifier: MIT
 *
 * Two hosts and a link.
 */
#include "tests/world_pair.h"

int world_pair_create(world_pair *pair, const sim_world_options *options)
{
    static const sim_link_options link = {.latency_ns = SIM_MS(1)};
    *pair = (world_pair){0};
    int error = sim_world_create(options, &pair->world);
    if (error == 0)
        error = sim_host_create(pair->world, "a", &pair->a);
    if (error == 0)
        error = sim_host_create(pair->world, "b", &pair->b);
    if (error == 0)
        error = sim_link_create(pair->world, "a-b", &link, &pair->link);
    if (error == 0)
        error = sim_host_attach(pair->a, pair->link, "10.0.0.1/24 fd00::1/64");
    if (error == 0)
        error = sim_host_attach(pair->b, pair->link, "10.0.0.2/24 fd00::2/64");
    return error;
}

void world_pair_settle(const world_pair *pair)
{
    sim_world_run(pair->world, sim_world_now(pair->world) + (uint64_t)SIM_S(10));
}
