/* SPDX-License-Identifier: MIT
 *
 * See pipeline.h.  A packet goes from stage to stage until it flies, is dropped, or is kept; then its copies
 * do the same, one after the other, each from the stage behind the one that made it.
 */
#include "simnet/link/pipeline.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "simnet/link/connections.h"
#include "simnet/link/link.h"
#include "simnet/world/news.h"

/* A copy that has not gone on yet. */
typedef struct simp_pending {
    struct simp_pending *next;
    simp_stage *at; /* NULL: behind the last one */
    simp_transit transit;
} simp_pending;

static sim_world *world_of(const simp_path *path) { return path->from->host->world; }

/* ---- the list ---- */

int simp_pipeline_ensure(simp_path *path)
{
    sim_world *world = world_of(path);
    if (path->pipeline != NULL)
        return 0;
    char who[256];
    snprintf(who, sizeof who, "link %.100s %s>", path->from->link->name, path->from->host->name);
    simp_pipeline *pipeline = simp_alloc_zero(&world->arena, sizeof *pipeline);
    char *copy = simp_copy_text(&world->arena, who);
    if (pipeline == NULL || copy == NULL) {
        simp_free(&world->arena, copy, strlen(who) + 1);
        simp_free(&world->arena, pipeline, sizeof *pipeline);
        return WSAENOBUFS;
    }
    pipeline->who = copy;
    pipeline->pending_end = &pipeline->pending;
    path->pipeline = pipeline;
    return 0;
}

void simp_pipeline_discard(simp_path *path)
{
    sim_world *world = world_of(path);
    simp_pipeline *pipeline = path->pipeline;
    if (pipeline == NULL)
        return;
    while (pipeline->chances != NULL) {
        simp_chances *chances = pipeline->chances;
        pipeline->chances = chances->next;
        simp_free(&world->arena, chances->name, strlen(chances->name) + 1);
        simp_free(&world->arena, chances->lots_name, strlen(chances->lots_name) + 1);
        simp_free(&world->arena, chances, sizeof *chances);
    }
    simp_free(&world->arena, pipeline->who, strlen(pipeline->who) + 1);
    simp_free(&world->arena, pipeline, sizeof *pipeline);
    path->pipeline = NULL;
}

simp_chances *simp_pipeline_chances(simp_path *path, const char *name)
{
    sim_world *world = world_of(path);
    simp_pipeline *pipeline = path->pipeline;
    for (simp_chances *at = pipeline->chances; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0)
            return at;
    }
    char amount[256], lots[256];
    snprintf(amount, sizeof amount, "%.200s amount", name);
    snprintf(lots, sizeof lots, "%.200s connection", name);
    simp_chances *chances = simp_alloc_zero(&world->arena, sizeof *chances);
    char *copy = simp_copy_text(&world->arena, name), *lots_copy = simp_copy_text(&world->arena, lots);
    if (chances == NULL || copy == NULL || lots_copy == NULL) {
        simp_free(&world->arena, lots_copy, strlen(lots) + 1);
        simp_free(&world->arena, copy, strlen(name) + 1);
        simp_free(&world->arena, chances, sizeof *chances);
        return NULL;
    }
    uint64_t seed = world->options.seed;
    *chances = (simp_chances){.next = pipeline->chances, .name = copy, .lots_name = lots_copy};
    simp_site_init(&chances->site, seed, pipeline->who, copy);
    simp_site_init(&chances->lots, seed, pipeline->who, lots_copy);
    simp_stream_init(&chances->draws, seed, pipeline->who, amount);
    pipeline->chances = chances;
    return chances;
}

static bool is_plain(const simp_pipeline *pipeline, const simp_stage *stage)
{
    return stage >= pipeline->plain && stage < pipeline->plain + SIMP_PLAIN_COUNT;
}

/* Where it stands among the stages of a path. */
static unsigned rank(const simp_pipeline *pipeline, const simp_stage *stage)
{
    return (unsigned)stage->position << 16 | (unsigned)stage->what.kind << 1 |
           (is_plain(pipeline, stage) ? 0u : 1u);
}

void simp_pipeline_insert(simp_pipeline *pipeline, simp_stage *stage)
{
    simp_stage **place = &pipeline->stages;
    while (*place != NULL && rank(pipeline, *place) <= rank(pipeline, stage))
        place = &(*place)->next;
    stage->next = *place;
    *place = stage;
    stage->chances->in_use = true;
}

