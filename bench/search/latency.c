/* SPDX-License-Identifier: MIT
 *
 * See latency.h.
 */
#include "bench/search/latency.h"

#include <string.h>

#include "castanet/sim_impairment.h"
#include "simnet/link/link.h"
#include "simnet/world/world.h"

static const struct {
    const char *name;
    sim_spread time;
} yardsticks[] = {
    {"latency", {.spread_ns = SIM_MS(20), .distribution = SIM_EXPONENTIAL}},
    {"latency-10", {.base_ns = SIM_US(5500), .spread_ns = SIM_US(4500), .distribution = SIM_UNIFORM}},
};
enum { COUNT = sizeof yardsticks / sizeof *yardsticks };

/* What build puts it into. */
static const sim_scenario *inner;
static const sim_spread *time_on_link;

/* In place of the link's own latency; what else the scenario asked of it stays. */
static int delay(sim_link *link)
{
    sim_impairment impairment = {.kind = SIM_IMPAIR_DELAY, .delay = {.by = *time_on_link, .reorders = true}};
    sim_link_options options = link->options;
    options.latency_ns = options.jitter_ns = 0;
    int error = sim_link_set_options(link, NULL, &options);
    return error != 0 ? error : sim_link_add(link, NULL, &impairment, NULL);
}

static void build(sim_world *world, void *state)
{
    inner->build(world, state);
    for (sim_link *link = world->links; link != NULL; link = link->next) {
        if (delay(link) != 0)
            sim_world_fail(world, "a link refuses: %s", sim_world_error(world)->what);
    }
}

static size_t find(const char *yardstick)
{
    size_t i = 0;
    while (i < COUNT && strcmp(yardsticks[i].name, yardstick) != 0)
        i++;
    return i;
}

bool latency_is(const char *yardstick) { return find(yardstick) < COUNT; }

int latency_run(const char *yardstick, const sim_scenario *scenario, uint64_t seed, sim_result *result)
{
    sim_scenario with_latency = *scenario;
    with_latency.build = build;
    inner = scenario;
    time_on_link = &yardsticks[find(yardstick)].time;
    return sim_scenario_run(&with_latency, &(sim_run_options){.seed = seed}, result);
}
