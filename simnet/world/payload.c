/* SPDX-License-Identifier: MIT
 *
 * See payload.h.  Much is summed in stripes; the sums are hashed with what is left over.
 */
#include "simnet/world/payload.h"

#include <stdbool.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/cold.h"
#include "simnet/world/random.h"

enum { LANES = 8, STRIPE = LANES * 8, SUMS_FROM = 512 };

/* Behind the sums comes what is left over, filled with zeros. */
static uint64_t hash_of_sums(uint64_t sums[2 * LANES], const uint8_t *rest, uint64_t len)
{
    uint8_t all[3 * STRIPE] = {0};
    for (unsigned i = 0; i < 2 * LANES; i++)
        sums[i] = simp_little_endian(sums[i]);
    memcpy(all, sums, sizeof(uint64_t[2 * LANES]));
    memcpy(all + sizeof(uint64_t[2 * LANES]), rest, len % STRIPE);
    return simp_hash_bytes(len, all, sizeof all);
}

/* Sums and sums of sums, as Fletcher's: who changes a byte, or the order of words, changes them.  The loops
 * over lanes are such that compilers make vectors of them. */
static APART void sum_stripes(const uint8_t *at, uint64_t stripes, uint64_t sums[2 * LANES])
{
    uint64_t first[LANES] = {0}, second[LANES] = {0};
    for (; stripes > 0; stripes--, at += STRIPE) {
        uint64_t words[LANES];
        memcpy(words, at, STRIPE);
        for (unsigned i = 0; i < LANES; i++)
            first[i] += simp_little_endian(words[i]);
        for (unsigned i = 0; i < LANES; i++)
            second[i] += first[i];
    }
    memcpy(sums, first, sizeof first);
    memcpy(sums + LANES, second, sizeof second);
}

#if defined(__GNUC__) && defined(__x86_64__)
/* The same sums, for registers of 32 bytes. */
__attribute__((target("avx2"))) static void sum_stripes_wide(const uint8_t *at, uint64_t stripes,
                                                             uint64_t sums[2 * LANES])
{
    typedef uint64_t half __attribute__((vector_size(STRIPE / 2)));
    half first[2] = {{0}}, second[2] = {{0}};
#pragma GCC unroll 8
    for (; stripes > 0; stripes--, at += STRIPE) {
        for (unsigned i = 0; i < 2; i++) {
            half words;
            memcpy(&words, at + i * sizeof words, sizeof words);
            first[i] += words;
            second[i] += first[i];
        }
    }
    memcpy(sums, first, sizeof first);
    memcpy(sums + LANES, second, sizeof second);
}

static bool has_wide_registers(void) { return __builtin_cpu_supports("avx2"); }
#else
static void sum_stripes_wide(const uint8_t *at, uint64_t stripes, uint64_t sums[2 * LANES])
{
    sum_stripes(at, stripes, sums);
}

static bool has_wide_registers(void) { return false; }
#endif

static APART uint64_t hash_stripes(const uint8_t *at, uint64_t len)
{
    uint64_t sums[2 * LANES];
    if (has_wide_registers())
        sum_stripes_wide(at, len / STRIPE, sums);
    else
        sum_stripes(at, len / STRIPE, sums);
    return hash_of_sums(sums, at + len / STRIPE * STRIPE, len);
}

uint64_t simp_hash_payload(const void *payload, uint64_t len)
{
    return len < SUMS_FROM ? XXH3_64bits(payload, (size_t)len) : hash_stripes(payload, len);
}
