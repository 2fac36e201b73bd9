/* SPDX-License-Identifier: MIT
 *
 * Names: what programs get for the text they give to Connect or SendTo, as from DNS.  Hosts have their own
 * names without being asked; here further ones are given, and made to fail.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_NAME_H
#define CASTANET_SIM_NAME_H

#include "castanet/sim_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Gives a name its answers, in place of those it had: numeric addresses of either family separated by spaces,
 * "10.0.0.2 10.0.0.3 fd00::2", or one other name, for which it is an alias.  Who asks gets the first address
 * of the family asked for.  A name given here hides the host of the same name.  Names are compared without
 * regard to case. */
int sim_world_add_name(sim_world *, const char *name, const char *answers);

/* From now on each question moves on to the next address of the family, as servers do that share a load. */
int sim_world_rotate_name(sim_world *, const char *name, bool on);

/* The next count questions for the name (0: all that come) fail with the error: WSAHOST_NOT_FOUND or
 * WSATRY_AGAIN; error 0: it answers again.  Any name may fail, also a host's, and one that there is not. */
int sim_world_fail_name(sim_world *, const char *name, int error, unsigned count);

/* How often it was asked for, failures included.  Counted from its first mention here. */
uint64_t sim_world_name_questions(const sim_world *, const char *name);

#ifdef __cplusplus
}
#endif

#endif
