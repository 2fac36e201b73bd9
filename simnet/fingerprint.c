/* SPDX-License-Identifier: MIT
 *
 * See fingerprint.h.
 */
#include "simnet/fingerprint.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "simnet/random.h"

void simp_fingerprint_init(simp_fingerprint *f, uint64_t seed)
{
    f->when = 0;
    f->words[0] = seed;
    f->words[1] = 0;
    f->used = 2;
}

static XXH128_hash_t hash_of(const simp_fingerprint *f)
{
#if SIMP_IS_BIG_ENDIAN
    uint64_t little[SIMP_FINGERPRINT_WORDS];
    for (uint32_t i = 0; i < f->used; i++)
        little[i] = simp_little_endian(f->words[i]);
    return XXH3_128bits(little, f->used * sizeof little[0]);
#else
    return XXH3_128bits(f->words, f->used * sizeof f->words[0]);
#endif
}

void simp_fingerprint_flush(simp_fingerprint *f)
{
    XXH128_hash_t hash = hash_of(f);
    f->words[0] = hash.high64;
    f->words[1] = hash.low64;
    f->used = 2;
}

void simp_fingerprint_read(const simp_fingerprint *f, uint8_t digest[SIMP_FINGERPRINT_DIGEST])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash_of(f));
    memcpy(digest, canonical.digest, SIMP_FINGERPRINT_DIGEST);
}
