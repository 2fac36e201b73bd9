/* SPDX-License-Identifier: MIT
 *
 * Gates: partitions of a link, holds, and links that go down.  They stand last, and are asked again when a
 * packet arrives that was sent before they shut.
 */
#include "simnet/ip/ip.h"
#include "simnet/link/keeper.h"
#include "simnet/link/pipeline.h"
#include "simnet/link/spread.h"

static simp_stage_result lose(simp_transit *transit, sim_fate fate)
{
    transit->fate = fate;
    return SIMP_DROP;
}

/* ---- block ---- */

static simp_stage_result run_block(simp_stage *stage, simp_transit *transit)
{
    (void)stage;
    return lose(transit, SIM_FATE_PARTITIONED);
}

static simp_stage_result arrive_at_block(simp_stage *stage, simp_transit *transit)
{
    return stage->what.block.spares_in_flight ? SIMP_PASS : run_block(stage, transit);
}

const simp_stage_kind simp_stage_block = {
    .name = "block", .position = SIMP_AT_GATE, .run = run_block, .arrive = arrive_at_block};

/* ---- hold ---- */

/* All that is kept leaves now, or with its gaps. */
static void release(simp_keeper *keeper, bool keeps_gaps)
{
    uint64_t now = simp_stage_world(keeper->stage)->now_ns;
    uint64_t began = keeper->first == NULL ? 0 : keeper->first->since_ns;
    while (keeper->first != NULL) {
        simp_kept kept;
        simp_keeper_take(keeper, &keeper->first, &kept);
        uint64_t gap = keeps_gaps ? kept.since_ns - began : 0;
        if (!kept.transit.on_line)
            kept.transit.late_ns += gap;
        else if (kept.transit.arrive_ns < now + gap)
            kept.transit.arrive_ns = now + gap;
        kept.transit.fate = SIM_FATE_SENT;
        simp_pipeline_resume(keeper->stage, &kept.transit);
    }
}

static void on_hold_over(sim_world *world, simp_event *event)
{
    simp_keeper *keeper = simp_keeper_of(event);
    (void)world;
    release(keeper, keeper->stage->what.hold.keeps_gaps);
}

static int begin_hold(simp_stage *stage) { return simp_keeper_init(stage->state, stage, on_hold_over); }

static void end_hold(simp_stage *stage)
{
    release(stage->state, stage->what.hold.keeps_gaps);
    simp_keeper_fini(stage->state);
}

static simp_stage_result run_hold(simp_stage *stage, simp_transit *transit)
{
    simp_keeper *keeper = stage->state;
    transit->fate = SIM_FATE_HELD;
    simp_stage_result result = simp_keeper_add(keeper, transit, 0);
    if (keeper->count == 1 && stage->what.until_ns != 0)
        simp_keeper_wake_at(keeper, stage->what.until_ns);
    return result;
}

static simp_stage_result arrive_at_hold(simp_stage *stage, simp_transit *transit)
{
    return stage->what.hold.spares_in_flight ? SIMP_PASS : run_hold(stage, transit);
}

const simp_stage_kind simp_stage_hold = {.name = "hold",
                                         .position = SIMP_AT_GATE,
                                         .may_be_script = true,
                                         .state_size = sizeof(simp_keeper),
                                         .begin = begin_hold,
                                         .end = end_hold,
                                         .run = run_hold,
                                         .arrive = arrive_at_hold};

/* ---- down ---- */

/* RFC 1812 4.3.3.1: a router tells the source; a host has nobody to tell. */
static void answer_all(simp_keeper *keeper)
{
    sim_host *host = keeper->stage->path->from->host;
    while (keeper->first != NULL) {
        simp_kept kept;
        simp_keeper_take(keeper, &keeper->first, &kept);
        simp_icmp_send_error(host, kept.transit.packet, SIMP_ICMP_HOST_UNREACHABLE, 0);
        simp_packet_free(&host->world->arena, kept.transit.packet);
    }
}

static void on_answer(sim_world *world, simp_event *event)
{
    (void)world;
    answer_all(simp_keeper_of(event));
}

static int begin_down(simp_stage *stage) { return simp_keeper_init(stage->state, stage, on_answer); }

static void end_down(simp_stage *stage)
{
    answer_all(stage->state);
    simp_keeper_fini(stage->state);
}

