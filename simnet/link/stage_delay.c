/* SPDX-License-Identifier: MIT
 *
 * Stages that let packets arrive later: by a time that varies, or behind others.
 */
#include "simnet/link/keeper.h"
#include "simnet/link/pipeline.h"
#include "simnet/link/spread.h"

/* ---- delay ---- */

static int check_delay(const sim_link *link, const sim_impairment *what)
{
    const sim_delay *delay = &what->delay;
    const char *mistake = simp_spread_mistake(&delay->by);
    if (mistake != NULL)
        return simp_link_refuse(link, "link %s: the delay makes no sense", mistake,
                                "see sim_spread: all zero is no delay");
    if (delay->by.base_ns == 0 && delay->by.spread_ns == 0)
        return simp_link_refuse(link, "link %s: a delay of nothing", "both base_ns and spread_ns are 0",
                                "give one of them, as SIM_MS(10)");
    if (delay->correlation_ppm < 0 || delay->correlation_ppm > 999999)
        return simp_link_refuse(link, "link %s: the correlation of a delay is out of range",
                                "it lies in 0 to 999999 parts per million", "SIM_PERCENT(25) is a quarter");
    if (delay->correlation_ppm != 0 && delay->by.spread_ns == 0)
        return simp_link_refuse(link, "link %s: the correlation of a delay that does not vary",
                                "spread_ns is 0", "give a spread, or no correlation");
    return 0;
}

static simp_stage_result run_delay(simp_stage *stage, simp_transit *transit)
{
    const sim_delay *delay = &stage->what.delay;
    uint64_t probability = simp_stage_draw(stage, transit, 0);
    if (delay->correlation_ppm != 0)
        probability = simp_normal_distribution(
            simp_autoregression_next(stage->state, delay->correlation_ppm, probability));
    uint64_t time = simp_spread_at(&delay->by, probability);
    if (transit->on_line)
        transit->arrive_ns += time;
    else
        transit->late_ns += time;
    transit->displaced = transit->displaced || delay->reorders;
    return SIMP_HIT;
}

const simp_stage_kind simp_stage_delay = {.name = "delay",
                                          .position = SIMP_AT_DELAY,
                                          .may_be_script = true,
                                          .state_size = sizeof(simp_autoregression),
                                          .check = check_delay,
                                          .run = run_delay};

/* ---- reorder ---- */

static int check_reorder(const sim_link *link, const sim_impairment *what)
{
    const sim_reorder *reorder = &what->reorder;
    if (reorder->packets < 0 || reorder->packets > 1000000 || reorder->delay_ns < 0)
        return simp_link_refuse(link, "link %s: a reordering is out of range",
                                "it is by 0 to a million packets, and by a time that is not negative",
                                "give packets or delay_ns");
    if (reorder->delay_ns == 0)
        return simp_link_refuse(
            link, "link %s: a reordering without delay_ns",
            "a packet is overtaken while it waits; without a limit the last one waits for "
            "ever",
            "set delay_ns, as SIM_MS(5)");
    return 0;
}

/* The ones that have waited long enough. */
static void on_waited(sim_world *world, simp_event *event)
{
    simp_keeper *keeper = simp_keeper_of(event);
    uint64_t wait = (uint64_t)keeper->stage->what.reorder.delay_ns;
    while (keeper->first != NULL && keeper->first->since_ns + wait <= world->now_ns) {
        simp_kept kept;
        simp_keeper_take(keeper, &keeper->first, &kept);
        simp_keeper_resume(keeper, &kept);
    }
    if (keeper->first != NULL)
        simp_keeper_wake_at(keeper, keeper->first->since_ns + wait);
}

static int begin_reorder(simp_stage *stage) { return simp_keeper_init(stage->state, stage, on_waited); }

static void end_reorder(simp_stage *stage) { simp_keeper_fini(stage->state); }

static simp_stage_result run_reorder(simp_stage *stage, simp_transit *transit)
{
    const sim_reorder *reorder = &stage->what.reorder;
    transit->fate = SIM_FATE_REORDERED;
    transit->displaced = true;
    if (reorder->packets == 0) {
        transit->arrive_ns += (uint64_t)reorder->delay_ns;
        return SIMP_HIT;
    }
    simp_keeper *keeper = stage->state;
    simp_stage_result result = simp_keeper_add(keeper, transit, stage->passed + (uint64_t)reorder->packets);
    if (keeper->count == 1)
        simp_keeper_wake_at(keeper, keeper->first->since_ns + (uint64_t)reorder->delay_ns);
    return result;
}

/* Each packet that passes lets go those that have waited for it; they arrive right behind it. */
static void pass_reorder(simp_stage *stage, const simp_transit *transit)
{
    simp_keeper *keeper = stage->state;
    stage->passed++;
    while (keeper != NULL && keeper->first != NULL && keeper->first->due <= stage->passed) {
        simp_kept kept;
        simp_keeper_take(keeper, &keeper->first, &kept);
        kept.transit.arrive_ns = transit->arrive_ns;
        simp_pipeline_follow(stage, &kept.transit);
    }
}

const simp_stage_kind simp_stage_reorder = {.name = "reorder",
                                            .position = SIMP_AT_REORDER,
                                            .state_size = sizeof(simp_keeper),
                                            .check = check_reorder,
                                            .begin = begin_reorder,
                                            .end = end_reorder,
                                            .run = run_reorder,
                                            .pass = pass_reorder};
