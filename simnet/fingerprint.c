/* SPDX-License-Identifier: MIT
 *
 * See fingerprint.h.
 */
#include "simnet/fingerprint.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void simp_fingerprint_init(simp_fingerprint *f, uint64_t seed)
{
    memset(f->buffer, 0, SIMP_FINGERPRINT_DIGEST);
    simp_store64(f->buffer, seed);
    f->used = SIMP_FINGERPRINT_DIGEST;
}

static void digest_of(const simp_fingerprint *f, uint8_t digest[SIMP_FINGERPRINT_DIGEST])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(f->buffer, f->used));
    memcpy(digest, canonical.digest, SIMP_FINGERPRINT_DIGEST);
}

void simp_fingerprint_flush(simp_fingerprint *f)
{
    uint8_t digest[SIMP_FINGERPRINT_DIGEST];
    digest_of(f, digest);
    memcpy(f->buffer, digest, sizeof digest);
    f->used = SIMP_FINGERPRINT_DIGEST;
}

void simp_fingerprint_read(const simp_fingerprint *f, uint8_t digest[SIMP_FINGERPRINT_DIGEST])
{
    digest_of(f, digest);
}
