/* SPDX-License-Identifier: MIT
 *
 * Adding and removing the stages of a link.  See castanet/sim_impairment.h.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/link/connections.h"
#include "simnet/link/pipeline.h"

static const simp_stage_kind *const kinds[] = {
    [SIM_IMPAIR_RESET] = &simp_stage_reset,
    [SIM_IMPAIR_MTU] = &simp_stage_mtu,
    [SIM_IMPAIR_DROP] = &simp_stage_drop,
    [SIM_IMPAIR_GILBERT] = &simp_stage_gilbert,
    [SIM_IMPAIR_GILBERT_ELLIOTT] = &simp_stage_gilbert_elliott,
    [SIM_IMPAIR_FOUR_STATE] = &simp_stage_four_state,
    [SIM_IMPAIR_BIT_ERROR] = &simp_stage_bit_error,
    [SIM_IMPAIR_CORRUPT] = &simp_stage_corrupt,
    [SIM_IMPAIR_CLEAR_URGENT] = &simp_stage_clear_urgent,
    [SIM_IMPAIR_DUPLICATE] = &simp_stage_duplicate,
    [SIM_IMPAIR_REPLAY] = &simp_stage_replay,
    [SIM_IMPAIR_QUEUE] = &simp_stage_queue,
    [SIM_IMPAIR_DELAY] = &simp_stage_delay,
    [SIM_IMPAIR_REORDER] = &simp_stage_reorder,
    [SIM_IMPAIR_BLOCK] = &simp_stage_block,
    [SIM_IMPAIR_HOLD] = &simp_stage_hold,
    [SIM_IMPAIR_DOWN] = &simp_stage_down,
    [SIM_IMPAIR_FLAP] = &simp_stage_flap,
};

const simp_stage_kind *simp_stage_kind_of(sim_impairment_kind kind)
{
    return (size_t)kind < sizeof kinds / sizeof kinds[0] ? kinds[kind] : NULL;
}

/* ---- mistakes ---- */

enum { NAME_LEN_MAX = 63, LIST_LEN_MAX = 1 << 20 };

static bool is_share(int64_t ppm) { return ppm >= 0 && ppm <= 1000000; }

static int check_which(const sim_link *link, const sim_which *which)
{
    if ((which->list == NULL) != (which->list_len == 0) || which->list_len > LIST_LEN_MAX)
        return simp_link_refuse(link, "link %s: the list of packets and its length do not fit",
                                "one of them is missing, or there are more than a million",
                                "give both list and list_len");
    for (size_t i = 0; i < which->list_len; i++) {
        if (which->list[i] == 0 || (i > 0 && which->list[i] <= which->list[i - 1]))
            return simp_link_refuse(link, "link %s: the list of packets does not ascend",
                                    "packets are numbered from 1, and each is named once",
                                    "sort the list, and take out what is there twice");
    }
    if (which->nth != 0 && which->every > 1 && which->nth % which->every != 0)
        return simp_link_refuse(link, "link %s: which names no packet at all",
                                "nth is no multiple of every, and both must hold", "give one of the two");
    return 0;
}

static int check_scope(const sim_link *link, const sim_scope *scope)
{
    bool needs_tcp = scope->flags_set != 0 || scope->flags_clear != 0 || scope->connection != 0 ||
                     scope->connections_ppm != 0 ||
                     (scope->kind >= SIM_PACKET_SYN && scope->kind <= SIM_PACKET_URGENT);
    if ((unsigned)scope->kind > SIM_PACKET_FRAGMENT || !is_share(scope->connections_ppm))
        return simp_link_refuse(link, "link %s: a value of the scope is out of range",
                                "kind is one of sim_packet_kind, connections_ppm 0 to 1000000",
                                "give 0 for all packets");
    if ((scope->flags_set & scope->flags_clear) != 0)
        return simp_link_refuse(link, "link %s: the scope wants a flag set and clear", "no packet is both",
                                "take it out of flags_set or flags_clear");
    if (needs_tcp &&
        ((scope->protocol != 0 && scope->protocol != IPPROTO_TCP) || scope->kind >= SIM_PACKET_UDP))
        return simp_link_refuse(link, "link %s: the scope wants TCP and something else",
                                "flags and connections are those of TCP", "leave protocol and kind 0");
    if (scope->protocol != 0 && scope->protocol != IPPROTO_UDP && scope->kind == SIM_PACKET_UDP)
        return simp_link_refuse(link, "link %s: the scope wants UDP and another protocol",
                                "no packet is both", "leave protocol 0");
    return 0;
}

