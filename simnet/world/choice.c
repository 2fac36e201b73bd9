/* SPDX-License-Identifier: MIT
 *
 * See choice.h.
 */
#include "simnet/world/choice.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "simnet/world/news.h"

void simp_site_init(simp_site *site, uint64_t seed, const char *who, const char *purpose)
{
    uint64_t hash = simp_mix(simp_hash_text(0, who) ^ simp_hash_text(1, purpose));
    *site = (simp_site){.who = who, .purpose = purpose, .label_hash = hash};
    simp_stream_init(&site->stream, seed, who, purpose);
}

/* ---- the log ---- */

/* Who draws at the user's own sites. */
static const char user[] = "user";

void simp_choice_log_init(simp_choice_log *log, sim_world *world, cas_allocator *memory)
{
    *log = (simp_choice_log){.world = world, .memory = memory};
}

void simp_choice_log_fini(simp_choice_log *log)
{
    cas_free(log->memory, log->choices, log->capacity * sizeof *log->choices);
    log->choices = NULL;
    log->count = log->capacity = 0;
}

sim_choice simp_choice_log_read(const simp_choice_log *log, size_t index)
{
    return index < log->count ? log->choices[index] : (sim_choice){.label = ""};
}

static size_t label_size(const simp_site *site) { return strlen(site->who) + strlen(site->purpose) + 2; }

/* NULL: no memory. */
static const char *label_of(cas_allocator *memory, simp_site *site)
{
    if (site->label != NULL)
        return site->label;
    size_t size = label_size(site);
    char *label = cas_alloc(memory, size);
    if (label != NULL)
        snprintf(label, size, "%s %s", site->who, site->purpose);
    site->label = label;
    return label;
}

void simp_site_fini(simp_site *site, cas_allocator *memory)
{
    cas_free(memory, (void *)site->label, site->label == NULL ? 0 : label_size(site));
    site->label = NULL;
}

static bool has_room(simp_choice_log *log)
{
    if (log->count < log->capacity)
        return true;
    size_t capacity = log->capacity == 0 ? CASP_LIMIT(16, 1) : log->capacity * 2;
    sim_choice *choices = log->memory->resize(log->memory, log->choices, log->capacity * sizeof *choices,
                                              capacity * sizeof *choices);
    if (choices == NULL)
        return false;
    log->choices = choices;
    log->capacity = capacity;
    return true;
}

static void record(simp_choice_log *log, simp_site *site, uint32_t bound, uint32_t value)
{
    if (log->world != NULL)
        simp_record_event(log->world, SIMP_RECORD_CHOICE, site->label_hash >> 8,
                          (uint64_t)value << 32 ^ site->ordinal);
    const char *label = label_of(log->memory, site);
    if (label != NULL && has_room(log)) {
        log->choices[log->count++] = (sim_choice){label, site->ordinal, bound, value};
        if (log->world != NULL)
            simp_tell_choice(log->world, "choose", &log->choices[log->count - 1]);
        return;
    }
    log->refused++;
    if (log->world != NULL)
        simp_out_of_memory(log->world);
}

/* ---- choosing ---- */

bool simp_is_users_site(const simp_site *site) { return strcmp(site->who, user) == 0; }

void sim_world_heal(sim_world *world) { world->choices.is_healed = true; }

/* The decision that site->ordinal counts. */
static uint32_t decide(simp_choice_log *log, simp_site *site, uint32_t bound, uint32_t drawn)
{
    uint32_t value = drawn;
    if (log->is_healed && !simp_is_users_site(site))
        return 0;
    if (log->chooser != NULL)
        value = log->chooser->answer(log->chooser, site, site->ordinal, bound, drawn);
    if (value != 0)
        record(log, site, bound, value);
    return value;
}

uint32_t simp_log_choose(simp_choice_log *log, simp_site *site, uint32_t bound)
{
    uint32_t drawn = (uint32_t)simp_stream_below(&site->stream, bound);
    site->ordinal++;
    return decide(log, site, bound, drawn);
}

bool simp_log_choose_chance(simp_choice_log *log, simp_site *site, int64_t ppm)
{
    bool hit = simp_stream_below(&site->stream, 1000000) < (uint64_t)ppm;
    site->ordinal++;
    return decide(log, site, 2, hit) != 0;
}

uint32_t simp_choose(sim_world *world, simp_site *site, uint32_t bound)
{
    return simp_log_choose(&world->choices, site, bound);
}

bool simp_choose_chance(sim_world *world, simp_site *site, int64_t ppm)
{
    return simp_log_choose_chance(&world->choices, site, ppm);
}

bool simp_choose_outcome(sim_world *world, simp_site *site, uint64_t ordinal, bool outcome)
{
    site->ordinal = ordinal;
    return decide(&world->choices, site, 2, outcome) != 0;
}

uint32_t simp_choose_trouble(sim_world *world, simp_site *site, uint64_t ordinal, uint32_t bound)
{
    site->ordinal = ordinal;
    return decide(&world->choices, site, bound, 0);
}

void simp_note_outcome(sim_world *world, simp_site *site, uint64_t ordinal, bool outcome)
{
    site->ordinal = ordinal;
    if (outcome)
        record(&world->choices, site, 2, 1);
}

bool simp_choose_odds(sim_world *world, simp_site *site, uint64_t ordinal, uint64_t odds)
{
    site->stream.counter = ordinal - 1;
    bool hit = simp_has_luck(simp_stream_next(&site->stream), odds);
    return simp_choose_outcome(world, site, ordinal, hit);
}

uint32_t simp_choose_at(sim_world *world, simp_site *site, uint64_t ordinal, uint32_t bound)
{
    site->ordinal = ordinal - 1;
    site->stream.counter = ordinal - 1;
    return simp_choose(world, site, bound);
}

size_t sim_world_choice_count(const sim_world *world) { return world->choices.count; }

sim_choice sim_world_choice(const sim_world *world, size_t index)
{
    return simp_choice_log_read(&world->choices, index);
}

/* ---- the user's own sites ---- */

typedef struct simp_user_site {
    struct simp_user_site *next;
    simp_site site;
} simp_user_site;

static simp_user_site *find_user_site(sim_world *world, const char *name)
{
    for (simp_user_site *at = world->user_sites; at != NULL; at = at->next) {
        if (strcmp(at->site.purpose, name) == 0)
            return at;
    }
    simp_user_site *fresh = simp_alloc(&world->arena, sizeof *fresh);
    char *copy = simp_copy_text(&world->arena, name);
    if (fresh == NULL || copy == NULL)
        return NULL;
    simp_site_init(&fresh->site, world->options.seed, user, copy);
    fresh->next = world->user_sites;
    world->user_sites = fresh;
    return fresh;
}

uint32_t sim_world_choose(sim_world *world, const char *name, uint32_t bound)
{
    simp_user_site *site = name == NULL ? NULL : find_user_site(world, name);
    if (site == NULL) {
        simp_out_of_memory(world);
        return 0;
    }
    return bound <= 1 ? 0 : simp_choose(world, &site->site, bound);
}
