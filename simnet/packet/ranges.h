/* SPDX-License-Identifier: MIT
 *
 * A set of sequence numbers, kept as ranges: what was received behind gaps, and what the peer says it has.
 *
 * Invariants:
 *  1. at[0] .. at[count-1] are sorted, not empty, and neither overlap nor touch.
 *  2. bytes is the sum of their lengths.
 *  3. All lie within half the sequence space, so that before and behind have a meaning.
 *
 * Costs: a look-up O(log count); add and cut move what lies behind.  count is the number of gaps, not of
 * segments.
 */
#ifndef SIMNET_RANGES_H
#define SIMNET_RANGES_H

#include "simnet/packet/packet.h"

struct simp_arena;

typedef struct simp_ranges {
    simp_sack_range *at;
    uint32_t count, capacity;
    uint32_t bytes;
} simp_ranges;

/* Adds [left, right), merged with what it meets.  False: no memory, and nothing changed. */
bool simp_ranges_add(simp_ranges *, struct simp_arena *, uint32_t left, uint32_t right);
/* Takes away everything before seq. */
void simp_ranges_cut(simp_ranges *, uint32_t seq);
/* Empties the set and releases its memory. */
void simp_ranges_clear(simp_ranges *, struct simp_arena *);

/* The index of the first range that ends behind seq; count: none. */
uint32_t simp_ranges_find(const simp_ranges *, uint32_t seq);
/* Bytes of [left, right) that are in the set. */
uint32_t simp_ranges_covered(const simp_ranges *, uint32_t left, uint32_t right);
/* Does the set hold all of [left, right)? */
bool simp_ranges_hold(const simp_ranges *, uint32_t left, uint32_t right);
/* The first sequence number from seq on that is not in the set. */
uint32_t simp_ranges_skip(const simp_ranges *, uint32_t seq);
/* Are the invariants kept? */
bool simp_ranges_are_sound(const simp_ranges *);

#endif
