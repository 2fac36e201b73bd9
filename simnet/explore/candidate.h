/* SPDX-License-Identifier: MIT
 *
 * Candidates: pending events as those see them who choose among them.
 */
#ifndef SIMNET_CANDIDATE_H
#define SIMNET_CANDIDATE_H

#include "simnet/explore/spot.h"
#include "simnet/world/world.h"

typedef enum simp_source {
    SIMP_SOURCE_ACTION,  /* of the scenario */
    SIMP_SOURCE_ARRIVAL, /* of a packet, or what a link does with one that it kept */
    SIMP_SOURCE_TIMER,   /* of a host's stack */
    SIMP_SOURCE_START,   /* of a program */
    SIMP_SOURCE_WAKE,    /* a program's timer */
    SIMP_SOURCE_DISPATCH /* of a notification */
} simp_source;

#define SIMP_ALL_HOSTS UINT32_MAX

/* Of an event that is pending. */
typedef struct simp_candidate {
    simp_event *event;
    uint64_t tie;       /* of the event when it was described */
    uint64_t at_ns;     /* not earlier */
    uint64_t latest_ns; /* windowed: nor later than all others */
    uint64_t chain;  /* hash of its source, whose events happen in order; two of them never pend together but
                       for timers */
    uint64_t object; /* hash of the connection, listener or port that it is about; 0: the host as a whole */
    uint64_t kin;    /* the object without the ports that a stack chooses by chance: the same in every run */
    uint32_t host;   /* index of the host whose state it changes, or SIMP_ALL_HOSTS */
    uint32_t label;  /* number in the table of the order */
    uint32_t overtaken_by; /* the number, from 1, of the last step that was due later; 0: none */
    uint32_t since;        /* steps that were done when it was queued */
    uint32_t enabled_by;   /* the number, from 1, of the step after which it could first be chosen; 0: none;
                               UINT32_MAX: it could not yet */
    uint64_t packet;       /* id of the packet that arrives; 0: none */
    uint8_t source;        /* simp_source */
    bool is_quiet;         /* a packet that tells no program anything: a pure ACK, a first SYN */
} simp_candidate;

/* What an event's candidate is before it was described, with the steps that were done when it was queued; an
 * index then. */
#define SIMP_CANDIDATE_NEW (UINT32_C(1) << 31)

/* Fills in all but times, since and enabled_by.  False: no memory for its label. */
bool simp_candidate_describe(simp_candidate *, const sim_world *, const simp_queued *, simp_spots *);

/* Do they touch the same state?  by_object: handlers of different sockets share nothing. */
static inline bool simp_is_dependent(uint32_t host_a, uint64_t object_a, uint32_t host_b, uint64_t object_b,
                                     bool by_object)
{
    bool everywhere = (host_a == SIMP_ALL_HOSTS) | (host_b == SIMP_ALL_HOSTS);
    bool same_object = !by_object | (object_a == 0) | (object_b == 0) | (object_a == object_b);
    return everywhere | ((host_a == host_b) & same_object);
}

#endif
