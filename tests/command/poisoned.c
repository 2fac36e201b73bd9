/* SPDX-License-Identifier: MIT
 *
 * A scenario that reads memory which it has freed, built with AddressSanitizer: for pytests/test_plugin.py.
 */
#include <stdlib.h>

#include "castanet/main.h"
#include "castanet/sim.h"

static volatile char seen;

static void read_freed(void *argument)
{
    char *volatile block = malloc(16); /* the compiler does not see through it */
    (void)argument;
    if (block == NULL)
        return;
    free(block);
    seen = block[0];
}

static void build(sim_world *world, void *state)
{
    sim_host *host;
    (void)state;
    if (sim_host_create(world, "host", &host) != 0 || sim_host_run(host, SIM_MS(1), read_freed, NULL) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}

static const sim_scenario poisons = {.name = "poisons", .summary = "reads what it has freed", .build = build};

const sim_scenario *const castanet_scenarios[] = {&poisons, NULL};
