/* SPDX-License-Identifier: MIT
 *
 * The stack of a host: see castanet/sim_stack.h.
 *
 * Invariants:
 *  1. host->stack is never NULL, and what it points to passed sim_stack_check and never changes.
 *  2. A connection keeps the stack it was made with.
 */
#ifndef SIMNET_STACK_H
#define SIMNET_STACK_H

#include "castanet/sim_stack.h"

/* What a world begins with. */
extern const sim_stack simp_stack_rfc;

#endif
