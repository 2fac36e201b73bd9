/* SPDX-License-Identifier: MIT
 *
 * The search: it makes runs until one fails, or there is a reason to stop, and says what they showed.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/coverage.h"
#include "simnet/explore/order.h"

enum { JOURNAL_VALUES = 65536, QUIET_MIN = 1000 };

typedef struct search {
    const sim_scenario *scenario;
    const sim_explore_options *options;
    sim_explore_result *out;
    cas_allocator *memory;
    sim_order *order;
    sim_journal *journal; /* NULL: the order has one of its own, or there was no memory */
    bool made_order;
} search;

uint64_t sim_explore_seed(uint64_t seed, uint64_t run)
{
    return run <= 1 ? seed : simp_mix(seed + (run - 1) * UINT64_C(0x9E3779B97F4A7C15));
}

/* ---- journals ---- */

static size_t size_of_journal(uint32_t values) { return sizeof(sim_journal) + values * sizeof(uint32_t); }

static sim_journal *make_journal(cas_allocator *memory, uint32_t capacity)
{
    sim_journal *journal = cas_alloc(memory, size_of_journal(capacity));
    if (journal != NULL)
        *journal = (sim_journal){.capacity = capacity, .values = (uint32_t *)(journal + 1)};
    return journal;
}

/* NULL: not all of it is there, or no memory. */
static sim_journal *copy_journal(cas_allocator *memory, const sim_journal *journal)
{
    if (journal == NULL || journal->lost != 0)
        return NULL;
    sim_journal *copy = make_journal(memory, journal->count);
    if (copy == NULL)
        return NULL;
    copy->seed = journal->seed;
    copy->runs = journal->runs;
    copy->count = journal->count;
    memcpy(copy->values, journal->values, journal->count * sizeof *copy->values);
    return copy;
}

/* ---- failures ---- */

static sim_explore_failure *find_failure(sim_explore_result *out, uint64_t identity)
{
    for (size_t i = 0; i < out->failure_count; i++) {
        if (out->failures[i].result.identity == identity)
            return &out->failures[i];
    }
    return NULL;
}

/* Of the portfolio a member. */
static const char *name_of_strategy(const search *s)
{
    const simp_strategy *strategy = s->order->strategy;
    if (s->order->script != NULL)
        return "corpus";
    return strategy->runs != NULL ? strategy->runs : strategy->ops->name;
}

static void note_failure(search *s, uint64_t seed, const sim_result *result)
{
    sim_explore_result *out = s->out;
    out->failed_runs++;
    sim_explore_failure *known = find_failure(out, result->identity);
    if (known != NULL) {
        known->times++;
        return;
    }
    if (out->failure_count == SIM_EXPLORE_FAILURES_MAX)
        return;
    out->failures[out->failure_count++] = (sim_explore_failure){
        .run = out->runs,
        .seed = seed,
        .times = 1,
        .strategy = name_of_strategy(s),
        .result = *result,
        .journal = copy_journal(s->memory, s->order->journal),
    };
}

/* ---- when to stop ---- */

/* Is there no more hope that anything new is shown? */
static bool is_saturated(const search *s)
{
    const simp_coverage *coverage = s->order->coverage;
    if (s->order->strategy->ops->next != NULL || (s->options->runs_max != 0 && !s->options->saturates))
        return false;
    uint64_t runs = s->out->runs, wait = runs / 2 < QUIET_MIN ? QUIET_MIN : runs / 2;
    return coverage->runs - coverage->grown_run >= wait;
}

static bool is_asked_to_stop(const search *s, const sim_result *last)
{
    const simp_coverage *coverage = s->order->coverage;
    sim_explore_progress progress = {.runs = s->out->runs,
                                     .failures = s->out->failure_count,
                                     .coverage = coverage->set,
                                     .quiet = coverage->runs - coverage->grown_run,
                                     .strategy = name_of_strategy(s),
                                     .last = last,
                                     .journal = s->order->journal,
                                     .is_new = simp_coverage_grew(coverage),
                                     .order = s->order};
    return s->options->on_run != NULL && s->options->on_run(s->options->context, &progress);
}

