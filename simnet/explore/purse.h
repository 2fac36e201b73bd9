/* SPDX-License-Identifier: MIT
 *
 * A purse: an allocator that gives out so many bytes and no more, since a program may ask without end.
 */
#ifndef SIMNET_PURSE_H
#define SIMNET_PURSE_H

#include <stdbool.h>

#include "castanet/alloc.h"

typedef struct simp_purse {
    cas_allocator base; /* first */
    cas_allocator *below;
    uint64_t left, most;
    bool is_empty; /* it had to refuse */
} simp_purse;

void simp_purse_init(simp_purse *, cas_allocator *below, uint64_t most);

#endif