static int check_frame(const sim_link *link, const sim_impairment *what, const simp_stage_kind *kind)
{
    if (what->name != NULL && (*what->name == '\0' || strlen(what->name) > NAME_LEN_MAX))
        return simp_link_refuse(link, "link %s: the name of an impairment is empty or too long",
                                "it is part of the labels of its choices",
                                "give 1 to 63 characters, or NULL");
    if (!is_share(what->chance_ppm))
        return simp_link_refuse(link, "link %s: chance_ppm is out of range",
                                "a share is given in parts per million, 0 to 1000000",
                                "SIM_PERCENT(5) is five percent");
    if (kind->has_model && what->chance_ppm != 0)
        return simp_link_refuse(link, "link %s: chance_ppm for a kind that decides itself",
                                "the model or the queue knows who is hit",
                                "leave chance_ppm 0, and give the parameters of the kind");
    if (what->until_ns != 0 && what->until_ns <= what->from_ns)
        return simp_link_refuse(link, "link %s: the window of time is empty", "until_ns is not after from_ns",
                                "give 0 for no end");
    if (what->until_ns != 0 && what->until_ns <= link->world->now_ns)
        return simp_link_refuse(link, "link %s: the window of time is over already",
                                "until_ns is absolute virtual time", "add sim_world_now to it");
    return 0;
}

static int check(const sim_link *link, const sim_impairment *what)
{
    const simp_stage_kind *kind = what == NULL ? NULL : simp_stage_kind_of(what->kind);
    if (kind == NULL)
        return simp_link_refuse(link, "link %s: an impairment of no kind",
                                "the kind is missing, or none of sim_impairment_kind",
                                "set kind, as SIM_IMPAIR_GILBERT");
    int error = check_frame(link, what, kind);
    if (error == 0)
        error = check_scope(link, &what->scope);
    if (error == 0)
        error = check_which(link, &what->which);
    return error == 0 && kind->check != NULL ? kind->check(link, what) : error;
}

/* text NULL: any. */
static int read_prefix(const sim_link *link, const char *text, simp_ip *ip, unsigned *bits)
{
    *bits = 0;
    if (text == NULL || simp_ip_parse_prefix(text, strlen(text), ip, bits))
        return 0;
    return simp_link_refuse(link, "link %s: an address of the scope is none",
                            "addresses are numeric, with or without the length of a prefix",
                            "write it as \"10.0.0.1\" or \"fd00::/64\"");
}

/* ---- names ---- */

static bool is_name_free(const simp_path *path, const char *name)
{
    for (const simp_stage *at = path->pipeline->stages; at != NULL; at = at->next) {
        if (strcmp(at->chances->name, name) == 0)
            return false;
    }
    return true;
}

/* "gilbert", then "gilbert 2": the same in every run that adds the same. */
static int find_name(const simp_path *path, const sim_impairment *what, char name[NAME_LEN_MAX + 1])
{
    snprintf(name, NAME_LEN_MAX + 1, "%s",
             what->name != NULL ? what->name : simp_stage_kind_of(what->kind)->name);
    if (is_name_free(path, name))
        return 0;
    if (what->name != NULL)
        return simp_refuse_named(path->from->host->world, WSAEADDRINUSE,
                                 "there is an impairment %s on this link already", what->name,
                                 "labels of choices must be unambiguous", "choose another name, or none");
    for (unsigned n = 2; !is_name_free(path, name); n++)
        snprintf(name, NAME_LEN_MAX + 1, "%s %u", simp_stage_kind_of(what->kind)->name, n);
    return 0;
}

