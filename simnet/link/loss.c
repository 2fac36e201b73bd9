/* SPDX-License-Identifier: MIT
 *
 * See loss.h.
 */
#include "simnet/link/loss.h"

#include "simnet/world/choice.h"

#define PPM UINT64_C(1000000)

/* Long division, bit by bit. */
uint64_t simp_odds(uint64_t numerator, uint64_t denominator)
{
    uint64_t odds = 0;
    if (numerator >= denominator)
        return UINT64_MAX;
    for (unsigned bit = 0; bit < 64; bit++) {
        numerator <<= 1;
        odds <<= 1;
        if (numerator >= denominator) {
            numerator -= denominator;
            odds |= 1;
        }
    }
    return odds;
}

static uint64_t odds_of(int64_t ppm) { return simp_odds((uint64_t)ppm, PPM); }

/* ---- Gilbert ---- */

void simp_gilbert_begin(simp_loss *loss, const sim_gilbert *g)
{
    uint64_t lost = (uint64_t)g->loss_ppm, burst = (uint64_t)g->burst_milli;
    *loss = (simp_loss){.to_bad = simp_odds(lost * 1000, burst * (PPM - lost)),
                        .to_good = simp_odds(1000, burst)};
}

bool simp_gilbert_next(simp_loss *loss, uint64_t first, uint64_t second)
{
    (void)second;
    bool is_bad = loss->state == SIMP_LOSS_BAD ? !simp_has_luck(first, loss->to_good)
                                               : simp_has_luck(first, loss->to_bad);
    loss->state = is_bad ? SIMP_LOSS_BAD : SIMP_LOSS_GOOD;
    return is_bad;
}

/* ---- Gilbert-Elliott ---- */

void simp_gilbert_elliott_begin(simp_loss *loss, const sim_gilbert_elliott *g)
{
    *loss = (simp_loss){.to_bad = odds_of(g->to_bad_ppm),
                        .to_good = odds_of(g->to_good_ppm),
                        .lost_bad = odds_of(g->loss_bad_ppm),
                        .lost_good = odds_of(g->loss_good_ppm)};
}

bool simp_gilbert_elliott_next(simp_loss *loss, uint64_t first, uint64_t second)
{
    bool was_bad = loss->state == SIMP_LOSS_BAD;
    if (simp_has_luck(second, was_bad ? loss->to_good : loss->to_bad))
        loss->state = was_bad ? SIMP_LOSS_GOOD : SIMP_LOSS_BAD;
    return simp_has_luck(first, was_bad ? loss->lost_bad : loss->lost_good);
}

/* ---- four states ---- */

void simp_four_state_begin(simp_loss *loss, const sim_four_state *f)
{
    *loss = (simp_loss){.to_bad = odds_of(f->p13_ppm),
                        .to_good = odds_of(f->p31_ppm),
                        .to_gap = odds_of(f->p32_ppm),
                        .to_bad_from_gap = odds_of(f->p23_ppm),
                        .to_isolated = odds_of(f->p14_ppm)};
}

/* One of two ways out, by one number; the rest stays. */
static simp_loss_state leave(uint64_t number, simp_loss_state from, simp_loss_state one, uint64_t one_odds,
                             simp_loss_state other, uint64_t other_odds)
{
    if (simp_has_luck(number, one_odds))
        return one;
    return number - one_odds < other_odds ? other : from;
}

bool simp_four_state_next(simp_loss *loss, uint64_t first, uint64_t second)
{
    (void)second;
    switch (loss->state) {
    case SIMP_LOSS_GOOD:
        loss->state = leave(first, SIMP_LOSS_GOOD, SIMP_LOSS_BAD, loss->to_bad, SIMP_LOSS_ISOLATED,
                            loss->to_isolated);
        break;
    case SIMP_LOSS_BAD:
        loss->state = leave(first, SIMP_LOSS_BAD, SIMP_LOSS_GOOD, loss->to_good, SIMP_LOSS_GAP_IN_BURST,
                            loss->to_gap);
        break;
    case SIMP_LOSS_GAP_IN_BURST:
        loss->state = simp_has_luck(first, loss->to_bad_from_gap) ? SIMP_LOSS_BAD : SIMP_LOSS_GAP_IN_BURST;
        break;
    case SIMP_LOSS_ISOLATED: loss->state = SIMP_LOSS_GOOD; break;
    }
    return loss->state == SIMP_LOSS_BAD || loss->state == SIMP_LOSS_ISOLATED;
}

/* ---- bit errors ---- */

/* (1 - b)^bits by squaring, as a fraction of 2^64. */
uint64_t simp_bit_error_odds(const sim_bit_error *e, uint64_t bits)
{
    uint64_t sound = 0 - simp_odds((uint64_t)e->errors_per_tbit, UINT64_C(1000000000000));
    uint64_t all = UINT64_MAX;
    for (; bits != 0; bits >>= 1) {
        if ((bits & 1) != 0)
            all = simp_share_of(all, sound);
        sound = simp_share_of(sound, sound);
    }
    return 0 - all;
}
