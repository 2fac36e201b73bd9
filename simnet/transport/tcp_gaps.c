/* SPDX-License-Identifier: MIT
 *
 * The receiving side of SACK: which ranges lie behind a gap, which of them an ACK tells (RFC 2018 4), and
 * what arrived twice (RFC 2883).
 *
 * A range is told by looking up a sequence number of it, so ranges may merge and grow behind this list.
 */
#include "simnet/transport/tcp_sack.h"

static struct simp_gaps *gaps_of(simp_tcp *t)
{
    if (t->gaps == NULL)
        t->gaps = simp_alloc_zero(&t->host->world->arena, sizeof *t->gaps);
    if (t->gaps == NULL)
        simp_out_of_memory(t->host->world);
    return t->gaps;
}

void simp_gaps_clear(simp_tcp *t)
{
    simp_arena *arena = &t->host->world->arena;
    if (t->gaps == NULL)
        return;
    simp_ranges_clear(&t->gaps->held, arena);
    simp_free(arena, t->gaps, sizeof *t->gaps);
    t->gaps = NULL;
}

static void release_if_unused(simp_tcp *t)
{
    if (t->gaps != NULL && t->gaps->held.count == 0 && !t->gaps->has_duplicate)
        simp_gaps_clear(t);
}

static bool is_told_by(const struct simp_gaps *g, const simp_sack_range *range, unsigned i)
{
    return g->recent[i] - range->left < range->right - range->left;
}

/* The range of seq changed: it is the first to be told from now on. */
static void tell_first(struct simp_gaps *g, uint32_t seq)
{
    const simp_sack_range range = g->held.at[simp_ranges_find(&g->held, seq)];
    uint32_t kept[SIMP_SACK_MAX] = {seq};
    unsigned count = 1;
    for (unsigned i = 0; i < g->recent_count && count < SIMP_SACK_MAX; i++) {
        if (!is_told_by(g, &range, i))
            kept[count++] = g->recent[i];
    }
    for (unsigned i = 0; i < count; i++)
        g->recent[i] = kept[i];
    g->recent_count = count;
}

bool simp_gaps_add(simp_tcp *t, uint32_t left, uint32_t right)
{
    struct simp_gaps *g = gaps_of(t);
    if (g == NULL)
        return false;
    if (!simp_ranges_add(&g->held, &t->host->world->arena, left, right)) {
        simp_out_of_memory(t->host->world);
        return false;
    }
    tell_first(g, left);
    return true;
}

void simp_gaps_advance(simp_tcp *t)
{
    struct simp_gaps *g = t->gaps;
    simp_ranges_cut(&g->held, t->rcv_nxt);
    unsigned count = 0;
    for (unsigned i = 0; i < g->recent_count; i++) {
        if (!simp_seq_before(g->recent[i], t->rcv_nxt))
            g->recent[count++] = g->recent[i];
    }
    g->recent_count = count;
    if (t->active->receive.early == NULL)
        g->last = NULL;
    release_if_unused(t);
}

void simp_gaps_duplicate(simp_tcp *t, uint32_t left, uint32_t right)
{
    struct simp_gaps *g = t->sacks && simp_seq_before(left, right) ? gaps_of(t) : NULL;
    if (g == NULL)
        return;
    g->duplicate = (simp_sack_range){left, right};
    g->has_duplicate = true;
    if (simp_seq_upto(t->rcv_nxt, left) && simp_ranges_hold(&g->held, left, right))
        tell_first(g, left); /* RFC 2883 4: the range that the duplicate lies in comes next */
}

unsigned simp_gaps_told_len(const simp_tcp *t)
{
    const struct simp_gaps *g = t->gaps;
    if (!t->sacks)
        return 0;
    unsigned room = t->stamps ? SIMP_SACK_MAX - 1 : SIMP_SACK_MAX; /* 40 bytes of options hold no more */
    unsigned count = g->recent_count + g->has_duplicate;
    return count < room ? count : room;
}

void simp_gaps_tell(simp_tcp *t, simp_tcp_header *header)
{
    struct simp_gaps *g = t->gaps;
    unsigned room = simp_gaps_told_len(t), next = 0;
    if (room == 0)
        return;
    if (g->has_duplicate)
        header->sack[next++] = g->duplicate;
    for (unsigned i = 0; next < room; i++)
        header->sack[next++] = g->held.at[simp_ranges_find(&g->held, g->recent[i])];
    header->sack_count = (uint8_t)room;
    g->has_duplicate = false;
    release_if_unused(t);
}