/* After a run: is the search over, and why? */
static bool is_over(search *s, const sim_result *last)
{
    simp_strategy *strategy = s->order->strategy;
    sim_explore_result *out = s->out;
    size_t wanted = s->options->goes_on ? SIM_EXPLORE_FAILURES_MAX : 1;
    if (last->outcome == SIM_VOID)
        out->end = SIM_EXPLORE_VOID;
    else if (out->failure_count >= wanted)
        out->end = SIM_EXPLORE_FOUND;
    else if (is_asked_to_stop(s, last))
        out->end = SIM_EXPLORE_ASKED;
    else if (s->order->script == NULL && strategy->ops->next != NULL && !strategy->ops->next(strategy))
        out->end = SIM_EXPLORE_COMPLETE;
    else if (s->options->runs_max != 0 && out->runs >= s->options->runs_max)
        out->end = SIM_EXPLORE_RUNS;
    else if (is_saturated(s))
        out->end = SIM_EXPLORE_SATURATED;
    else
        return false;
    return true;
}

/* ---- the statement ---- */

static const char *reason_of(const sim_explore_result *out)
{
    switch (out->end) {
    case SIM_EXPLORE_FOUND: return "a failure was found";
    case SIM_EXPLORE_COMPLETE: return "there was no other run to make";
    case SIM_EXPLORE_SATURATED: return "nothing new was shown any more";
    case SIM_EXPLORE_RUNS: return "the runs allowed were made";
    case SIM_EXPLORE_ASKED: return "it was asked to";
    default: return "memory ran out";
    }
}

static size_t add_line(char *text, size_t used, const char *line)
{
    if (used >= SIM_EXPLORE_STATEMENT_MAX - 1)
        return used;
    int length = snprintf(text + used, SIM_EXPLORE_STATEMENT_MAX - used, "%s%s", used == 0 ? "" : "\n", line);
    return length < 0 ? used : used + (size_t)length;
}

enum { FINDINGS_STATED = 8 };

/* What passed, too, and will not in another order. */
static void state_findings(const search *s, size_t used)
{
    const sim_lint *lint = s->options->lint;
    char line[256];
    size_t speaking = lint == NULL ? 0 : sim_lint_speaking(lint), stated = 0;
    for (size_t i = 0; speaking != 0 && i < sim_lint_count(lint) && stated < FINDINGS_STATED; i++) {
        const sim_finding *f = sim_lint_finding(lint, i);
        if (f->silence != NULL)
            continue;
        const sim_lint_text *rule = sim_lint_rule_text(f->rule);
        snprintf(line, sizeof line, "the linter found %s%s%s%s at %s in %llu runs", rule->id,
                 rule->bug[0] != '\0' ? " (" : "", rule->bug, rule->bug[0] != '\0' ? ")" : "", f->where,
                 (unsigned long long)f->runs);
        used = add_line(s->out->statement, used, line);
        stated++;
    }
    snprintf(line, sizeof line, "and %zu other findings", speaking - stated);
    if (speaking > stated)
        add_line(s->out->statement, used, line);
}

static void write_statement(const search *s)
{
    sim_explore_result *out = s->out;
    const simp_coverage *coverage = s->order->coverage;
    const simp_strategy *strategy = s->order->strategy;
    char line[SIM_EXPLORE_STATEMENT_MAX];
    unsigned long long failed = out->failed_runs, distinct = out->failure_count;
    snprintf(line, sizeof line,
             "%llu runs of at most %u steps; failed: %llu, kinds of failure: %llu; it ended because %s",
             (unsigned long long)out->runs, out->steps_max, failed, distinct, reason_of(out));
    size_t used = add_line(out->statement, 0, line);
    snprintf(
        line, sizeof line,
        "%u neighbourhoods of events were shown, the last new one by run %u; of the last %u runs %u showed "
        "a new one",
        coverage->set, coverage->grown_run, coverage->runs - coverage->mark_run,
        coverage->growths - coverage->mark_growths);
    used = add_line(out->statement, used, line);
    simp_reached_write(&s->order->reached, line, sizeof line);
    if (line[0] != '\0')
        used = add_line(out->statement, used, line);
    if (strategy->ops->state != NULL) {
        line[0] = '\0';
        strategy->ops->state(strategy, line, sizeof line);
        used = add_line(out->statement, used, line);
    }
    state_findings(s, used);
}

