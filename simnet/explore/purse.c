/* SPDX-License-Identifier: MIT
 *
 * See purse.h.
 */
#include "simnet/explore/purse.h"

static void *resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    simp_purse *purse = (simp_purse *)self;
    size_t before = block == NULL ? 0 : old_size;
    if (new_size > before && new_size - before > purse->left) {
        purse->is_empty = true;
        return NULL;
    }
    void *made = purse->below->resize(purse->below, block, old_size, new_size);
    if (made != NULL || new_size == 0)
        purse->left = purse->left + before - new_size;
    return made;
}

void simp_purse_init(simp_purse *purse, cas_allocator *below, uint64_t most)
{
    *purse = (simp_purse){.base = {resize}, .below = below, .left = most, .most = most};
}
