/* SPDX-License-Identifier: MIT
 *
 * Scenarios: what is built in an empty world, and what must hold.  A scenario is run, searched, replayed and
 * shrunk without knowing how.
 *
 *     static const sim_scenario upload = {
 *         .name = "upload", .state_size = sizeof(upload_state),
 *         .build = build, .is_done = is_done, .check = check,
 *     };
 *
 * Functions that return int return 0 or a WSAE code.
 */
#ifndef CASTANET_SIM_SCENARIO_H
#define CASTANET_SIM_SCENARIO_H

#include "castanet/sim_fault_model.h"
#include "castanet/sim_lint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a scenario forbids to leave behind: bits for forbids. */
enum {
    SIM_FORBID_OPEN = 1 << SIM_RESOURCE_OPEN,     /* a socket that was not closed */
    SIM_FORBID_UNREAD = 1 << SIM_RESOURCE_UNREAD, /* bytes at an open socket */
    SIM_FORBID_UNSENT = 1 << SIM_RESOURCE_UNSENT, /* bytes that the peer has not acknowledged */
    SIM_FORBID_MEMORY = 1 << 3                    /* blocks of sim_world_allocator */
};

/* See sim_lint_silence. */
typedef struct sim_silence {
    const char *rule, *where, *reason;
} sim_silence;

/* All functions get the world and state_size bytes of their own, which begin as initial says.  What they find
 * wrong they tell with sim_world_fail.  Each but build may be NULL. */
typedef struct sim_scenario {
    const char *name;    /* 1 to 63 letters, digits, - . _ */
    const char *summary; /* one line */
    size_t state_size;
    const void *initial; /* state_size bytes; NULL: zeros */
    /* Makes hosts, links and programs. */
    void (*build)(sim_world *, void *state);
    /* Must hold after every event. */
    void (*invariant)(sim_world *, void *state);
    /* Has every program what it waited for?  Asked when nothing is left to happen: false is a stall. */
    bool (*is_done)(sim_world *, void *state);
    /* Must hold in the end. */
    void (*check)(sim_world *, void *state);
    /* Frees what the state owns beside the world's memory; the world is still there. */
    void (*end)(sim_world *, void *state);
    uint64_t until_ns;   /* virtual time; 0: an hour */
    uint64_t events_max; /* 0: 1 000 000 */
    /* Names of states that runs should reach, NULL behind the last; NULL: none.  See castanet/sim_probe.h. */
    const char *const *probes;
    sim_fault_model faults;         /* what a search may let go wrong */
    const sim_world_options *world; /* NULL: all zero.  Its seed and events_max are the run's */
    /* Virtual time in which events go on, but no program receives a byte, no connection begins or ends, and
     * is_done says no: a livelock.  0: ten minutes; SIM_FOREVER: idle by purpose. */
    uint64_t quiet_ns;
    uint64_t memory_max;         /* bytes that the world may take; 0: 1 GiB */
    unsigned forbids;            /* SIM_FORBID_ bits */
    uint32_t lint_fails;         /* SIM_LINT_BIT of rules: what the linter finds of them is a failure */
    const sim_silence *silences; /* of that linter; the last has no rule.  NULL: none */
} sim_scenario;

/* ---- how time orders what may happen ---- */

typedef enum sim_time_mode {
    SIM_TIMED,    /* each event at its time; equal times by host and sequence */
    SIM_WINDOWED, /* each within its window: every order so reached is one that the network could give */
    SIM_CAUSAL    /* each host has a clock of its own, and only causes order events */
} sim_time_mode;

/* How much later than its time an event may happen in windowed mode. */
typedef struct sim_windows {
    uint64_t arrival_ns;  /* of a packet, behind those before it on its path; 0: 200 ms */
    uint64_t dispatch_ns; /* of a callback: the program is busy; 0: 200 ms */
    uint64_t timer_ns;    /* of a timer; 0: 20 ms */
} sim_windows;

/* ---- one run ---- */

typedef enum sim_outcome {
    SIM_PASSED,
    SIM_FAILED,    /* sim_world_fail: a check, an invariant, or the program's own assertion */
    SIM_STALLED,   /* nothing is left to happen, and is_done says no */
    SIM_LIVELOCK,  /* events go on without end: events_max, time stands still, or nothing comes of them */
    SIM_OVERTIME,  /* until_ns passed, and is_done says no */
    SIM_LEFTOVER,  /* sockets, bytes or memory that the scenario forbids to leave behind */
    SIM_EXHAUSTED, /* memory_max was not enough */
    SIM_VOID,      /* memory ran out: the run says nothing */
    /* What a run cannot say of itself: who watches its process does (castanet/main.h). */
    SIM_CRASHED, /* a signal, or a sanitizer's report */
    SIM_EXITED,  /* the program called exit */
    SIM_HUNG     /* a callback did not come back */
} sim_outcome;

const char *sim_outcome_word(sim_outcome); /* "passed", "stalled" */

typedef struct sim_result {
    sim_outcome outcome;
    uint64_t identity; /* equal for the same failure: outcome and the format of its message; 0: none */
    char message[512]; /* empty if it passed */
    uint8_t fingerprint[16];
    uint64_t now_ns, events;
    uint32_t steps;         /* events that the order chose among */
    uint32_t notifications; /* callbacks made */
    uint32_t faults;        /* choices other than of order that were not 0 */
} sim_result;

typedef struct sim_order sim_order; /* castanet/sim_explore.h */

typedef struct sim_run_options {
    uint64_t seed;
    sim_order *order;       /* NULL: timed, by the seed alone */
    sim_observer *observer; /* borrowed; NULL: none */
    cas_allocator *memory;  /* NULL: the system's */
    sim_lint *lint;         /* watches the run, and keeps what it finds: borrowed.  NULL: nobody, unless the
                               scenario or lint_fails asks for it */
    uint32_t lint_fails;    /* rules beside those of the scenario */
} sim_run_options;

/* Makes a world, builds the scenario in it, runs and judges it.  WSAEINVAL: a scenario without name or build;
 * WSAENOBUFS: not even the world could be made; result is written in any case. */
int sim_scenario_run(const sim_scenario *, const sim_run_options *, sim_result *);

#ifdef __cplusplus
}
#endif

#endif
