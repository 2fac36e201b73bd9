/* SPDX-License-Identifier: MIT
 *
 * See world.h.
 */
#include "simnet/world/news.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/cold.h"
#include "simnet/explore/order.h"
#include "simnet/host/host.h"
#include "simnet/transport/stack.h"
#include "simnet/world/stuck.h"

#define EVENTS_MAX_DEFAULT UINT64_C(1000000000)
#define EVENTS_PER_INSTANT_DEFAULT UINT64_C(10000000)

/* ---- making and ending ---- */

/* For an instant that began, or begins, then. */
static void limit_events(sim_world *world, uint64_t began)
{
    uint64_t left = world->options.events_max - began;
    uint64_t most = world->options.events_per_instant_max;
    world->event_limit = began + (left < most ? left : most);
    if (world->vigil != NULL && world->vigil->at_event < world->event_limit)
        world->event_limit = world->vigil->at_event;
}

/* All but the arena, which is made, and texts, which are written before they are read. */
static void clear(sim_world *world)
{
    memset((char *)world + sizeof world->arena, 0, offsetof(sim_world, stack) - sizeof world->arena);
    world->failure_hash = 0;
    world->failure[0] = '\0';
    world->error.code = 0;
    world->error.what[0] = world->error.why[0] = world->error.fix[0] = '\0';
}

int sim_world_create(const sim_world_options *options, sim_world **out)
{
    if (out == NULL)
        return WSAEINVAL;
    sim_world_options chosen = options == NULL ? (sim_world_options){0} : *options;
    if (chosen.memory == NULL)
        chosen.memory = cas_allocator_system();
    if (chosen.events_max == 0)
        chosen.events_max = EVENTS_MAX_DEFAULT;
    if (chosen.events_per_instant_max == 0)
        chosen.events_per_instant_max = EVENTS_PER_INSTANT_DEFAULT;
    if (chosen.stack == NULL)
        chosen.stack = &simp_stack_rfc;
    if (chosen.stack != &simp_stack_rfc && sim_stack_check(chosen.stack, NULL) != 0)
        return WSAEINVAL;
    sim_world *world = (sim_world *)simp_arena_create(chosen.memory, sizeof *world);
    if (world == NULL)
        return WSAENOBUFS;
    clear(world);
    world->topology = 1;
    world->options = chosen;
    if (chosen.stack != &simp_stack_rfc) {
        world->stack = *chosen.stack;
        world->options.stack = &world->stack;
    }
    limit_events(world, 0);
    simp_fingerprint_init(&world->fingerprint, chosen.seed);
    simp_choice_log_init(&world->choices, world, &world->arena.base);
    *out = world;
    return 0;
}

void sim_world_destroy(sim_world *world)
{
    if (world == NULL)
        return;
    cas_thread *current = cas_thread_current();
    if (current != NULL && sim_host_of(current) != NULL && sim_host_world(sim_host_of(current)) == world)
        cas_thread_enter(NULL);
    simp_arena_fini(&world->arena);
}

/* ---- running ---- */

void simp_schedule(sim_world *world, simp_event *event, simp_class class, sim_host *host, uint64_t at_ns)
{
    uint64_t at = at_ns < world->now_ns ? world->now_ns : at_ns;
    simp_events_schedule(&world->events, event, at, simp_tie(class, host->index, ++host->sequence));
}

/* SIM_STOP_TIME: the run goes on. */
static inline sim_stop run_event(sim_world *world, simp_due key)
{
    if (key.at_ns != world->now_ns) {
        world->now_ns = key.at_ns;
        world->instant_began = world->event_count;
    }
    world->event_count++;
    key.event->run(world, key.event);
    if (world->out_of_memory)
        return SIM_STOP_NO_MEMORY;
    return world->stop ? SIM_STOP_REQUESTED : SIM_STOP_TIME;
}

sim_stop simp_world_run_one(sim_world *world)
{
    simp_due next = simp_events_pop(&world->events, UINT64_MAX);
    return next.event == NULL ? SIM_STOP_IDLE : run_event(world, next);
}

sim_stop simp_world_execute(sim_world *world, simp_due key) { return run_event(world, key); }

void simp_world_set_order(sim_world *world, struct sim_order *order)
{
    world->order = order;
    world->event_limit = 0;
}

void simp_world_set_vigil(sim_world *world, simp_vigil *vigil)
{
    world->vigil = vigil;
    world->event_limit = 0; /* is worked out anew */
}

