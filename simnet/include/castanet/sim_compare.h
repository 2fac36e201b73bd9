/* SPDX-License-Identifier: MIT
 *
 * Runs compared event by event: two versions of a program under one schedule, and one program with itself,
 * which must do the same every time.
 *
 * What is compared is what shows: calls at the API with their results and bytes, callbacks, packets.
 *
 * Functions that return int return 0 or a WSAE code.
 */
#ifndef CASTANET_SIM_COMPARE_H
#define CASTANET_SIM_COMPARE_H

#include "castanet/sim_schedule.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SIM_SHOWN_MAX = 192, SIM_SHOWN_BEFORE = 6 };

/* "server/conn#2 Receive(100) = 5 \"hello\""; "the run has ended" behind the last. */
typedef struct sim_shown {
    uint64_t at_ns;
    char text[SIM_SHOWN_MAX];
} sim_shown;

typedef struct sim_difference {
    bool differs;                       /* an event, or else the outcome */
    uint64_t number;                    /* of the first event that differs, from 1; 0: none does */
    sim_shown sides[2];                 /* that event; of no number: empty */
    sim_shown before[SIM_SHOWN_BEFORE]; /* the events that led to it, the same on both sides */
    size_t before_count;
    sim_result results[2];
    bool is_cut; /* there was no room for more events: those that were compared are the same */
} sim_difference;

/* Lines: where they part, what each did, what was before, how each ended. */
void sim_difference_tell(const sim_difference *, const char *first, const char *second, sim_emit *,
                         void *context);

/* ---- two programs ---- */

typedef struct sim_compare_options {
    const sim_schedule
        *schedule;           /* both run under its facts, whatever the names of the scenarios; NULL: ... */
    sim_order_options order; /* ... by this strategy and mode, which takes random ways by the seed */
    uint64_t seed;
    uint64_t runs;      /* of seeds that follow from that one, until one differs; 0: 1 */
    bool with_times;    /* the same at another time is different */
    uint64_t bytes_max; /* of text that is kept; 0: 64 MiB */
    cas_allocator *memory;
} sim_compare_options;

/* runs, if not NULL: how many were begun, which it says as it goes on. */
int sim_compare(const sim_scenario *first, const sim_scenario *second, const sim_compare_options *,
                uint64_t *runs, sim_difference *out);

/* ---- one program, again ---- */

/* What is made different from one run to the next, to see whether the program notices. */
typedef enum sim_disturbance {
    SIM_DISTURB_NOTHING, /* what survives a run, and what the system says, differ all the same */
    SIM_DISTURB_MEMORY,  /* the bytes that fresh memory and the stack begin with */
    SIM_DISTURB_ADDRESS, /* where memory and the stack lie */
    SIM_DISTURB_ENVIRONMENT,
    SIM_DISTURB_CLOCK,
    SIM_DISTURB_COUNT
} sim_disturbance;

/* Likely causes, as bits. */
enum {
    SIM_CAUSE_STATIC = 1 << 0,  /* variables that survive a run */
    SIM_CAUSE_OUTSIDE = 1 << 1, /* a clock, a random device, a thread, a file */
    SIM_CAUSE_MEMORY = 1 << 2,  /* memory that was read before it was written */
    SIM_CAUSE_ADDRESS = 1 << 3,
    SIM_CAUSE_ENVIRONMENT = 1 << 4,
    SIM_CAUSE_CLOCK = 1 << 5
};

typedef struct sim_repeat_options {
    sim_order_options order; /* with its runner, static variables are told from the rest */
    uint64_t seed;
    /* Does (and undoes, on false) what a library cannot do to its process.  NULL: the environment and the
     * clock are not tried.  False: it cannot do that either. */
    bool (*disturb)(void *context, sim_disturbance, bool on);
    void *context;
    uint64_t bytes_max; /* as above */
} sim_repeat_options;

typedef struct sim_repeat {
    unsigned causes;           /* SIM_CAUSE_ bits; 0: it does the same every time */
    sim_difference difference; /* of the first disturbance that showed one */
    sim_disturbance disturbance;
    unsigned runs;
} sim_repeat;

/* Runs the scenario with equal decisions again and again, each time with something else that must not
 * matter. */
int sim_check_repeats(const sim_scenario *, const sim_repeat_options *, sim_repeat *out);
/* A sentence for one bit. */
const char *sim_cause_text(unsigned cause);

#ifdef __cplusplus
}
#endif

#endif