/* ---- making ---- */

/* The times that vary of a kind, at most two. */
static unsigned spreads_of(sim_impairment *what, sim_spread *spreads[2])
{
    switch (what->kind) {
    case SIM_IMPAIR_DELAY: spreads[0] = &what->delay.by; return 1;
    case SIM_IMPAIR_DUPLICATE: spreads[0] = &what->duplicate.delay; return 1;
    case SIM_IMPAIR_FLAP:
        spreads[0] = &what->flap.up;
        spreads[1] = &what->flap.down;
        return 2;
    default: return 0;
    }
}

/* NULL: no memory, or nothing to copy. */
static void *copy_bytes(sim_world *world, const void *bytes, size_t size)
{
    void *copy = size == 0 ? NULL : simp_alloc(&world->arena, size);
    if (copy != NULL)
        memcpy(copy, bytes, size);
    return copy;
}

static void free_bytes(sim_world *world, const void *bytes, size_t size)
{
    simp_free(&world->arena, (void *)(uintptr_t)bytes, size);
}

static void free_lists(sim_world *world, sim_impairment *what)
{
    sim_spread *spreads[2];
    for (unsigned i = spreads_of(what, spreads); i-- > 0;)
        free_bytes(world, spreads[i]->table, spreads[i]->table_len * sizeof *spreads[i]->table);
    free_bytes(world, what->which.list, what->which.list_len * sizeof *what->which.list);
}

/* Texts are not kept: labels and numbers are made of them. */
static int copy_lists(sim_world *world, sim_impairment *what)
{
    sim_spread *spreads[2];
    unsigned count = spreads_of(what, spreads);
    bool refused = false;
    what->which.list = copy_bytes(world, what->which.list, what->which.list_len * sizeof *what->which.list);
    refused = what->which.list == NULL && what->which.list_len != 0;
    for (unsigned i = 0; i < count; i++) {
        spreads[i]->table = copy_bytes(world, spreads[i]->table,
                                       spreads[i]->table_len * sizeof *spreads[i]->table);
        refused = refused || (spreads[i]->table == NULL && spreads[i]->table_len != 0);
    }
    if (!refused)
        return 0;
    free_lists(world, what);
    return WSAENOBUFS;
}

/* All but the kind's own beginning. */
static int furnish(simp_stage *stage, const char *name)
{
    sim_world *world = simp_stage_world(stage);
    stage->chances = simp_pipeline_chances(stage->path, name);
    if (stage->chances == NULL || copy_lists(world, &stage->what) != 0)
        return WSAENOBUFS;
    stage->state = stage->kind->state_size == 0 ? NULL
                                                : simp_alloc_zero(&world->arena, stage->kind->state_size);
    if (stage->kind->state_size == 0 || stage->state != NULL)
        return 0;
    free_lists(world, &stage->what);
    return WSAENOBUFS;
}

static void strip(simp_stage *stage)
{
    sim_world *world = simp_stage_world(stage);
    simp_free(&world->arena, stage->state, stage->kind->state_size);
    free_lists(world, &stage->what);
}

static void end(simp_stage *stage)
{
    sim_world *world = simp_stage_world(stage);
    if (stage->kind->end != NULL)
        stage->kind->end(stage);
    simp_pipeline_remove(stage->path->pipeline, stage);
    strip(stage);
    simp_free(&world->arena, stage, sizeof *stage);
}

/* One direction, a copy of the model, which has all that was read from texts. */
static int begin(const simp_stage *model, simp_path *path, simp_stage **out)
{
    sim_world *world = path->from->host->world;
    char name[NAME_LEN_MAX + 1];
    if (simp_pipeline_ensure(path) != 0)
        return simp_no_memory(world);
    int error = find_name(path, &model->what, name);
    if (error != 0)
        return error;
    simp_stage *stage = simp_alloc_zero(&world->arena, sizeof *stage);
    if (stage == NULL)
        return simp_no_memory(world);
    *stage = *model;
    stage->path = path;
    error = furnish(stage, name);
    if (error == 0 && stage->kind->begin != NULL && stage->kind->begin(stage) != 0) {
        strip(stage);
        error = WSAENOBUFS;
    }
    if (error != 0) {
        simp_free(&world->arena, stage, sizeof *stage);
        return simp_no_memory(world);
    }
    simp_pipeline_insert(path->pipeline, stage);
    *out = stage;
    return 0;
}

