/* SPDX-License-Identifier: MIT
 *
 * What the plain options of a link are made of: the line of the path, and up to four stages.
 */
#include "simnet/link/pipeline.h"

static const char *const plain_names[SIMP_PLAIN_COUNT] = {
    [SIMP_PLAIN_LOSS] = "loss",
    [SIMP_PLAIN_DUPLICATE] = "duplicate",
    [SIMP_PLAIN_JITTER] = "jitter",
    [SIMP_PLAIN_REORDER] = "reorder",
};

static bool needs(simp_plain which, const sim_link_options *o)
{
    switch (which) {
    case SIMP_PLAIN_LOSS: return o->loss_ppm != 0;
    case SIMP_PLAIN_DUPLICATE: return o->duplicate_ppm != 0;
    case SIMP_PLAIN_JITTER: return o->jitter_ns != 0;
    case SIMP_PLAIN_REORDER: return o->reorder_ppm != 0;
    case SIMP_PLAIN_COUNT: break;
    }
    return false;
}

static sim_impairment impairment_of(simp_plain which, const sim_link_options *o)
{
    switch (which) {
    case SIMP_PLAIN_LOSS: return (sim_impairment){.kind = SIM_IMPAIR_DROP, .chance_ppm = o->loss_ppm};
    case SIMP_PLAIN_DUPLICATE:
        return (sim_impairment){.kind = SIM_IMPAIR_DUPLICATE, .chance_ppm = o->duplicate_ppm};
    case SIMP_PLAIN_REORDER:
        return (sim_impairment){.kind = SIM_IMPAIR_REORDER,
                                .chance_ppm = o->reorder_ppm,
                                .reorder = {.delay_ns = o->reorder_delay_ns}};
    default: /* the line takes jitter_ns off the latency */
        return (sim_impairment){.kind = SIM_IMPAIR_DELAY,
                                .delay = {.by = {.base_ns = o->jitter_ns, .spread_ns = o->jitter_ns},
                                          .reorders = o->jitter_reorders}};
    }
}

static bool has_impairments(const sim_link_options *o)
{
    return (o->loss_ppm | o->duplicate_ppm | o->jitter_ns | o->reorder_ppm) != 0;
}

int simp_path_prepare(simp_path *path, const sim_link_options *options)
{
    if (options->rate_bps != 0 && path->line == NULL) {
        path->line = simp_alloc(&path->from->host->world->arena, sizeof *path->line);
        if (path->line == NULL)
            return WSAENOBUFS;
        *path->line = (simp_line){0};
    }
    for (unsigned i = 0; has_impairments(options) && i < SIMP_PLAIN_COUNT; i++) {
        if (!needs((simp_plain)i, options))
            continue;
        if (simp_pipeline_ensure(path) != 0 || simp_pipeline_chances(path, plain_names[i]) == NULL)
            return WSAENOBUFS;
    }
    return 0;
}

static void set_stage(simp_path *path, simp_plain which, const sim_link_options *options)
{
    simp_pipeline *pipeline = path->pipeline;
    simp_stage *stage = &pipeline->plain[which];
    sim_impairment what = impairment_of(which, options);
    const simp_stage_kind *kind = simp_stage_kind_of(what.kind);
    uint64_t seen = stage->seen, hit = stage->hit;
    *stage = (simp_stage){.kind = kind,
                          .path = path,
                          .what = what,
                          .position = kind->position,
                          .odds = simp_odds_of_ppm(what.chance_ppm),
                          .seen = seen,
                          .hit = hit,
                          .chances = simp_pipeline_chances(path, plain_names[which])};
    simp_pipeline_insert(pipeline, stage);
}

/* With less before it any packet has room: the largest one of either family. */
static uint64_t roomy_ns(const simp_line *line)
{
    enum { LARGEST = 40 + 65535 };
    const uint64_t scale = UINT64_C(8000000000);
    if (line->rate_bps == 0 || line->queue_bytes < LARGEST)
        return 0;
    uint64_t bytes = line->queue_bytes - LARGEST;
    return (bytes < UINT64_MAX / scale ? bytes : UINT64_MAX / scale) * scale / line->rate_bps;
}

void simp_path_set_options(simp_path *path, const sim_link_options *options)
{
    path->latency_ns = (uint64_t)(options->latency_ns - options->jitter_ns);
    if (path->line != NULL) {
        path->line->rate_bps = (uint64_t)options->rate_bps;
        path->line->queue_bytes = (uint64_t)options->queue_bytes;
        path->line->roomy_ns = roomy_ns(path->line);
    }
    if (path->mtu != (uint32_t)options->mtu)
        simp_topology_changed(path->from->host->world);
    path->mtu = (uint32_t)options->mtu;
    for (unsigned i = 0; path->pipeline != NULL && i < SIMP_PLAIN_COUNT; i++) {
        if (path->pipeline->plain[i].kind != NULL)
            simp_pipeline_remove(path->pipeline, &path->pipeline->plain[i]);
        if (needs((simp_plain)i, options))
            set_stage(path, (simp_plain)i, options);
    }
}