/* So many events ran that it may be one of the limits, if something is due; SIM_STOP_TIME: it is none. */
static COLD sim_stop at_limit(sim_world *world, uint64_t until_ns)
{
    uint64_t next_at = simp_events_next_at(&world->events);
    if (next_at > until_ns)
        return SIM_STOP_TIME;
    if (world->event_count >= world->options.events_max)
        return SIM_STOP_EVENTS;
    sim_stop stop = simp_world_keep_vigil(world);
    if (stop != SIM_STOP_TIME)
        return stop;
    limit_events(world, next_at == world->now_ns ? world->instant_began : world->event_count);
    return world->event_count >= world->event_limit ? simp_stuck(world) : SIM_STOP_TIME;
}

/* SIM_STOP_IDLE: nothing is due by then. */
static inline sim_stop step(sim_world *world, uint64_t until_ns)
{
    if (world->event_count >= world->event_limit) {
        if (world->order != NULL)
            return simp_order_step(world->order, world, until_ns);
        sim_stop stop = at_limit(world, until_ns);
        if (stop != SIM_STOP_TIME)
            return stop;
    }
    simp_due next = simp_events_pop(&world->events, until_ns);
    return next.event == NULL ? SIM_STOP_IDLE : run_event(world, next);
}

sim_stop simp_world_step(sim_world *world) { return step(world, UINT64_MAX); }

sim_stop sim_world_step(sim_world *world)
{
    world->stop = false;
    return simp_world_step(world);
}

sim_stop sim_world_run(sim_world *world, uint64_t until_ns)
{
    sim_stop stop = world->out_of_memory ? SIM_STOP_NO_MEMORY : SIM_STOP_TIME;
    world->stop = false;
    while (stop == SIM_STOP_TIME)
        stop = step(world, until_ns);
    if (stop != SIM_STOP_IDLE)
        return stop;
    if (until_ns != SIM_FOREVER && world->now_ns < until_ns)
        world->now_ns = until_ns;
    return simp_events_is_empty(&world->events) ? SIM_STOP_IDLE : SIM_STOP_TIME;
}

void sim_world_stop(sim_world *world) { world->stop = true; }

void sim_world_fail(sim_world *world, const char *format, ...)
{
    world->stop = true;
    if (world->failed)
        return;
    world->failed = true;
    world->failure_hash = simp_hash_text(0, format);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->failure, sizeof world->failure, format, arguments);
    va_end(arguments);
    simp_tell(world, &(sim_news){.kind = SIM_NEWS_FAILURE,
                                 .what = "fail",
                                 .about = world->failure,
                                 .handle = INVALID_SOCKET});
}

/* ---- reading ---- */

const char *sim_world_failure(const sim_world *world) { return world->failed ? world->failure : NULL; }
uint64_t sim_world_now(const sim_world *world) { return world->now_ns; }
uint64_t sim_world_seed(const sim_world *world) { return world->options.seed; }
const cas_profile *sim_world_profile(const sim_world *world) { return &world->options.profile; }
uint64_t sim_world_event_count(const sim_world *world) { return world->event_count; }
const sim_error *sim_world_error(const sim_world *world) { return &world->error; }

void sim_world_fingerprint(const sim_world *world, uint8_t fingerprint[16])
{
    simp_fingerprint_read(&world->fingerprint, fingerprint);
}

void sim_world_fingerprint_text(const sim_world *world, char text[33])
{
    uint8_t digest[SIMP_FINGERPRINT_DIGEST];
    sim_world_fingerprint(world, digest);
    for (unsigned i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* ---- refusing ---- */

int simp_refuse_named(sim_world *world, int code, const char *what_with_name, const char *name,
                      const char *why, const char *fix)
{
    sim_error *error = &world->error;
    error->code = code;
    const char *slot = strstr(what_with_name, "%s");
    if (slot == NULL)
        snprintf(error->what, sizeof error->what, "%s", what_with_name);
    else
        snprintf(error->what, sizeof error->what, "%.*s%s%s", (int)(slot - what_with_name), what_with_name,
                 name, slot + 2);
    snprintf(error->why, sizeof error->why, "%s", why);
    snprintf(error->fix, sizeof error->fix, "%s", fix);
    return code;
}

int simp_refuse(sim_world *world, int code, const char *what, const char *why, const char *fix)
{
    return simp_refuse_named(world, code, what, "", why, fix);
}

/* ---- observers ---- */

void sim_world_add_observer(sim_world *world, sim_observer *observer)
{
    sim_observer **place = &world->observers;
    while (*place != NULL)
        place = &(*place)->next;
    observer->next = NULL;
    *place = observer;
    simp_tasks_hear(world);
}

void sim_world_remove_observer(sim_world *world, sim_observer *observer)
{
    sim_observer **place = &world->observers;
    while (*place != NULL && *place != observer)
        place = &(*place)->next;
    if (*place != NULL)
        *place = observer->next;
    simp_tasks_hear(world);
}
