/* SPDX-License-Identifier: MIT
 *
 * See random.h.
 */
#include "simnet/world/random.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t simp_hash_bytes(uint64_t seed, const void *bytes, uint64_t len)
{
    return XXH3_64bits_withSeed(bytes, (size_t)len, seed);
}

uint64_t simp_hash_text(uint64_t seed, const char *text) { return simp_hash_bytes(seed, text, strlen(text)); }

void simp_stream_init(simp_stream *stream, uint64_t seed, const char *who, const char *purpose)
{
    *stream = (simp_stream){.key = simp_mix(simp_hash_text(seed, who) ^ simp_hash_text(1, purpose))};
}

/* The upper half of the 128-bit product, in portable arithmetic. */
static uint64_t multiply_high(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 32, a0 = a & 0xFFFFFFFFu, b1 = b >> 32, b0 = b & 0xFFFFFFFFu;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t low = a0 * b1 + (middle & 0xFFFFFFFFu);
    return a1 * b1 + (middle >> 32) + (low >> 32);
}

uint64_t simp_share_of(uint64_t number, uint64_t bound) { return multiply_high(number, bound); }

/* No rejection: a draw is one number, so that streams stay in step; the bias is below bound / 2^64. */
uint64_t simp_stream_below(simp_stream *stream, uint64_t bound)
{
    return multiply_high(simp_stream_next(stream), bound);
}
