/* SPDX-License-Identifier: MIT
 *
 * The verdict on a run that has come to its end: what failed, if anything did.
 *
 * Invariant: the identity of a failure is a function of its kind, never of numbers in its message.
 */
#ifndef SIMNET_VERDICT_H
#define SIMNET_VERDICT_H

#include "simnet/explore/progress.h"
#include "simnet/explore/purse.h"
#include "simnet/explore/order.h"

typedef struct simp_case {
    const sim_scenario *scenario;
    sim_world *world;
    void *state;
    sim_lint *lint; /* that watched the run; NULL: nobody did */
    uint32_t lint_fails;
    const simp_purse *purse;
    const simp_progress *progress;
    bool is_unrecovered; /* though the last fault was over at recovered_ns, and the time for it is, too */
    uint64_t recovered_ns;
    sim_result *result;
} simp_case;

/* Fills in outcome, identity and message; the linter finishes. */
void simp_verdict(const simp_case *, sim_stop);

/* Memory was refused: what the run showed is void, if it passed. */
void simp_verdict_void(sim_result *);

#endif
