/* SPDX-License-Identifier: MIT
 *
 * See fingerprint.h.
 */
#include "simnet/world/fingerprint.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "simnet/world/random.h"

void simp_fingerprint_init(simp_fingerprint *f, uint64_t seed)
{
    *f = (simp_fingerprint){.lanes = {seed, simp_mix(seed)}};
}

void simp_fingerprint_read(const simp_fingerprint *f, uint8_t digest[SIMP_FINGERPRINT_DIGEST])
{
    uint64_t lanes[2] = {simp_little_endian(f->lanes[0]), simp_little_endian(f->lanes[1])};
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(lanes, sizeof lanes));
    memcpy(digest, canonical.digest, SIMP_FINGERPRINT_DIGEST);
}
