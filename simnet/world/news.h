/* SPDX-License-Identifier: MIT
 *
 * News: what befalls a world beside packets and calls, told to observers (castanet/sim_observer.h).
 *
 * Invariant: telling changes nothing, and is not part of the fingerprint.
 */
#ifndef SIMNET_NEWS_H
#define SIMNET_NEWS_H

#include "simnet/world/world.h"

static inline bool simp_is_heard(const sim_world *world) { return world->observers != NULL; }

void simp_tell(const sim_world *, const sim_news *);

/* Something is wrong with a host, or is no longer; about may be NULL. */
void simp_tell_host(const sim_host *, const char *what, const char *about);

/* A decision that was not the boring one. */
void simp_tell_choice(const sim_world *, const char *what, const sim_choice *);

#endif
