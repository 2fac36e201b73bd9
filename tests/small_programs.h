/* SPDX-License-Identifier: MIT
 *
 * Small random programs of datagrams, with few steps: hosts that send, and pass on what they receive.  Each
 * host remembers what it received in the order of receiving, so that two orders that differ in a way that a
 * program can see end in different states.
 */
#ifndef TESTS_SMALL_PROGRAMS_H
#define TESTS_SMALL_PROGRAMS_H

#include "castanet/sim.h"
#include "castanet/sim_scenario.h"

enum { SMALL_HOSTS = 3, SMALL_SENDS = 2 };

typedef struct small_host {
    CAsyncSocket socket; /* first */
    struct small_program *program;
    unsigned index, sends; /* datagrams that it begins with */
    uint64_t remembers;
} small_host;

/* The state of a run. */
typedef struct small_program {
    uint64_t number; /* which program: a function of it alone */
    void (*seen)(void *context, uint64_t final_state);
    void *context;
    small_host hosts[SMALL_HOSTS];
} small_program;

/* initial is a small_program of which the number, seen and context are set. */
sim_scenario small_program_scenario(const small_program *initial);

#endif
