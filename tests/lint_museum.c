/* SPDX-License-Identifier: MIT
 *
 * See lint_museum.h.  The linter has to judge while the world is still there, which is in the scenario's end.
 */
#include "tests/lint_museum.h"

#include <stdio.h>
#include <string.h>

#include "tests/expect.h"

static const sim_scenario *watched;
static sim_lint *watching;

static void end(sim_world *world, void *state)
{
    sim_lint_finish(watching);
    if (watched->end != NULL)
        watched->end(world, state);
}

sim_result lint_scenario(const sim_scenario *scenario, sim_order *order, uint64_t seed, sim_lint *lint)
{
    sim_result result;
    sim_scenario form = *scenario;
    sim_run_options options = {.seed = seed, .order = order, .observer = sim_lint_observer(lint)};
    form.end = end;
    watched = scenario;
    watching = lint;
    EXPECT_CODE_FATAL(sim_scenario_run(&form, &options, &result), 0);
    return result;
}

unsigned lint_rules_of(const sim_scenario *scenario, unsigned runs)
{
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = "random"};
    sim_order *order = NULL;
    sim_lint *lint;
    unsigned rules = 0;
    EXPECT_CODE_FATAL(sim_lint_create(NULL, &lint), 0);
    if (runs > 0)
        EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    for (unsigned seed = 0; seed < runs || seed == 0; seed++)
        lint_scenario(scenario, order, seed, lint);
    for (size_t i = 0; i < sim_lint_count(lint); i++)
        rules |= 1u << sim_lint_finding(lint, i)->rule;
    EXPECT_TRUE(!sim_lint_is_incomplete(lint));
    sim_order_destroy(order);
    sim_lint_destroy(lint);
    return rules;
}

void lint_rules_text(unsigned rules, char text[LINT_RULES_TEXT])
{
    size_t length = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < SIM_LINT_RULE_COUNT && length < LINT_RULES_TEXT; i++) {
        if ((rules >> i & 1) != 0)
            length += (size_t)snprintf(text + length, LINT_RULES_TEXT - length, "%s%s",
                                       length > 0 ? ", " : "", sim_lint_rule_text((sim_lint_rule)i)->id);
    }
}
