/* SPDX-License-Identifier: MIT
 *
 * See keeper.h.
 */
#include "simnet/link/keeper.h"

#include <stddef.h>

#include "simnet/link/pipeline.h"

int simp_keeper_init(simp_keeper *keeper, simp_stage *stage, void (*run)(sim_world *, simp_event *))
{
    sim_world *world = simp_stage_world(stage);
    *keeper = (simp_keeper){.stage = stage, .end = &keeper->first, .event = {.run = run}};
    return simp_events_reserve(&world->events, &world->arena) ? 0 : WSAENOBUFS;
}

simp_keeper *simp_keeper_of(simp_event *event)
{
    return (simp_keeper *)((char *)event - offsetof(simp_keeper, event));
}

simp_stage_result simp_keeper_add(simp_keeper *keeper, const simp_transit *transit, uint64_t due)
{
    sim_world *world = simp_stage_world(keeper->stage);
    simp_kept *kept = simp_alloc(&world->arena, sizeof *kept);
    if (kept == NULL) {
        simp_out_of_memory(world);
        return SIMP_DROP;
    }
    *kept = (simp_kept){.transit = *transit, .since_ns = world->now_ns, .due = due};
    *keeper->end = kept;
    keeper->end = &kept->next;
    keeper->count++;
    return SIMP_KEEP;
}

void simp_keeper_take(simp_keeper *keeper, simp_kept **place, simp_kept *out)
{
    simp_kept *kept = *place;
    *out = *kept;
    *place = kept->next;
    if (kept->next == NULL)
        keeper->end = place;
    keeper->count--;
    simp_free(&simp_stage_world(keeper->stage)->arena, kept, sizeof *kept);
}

void simp_keeper_wake_at(simp_keeper *keeper, uint64_t at_ns)
{
    sim_world *world = simp_stage_world(keeper->stage);
    keeper->wakes_ns = at_ns < world->now_ns ? world->now_ns : at_ns;
    simp_schedule(world, &keeper->event, SIMP_CLASS_ARRIVAL, keeper->stage->path->from->host, at_ns);
}

void simp_keeper_resume(simp_keeper *keeper, simp_kept *kept)
{
    uint64_t now = simp_stage_world(keeper->stage)->now_ns;
    if (kept->transit.on_line && kept->transit.arrive_ns < now)
        kept->transit.arrive_ns = now;
    simp_pipeline_resume(keeper->stage, &kept->transit);
}

void simp_keeper_fini(simp_keeper *keeper)
{
    sim_world *world = simp_stage_world(keeper->stage);
    while (keeper->first != NULL) {
        simp_kept kept;
        simp_keeper_take(keeper, &keeper->first, &kept);
        simp_keeper_resume(keeper, &kept);
    }
    simp_events_cancel(&world->events, &keeper->event);
    simp_events_release(&world->events);
}
