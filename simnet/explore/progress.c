/* SPDX-License-Identifier: MIT
 *
 * See progress.h.
 */
#include "simnet/explore/progress.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "simnet/host/host.h"

enum { LOOK_EVENTS = 1024, WATCH_EVENTS = 32, QUIET_EVENTS = 256 };

/* ---- what counts ---- */

static bool gives_bytes(const cas_observation *what)
{
    return what->result > 0 && strncmp(what->name, "Receive", 7) == 0;
}

static bool is_progress(const cas_observation *what)
{
    switch (what->step) {
    case CAS_STEP_CALL: return gives_bytes(what) || (strcmp(what->name, "Accept") == 0 && what->error == 0);
    case CAS_STEP_DISPATCH: return what->event == FD_CLOSE || (what->event == FD_CONNECT && what->error == 0);
    default: return false;
    }
}

static void on_step(sim_observer *observer, const sim_world *world, const cas_observation *what)
{
    simp_progress *p = (simp_progress *)(void *)((char *)observer - offsetof(simp_progress, observer));
    (void)world;
    p->seen |= is_progress(what);
    if (what->step != CAS_STEP_CALL && what->step != CAS_STEP_DISPATCH)
        return;
    p->host = sim_host_of(what->thread);
    p->handle = what->handle;
    p->what = what->name;
}

/* ---- watching ---- */

static void begin(simp_progress *p)
{
    p->watching = true;
    p->seen = false;
    p->host = NULL;
    p->since_ns = p->world->now_ns;
    p->since_event = p->world->event_count;
    sim_world_add_observer(p->world, &p->observer);
    p->vigil.at_event = p->world->event_count + WATCH_EVENTS;
}

static void end(simp_progress *p)
{
    p->watching = false;
    sim_world_remove_observer(p->world, &p->observer);
    p->vigil.at_event = p->world->event_count + LOOK_EVENTS;
}

static bool is_livelock(const simp_progress *p)
{
    const sim_world *world = p->world; /* whose clock goes back between hosts, in causal mode */
    return world->now_ns > p->since_ns && world->now_ns - p->since_ns >= p->quiet_ns &&
           world->event_count - p->since_event >= QUIET_EVENTS && !p->scenario->is_done(p->world, p->state);
}

static void complain(const simp_progress *p)
{
    sim_error *error = &p->world->error;
    *error = (sim_error){.code = WSAEINVAL};
    snprintf(error->what, sizeof error->what,
             "no progress for %" PRIu64 " s: %" PRIu64
             " events went on, but no program got a byte and no connection began or ended",
             (p->world->now_ns - p->since_ns) / (uint64_t)SIM_S(1), p->world->event_count - p->since_event);
    if (p->host == NULL)
        snprintf(error->why, sizeof error->why, "it goes on below the programs, none of which was called");
    else if (p->handle == INVALID_SOCKET)
        snprintf(error->why, sizeof error->why, "the last was %s on %s", p->what, p->host->name);
    else
        snprintf(error->why, sizeof error->why, "the last was %s of socket %" PRIu64 " on %s", p->what,
                 (uint64_t)p->handle, p->host->name);
    snprintf(error->fix, sizeof error->fix, "raise the scenario's quiet_ns if that is its purpose");
}

static sim_stop look(simp_vigil *vigil, sim_world *world)
{
    simp_progress *p = (simp_progress *)(void *)vigil;
    if (!p->found && p->watching && !p->seen && is_livelock(p)) {
        p->found = true;
        complain(p);
    }
    if (p->found) {
        world->stop = true; /* also for who waits in a callback */
        return SIM_STOP_STUCK;
    }
    if (!p->watching)
        begin(p);
    else if (p->seen)
        end(p);
    else
        p->vigil.at_event = world->event_count + WATCH_EVENTS;
    return SIM_STOP_TIME;
}

void simp_progress_watch(simp_progress *p, sim_world *world, const sim_scenario *scenario, void *state,
                         uint64_t quiet_ns)
{
    *p = (simp_progress){.vigil = {.at_event = world->event_count + LOOK_EVENTS, .look = look},
                         .observer = {.on_step = on_step},
                         .world = world,
                         .scenario = scenario,
                         .state = state,
                         .quiet_ns = quiet_ns};
    if (scenario->is_done != NULL && quiet_ns != SIM_FOREVER)
        simp_world_set_vigil(world, &p->vigil);
}
