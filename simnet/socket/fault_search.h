/* SPDX-License-Identifier: MIT
 *
 * What a search lets go wrong with the calls of a program (castanet/sim_fault_model.h): the fault wrapper
 * asks the world's door about each call by its number on its socket.
 */
#ifndef SIMNET_FAULT_SEARCH_H
#define SIMNET_FAULT_SEARCH_H

#include "castanet/sim_fault_model.h"
#include "simnet/socket/fault_backend.h"

typedef enum simp_fault_verb { SIMP_VERB_RECEIVE, SIMP_VERB_SEND, SIMP_VERB_ACCEPT } simp_fault_verb;

/* Values of would-block: 1, 2, 4, 8 calls. */
enum { SIMP_STORMS = 4 };

/* 0: that does not happen to the call. */
uint32_t simp_fault_search(sim_fault *, const cas_port_socket *, sim_may, simp_fault_verb, uint32_t bound);
/* How many of all >= 2 bytes are received or sent, by the kind. */
size_t simp_fault_search_len(sim_fault *, const cas_port_socket *, sim_may, size_t all);
/* Is the connection reset in this Send? */
bool simp_fault_search_cuts(sim_fault *, const cas_port_socket *);

/* May a call find nothing, by chance or by a search? */
static inline bool simp_fault_may_block(const sim_fault *fault, int64_t ppm)
{
    return ppm != 0 || (fault->searched & SIM_MAY_WOULD_BLOCK) != 0;
}

#endif
