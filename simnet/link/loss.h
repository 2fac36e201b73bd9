/* SPDX-License-Identifier: MIT
 *
 * Models of loss: which packets of a stream are lost.  Pure: numbers in, decisions out.
 *
 * Odds are probabilities times 2^64, UINT64_MAX standing for always.  Each packet takes two uniform numbers,
 * used or not.
 *
 *   Gilbert          good -> bad with p / (L (1 - p)), bad -> good with 1 / L: then p of all packets are
 *                    lost, in runs of L packets.  Every packet in the bad state is lost.
 *   Gilbert-Elliott  the present state decides with its own loss; then the state may change.
 *   4-state          the state changes; then 3 and 4 lose the packet.
 *   bit error        1 - (1 - b)^bits of the packets are lost, independently.
 */
#ifndef SIMNET_LOSS_H
#define SIMNET_LOSS_H

#include "castanet/sim_impairment.h"

typedef enum simp_loss_state {
    SIMP_LOSS_GOOD,
    SIMP_LOSS_BAD,
    SIMP_LOSS_GAP_IN_BURST,
    SIMP_LOSS_ISOLATED
} simp_loss_state;

typedef struct simp_loss {
    simp_loss_state state;
    uint64_t to_bad, to_good;                      /* odds */
    uint64_t lost_bad, lost_good;                  /* Gilbert-Elliott */
    uint64_t to_gap, to_bad_from_gap, to_isolated; /* 4-state */
} simp_loss;

void simp_gilbert_begin(simp_loss *, const sim_gilbert *);
void simp_gilbert_elliott_begin(simp_loss *, const sim_gilbert_elliott *);
void simp_four_state_begin(simp_loss *, const sim_four_state *);

/* Is the next packet lost? */
bool simp_gilbert_next(simp_loss *, uint64_t first, uint64_t second);
bool simp_gilbert_elliott_next(simp_loss *, uint64_t first, uint64_t second);
bool simp_four_state_next(simp_loss *, uint64_t first, uint64_t second);

/* The odds that a packet of so many bits has a wrong one. */
uint64_t simp_bit_error_odds(const sim_bit_error *, uint64_t bits);

/* numerator / denominator as odds; numerator <= denominator < 2^62. */
uint64_t simp_odds(uint64_t numerator, uint64_t denominator);

#endif
