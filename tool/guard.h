/* SPDX-License-Identifier: MIT
 *
 * A guard makes each run of a schedule in a worker, so that a run that crashes, leaves or hangs is a result
 * like any other.  Schedules that use it have their memory from it.
 */
#ifndef TOOL_GUARD_H
#define TOOL_GUARD_H

#include "castanet/sim_explore.h"
#include "tool/shared_memory.h"

typedef struct guard guard;

/* NULL: no memory.  quiet_ms: what a run may take. */
guard *guard_create(unsigned quiet_ms);
void guard_destroy(guard *);

sim_runner *guard_runner(guard *);
cas_allocator *guard_memory(guard *);

#endif