/* ---- all of it ---- */

static int make_run(search *s, uint64_t seed, sim_result *result)
{
    sim_explore_result *out = s->out;
    sim_run_options options = {.seed = seed,
                               .order = s->order,
                               .memory = s->memory,
                               .lint = s->options->lint,
                               .lint_fails = s->options->lint_fails};
    int error = sim_scenario_run(s->scenario, &options, result);
    if (error != 0)
        return error;
    out->runs++;
    out->steps += result->steps;
    out->steps_max = result->steps > out->steps_max ? result->steps : out->steps_max;
    out->coverage = s->order->coverage->set;
    if (result->outcome != SIM_PASSED && result->outcome != SIM_VOID)
        note_failure(s, seed, result);
    return 0;
}

/* Those of earlier searches.  0 or a WSAE code. */
static int repeat_corpus(search *s, bool *over)
{
    sim_result result;
    int error = 0;
    for (size_t i = 0; i < s->options->corpus_count && error == 0 && !*over; i++) {
        const sim_journal *journal = s->options->corpus[i];
        if (journal->count == 0)
            continue;
        sim_order_follow(s->order, journal->values, journal->count);
        error = make_run(s, journal->seed, &result);
        *over = error == 0 && is_over(s, &result);
    }
    if (s->options->corpus_count != 0)
        sim_order_follow(s->order, NULL, 0);
    return error;
}

/* 0 or a WSAE code. */
static int make_runs(search *s)
{
    bool over = false;
    sim_result result;
    int error = repeat_corpus(s, &over);
    for (uint64_t run = 1; error == 0 && !over; run++) {
        bool keeps_seed = s->order->strategy->keeps_seed;
        error = make_run(s, sim_explore_seed(s->options->seed, keeps_seed ? 1 : run), &result);
        over = error == 0 && is_over(s, &result);
    }
    return error;
}

static int make_order(search *s)
{
    const sim_explore_options *options = s->options;
    sim_order_options wanted = {.mode = options->mode == SIM_TIMED ? SIM_WINDOWED : options->mode,
                                .windows = options->windows,
                                .by_packet = options->by_packet,
                                .strategy = options->strategy == NULL ? "portfolio" : options->strategy,
                                .memory = s->memory};
    s->order = options->order;
    s->made_order = s->order == NULL;
    int error = s->made_order ? sim_order_create(&wanted, &s->order) : 0;
    if (error == 0 && s->order->journal == NULL)
        s->order->journal = s->journal = make_journal(s->memory, JOURNAL_VALUES);
    return error != 0 ? error : simp_coverage_of(s->order) == NULL ? WSAENOBUFS : 0;
}

static void end_order(search *s)
{
    if (s->order == NULL)
        return;
    if (s->journal != NULL) {
        s->order->journal = NULL;
        cas_free(s->memory, s->journal, size_of_journal(JOURNAL_VALUES));
    }
    if (s->made_order)
        sim_order_destroy(s->order);
}

int sim_explore(const sim_scenario *scenario, const sim_explore_options *options, sim_explore_result *out)
{
    sim_explore_options chosen = options == NULL ? (sim_explore_options){0} : *options;
    if (out == NULL)
        return WSAEINVAL;
    memset(out, 0, sizeof *out);
    out->memory = chosen.memory == NULL ? cas_allocator_system() : chosen.memory;
    search s = {.scenario = scenario, .options = &chosen, .out = out, .memory = out->memory};
    out->end = SIM_EXPLORE_VOID;
    int error = make_order(&s);
    if (error == 0)
        error = make_runs(&s);
    if (error == 0)
        write_statement(&s);
    end_order(&s);
    return error;
}

void sim_explore_result_fini(sim_explore_result *result)
{
    for (size_t i = 0; i < result->failure_count; i++) {
        sim_journal *journal = result->failures[i].journal;
        if (journal != NULL)
            cas_free(result->memory, journal, size_of_journal(journal->capacity));
        result->failures[i].journal = NULL;
    }
}
