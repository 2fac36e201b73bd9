/* SPDX-License-Identifier: MIT
 *
 * The table of names of a world; see castanet/sim_name.h.
 */
#ifndef SIMNET_NAME_TABLE_H
#define SIMNET_NAME_TABLE_H

#include "simnet/host/host.h"

/* The address of a name or numeric text, for a program on the host asking.  family AF_INET, AF_INET6, or
 * AF_UNSPEC: the first there is.  0, WSAHOST_NOT_FOUND or WSATRY_AGAIN. */
int simp_name_resolve(sim_host *asking, const char *text, int family, simp_ip *out);

#endif