static simp_stage_result run_down(simp_stage *stage, simp_transit *transit)
{
    simp_keeper *keeper = stage->state;
    transit->fate = SIM_FATE_DOWN;
    if (!stage->what.down.answers || transit->packet->originated)
        return SIMP_DROP;
    simp_stage_result result = simp_keeper_add(keeper, transit, 0);
    simp_keeper_wake_at(keeper, simp_stage_world(stage)->now_ns);
    return result;
}

static simp_stage_result arrive_at_down(simp_stage *stage, simp_transit *transit)
{
    return stage->what.down.spares_in_flight ? SIMP_PASS : lose(transit, SIM_FATE_DOWN);
}

const simp_stage_kind simp_stage_down = {.name = "down",
                                         .position = SIMP_AT_GATE,
                                         .state_size = sizeof(simp_keeper),
                                         .begin = begin_down,
                                         .end = end_down,
                                         .run = run_down,
                                         .arrive = arrive_at_down};

/* ---- flap ---- */

/* Up and down in turn, worked out when a packet asks: no event happens for nobody. */
typedef struct flap {
    simp_keeper keeper; /* first: its event leads to the flap */
    bool is_down;
    uint64_t until_ns; /* of the present state */
    simp_stream times;
} flap;

static uint64_t length_of_state(simp_stage *stage, flap *f)
{
    const sim_spread *law = f->is_down ? &stage->what.flap.down : &stage->what.flap.up;
    uint64_t time = simp_spread_at(law, simp_stream_next(&f->times));
    return time == 0 ? 1 : time;
}

static bool is_down_now(simp_stage *stage)
{
    flap *f = stage->state;
    while (f->until_ns <= simp_stage_world(stage)->now_ns) {
        f->is_down = !f->is_down;
        f->until_ns += length_of_state(stage, f);
    }
    return f->is_down;
}

static void on_up(sim_world *world, simp_event *event)
{
    (void)world;
    release(simp_keeper_of(event), false);
}

static int check_flap(const sim_link *link, const sim_impairment *what)
{
    const sim_spread *up = &what->flap.up, *down = &what->flap.down;
    const char *mistake = simp_spread_mistake(up);
    if (mistake == NULL)
        mistake = simp_spread_mistake(down);
    if (mistake == NULL && (up->base_ns + up->spread_ns == 0 || down->base_ns + down->spread_ns == 0))
        mistake = "both states last for some time";
    return mistake == NULL ? 0
                           : simp_link_refuse(link, "link %s: the times of a flapping link make no sense",
                                              mistake, "give up and down, as {.base_ns = SIM_S(1)}");
}

static int begin_flap(simp_stage *stage)
{
    flap *f = stage->state;
    uint64_t now = simp_stage_world(stage)->now_ns;
    int error = simp_keeper_init(&f->keeper, stage, on_up);
    if (error != 0)
        return error;
    f->is_down = stage->what.flap.begins_down;
    f->times = stage->chances->draws;
    f->until_ns = (now < stage->what.from_ns ? stage->what.from_ns : now) + length_of_state(stage, f);
    return 0;
}

static void end_flap(simp_stage *stage) { simp_keeper_fini(stage->state); }

static simp_stage_result run_flap(simp_stage *stage, simp_transit *transit)
{
    flap *f = stage->state;
    if (!is_down_now(stage))
        return SIMP_PASS;
    if (!stage->what.flap.holds)
        return lose(transit, SIM_FATE_DOWN);
    transit->fate = SIM_FATE_HELD;
    simp_stage_result result = simp_keeper_add(&f->keeper, transit, 0);
    uint64_t end = stage->what.until_ns;
    if (f->keeper.count == 1)
        simp_keeper_wake_at(&f->keeper, end != 0 && end < f->until_ns ? end : f->until_ns);
    return result;
}

static simp_stage_result arrive_at_flap(simp_stage *stage, simp_transit *transit)
{
    return stage->what.flap.spares_in_flight ? SIMP_PASS : run_flap(stage, transit);
}

const simp_stage_kind simp_stage_flap = {.name = "flap",
                                         .position = SIMP_AT_GATE,
                                         .has_model = true,
                                         .state_size = sizeof(flap),
                                         .check = check_flap,
                                         .begin = begin_flap,
                                         .end = end_flap,
                                         .run = run_flap,
                                         .arrive = arrive_at_flap};
