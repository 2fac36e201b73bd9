/* SPDX-License-Identifier: MIT
 *
 * Orders from bytes: whatever they choose, three clients get what they came for.
 */
#include "castanet/sim_explore.h"
#include "tests/fuzz/fuzz.h"
#include "tests/three_clients.h"

void fuzz_order(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    uint8_t how = fuzz_take8(&in);
    sim_order_options options = {.mode = how & 1 ? SIM_CAUSAL : SIM_WINDOWED,
                                 .by_packet = (how & 2) != 0,
                                 .strategy = "bytes"};
    sim_order *order = NULL;
    sim_result result;
    fuzz_demand(sim_order_create(&options, &order) == 0, "an order is made");
    fuzz_demand(sim_order_set_bytes(order, in.at, (size_t)(in.end - in.at)) == 0, "it takes bytes");
    sim_run_options run = {.seed = 1, .order = order};
    fuzz_demand(sim_scenario_run(three_clients(1 + (how >> 2) % 3), &run, &result) == 0, "it runs");
    sim_order_destroy(order);
    fuzz_demand(result.outcome == SIM_PASSED, result.message);
}
