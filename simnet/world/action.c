/* SPDX-License-Identifier: MIT
 *
 * Actions: what a scenario does to a world at a virtual time, beside all hosts.
 *
 * Invariant: an action that ran keeps its memory and its place in the event queue for the next one.
 */
#include "simnet/world/world.h"

typedef struct simp_action {
    simp_event event;         /* first */
    struct simp_action *next; /* of those that ran */
    void (*function)(void *argument);
    void *argument;
} simp_action;

static void on_action(sim_world *world, simp_event *event)
{
    simp_action *action = (simp_action *)(void *)event;
    void (*function)(void *argument) = action->function;
    void *argument = action->argument;
    action->next = world->actions_done;
    world->actions_done = action;
    simp_record_event(world, SIMP_RECORD_ACTION, 0, world->action_count);
    function(argument);
}

static simp_action *create(sim_world *world)
{
    simp_action *action = simp_alloc(&world->arena, sizeof *action);
    if (action != NULL && simp_events_reserve(&world->events, &world->arena)) {
        *action = (simp_action){.event = {.run = on_action}};
        return action;
    }
    simp_free(&world->arena, action, sizeof *action);
    return NULL;
}

static simp_action *reuse(sim_world *world)
{
    simp_action *action = world->actions_done;
    world->actions_done = action->next;
    return action;
}

int sim_world_at(sim_world *world, uint64_t at_ns, void (*function)(void *argument), void *argument)
{
    if (function == NULL)
        return simp_refuse(world, WSAEINVAL, "there is nothing to do at that time", "the function is NULL",
                           "pass a function");
    simp_action *action = world->actions_done != NULL ? reuse(world) : create(world);
    if (action == NULL)
        return simp_no_memory(world);
    action->function = function;
    action->argument = argument;
    uint64_t at = at_ns < world->now_ns ? world->now_ns : at_ns;
    simp_events_schedule(&world->events, &action->event, at,
                         simp_tie(SIMP_CLASS_ACTION, 0, ++world->action_count));
    return 0;
}
