/* SPDX-License-Identifier: MIT
 *
 * Sequence numbers, RFC 9293 3.4: comparison modulo 2^32, which has a meaning within half the space.
 */
#ifndef SIMNET_SEQUENCE_H
#define SIMNET_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

static inline int32_t simp_seq_diff(uint32_t a, uint32_t b) { return (int32_t)(a - b); }
static inline bool simp_seq_before(uint32_t a, uint32_t b) { return simp_seq_diff(a, b) < 0; }
static inline bool simp_seq_upto(uint32_t a, uint32_t b) { return simp_seq_diff(a, b) <= 0; }

#endif
