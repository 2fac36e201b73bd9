/* SPDX-License-Identifier: MIT
 *
 * See swarm_faults.h.
 */
#include "simnet/explore/swarm_faults.h"

#include <string.h>

#include "castanet/sim_fault_model.h"

enum { STRENGTHS = 10, EMPTY_OF_TEN = 1, SWIZZLE_PACKETS = 4 };

void simp_swarm_begin(simp_swarm *swarm, uint64_t seed, const simp_knowledge *knowledge)
{
    simp_stream stream;
    simp_stream_init(&stream, seed, "order", "swarm");
    swarm->key = simp_stream_next(&stream);
    swarm->is_empty = simp_stream_below(&stream, 10) < EMPTY_OF_TEN;
    swarm->swizzles = simp_stream_below(&stream, 2) != 0;
    swarm->last_step = knowledge->runs == 0 ? SIZE_MAX : knowledge->steps.max / 2;
}

/* Half of the directions, each at one of the first packets of a kind on it: for how long is drawn for each,
 * so that they are free again in another order. */
static uint32_t swizzle(const simp_swarm *swarm, const simp_site *site, uint64_t ordinal, uint32_t bound)
{
    size_t direction_len = strcspn(site->purpose, " ");
    uint64_t direction = simp_mix(swarm->key ^ simp_hash_bytes(0, site->purpose, direction_len));
    uint64_t number = simp_mix(direction ^ site->label_hash);
    bool is_member = direction >> 63 != 0;
    return is_member && ordinal == 1 + number % SWIZZLE_PACKETS
               ? 1 + (uint32_t)simp_share_of(simp_mix(number), bound - 1)
               : 0;
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
    if (swarm->swizzles && site->by_search && site->who == sim_may_word(SIM_MAY_CLOG))
        return swizzle(swarm, site, ordinal, bound);
    uint64_t strength = 1 + simp_share_of(kind << 1, STRENGTHS);
    uint64_t number = simp_mix(simp_hash_pair(swarm->key ^ site->label_hash, ordinal));
    if (number >> (64 - strength) != 0)
        return 0;
    return 1 + (uint32_t)simp_share_of(simp_mix(number), bound - 1);
}