void simp_pipeline_remove(simp_pipeline *pipeline, simp_stage *stage)
{
    simp_stage **place = &pipeline->stages;
    while (*place != NULL && *place != stage)
        place = &(*place)->next;
    if (*place == NULL)
        return;
    *place = stage->next;
    stage->chances->in_use = false;
}

/* ---- passing ---- */

/* What a stage did to a packet; rule 0: a plain option of the link, or its script. */
static void tell(const simp_path *path, const char *what, uint64_t rule, const sim_packet *packet)
{
    simp_tell(world_of(path), &(sim_news){.kind = SIM_NEWS_FAULT,
                                          .what = what,
                                          .about = path->pipeline->who,
                                          .host = path->from->host,
                                          .packet = packet,
                                          .under_way = packet != path->pipeline->submitted,
                                          .handle = INVALID_SOCKET,
                                          .number = rule});
}

/* Through one stage, with its counters. */
static simp_stage_result run(simp_pipeline *pipeline, simp_stage *stage, simp_transit *transit)
{
    sim_fate before = transit->fate;
    if (!simp_stage_concerns(stage, transit))
        return SIMP_PASS;
    transit->fate = SIM_FATE_SENT;
    simp_stage_result result = stage->kind->run(stage, transit);
    bool only_waits = result == SIMP_KEEP && transit->fate == SIM_FATE_SENT;
    if (result != SIMP_PASS && !only_waits) {
        stage->hit++;
        pipeline->fates[transit->fate]++;
        if (simp_is_heard(world_of(stage->path)) && (stage->rule != 0 || transit->fate != SIM_FATE_SENT))
            tell(stage->path, stage->kind->name, stage->rule, transit->packet);
    }
    if (transit->fate == SIM_FATE_SENT)
        transit->fate = before;
    return result;
}

/* From stage on: SIMP_PASS means that it flies. */
static simp_stage_result pass(simp_path *path, simp_transit *transit, simp_stage *stage)
{
    for (; stage != NULL; stage = stage->next) {
        if (!transit->on_line && stage->position > SIMP_AT_LINE && !simp_path_serialise(path, transit))
            return SIMP_DROP;
        simp_stage_result result = run(path->pipeline, stage, transit);
        if (result == SIMP_DROP || result == SIMP_KEEP)
            return result;
        if (stage->kind->pass != NULL)
            stage->kind->pass(stage, transit);
    }
    return transit->on_line || simp_path_serialise(path, transit) ? SIMP_PASS : SIMP_DROP;
}

static void settle(simp_path *path, simp_transit *transit, simp_stage_result result)
{
    if (result == SIMP_PASS)
        simp_path_take_off(path, transit);
    else if (result == SIMP_DROP)
        simp_packet_free(&world_of(path)->arena, transit->packet);
}

static void pass_copies(simp_path *path)
{
    sim_world *world = world_of(path);
    simp_pipeline *pipeline = path->pipeline;
    while (pipeline->pending != NULL) {
        simp_pending *first = pipeline->pending, copy = *first;
        pipeline->pending = copy.next;
        if (copy.next == NULL)
            pipeline->pending_end = &pipeline->pending;
        simp_free(&world->arena, first, sizeof *first);
        settle(path, &copy.transit, pass(path, &copy.transit, copy.at));
    }
}

/* The script's word; false: it drops the packet. */
static bool ask_script(simp_path *path, simp_transit *transit)
{
    simp_pipeline *pipeline = path->pipeline;
    if (pipeline->script == NULL)
        return true;
    sim_packet_view view = simp_stage_view(transit);
    sim_verdict verdict = pipeline->script(pipeline->script_context, &view);
    if (verdict == SIM_PASS)
        return true;
    pipeline->fates[SIM_FATE_SCRIPTED]++;
    transit->fate = verdict == SIM_DROP ? SIM_FATE_SCRIPTED : SIM_FATE_DUPLICATED;
    tell(path, verdict == SIM_DROP ? "script drop" : "script duplicate", 0, transit->packet);
    return verdict != SIM_DROP;
}

