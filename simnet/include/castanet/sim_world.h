/* SPDX-License-Identifier: MIT
 *
 * The virtual network: worlds of hosts and links in virtual time, in one process.
 *
 * A run is a pure function of the program, the world that was built, and the seed.  A world owns all its
 * memory: destroying it frees hosts, links, sockets and packets.  A world is used by one thread at a time;
 * any number of worlds live side by side.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_WORLD_H
#define CASTANET_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/thread.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_world sim_world;
typedef struct sim_host sim_host;
typedef struct sim_link sim_link;
typedef struct sim_stack sim_stack; /* castanet/sim_stack.h */

#define SIM_US(n) ((int64_t)(n)*1000)
#define SIM_MS(n) ((int64_t)(n)*1000000)
#define SIM_S(n) ((int64_t)(n)*1000000000)
#define SIM_PERCENT(n) ((int64_t)(n)*10000) /* in parts per million */
#define SIM_MBIT(n) ((int64_t)(n)*1000000)  /* in bit/s */
#define SIM_FOREVER UINT64_MAX

/* ---- worlds ---- */

typedef struct sim_world_options {
    uint64_t seed;
    cas_allocator *memory; /* NULL: cas_allocator_system() */
    cas_profile profile;   /* of every thread in the world */
    uint64_t events_max;   /* stop after so many events; 0: 1 000 000 000 */
    /* Stop when more than so many happen at one instant, as two programs do that answer each other over a
     * link without latency; 0: 10 000 000. */
    uint64_t events_per_instant_max;
    const sim_stack *stack; /* of every host that has none of its own; copied.  NULL: "rfc" */
} sim_world_options;

typedef struct sim_error {
    int code;
    char what[192], why[192], fix[192];
} sim_error;

/* Why a run returned. */
typedef enum sim_stop {
    SIM_STOP_IDLE,      /* nothing is left to happen */
    SIM_STOP_TIME,      /* virtual time reached the limit */
    SIM_STOP_REQUESTED, /* sim_world_stop or sim_world_fail */
    SIM_STOP_EVENTS,    /* events_max */
    SIM_STOP_NO_MEMORY, /* the allocator refused where no call could report it; the run is void */
    SIM_STOP_STUCK      /* events_per_instant_max: time no longer moves; sim_world_error names who keeps it
                           from moving, of whom up to 256 further events were watched */
} sim_stop;

/* options NULL: all zero.  WSAEINVAL: the stack is none, see sim_stack_check. */
int sim_world_create(const sim_world_options *options, sim_world **out);
void sim_world_destroy(sim_world *);
const sim_error *sim_world_error(const sim_world *); /* of the last call that failed */

/* Runs events in order until nothing is left, or virtual time would pass until_ns (absolute; SIM_FOREVER:
 * never). */
sim_stop sim_world_run(sim_world *, uint64_t until_ns);
sim_stop sim_world_step(sim_world *);      /* exactly one event; SIM_STOP_TIME says that it ran */
uint64_t sim_world_now(const sim_world *); /* ns since the start of the world */
uint64_t sim_world_seed(const sim_world *);
/* For the programs of the world: its blocks are counted, so that a scenario may forbid to leave any behind,
 * and go with the world. */
cas_allocator *sim_world_allocator(sim_world *);
const cas_profile *sim_world_profile(const sim_world *);
uint64_t sim_world_event_count(const sim_world *);

/* Does action(argument) when virtual time reaches at_ns (absolute; what lies in the past is done now), before
 * all else that happens then, in the order asked for: faults and repairs of a scenario.  Beside all hosts: no
 * thread is current in it. */
int sim_world_at(sim_world *, uint64_t at_ns, void (*action)(void *argument), void *argument);

void sim_world_stop(sim_world *);
/* Records that the scenario failed, with a printf-style message (the first one stays), and stops the run. */
void sim_world_fail(sim_world *, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
const char *sim_world_failure(const sim_world *); /* NULL: none */

/* Hash over all that happened so far; equal runs have equal fingerprints on every machine. */
void sim_world_fingerprint(const sim_world *, uint8_t fingerprint[16]);
/* The same as 32 hexadecimal digits and a terminator. */
void sim_world_fingerprint_text(const sim_world *, char text[33]);

/* ---- choices ---- */

/* A decision that went otherwise than its default, 0. */
typedef struct sim_choice {
    const char *label; /* who and what: "link lan server> loss" */
    uint64_t ordinal;  /* from 1, counted per label */
    uint32_t bound;    /* the values were 0 .. bound-1 */
    uint32_t value;
} sim_choice;

size_t sim_world_choice_count(const sim_world *);
sim_choice sim_world_choice(const sim_world *, size_t index); /* in the order they were made */

/* From now on chance does no harm: every decision but the user's own is 0, and no search is asked.  What
 * holds by itself (a partition, a link that is down, a queue) stays until it is ended.  For scenarios that
 * ask what comes right again when the faults are over; with sim_world_at at a time. */
void sim_world_heal(sim_world *);

/* The user's own decision: 0 .. bound-1, uniform over the seed, recorded like every other.  The name is
 * copied. */
uint32_t sim_world_choose(sim_world *, const char *name, uint32_t bound);

#ifdef __cplusplus
}
#endif

#endif
