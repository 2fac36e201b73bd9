/* SPDX-License-Identifier: MIT
 *
 * Stages that lose packets.  See loss.h for the models.
 */
#include "simnet/link/loss.h"
#include "simnet/link/stage.h"

static simp_stage_result drop(simp_transit *transit)
{
    transit->fate = SIM_FATE_LOST;
    return SIMP_DROP;
}

static simp_stage_result run_drop(simp_stage *stage, simp_transit *transit)
{
    (void)stage;
    return drop(transit);
}

const simp_stage_kind simp_stage_drop = {
    .name = "drop", .position = SIMP_AT_LOSS, .may_be_script = true, .run = run_drop};

/* ---- models ---- */

typedef struct model {
    simp_loss loss;
    bool (*next)(simp_loss *, uint64_t first, uint64_t second);
} model;

static int begin_model(simp_stage *stage)
{
    model *m = stage->state;
    const sim_impairment *what = &stage->what;
    switch (what->kind) {
    case SIM_IMPAIR_GILBERT:
        simp_gilbert_begin(&m->loss, &what->gilbert);
        m->next = simp_gilbert_next;
        break;
    case SIM_IMPAIR_GILBERT_ELLIOTT:
        simp_gilbert_elliott_begin(&m->loss, &what->gilbert_elliott);
        m->next = simp_gilbert_elliott_next;
        break;
    default:
        simp_four_state_begin(&m->loss, &what->four_state);
        m->next = simp_four_state_next;
        break;
    }
    return 0;
}

static simp_stage_result run_model(simp_stage *stage, simp_transit *transit)
{
    model *m = stage->state;
    bool lost = m->next(&m->loss, simp_stage_draw(stage, transit, 0), simp_stage_draw(stage, transit, 1));
    lost = simp_choose_outcome(simp_stage_world(stage), &stage->chances->site, transit->ordinal, lost);
    return lost ? drop(transit) : SIMP_PASS;
}

static bool is_share(int64_t ppm) { return ppm >= 0 && ppm <= 1000000; }

static int check_gilbert(const sim_link *link, const sim_impairment *what)
{
    int64_t loss = what->gilbert.loss_ppm, burst = what->gilbert.burst_milli;
    if (loss <= 0 || loss >= 1000000)
        return simp_link_refuse(link, "link %s: the mean loss of a gilbert model is out of range",
                                "it lies between nothing and everything: 1 to 999999 parts per million",
                                "give loss_ppm, as SIM_PERCENT(2); to lose all, use SIM_IMPAIR_DROP");
    if (burst < 1000 || burst > INT64_C(1000000000))
        return simp_link_refuse(link, "link %s: the mean burst of a gilbert model is out of range",
                                "a run of losses has at least one packet, and at most a million here",
                                "give burst_milli from 1000 on: 4000 is a mean of 4 packets");
    if (loss * 1000 > burst * (1000000 - loss))
        return simp_link_refuse(link, "link %s: a gilbert model cannot lose so much in bursts so short",
                                "between two bursts lies at least one packet: loss is at most L / (L + 1)",
                                "lower loss_ppm, or raise burst_milli");
    return 0;
}

const simp_stage_kind simp_stage_gilbert = {.name = "gilbert",
                                            .position = SIMP_AT_LOSS,
                                            .has_model = true,
                                            .state_size = sizeof(model),
                                            .check = check_gilbert,
                                            .begin = begin_model,
                                            .run = run_model};

static int check_gilbert_elliott(const sim_link *link, const sim_impairment *what)
{
    const sim_gilbert_elliott *g = &what->gilbert_elliott;
    if (!is_share(g->to_bad_ppm) || !is_share(g->to_good_ppm) || !is_share(g->loss_bad_ppm) ||
        !is_share(g->loss_good_ppm))
        return simp_link_refuse(link, "link %s: a value of a gilbert-elliott model is out of range",
                                "each is a probability, 0 to 1000000 parts per million",
                                "give all four in parts per million");
    if (g->to_bad_ppm == 0 || g->to_good_ppm == 0)
        return simp_link_refuse(link, "link %s: a gilbert-elliott model does not move between its states",
                                "without both ways it would stay in one of them",
                                "give to_bad_ppm and to_good_ppm");
    if (g->loss_bad_ppm <= g->loss_good_ppm)
        return simp_link_refuse(link,
                                "link %s: the bad state of a gilbert-elliott model is not the worse one",
                                "loss_bad_ppm is the loss in the bad state", "raise it above loss_good_ppm");
    return 0;
}

const simp_stage_kind simp_stage_gilbert_elliott = {.name = "gilbert-elliott",
                                                    .position = SIMP_AT_LOSS,
                                                    .has_model = true,
                                                    .state_size = sizeof(model),
                                                    .check = check_gilbert_elliott,
                                                    .begin = begin_model,
                                                    .run = run_model};

static int check_four_state(const sim_link *link, const sim_impairment *what)
{
    const sim_four_state *f = &what->four_state;
    if (!is_share(f->p13_ppm) || !is_share(f->p31_ppm) || !is_share(f->p32_ppm) || !is_share(f->p23_ppm) ||
        !is_share(f->p14_ppm) || !is_share(f->p13_ppm + f->p14_ppm) || !is_share(f->p31_ppm + f->p32_ppm))
        return simp_link_refuse(
            link, "link %s: a value of a 4-state model is out of range",
            "each, and the sum of the ways out of a state, is 0 to 1000000 parts per million",
            "mind p13 + p14 and p31 + p32");
    if (f->p13_ppm == 0 && f->p14_ppm == 0)
        return simp_link_refuse(link, "link %s: a 4-state model never loses anything",
                                "no way leads out of its good state", "give p13_ppm or p14_ppm");
    if ((f->p13_ppm != 0 && f->p31_ppm == 0) || (f->p32_ppm != 0 && f->p23_ppm == 0))
        return simp_link_refuse(link, "link %s: a 4-state model has a state without a way back",
                                "it would end there", "give p31_ppm with p13_ppm, and p23_ppm with p32_ppm");
    return 0;
}

const simp_stage_kind simp_stage_four_state = {.name = "4-state",
                                               .position = SIMP_AT_LOSS,
                                               .has_model = true,
                                               .state_size = sizeof(model),
                                               .check = check_four_state,
                                               .begin = begin_model,
                                               .run = run_model};

/* ---- bit errors ---- */

static int check_bit_error(const sim_link *link, const sim_impairment *what)
{
    if (what->bit_error.errors_per_tbit > 0 && what->bit_error.errors_per_tbit < INT64_C(1000000000000))
        return 0;
    return simp_link_refuse(
        link, "link %s: the rate of bit errors is out of range",
        "errors_per_tbit counts wrong bits in 10^12, of which at least one and not all are wrong",
        "give 1000000 for a rate of 10^-6");
}

static simp_stage_result run_bit_error(simp_stage *stage, simp_transit *transit)
{
    uint64_t odds = simp_bit_error_odds(&stage->what.bit_error, (uint64_t)transit->size * 8);
    bool lost = simp_choose_odds(simp_stage_world(stage), &stage->chances->site, transit->ordinal, odds);
    return lost ? drop(transit) : SIMP_PASS;
}

const simp_stage_kind simp_stage_bit_error = {.name = "bit error",
                                              .position = SIMP_AT_LOSS,
                                              .has_model = true,
                                              .check = check_bit_error,
                                              .run = run_bit_error};