/* Goes on at a stage, when the packet that passes has gone its way; takes transit's packet over. */
static void wait_for_turn(simp_path *path, const simp_transit *transit, simp_stage *at)
{
    sim_world *world = world_of(path);
    simp_pipeline *pipeline = path->pipeline;
    simp_pending *pending = simp_alloc(&world->arena, sizeof *pending);
    if (pending == NULL) {
        simp_packet_free(&world->arena, transit->packet);
        simp_out_of_memory(world);
        return;
    }
    *pending = (simp_pending){.at = at, .transit = *transit};
    *pipeline->pending_end = pending;
    pipeline->pending_end = &pending->next;
}

static void branch(simp_path *path, const simp_transit *transit, sim_packet *packet, simp_stage *at,
                   uint64_t late_ns)
{
    simp_transit copy = *transit;
    if (packet == NULL) {
        simp_out_of_memory(world_of(path));
        return;
    }
    copy.packet = packet;
    copy.size = simp_packet_size(packet);
    copy.ordinal += (uint64_t)++path->pipeline->copies << SIMP_COPY_SHIFT;
    copy.late_ns += late_ns;
    copy.displaced = copy.displaced || late_ns != 0;
    copy.fate = SIM_FATE_SENT;
    wait_for_turn(path, &copy, at);
}

void simp_pipeline_branch(simp_stage *stage, const simp_transit *transit, sim_packet *copy, uint64_t late_ns)
{
    branch(stage->path, transit, copy, stage->next, late_ns);
}

void simp_pipeline_follow(simp_stage *stage, const simp_transit *transit)
{
    wait_for_turn(stage->path, transit, stage->next);
}

void simp_pipeline_submit(simp_path *path, simp_transit *transit)
{
    sim_link *link = path->from->link;
    if (link->connections != NULL)
        transit->connection = simp_connections_note(path->from, transit->packet);
    simp_stage_result result = SIMP_DROP;
    path->pipeline->copies = 0;
    path->pipeline->submitted = transit->packet;
    if (ask_script(path, transit)) {
        if (transit->fate == SIM_FATE_DUPLICATED)
            branch(path, transit, simp_packet_copy(&link->world->arena, transit->packet),
                   path->pipeline->stages, 0);
        result = pass(path, transit, path->pipeline->stages);
    }
    path->pipeline->submitted = NULL;
    simp_path_report(path, transit->packet, transit->fate);
    settle(path, transit, result);
    pass_copies(path);
}

void simp_pipeline_resume(simp_stage *stage, simp_transit *transit)
{
    simp_path *path = stage->path;
    path->pipeline->copies = 0;
    simp_stage_result result = pass(path, transit, stage->next);
    if (result == SIMP_DROP)
        simp_pipeline_lose(path, transit->packet, transit->fate);
    else
        settle(path, transit, result);
    pass_copies(path);
}

/* ---- what was on its way ---- */

void simp_pipeline_lose(simp_path *path, sim_packet *packet, sim_fate fate)
{
    simp_report_lost(world_of(path), packet, fate);
    simp_packet_free(&world_of(path)->arena, packet);
}

/* A gate that shuts now concerns packets that could not be counted one by one when they were sent. */
static bool is_shut_for(simp_stage *stage, const simp_transit *transit)
{
    bool takes_all = stage->what.chance_ppm == 0 && stage->what.which.hits_max == 0 &&
                     !simp_which_is_given(&stage->what.which);
    return stage->kind->arrive != NULL && stage->position == SIMP_AT_GATE && takes_all &&
           simp_stage_is_active(stage) && simp_stage_has_in_scope(stage, transit);
}

bool simp_pipeline_lets_arrive(simp_path *path, sim_packet *packet)
{
    sim_link *link = path->from->link;
    simp_transit transit = {.packet = packet, .on_line = true, .arrive_ns = packet->arrive_ns};
    if (link->connections != NULL)
        transit.connection = simp_connections_find(link, packet);
    for (simp_stage *stage = path->pipeline->stages; stage != NULL; stage = stage->next) {
        simp_stage_result result = is_shut_for(stage, &transit) ? stage->kind->arrive(stage, &transit)
                                                                : SIMP_PASS;
        if (result == SIMP_PASS)
            continue;
        stage->seen++;
        stage->hit++;
        path->pipeline->fates[transit.fate]++;
        tell(path, stage->kind->name, stage->rule, packet);
        if (result == SIMP_DROP)
            simp_pipeline_lose(path, packet, transit.fate);
        return false;
    }
    return true;
}
