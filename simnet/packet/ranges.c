/* SPDX-License-Identifier: MIT
 *
 * See ranges.h.
 */
#include "simnet/packet/ranges.h"

#include <string.h>

#include "core/limits.h"
#include "simnet/world/arena.h"
#include "simnet/packet/sequence.h"

enum { CAPACITY_FIRST = CASP_LIMIT(8, 1) };

uint32_t simp_ranges_find(const simp_ranges *r, uint32_t seq)
{
    uint32_t low = 0, high = r->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (simp_seq_before(seq, r->at[middle].right))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool grow(simp_ranges *r, simp_arena *arena)
{
    if (r->count < r->capacity)
        return true;
    uint32_t capacity = r->capacity == 0 ? (uint32_t)CAPACITY_FIRST : r->capacity * 2;
    simp_sack_range *at = simp_alloc(arena, capacity * sizeof *at);
    if (at == NULL)
        return false;
    if (r->count > 0)
        memcpy(at, r->at, r->count * sizeof *at);
    simp_free(arena, r->at, r->capacity * sizeof *at);
    r->at = at;
    r->capacity = capacity;
    return true;
}

/* Puts one range in the place of those from first to last (not included). */
static void replace(simp_ranges *r, uint32_t first, uint32_t last, simp_sack_range range)
{
    for (uint32_t i = first; i < last; i++)
        r->bytes -= r->at[i].right - r->at[i].left;
    memmove(&r->at[first + 1], &r->at[last], (r->count - last) * sizeof *r->at);
    r->at[first] = range;
    r->count = r->count - (last - first) + 1;
    r->bytes += range.right - range.left;
}

bool simp_ranges_add(simp_ranges *r, simp_arena *arena, uint32_t left, uint32_t right)
{
    uint32_t first = simp_ranges_find(r, left - 1); /* one that ends at left is met */
    uint32_t last = first;
    simp_sack_range range = {left, right};
    while (last < r->count && simp_seq_upto(r->at[last].left, right)) {
        if (simp_seq_before(r->at[last].left, range.left))
            range.left = r->at[last].left;
        if (simp_seq_before(range.right, r->at[last].right))
            range.right = r->at[last].right;
        last++;
    }
    if (first == last && !grow(r, arena))
        return false;
    replace(r, first, last, range);
    return true;
}

void simp_ranges_cut(simp_ranges *r, uint32_t seq)
{
    uint32_t gone = simp_ranges_find(r, seq);
    for (uint32_t i = 0; i < gone; i++)
        r->bytes -= r->at[i].right - r->at[i].left;
    r->count -= gone;
    if (gone > 0)
        memmove(r->at, r->at + gone, r->count * sizeof *r->at);
    if (r->count > 0 && simp_seq_before(r->at[0].left, seq)) {
        r->bytes -= seq - r->at[0].left;
        r->at[0].left = seq;
    }
}

void simp_ranges_clear(simp_ranges *r, simp_arena *arena)
{
    simp_free(arena, r->at, r->capacity * sizeof *r->at);
    *r = (simp_ranges){0};
}

uint32_t simp_ranges_covered(const simp_ranges *r, uint32_t left, uint32_t right)
{
    uint32_t bytes = 0;
    for (uint32_t i = simp_ranges_find(r, left); i < r->count && simp_seq_before(r->at[i].left, right); i++) {
        uint32_t from = simp_seq_before(r->at[i].left, left) ? left : r->at[i].left;
        uint32_t to = simp_seq_before(right, r->at[i].right) ? right : r->at[i].right;
        bytes += to - from;
    }
    return bytes;
}

bool simp_ranges_hold(const simp_ranges *r, uint32_t left, uint32_t right)
{
    uint32_t i = simp_ranges_find(r, left);
    return i < r->count && simp_seq_upto(r->at[i].left, left) && simp_seq_upto(right, r->at[i].right);
}

uint32_t simp_ranges_skip(const simp_ranges *r, uint32_t seq)
{
    uint32_t i = simp_ranges_find(r, seq);
    return i < r->count && simp_seq_upto(r->at[i].left, seq) ? r->at[i].right : seq;
}

bool simp_ranges_are_sound(const simp_ranges *r)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        bool sorted = i == 0 || simp_seq_before(r->at[i - 1].right, r->at[i].left);
        if (!sorted || !simp_seq_before(r->at[i].left, r->at[i].right))
            return false;
        bytes += r->at[i].right - r->at[i].left;
    }
    return bytes == r->bytes && r->count <= r->capacity;
}
