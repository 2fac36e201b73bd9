/* SPDX-License-Identifier: MIT
 *
 * See castanet/sim_probe.h.
 */
#include "simnet/world/probe.h"

#include <string.h>

#include "simnet/world/world.h"

enum { PPM = 1000000, SHARE_DEFAULT = 250000 };

/* ---- faults of the program's own ---- */

typedef struct simp_own_site {
    struct simp_own_site *next;
    simp_site site;
    bool is_active; /* in this run */
} simp_own_site;

static simp_own_site *site_of(sim_world *world, const char *name, int64_t active_ppm)
{
    for (simp_own_site *at = world->own_sites; at != NULL; at = at->next) {
        if (strcmp(at->site.purpose, name) == 0)
            return at;
    }
    simp_own_site *fresh = simp_alloc_zero(&world->arena, sizeof *fresh);
    char *copy = simp_copy_text(&world->arena, name);
    if (fresh == NULL || copy == NULL) {
        simp_out_of_memory(world);
        return NULL;
    }
    simp_site_init(&fresh->site, world->options.seed, SIMP_BUGGIFY, copy);
    fresh->site.keeps_odds = true;
    fresh->is_active = (int64_t)simp_stream_below(&fresh->site.stream, PPM) < active_ppm;
    fresh->next = world->own_sites;
    world->own_sites = fresh;
    return fresh;
}

bool sim_world_buggify_at(sim_world *world, const char *name, int64_t active_ppm, int64_t fires_ppm)
{
    simp_own_site *own = name == NULL ? NULL : site_of(world, name, active_ppm);
    if (own == NULL)
        return false;
    bool fires = (int64_t)simp_stream_below(&own->site.stream, PPM) < fires_ppm;
    return simp_choose_outcome(world, &own->site, own->site.ordinal + 1, own->is_active && fires);
}

bool sim_world_buggify(sim_world *world, const char *name)
{
    return sim_world_buggify_at(world, name, SHARE_DEFAULT, SHARE_DEFAULT);
}

/* ---- states that are worth reaching ---- */

static simp_probe *find(const sim_world *world, const char *name)
{
    simp_probe *at = world->probes;
    while (at != NULL && strcmp(at->name, name) != 0)
        at = at->next;
    return at;
}

simp_probe *simp_probe_of(sim_world *world, const char *name)
{
    simp_probe *probe = find(world, name);
    if (probe != NULL)
        return probe;
    probe = simp_alloc_zero(&world->arena, sizeof *probe);
    char *copy = simp_copy_text(&world->arena, name);
    if (probe == NULL || copy == NULL)
        return NULL;
    *probe = (simp_probe){.next = world->probes, .name = copy};
    world->probes = probe;
    return probe;
}

void sim_world_sometimes(sim_world *world, bool condition, const char *name)
{
    simp_probe *probe = name == NULL ? NULL : simp_probe_of(world, name);
    if (probe != NULL)
        probe->is_reached = probe->is_reached || condition;
    else if (name != NULL)
        simp_out_of_memory(world);
}

bool sim_world_was_reached(const sim_world *world, const char *name)
{
    const simp_probe *probe = name == NULL ? NULL : find(world, name);
    return probe != NULL && probe->is_reached;
}
