/* SPDX-License-Identifier: MIT
 *
 * See shrink_case.h.
 */
#include "tests/museum/shrink_case.h"

#include <string.h>

#include "tests/museum/optimum.h"

static void note(shrink_case *c, int error, const char *what)
{
    if (error == 0 || c->error != 0)
        return;
    c->error = error;
    c->failed = what;
}

static void record(shrink_case *c, const sim_order_options *order, const sim_explore_failure *failure)
{
    const sim_journal *journal = failure->journal;
    c->run = failure->run;
    note(c,
         sim_schedule_record(c->bug->broken, order, failure->seed, journal->values, journal->count,
                             &c->schedule),
         "recording");
}

void shrink_case_find(shrink_case *c, const museum_bug *bug, bool exhaustively, uint64_t seed)
{
    sim_explore_result found;
    sim_explore_options options = {.strategy = exhaustively ? "dpor" : "portfolio",
                                   .mode = exhaustively ? SIM_CAUSAL : SIM_WINDOWED,
                                   .by_packet = exhaustively,
                                   .seed = seed,
                                   .runs_max = SHRINK_CASE_RUNS_MAX};
    sim_order_options order = {.mode = options.mode, .by_packet = options.by_packet};
    *c = (shrink_case){.bug = bug, .exhaustively = exhaustively, .seed = seed};
    note(c, sim_explore(bug->broken, &options, &found), "the search");
    if (c->error == 0 && found.failure_count > 0 && found.failures[0].journal != NULL)
        record(c, &order, &found.failures[0]);
    sim_explore_result_fini(&found);
}

static bool repeats(const shrink_case *c, bool exactly)
{
    sim_rerun rerun;
    int error = exactly ? sim_schedule_replay_exact(c->schedule, c->bug->broken, &rerun)
                        : sim_schedule_replay(c->schedule, c->bug->broken, &rerun);
    return error == 0 && rerun.same;
}

void shrink_case_shrink(shrink_case *c)
{
    if (c->schedule == NULL)
        return;
    c->exact = repeats(c, true);
    c->facts = repeats(c, false);
    note(c, sim_schedule_shrink(c->schedule, c->bug->broken, 0, &c->shrink), "shrinking");
    c->exact_after = repeats(c, true);
    c->facts_after = repeats(c, false);
}

static void add_text(void *context, const char *text, size_t len)
{
    shrink_case *c = context;
    size_t room = sizeof c->explanation - 1 - c->explanation_len;
    len = len < room ? len : room;
    memcpy(c->explanation + c->explanation_len, text, len);
    c->explanation_len += len;
    c->explanation[c->explanation_len] = '\0';
}

void shrink_case_explain(shrink_case *c)
{
    if (c->schedule != NULL && c->error == 0)
        note(c, sim_schedule_explain(c->schedule, c->bug->broken, (sim_sink){add_text, c}), "explaining");
}

bool shrink_case_is_repeated(const shrink_case *c)
{
    return c->exact && c->facts && c->exact_after && c->facts_after && c->shrink.is_steady;
}

static bool says(const shrink_case *c, const char *text) { return strstr(c->explanation, text) != NULL; }

bool shrink_case_is_explained(const shrink_case *c)
{
    size_t facts = c->schedule == NULL ? 0 : sim_schedule_fact_count(c->schedule), named = 0;
    bool holds = says(c, "\nnecessary: hold ");
    for (const char *at = c->explanation; (at = strstr(at, "\nnecessary: ")) != NULL; at++)
        named++;
    return named == facts && says(c, "\ncause: ") && says(c, "\ndepth ") &&
           (facts == 0 || says(c, "all else by chance")) &&
           (!holds || (says(c, "\nwhat the last hold changes: ") && says(c, "\nlegal, since ")));
}

bool shrink_case_is_small(const shrink_case *c)
{
    const museum_optimum *optimum = museum_find_optimum(c->bug->id);
    return optimum != NULL && 2 * c->shrink.after <= 3 * optimum->facts;
}
