/* SPDX-License-Identifier: MIT
 *
 * See fault_search.h.
 */
#include "simnet/socket/fault_search.h"

#include <stdio.h>
#include <string.h>

#include "simnet/explore/trouble.h"
#include "simnet/host/host.h"

enum { CALL_MAX = 128 };

int simp_fault_search_install(cas_thread *thread, uint32_t kinds)
{
    sim_fault *fault;
    int error = sim_fault_install(thread, NULL, &fault, NULL);
    if (error != 0)
        return error;
    fault->searched = kinds;
    sim_host_of(thread)->faults_installed--; /* labels of the program's own wrapper are as without this one */
    return 0;
}

static uint32_t number_of(const cas_port_socket *s, simp_fault_verb verb)
{
    return verb == SIMP_VERB_RECEIVE ? s->receives : verb == SIMP_VERB_SEND ? s->sends : s->accepts;
}

/* "server/conn#1 Receive" */
static void name_call(const sim_fault *fault, const cas_port_socket *s, simp_fault_verb verb,
                      char text[CALL_MAX])
{
    static const char *const verbs[] = {" Receive", " Send", " Accept"};
    const cas_backend *below = fault->inner;
    for (s = s->inner; below->ops == &simp_fault_ops; s = s->inner)
        below = ((const sim_fault *)below)->inner;
    simp_socket_name(s, text, CALL_MAX - 16);
    snprintf(text + strlen(text), 16, "%s", verbs[verb]);
}

uint32_t simp_fault_search(sim_fault *fault, const cas_port_socket *s, sim_may kind, simp_fault_verb verb,
                           uint32_t bound)
{
    char call[CALL_MAX];
    if ((fault->searched & (uint32_t)kind) == 0)
        return 0;
    name_call(fault, s, verb, call);
    return simp_trouble_ask_call(sim_host_of(fault->thread)->world, kind, call, number_of(s, verb), bound);
}

size_t simp_fault_search_len(sim_fault *fault, const cas_port_socket *s, sim_may kind, size_t all)
{
    simp_fault_verb verb = kind == SIM_MAY_SHORT_SEND ? SIMP_VERB_SEND : SIMP_VERB_RECEIVE;
    uint32_t parts = all < 4 ? (uint32_t)all - 1 : 3; /* that differ */
    switch (simp_fault_search(fault, s, kind, verb, parts + 1)) {
    case 0: return all;
    case 1: return 1;
    case 2: return all - 1;
    default: return all / 2;
    }
}

bool simp_fault_search_cuts(sim_fault *fault, const cas_port_socket *s)
{
    return !s->datagram && simp_fault_search(fault, s, SIM_MAY_CUT, SIMP_VERB_SEND, 2) != 0;
}
