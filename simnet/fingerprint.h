/* SPDX-License-Identifier: MIT
 *
 * The fingerprint of a run: a 128-bit hash over the log of what happened, equal on every machine.
 *
 * Records of 24 bytes, little-endian, fill a buffer; a full buffer is hashed, and the next one begins with
 * the digest, so that the whole is a chain.
 */
#ifndef SIMNET_FINGERPRINT_H
#define SIMNET_FINGERPRINT_H

#include <stdint.h>

enum { SIMP_FINGERPRINT_DIGEST = 16, SIMP_FINGERPRINT_RECORD = 24, SIMP_FINGERPRINT_BUFFER = 16 + 64 * 24 };

typedef struct simp_fingerprint {
    uint32_t used;
    uint8_t buffer[SIMP_FINGERPRINT_BUFFER];
} simp_fingerprint;

void simp_fingerprint_init(simp_fingerprint *, uint64_t seed);
void simp_fingerprint_flush(simp_fingerprint *);
/* Of everything absorbed so far; more may follow. */
void simp_fingerprint_read(const simp_fingerprint *, uint8_t digest[SIMP_FINGERPRINT_DIGEST]);

/* Little-endian; written out, so that compilers make one store of it. */
static inline void simp_store64(uint8_t *at, uint64_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
    at[4] = (uint8_t)(value >> 32);
    at[5] = (uint8_t)(value >> 40);
    at[6] = (uint8_t)(value >> 48);
    at[7] = (uint8_t)(value >> 56);
}

static inline void simp_fingerprint_absorb(simp_fingerprint *f, uint64_t when, uint64_t what, uint64_t value)
{
    if (f->used == SIMP_FINGERPRINT_BUFFER)
        simp_fingerprint_flush(f);
    simp_store64(f->buffer + f->used, when);
    simp_store64(f->buffer + f->used + 8, what);
    simp_store64(f->buffer + f->used + 16, value);
    f->used += SIMP_FINGERPRINT_RECORD;
}

#endif
