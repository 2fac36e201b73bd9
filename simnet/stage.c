/* SPDX-License-Identifier: MIT
 *
 * The stages of a path, each a function of the path's options and the packet in transit.
 */
#include "simnet/host.h"

static sim_packet_view view_of(const simp_path *path, const sim_packet *packet)
{
    sim_packet_view view = {.ordinal = path->counters.packets,
                            .protocol = packet->protocol,
                            .source_port = packet->source_port,
                            .destination_port = packet->destination_port,
                            .payload_len = packet->length};
    if (packet->protocol == IPPROTO_TCP) {
        view.seq = packet->tcp.seq;
        view.ack = packet->tcp.ack;
        view.tcp_flags = packet->tcp.flags;
    }
    return view;
}

static simp_stage_result script(sim_world *world, simp_path *path, simp_transit *transit)
{
    (void)world;
    if (path->script == NULL)
        return SIMP_STAGE_PASS;
    sim_packet_view view = view_of(path, transit->packet);
    sim_verdict verdict = path->script(path->script_context, &view);
    if (verdict == SIM_PASS)
        return SIMP_STAGE_PASS;
    path->counters.scripted++;
    transit->fate = verdict == SIM_DROP ? SIM_FATE_SCRIPTED : SIM_FATE_DUPLICATED;
    return verdict == SIM_DROP ? SIMP_STAGE_DROP : SIMP_STAGE_COPY;
}

static simp_stage_result loss(sim_world *world, simp_path *path, simp_transit *transit)
{
    if (path->options.loss_ppm == 0 || !simp_choose_chance(world, &path->loss, path->options.loss_ppm))
        return SIMP_STAGE_PASS;
    path->counters.lost++;
    transit->fate = SIM_FATE_LOST;
    return SIMP_STAGE_DROP;
}

static simp_stage_result duplicate(sim_world *world, simp_path *path, simp_transit *transit)
{
    if (path->options.duplicate_ppm == 0 ||
        !simp_choose_chance(world, &path->duplicate, path->options.duplicate_ppm))
        return SIMP_STAGE_PASS;
    path->counters.duplicated++;
    transit->fate = SIM_FATE_DUPLICATED;
    return SIMP_STAGE_COPY;
}

/* Serialisation at the rate, behind what is waiting; a full queue drops the newcomer. */
static simp_stage_result queue_and_rate(sim_world *world, simp_path *path, simp_transit *transit)
{
    uint64_t rate = (uint64_t)path->options.rate_bps;
    if (rate == 0)
        return SIMP_STAGE_PASS;
    uint64_t start = path->line_free_ns;
    if (start <= world->now_ns) {
        start = world->now_ns;
        path->line_remainder = 0;
    }
    /* Bytes that wait, the one on the line included; the product fits for waits below 18 s at 8 Gbit/s and is
     * saturated beyond. */
    uint64_t wait = start - world->now_ns;
    uint64_t waiting = wait > UINT64_MAX / rate ? UINT64_MAX : wait * rate / UINT64_C(8000000000);
    if (waiting > UINT64_MAX - transit->size ||
        waiting + transit->size > (uint64_t)path->options.queue_bytes) {
        path->counters.overflowed++;
        transit->fate = SIM_FATE_OVERFLOWED;
        return SIMP_STAGE_DROP;
    }
    uint64_t scaled = (uint64_t)transit->size * UINT64_C(8000000000) + path->line_remainder;
    path->line_free_ns = start + scaled / rate;
    path->line_remainder = scaled % rate;
    transit->leave_ns = path->line_free_ns;
    return SIMP_STAGE_PASS;
}

static simp_stage_result latency_and_jitter(sim_world *world, simp_path *path, simp_transit *transit)
{
    (void)world;
    const sim_link_options *options = &path->options;
    uint64_t latency = (uint64_t)options->latency_ns;
    if (options->jitter_ns != 0) {
        uint64_t jitter = (uint64_t)options->jitter_ns;
        latency += simp_stream_below(&path->jitter, 2 * jitter + 1) - jitter;
        transit->displaced = options->jitter_reorders;
    }
    transit->arrive_ns = transit->leave_ns + latency;
    return SIMP_STAGE_PASS;
}

static simp_stage_result reorder(sim_world *world, simp_path *path, simp_transit *transit)
{
    if (path->options.reorder_ppm == 0 ||
        !simp_choose_chance(world, &path->reorder, path->options.reorder_ppm))
        return SIMP_STAGE_PASS;
    path->counters.reordered++;
    transit->fate = SIM_FATE_REORDERED;
    transit->arrive_ns += (uint64_t)path->options.reorder_delay_ns;
    transit->displaced = true;
    return SIMP_STAGE_PASS;
}

const simp_stage simp_stages[] = {script, loss, duplicate, queue_and_rate, latency_and_jitter, reorder, NULL};
