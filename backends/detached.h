/* SPDX-License-Identifier: MIT
 *
 * What this process knows of handles that were detached, and the kernel would not tell whoever attaches them:
 * a side that was shut down, a death whose error was taken, ICMP errors not yet answered, sizes as they were
 * set.
 *
 * One table serves all threads, because a handle is detached so that another thread may attach it.  It has
 * room for CASP_DETACHED_MAX handles; one more displaces the oldest, which is then attached as a handle from
 * elsewhere is: by what the kernel tells.
 *
 * Invariant: an entry is applied to no other socket than its own, though the descriptor was closed meanwhile
 * and its number given to another: fstat(2) tells sockets apart.  Where it does not, nothing is kept.
 */
#ifndef BACKENDS_DETACHED_H
#define BACKENDS_DETACHED_H

#include "backends/posix_socket.h"

enum { CASP_DETACHED_MAX = 64 };

/* The socket leaves its record. */
void casp_detached_keep(const cas_port_socket *);
/* Its descriptor has got a new record.  Takes the entry into *out, the old record; false: there is none. */
bool casp_detached_take(const cas_port_socket *, cas_port_socket *out);

#endif
