/* SPDX-License-Identifier: MIT
 *
 * Actions: what a scenario does to a world at a virtual time, beside all hosts.
 */
#include "simnet/world.h"

typedef struct action {
    simp_event event;
    void (*function)(void *argument);
    void *argument;
} action;

static void on_action(sim_world *world, simp_event *event)
{
    action run = *(action *)(void *)event;
    simp_events_release(&world->events);
    simp_free(&world->arena, event, sizeof run);
    simp_record_event(world, SIMP_RECORD_ACTION, 0, world->action_count);
    run.function(run.argument);
}

int sim_world_at(sim_world *world, uint64_t at_ns, void (*function)(void *argument), void *argument)
{
    if (function == NULL)
        return simp_refuse(world, WSAEINVAL, "there is nothing to do at that time", "the function is NULL",
                           "pass a function");
    action *fresh = simp_alloc(&world->arena, sizeof *fresh);
    if (fresh == NULL || !simp_events_reserve(&world->events, &world->arena)) {
        simp_free(&world->arena, fresh, sizeof *fresh);
        return simp_no_memory(world);
    }
    *fresh = (action){.event = {.run = on_action}, .function = function, .argument = argument};
    uint64_t at = at_ns < world->now_ns ? world->now_ns : at_ns;
    simp_events_schedule(&world->events, &fresh->event, at,
                         simp_tie(SIMP_CLASS_ACTION, 0, ++world->action_count));
    return 0;
}
