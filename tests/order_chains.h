/* SPDX-License-Identifier: MIT
 *
 * Chains of known length: hosts a, b, c ... each send a number of datagrams at once to one server over a link
 * of their own.  What arrives from one host arrives in order; nothing else is ordered.
 *
 * In causal mode a run has hosts * datagrams steps, in as many chains as there are hosts.
 */
#ifndef TESTS_ORDER_CHAINS_H
#define TESTS_ORDER_CHAINS_H

#include "castanet/sim_scenario.h"

enum { ORDER_CHAINS_HOSTS_MAX = 8, ORDER_CHAINS_DATAGRAMS_MAX = 64 };

typedef struct order_chains_plan {
    unsigned hosts, datagrams;
    const char *bad;  /* a run fails if the order of arrival begins so ("aab": two of a, then one of b) */
    unsigned noise;   /* datagrams from another host to another server, which race with none */
    int64_t loss_ppm; /* of each link */
} order_chains_plan;

/* One scenario at a time: each call changes what the calls before it returned. */
const sim_scenario *order_chains_of(const order_chains_plan *);
const sim_scenario *order_chains(unsigned hosts, unsigned datagrams, const char *bad);

/* The order of arrival of the run before. */
const char *order_chains_last(void);

#endif
