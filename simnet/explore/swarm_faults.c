/* SPDX-License-Identifier: MIT
 *
 * See swarm_faults.h.
 */
#include "simnet/explore/swarm_faults.h"

enum { STRENGTHS = 10, EMPTY_OF_TEN = 1 };

void simp_swarm_begin(simp_swarm *swarm, uint64_t seed, const simp_knowledge *knowledge)
{
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", "swarm");
    swarm->key = simp_stream_next(&stream);
    swarm->is_empty = simp_stream_below(&stream, 10) < EMPTY_OF_TEN;
    swarm->last_step = knowledge->runs == 0 ? SIZE_MAX : knowledge->steps.max / 2;
}

uint32_t simp_swarm_choose(const simp_swarm *swarm, size_t step, const simp_site *site, uint64_t ordinal,
                           uint32_t bound, uint32_t drawn)
{
    if (simp_is_users_site(site))
        return drawn;
    bool is_quiet = swarm->is_empty || step >= swarm->last_step || bound < 2;
    if (site->keeps_odds)
        return is_quiet ? 0 : drawn;
    uint64_t kind = simp_mix(swarm->key ^ simp_hash_text(0, site->by_search ? site->who : site->purpose));
    bool is_available = kind >> 63 != 0;
    if (is_quiet || !is_available)
        return 0;
    uint64_t strength = 1 + simp_share_of(kind << 1, STRENGTHS);
    uint64_t number = simp_mix(simp_hash_pair(swarm->key ^ site->label_hash, ordinal));
    if (number >> (64 - strength) != 0)
        return 0;
    return 1 + (uint32_t)simp_share_of(simp_mix(number), bound - 1);
}
