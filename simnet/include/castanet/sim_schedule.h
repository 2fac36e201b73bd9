/* SPDX-License-Identifier: MIT
 *
 * Schedules: what made a run go as it went, as text that is kept, read, shrunk and run again.
 *
 * A schedule has two forms in one file.  The exact one lists the decisions that were not the boring ones,
 * each with its number and label: it repeats the run to the last bit, or says where it cannot.  The
 * portable one has facts: faults that happened, and holds ("hold E until F": E waits for F though it is due).
 * It survives changes of the program, and shrinks to what matters.
 *
 * Functions that return int return 0 or a WSAE code.
 */
#ifndef CASTANET_SIM_SCHEDULE_H
#define CASTANET_SIM_SCHEDULE_H

#include "castanet/sim_explore.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_schedule sim_schedule;

/* Takes text, in order, as it is made. */
typedef struct sim_sink {
    void (*write)(void *context, const char *text, size_t len);
    void *context;
} sim_sink;

/* ---- making ---- */

/* Runs the scenario once more with those decisions, and writes down what happens: the mode, windows and
 * promises are those of order.  WSAEINVAL: the decisions are not possible, so that this is another run;
 * WSAENOBUFS: no memory. */
int sim_schedule_record(const sim_scenario *, const sim_order_options *order, uint64_t seed,
                        const uint32_t *values, size_t count, sim_schedule **out);
void sim_schedule_destroy(sim_schedule *);
void sim_schedule_write(const sim_schedule *, sim_sink);

typedef struct sim_schedule_error {
    unsigned line, column; /* from 1; 0: the text as a whole */
    char what[160], why[160], fix[160];
} sim_schedule_error;

/* Lines end with a newline; a line that begins with # is a comment.  memory NULL: the system's.  WSAEINVAL:
 * error says what, why and how to mend it, and there is no schedule; WSAENOBUFS. */
int sim_schedule_parse(const char *text, size_t len, cas_allocator *memory, sim_schedule **out,
                       sim_schedule_error *error);

/* Who makes its runs from now on: borrowed; NULL: sim_scenario_run.  What a run changes is in the schedule's
 * memory, so that it may be made in another process that shares it. */
void sim_schedule_set_runner(sim_schedule *, sim_runner *);

size_t sim_schedule_fact_count(const sim_schedule *);
/* One line without its end, "hold E until F": returns buf. */
char *sim_schedule_fact(const sim_schedule *, size_t index, char *buf, size_t size);
const char *sim_schedule_scenario(const sim_schedule *); /* the name of the scenario it is for */
bool sim_schedule_has_exact(const sim_schedule *);
sim_outcome sim_schedule_outcome(const sim_schedule *);
uint64_t sim_schedule_identity(const sim_schedule *); /* of the failure; see sim_result */

/* ---- running ---- */

typedef struct sim_rerun {
    sim_result result;
    bool same;         /* the outcome and identity that the schedule has; exact: the fingerprint too */
    uint32_t diverged; /* exact: the number of the first decision that is another one; 0: none */
    uint32_t unknown;  /* portable: holds and faults whose labels did not occur */
    uint32_t released; /* portable: holds that were given up, since nothing else could happen */
    /* What diverged: what was recorded, what is possible now; what was given up; what is not called so; or
     * how this run ended instead. */
    char text[512];
} sim_rerun;

/* WSAEINVAL: another scenario's schedule, or one without the exact form; out->text says so. */
int sim_schedule_replay_exact(const sim_schedule *, const sim_scenario *, sim_rerun *out);
int sim_schedule_replay(const sim_schedule *, const sim_scenario *, sim_rerun *out);

/* ---- what matters ---- */

typedef struct sim_shrink {
    uint64_t runs;        /* that it took */
    size_t before, after; /* facts */
    bool is_minimal;      /* without any one of them the run does not fail so any more */
    bool is_steady;       /* three more runs were the same to the last bit */
} sim_shrink;

/* Takes facts out as long as the scenario fails in the same way, and makes those that stay as early as they
 * can be; the exact form becomes that of the run that is left.  runs_max 0: 500.  WSAEINVAL: with all its
 * facts it does not fail so. */
int sim_schedule_shrink(sim_schedule *, const sim_scenario *, uint64_t runs_max, sim_shrink *out);

/* Looks for occurrences nearby under which the scenario fails as the schedule says, since a change of the
 * program may have moved them: in at most 200 runs.  True: it does, and the facts are those. */
bool sim_schedule_reanchor(sim_schedule *, const sim_scenario *, uint64_t *runs);

/* Says why the scenario fails under a schedule that was shrunk: which facts are necessary, whether they are
 * sufficient, what the last hold changes, and why that is legal.  WSAEINVAL: it does not fail so. */
int sim_schedule_explain(const sim_schedule *, const sim_scenario *, sim_sink);

#ifdef __cplusplus
}
#endif

#endif
