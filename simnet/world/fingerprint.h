/* SPDX-License-Identifier: MIT
 *
 * The fingerprint of a run: a 128-bit hash over the log of what happened, equal on every machine.
 *
 * A record is what happened and to whom, and a value; the time comes before it if it is not that of the
 * record before.  Nothing is kept but the hash: each word is multiplied into one of two lanes, and each lane
 * enters the next round of the other.  With the same record no two states come to one state, and from one
 * state no two records; so what differed once differs ever after, but for records that make up for it, one in
 * 2^128 of all.  Nobody forges runs.  XXH3 makes the digest of the lanes.
 */
#ifndef SIMNET_FINGERPRINT_H
#define SIMNET_FINGERPRINT_H

#include <stdint.h>

enum { SIMP_FINGERPRINT_DIGEST = 16 };

typedef struct simp_fingerprint {
    uint64_t lanes[2];
    uint64_t when; /* of the record before */
} simp_fingerprint;

void simp_fingerprint_init(simp_fingerprint *, uint64_t seed);
/* Of everything absorbed so far; more may follow. */
void simp_fingerprint_read(const simp_fingerprint *, uint8_t digest[SIMP_FINGERPRINT_DIGEST]);

/* A bijection of each argument. */
static inline uint64_t simp_fingerprint_round(uint64_t lane, uint64_t word)
{
    lane = (lane + word) * 0x9E3779B185EBCA87u;
    return lane << 31 | lane >> 33;
}

static inline void simp_fingerprint_absorb(simp_fingerprint *f, uint64_t when, uint64_t what, uint64_t value)
{
    uint64_t first = f->lanes[0], second = f->lanes[1];
    if (when != f->when) {
        f->when = when;
        first = simp_fingerprint_round(first, when);
    }
    first = simp_fingerprint_round(first ^ second, what);
    second = simp_fingerprint_round(second ^ first, value);
    f->lanes[0] = first;
    f->lanes[1] = second;
}

/* Something that belongs to the record to come. */
static inline void simp_fingerprint_prepare(simp_fingerprint *f, uint64_t word)
{
    f->lanes[1] = simp_fingerprint_round(f->lanes[1], word);
}

#endif
