/* SPDX-License-Identifier: MIT
 *
 * Former sockets: what was closed while a message of it was queued is still called by its name, though its
 * handle is another one's by then.
 *
 * Invariant: kept in worlds that have an order, for the length of a run; others pay nothing.
 */
#ifndef SIMNET_FORMER_H
#define SIMNET_FORMER_H

#include "castanet/alloc.h"
#include "simnet/host/host.h"
#include "simnet/socket/sim_socket.h"

typedef struct simp_former {
    const simp_task *task;
    uint64_t generation;    /* of its messages */
    cas_port_socket socket; /* as it was: nothing that it points at may be used */
} simp_former;

typedef struct simp_former_list {
    simp_former *items;
    size_t count, capacity;
} simp_former_list;

/* The socket of the task is about to be closed.  False: no memory. */
bool simp_formers_add(simp_former_list *, cas_allocator *, const simp_task *, const cas_port_socket *);
/* Whose message that is; NULL: it is not known. */
const cas_port_socket *simp_formers_find(const simp_former_list *, const simp_task *, uint64_t generation);
void simp_formers_fini(simp_former_list *, cas_allocator *);

#endif
