/* SPDX-License-Identifier: MIT
 *
 * Facts of a schedule as sentences, and the rules that allow them.
 */
#ifndef SIMNET_SCHEDULE_WORDS_H
#define SIMNET_SCHEDULE_WORDS_H

#include "simnet/explore/schedule.h"

/* "data#4 from client1 is late: it arrives at server only after ...": returns buf. */
char *simp_fact_sentence(const simp_fact *, char *buf, size_t size);
/* Why nothing forbids what the hold does. */
const char *simp_hold_rule(const simp_fact *);

#endif