static int begin_all(sim_stage *all, const sim_host *from, const simp_stage *model)
{
    simp_stage **place = &all->first;
    for (simp_interface *at = all->link->interfaces; at != NULL; at = at->link_next) {
        if (from != NULL && at->host != from)
            continue;
        int error = begin(model, &at->path, place);
        if (error != 0)
            return error;
        place = &(*place)->sibling;
    }
    if (all->first != NULL)
        return 0;
    return simp_link_refuse(all->link, "link %s has no such end", "the host is not attached to it",
                            "attach the host first");
}

static int model_of(sim_link *link, const sim_impairment *what, simp_stage *model)
{
    int error = check(link, what);
    if (error != 0)
        return error;
    const simp_stage_kind *kind = simp_stage_kind_of(what->kind);
    bool is_script = kind->may_be_script && simp_which_is_given(&what->which);
    *model = (simp_stage){.kind = kind,
                          .what = *what,
                          .position = is_script ? SIMP_AT_SCRIPT : kind->position,
                          .odds = simp_odds_of_ppm(what->chance_ppm)};
    error = read_prefix(link, what->scope.source, &model->source, &model->source_bits);
    if (error == 0)
        error = read_prefix(link, what->scope.destination, &model->destination, &model->destination_bits);
    bool counts = what->scope.connection != 0 || what->scope.connections_ppm != 0;
    if (error == 0 && counts && simp_connections_start(link) != 0)
        error = simp_no_memory(link->world);
    return error;
}

int sim_link_add(sim_link *link, const sim_host *from, const sim_impairment *what, sim_stage **out)
{
    sim_world *world = link->world;
    simp_stage model;
    int error = model_of(link, what, &model);
    if (error != 0)
        return error;
    sim_stage *all = simp_alloc_zero(&world->arena, sizeof *all);
    if (all == NULL)
        return simp_no_memory(world);
    all->link = link;
    model.rule = ++world->rule_count;
    error = begin_all(all, from, &model);
    if (error != 0) {
        sim_stage_remove(all);
        return error;
    }
    if (out != NULL)
        *out = all;
    return 0;
}

void sim_stage_remove(sim_stage *all)
{
    if (all == NULL)
        return;
    while (all->first != NULL) {
        simp_stage *stage = all->first;
        all->first = stage->sibling;
        end(stage);
    }
    simp_free(&all->link->world->arena, all, sizeof *all);
}

/* ---- reading ---- */

sim_stage_counters sim_stage_read(const sim_stage *all)
{
    sim_stage_counters sum = {0};
    for (const simp_stage *at = all->first; at != NULL; at = at->sibling) {
        sum.seen += at->seen;
        sum.hit += at->hit;
    }
    return sum;
}

int sim_stage_expect_hit(sim_stage *all)
{
    sim_stage_counters counters = sim_stage_read(all);
    if (counters.hit > 0)
        return 0;
    char what[160];
    snprintf(what, sizeof what, "link %%s: the impairment %s never did anything", all->first->chances->name);
    return simp_link_refuse(all->link, what,
                            counters.seen == 0 ? "no packet was in its scope during its window of time"
                                               : "packets were in its scope, but none was chosen or named",
                            counters.seen == 0 ? "mend scope, from_ns and until_ns, or send more"
                                               : "mend which, raise chance_ppm, or send more");
}

uint32_t sim_link_count_connections(sim_link *link)
{
    if (link->connections == NULL && simp_connections_start(link) != 0)
        simp_out_of_memory(link->world);
    return simp_connections_count(link);
}
