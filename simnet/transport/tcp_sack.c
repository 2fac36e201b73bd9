/* SPDX-License-Identifier: MIT
 *
 * The scoreboard of RFC 6675: what the peer says it has, and what follows for the rest.
 *
 * Nothing here walks the window: what is lost is everything below one edge, which the topmost ranges decide,
 * and pipe is three counts.
 */
#include "simnet/transport/tcp_sack.h"

enum { DUPLICATE_THRESHOLD = 3 };

struct simp_recovery *simp_sack_board(simp_tcp *t)
{
    if (t->recovery != NULL)
        return t->recovery;
    t->recovery = simp_alloc_zero(&t->host->world->arena, sizeof *t->recovery);
    if (t->recovery == NULL)
        simp_out_of_memory(t->host->world);
    else
        t->recovery->high_rxt = t->una;
    return t->recovery;
}

void simp_sack_forget(simp_tcp *t)
{
    simp_arena *arena = &t->host->world->arena;
    if (t->recovery == NULL)
        return;
    simp_ranges_clear(&t->recovery->sacked, arena);
    simp_free(arena, t->recovery, sizeof *t->recovery);
    t->recovery = NULL;
}

/* ---- what arrives ---- */

/* Says what was sent and is not acknowledged: anything else is a D-SACK, or old, or a lie.  Both ends are
 * measured from una, since before and after go round in a circle. */
static bool is_of_use(const simp_tcp *t, const simp_sack_range *range)
{
    uint32_t left = range->left - t->una, right = range->right - t->una;
    return left > 0 && left < right && right <= t->max - t->una;
}

static bool take_range(simp_tcp *t, const simp_sack_range *range)
{
    struct simp_recovery *r = simp_sack_board(t);
    if (r == NULL || simp_ranges_hold(&r->sacked, range->left, range->right))
        return false;
    if (simp_seq_before(range->left, r->high_rxt)) {
        uint32_t to = simp_seq_before(range->right, r->high_rxt) ? range->right : r->high_rxt;
        r->retransmitted -= to - range->left - simp_ranges_covered(&r->sacked, range->left, to);
    }
    if (!simp_ranges_add(&r->sacked, &t->host->world->arena, range->left, range->right))
        simp_out_of_memory(t->host->world);
    return true;
}

bool simp_sack_update(simp_tcp *t, const sim_packet *packet)
{
    bool news = false;
    for (unsigned i = 0; i < packet->tcp.sack_count; i++)
        news = (is_of_use(t, &packet->tcp.sack[i]) && take_range(t, &packet->tcp.sack[i])) || news;
    return news;
}

void simp_sack_advance(simp_tcp *t, uint32_t old)
{
    struct simp_recovery *r = t->recovery;
    if (r == NULL)
        return;
    if (simp_seq_upto(r->high_rxt, t->una)) {
        r->high_rxt = t->una;
        r->retransmitted = 0;
    } else {
        r->retransmitted -= t->una - old - simp_ranges_covered(&r->sacked, old, t->una);
    }
    simp_ranges_cut(&r->sacked, t->una);
    if (r->block != NULL && simp_seq_upto(r->block->seq + r->block->used, t->una))
        r->block = NULL; /* it is about to be released */
    if (r->sacked.count == 0 && !t->recovering)
        simp_sack_forget(t);
}

/* ---- what follows ---- */

uint32_t simp_sack_lost_edge(const simp_tcp *t)
{
    const struct simp_recovery *r = t->recovery;
    uint32_t bytes = 0;
    for (uint32_t i = r == NULL ? 0 : r->sacked.count, ranges = 0; i-- > 0;) {
        const simp_sack_range *range = &r->sacked.at[i];
        bytes += range->right - range->left;
        if (++ranges >= DUPLICATE_THRESHOLD || bytes > (DUPLICATE_THRESHOLD - 1u) * t->mss)
            return range->left;
    }
    return t->una;
}

uint32_t simp_sack_pipe(const simp_tcp *t)
{
    const struct simp_recovery *r = t->recovery;
    if (r == NULL)
        return t->max - t->una;
    uint32_t edge = simp_sack_lost_edge(t);
    return t->max - edge - simp_ranges_covered(&r->sacked, edge, t->max) + r->retransmitted;
}

void simp_sack_note_retransmitted(simp_tcp *t, uint32_t seq, uint32_t end)
{
    struct simp_recovery *r = t->recovery;
    r->high_rxt = end;
    r->retransmitted += end - seq;
}
