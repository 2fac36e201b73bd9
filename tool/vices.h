/* SPDX-License-Identifier: MIT
 *
 * On what a program depends beside its input: it is run with this or that changed which must not matter.
 */
#ifndef TOOL_VICES_H
#define TOOL_VICES_H

#include "castanet/sim_compare.h"

/* In a worker.  turns_clock: waits for the next second, too.  False: no memory, or the worker did not come
 * back. */
bool vices_find(const sim_scenario *, sim_time_mode, uint64_t seed, unsigned quiet_ms, bool turns_clock,
                sim_repeat *out);
/* On stdout. */
void vices_tell(const sim_repeat *);
/* Into a record that has begun. */
void vices_record(const sim_repeat *);

#endif
