/* SPDX-License-Identifier: MIT
 *
 * Random numbers by counter: value n of a stream is a function of the world's seed, the stream's name, and
 * n.  Streams do not disturb one another, and a new one moves nobody's numbers.
 */
#ifndef SIMNET_RANDOM_H
#define SIMNET_RANDOM_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SIMP_IS_BIG_ENDIAN 1
#else
#define SIMP_IS_BIG_ENDIAN 0
#endif

/* The word whose bytes in memory are those of word on a little-endian machine. */
static inline uint64_t simp_little_endian(uint64_t word)
{
#if SIMP_IS_BIG_ENDIAN
    uint64_t swapped = 0;
    for (unsigned i = 0; i < 8; i++)
        swapped = swapped << 8 | (word >> 8 * i & 0xFF);
    return swapped;
#else
    return word;
#endif
}

typedef struct simp_stream {
    uint64_t key;
    uint64_t counter;
} simp_stream;

/* 64-bit hash of a text; the same on every machine. */
uint64_t simp_hash_text(uint64_t seed, const char *text);
uint64_t simp_hash_bytes(uint64_t seed, const void *bytes, uint64_t len);

/* The name has two words: who draws, and what for. */
void simp_stream_init(simp_stream *, uint64_t seed, const char *who, const char *purpose);

/* The finalizer of SplitMix64: a bijection that changes half the bits for every bit that changes. */
static inline uint64_t simp_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static inline uint64_t simp_stream_next(simp_stream *stream)
{
    return simp_mix(stream->key + ++stream->counter * 0x9E3779B97F4A7C15u);
}

/* The number, uniform over 64 bits, as one of 0 .. bound-1; bound 0 gives 0. */
uint64_t simp_share_of(uint64_t number, uint64_t bound);
/* 0 .. bound-1 from one draw; bound 0 gives 0. */
uint64_t simp_stream_below(simp_stream *, uint64_t bound);

#endif
