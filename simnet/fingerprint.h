/* SPDX-License-Identifier: MIT
 *
 * The fingerprint of a run: a 128-bit hash over the log of what happened, equal on every machine.
 *
 * Records fill a buffer: the time, marked by its highest bit, if it is not that of the record before; what
 * happened and to whom, without that bit; a value.  A full buffer is hashed as little-endian bytes, and the
 * next one begins with the digest, so that the whole is a chain.
 */
#ifndef SIMNET_FINGERPRINT_H
#define SIMNET_FINGERPRINT_H

#include <stdint.h>

enum { SIMP_FINGERPRINT_DIGEST = 16, SIMP_FINGERPRINT_RECORD = 3, SIMP_FINGERPRINT_WORDS = 192 };

/* There is always room for one record. */
typedef struct simp_fingerprint {
    uint64_t when; /* of the record before */
    uint32_t used; /* words */
    uint64_t words[SIMP_FINGERPRINT_WORDS];
} simp_fingerprint;

void simp_fingerprint_init(simp_fingerprint *, uint64_t seed);
void simp_fingerprint_flush(simp_fingerprint *);
/* Of everything absorbed so far; more may follow. */
void simp_fingerprint_read(const simp_fingerprint *, uint8_t digest[SIMP_FINGERPRINT_DIGEST]);

/* Times and what are below 2^63. */
static inline void simp_fingerprint_absorb(simp_fingerprint *f, uint64_t when, uint64_t what, uint64_t value)
{
    uint64_t *at = f->words + f->used;
    if (when != f->when) {
        f->when = when;
        *at++ = when | (uint64_t)1 << 63;
    }
    at[0] = what;
    at[1] = value;
    f->used = (uint32_t)(at + 2 - f->words);
    if (f->used > SIMP_FINGERPRINT_WORDS - SIMP_FINGERPRINT_RECORD)
        simp_fingerprint_flush(f);
}

#endif
