/* SPDX-License-Identifier: MIT
 *
 * Running under the facts of a schedule; schedule_exact.c runs under its decisions.
 *
 * What is due first happens first, unless a hold keeps it: hold E until F keeps E while F has not
 * happened.  If everything that could happen is held, the oldest hold is given up.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule.h"

enum { LABEL_MAX = 192 };

int simp_schedule_order(const sim_schedule *schedule, const simp_strategy_ops *ops, sim_order **out)
{
    sim_order_options options = schedule->order;
    options.memory = schedule->memory;
    int error = sim_order_create(&options, out);
    if (error != 0)
        return error;
    simp_strategy_destroy((*out)->strategy);
    (*out)->strategy = simp_strategy_create(*out, ops);
    if ((*out)->strategy != NULL)
        return 0;
    sim_order_destroy(*out);
    return WSAENOBUFS;
}

bool simp_schedule_is_same(const sim_schedule *schedule, const sim_result *result)
{
    return result->outcome == schedule->outcome && result->identity == schedule->identity;
}

static uint64_t hash_of_steps(const sim_order *order, uint64_t state)
{
    for (size_t i = 0; i < order->step_count; i++) {
        const simp_step *step = &order->steps[i];
        state = simp_mix(state ^ order->labels.labels[step->label].hash);
        state = simp_mix(state ^ ((uint64_t)step->occurrence << 32 | step->picked));
    }
    return state;
}

/* What the program was called for when it ended its process, or did not come back: the last step. */
static void say_where(const sim_order *order, sim_result *out)
{
    size_t used = strlen(out->message);
    if (order->step_count == 0)
        return;
    const simp_step *last = &order->steps[order->step_count - 1];
    snprintf(out->message + used, sizeof out->message - used, "; in %s#%lu",
             order->labels.labels[last->label].text, (unsigned long)last->occurrence);
}

int simp_schedule_make_run(const sim_schedule *schedule, const sim_scenario *scenario,
                           const sim_run_options *options, sim_result *out)
{
    sim_runner *runner = schedule->order.runner;
    if (runner == NULL)
        return sim_scenario_run(scenario, options, out);
    int error = runner->run(runner, scenario, options, out);
    if (error != 0 || out->outcome <= SIM_VOID)
        return error;
    for (unsigned lane = 0; lane < 2; lane++) {
        uint64_t hash = hash_of_steps(options->order, lane);
        for (unsigned i = 0; i < 8; i++)
            out->fingerprint[8 * lane + i] = (uint8_t)(hash >> (56 - 8 * i));
    }
    out->steps = (uint32_t)options->order->step_count;
    say_where(options->order, out);
    return 0;
}

int simp_schedule_is_for(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out)
{
    *out = (sim_rerun){.result = {.outcome = SIM_VOID}};
    if (strcmp(schedule->scenario, scenario->name) != 0) {
        snprintf(out->text, sizeof out->text, "the schedule is for scenario %s", schedule->scenario);
        return WSAEINVAL;
    }
    return 0;
}

/* ---- under facts ---- */

/* Of a fact, in one run. */
typedef struct bond {
    uint32_t label, until; /* numbers in the order's table; 0: not met so far */
    bool met, released;
} bond;

typedef struct bound_order {
    simp_strategy base; /* first */
    const sim_schedule *schedule;
    bond *bonds; /* by fact */
    size_t bond_count;
    uint32_t labels_known;
    bool by_chance; /* all that is free; else what is due first */
    simp_stream stream;
    sim_rerun report; /* here, since another process may make the run */
    sim_rerun *out;   /* that */
} bound_order;

/* Labels that are new since the last look may be those of facts. */
static void learn_labels(bound_order *b)
{
    const simp_label_table *labels = &b->base.order->labels;
    for (; b->labels_known < labels->count; b->labels_known++) {
        const char *text = labels->labels[b->labels_known].text;
        for (size_t i = 0; b->labels_known > 0 && i < b->schedule->fact_count; i++) {
            const simp_fact *fact = &b->schedule->facts[i];
            if (fact->kind != SIMP_FACT_HOLD)
                continue;
            if (strcmp(fact->label, text) == 0)
                b->bonds[i].label = b->labels_known;
            if (strcmp(fact->until, text) == 0)
                b->bonds[i].until = b->labels_known;
        }
    }
}

static bool has_happened(const simp_label_table *labels, uint32_t label, uint64_t count)
{
    return label != 0 && simp_label_count(labels, label) >= count;
}

/* The first hold that keeps the candidate; fact_count: none. */
static size_t keeper_of(bound_order *b, const simp_candidate *c)
{
    const simp_label_table *labels = &b->base.order->labels;
    size_t i = 0;
    for (; i < b->schedule->fact_count; i++) {
        const simp_fact *fact = &b->schedule->facts[i];
        bond *tie = &b->bonds[i];
        if (fact->kind != SIMP_FACT_HOLD || tie->label != c->label || tie->released ||
            simp_label_count(labels, c->label) + 1u != fact->count)
            continue;
        tie->met = true;
        if (!has_happened(labels, tie->until, fact->until_count))
            break;
    }
    return i;
}

static void release(bound_order *b, size_t fact)
{
    b->bonds[fact].released = true;
    b->out->released++;
    if (b->out->text[0] == '\0') {
        char line[400];
        snprintf(b->out->text, sizeof b->out->text, "given up, since nothing else could happen: %s",
                 sim_schedule_fact(b->schedule, fact, line, sizeof line));
    }
}

static size_t pick_free(bound_order *b, const simp_candidate *const *candidates, size_t count)
{
    size_t free_count = 0, chosen = count;
    for (size_t i = 0; i < count; i++) {
        if (keeper_of(b, candidates[i]) != b->schedule->fact_count)
            continue;
        free_count++;
        if (chosen == count || (b->by_chance && simp_stream_below(&b->stream, free_count) == 0))
            chosen = i;
        if (!b->by_chance)
            break;
    }
    return chosen;
}

static size_t pick_bound(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    bound_order *b = (bound_order *)self;
    learn_labels(b);
    for (;;) {
        size_t chosen = pick_free(b, candidates, count);
        if (chosen < count)
            return chosen;
        size_t oldest = b->schedule->fact_count;
        for (size_t i = 0; i < count; i++) {
            size_t keeper = keeper_of(b, candidates[i]);
            oldest = keeper < oldest ? keeper : oldest;
        }
        release(b, oldest);
    }
}

/* It stays unknown, and nothing goes wrong. */
static uint32_t refuse_value(bound_order *b, size_t fact, uint32_t bound)
{
    char line[400];
    if (b->out->text[0] == '\0')
        snprintf(b->out->text, sizeof b->out->text, "there are only the values 0 to %lu: %s",
                 (unsigned long)bound - 1, sim_schedule_fact(b->schedule, fact, line, sizeof line));
    return 0;
}

static uint32_t choose_bound(simp_strategy *self, const simp_site *site, uint64_t ordinal, uint32_t bound,
                             uint32_t drawn)
{
    bound_order *b = (bound_order *)self;
    char label[LABEL_MAX];
    size_t len = 0;
    (void)drawn;
    for (size_t i = 0; i < b->schedule->fact_count; i++) {
        const simp_fact *fact = &b->schedule->facts[i];
        if (fact->kind != SIMP_FACT_CHOICE || fact->count != ordinal)
            continue;
        if (len == 0)
            len = (size_t)snprintf(label, sizeof label, "%s %s", site->who, site->purpose);
        if (strcmp(fact->label, label) != 0)
            continue;
        if (fact->value >= bound)
            return refuse_value(b, i, bound);
        b->bonds[i].met = true;
        return fact->value;
    }
    return 0;
}

static void fini_bound(simp_strategy *self)
{
    bound_order *b = (bound_order *)self;
    cas_free(self->order->memory, b->bonds, b->bond_count * sizeof *b->bonds);
}

static const simp_strategy_ops strategy_bound = {.name = "facts",
                                                 .summary = "",
                                                 .size = sizeof(bound_order),
                                                 .fini = fini_bound,
                                                 .pick = pick_bound,
                                                 .choose = choose_bound};

static int make_bound(const sim_schedule *schedule, sim_order **order)
{
    int error = simp_schedule_order(schedule, &strategy_bound, order);
    if (error != 0)
        return error;
    bound_order *b = (bound_order *)(*order)->strategy;
    size_t count = schedule->fact_count + 1, size = count * sizeof *b->bonds;
    b->schedule = schedule;
    b->out = &b->report;
    b->bonds = cas_alloc(schedule->memory, size);
    if (b->bonds == NULL) {
        sim_order_destroy(*order);
        return WSAENOBUFS;
    }
    memset(b->bonds, 0, size);
    b->bond_count = count;
    return 0;
}

/* The event has happened, or could have and was held. */
static bool is_known(const bound_order *b, size_t fact)
{
    const simp_fact *f = &b->schedule->facts[fact];
    const bond *tie = &b->bonds[fact];
    if (f->kind == SIMP_FACT_CHOICE)
        return tie->met;
    return tie->until != 0 && (tie->met || has_happened(&b->base.order->labels, tie->label, f->count));
}

static void count_unknown(bound_order *b, sim_rerun *out)
{
    learn_labels(b);
    for (size_t i = 0; i < b->schedule->fact_count; i++)
        out->unknown += !is_known(b, i);
}

int simp_schedule_run(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out,
                      sim_order **kept)
{
    sim_order *order;
    int error = simp_schedule_is_for(schedule, scenario, out);
    if (error == 0)
        error = make_bound(schedule, &order);
    if (error != 0)
        return error;
    bound_order *b = (bound_order *)order->strategy;
    sim_run_options run = {.seed = schedule->seed, .order = order, .memory = schedule->memory};
    error = simp_schedule_make_run(schedule, scenario, &run, &b->report.result);
    *out = b->report;
    count_unknown(b, out);
    out->same = error == 0 && simp_schedule_is_same(schedule, &out->result);
    if (kept != NULL)
        *kept = order;
    else
        sim_order_destroy(order);
    return error;
}

/* ---- what a replay says ---- */

/* Characters that two labels have in common at their ends. */
static size_t likeness(const char *a, const char *b)
{
    size_t begin = 0, end = 0, len_a = strlen(a), len_b = strlen(b);
    while (begin < len_a && a[begin] == b[begin])
        begin++;
    while (end < len_a - begin && end < len_b - begin && a[len_a - 1 - end] == b[len_b - 1 - end])
        end++;
    return begin + end;
}

/* Of those that occurred in the run; NULL: none did. */
static const char *most_alike(const simp_label_table *labels, const char *label)
{
    const char *best = NULL;
    for (uint32_t i = 1; i < labels->count; i++) {
        const char *text = labels->labels[i].text;
        if (simp_label_count(labels, i) > 0 &&
            (best == NULL || likeness(text, label) > likeness(best, label)))
            best = text;
    }
    return best;
}

static void say_unknown_label(const bound_order *b, const char *label, uint32_t known, uint64_t count,
                              sim_rerun *out)
{
    const simp_label_table *labels = &b->base.order->labels;
    unsigned long times = known == 0 ? 0 : simp_label_count(labels, known);
    const char *like = times == 0 ? most_alike(labels, label) : NULL;
    if (like != NULL)
        snprintf(out->text, sizeof out->text, "nothing is called %s in this run; the most alike is %s", label,
                 like);
    else
        snprintf(out->text, sizeof out->text, "%s happens %lu times in this run, not %llu times", label,
                 times, (unsigned long long)count);
}

/* The first fact that says nothing about this run. */
static void say_unknown(const bound_order *b, sim_rerun *out)
{
    size_t i = 0;
    while (is_known(b, i))
        i++;
    const simp_fact *fact = &b->schedule->facts[i];
    const bond *tie = &b->bonds[i];
    char line[400];
    if (fact->kind == SIMP_FACT_CHOICE)
        snprintf(out->text, sizeof out->text, "this run has no such decision: %s",
                 sim_schedule_fact(b->schedule, i, line, sizeof line));
    else if (tie->met || has_happened(&b->base.order->labels, tie->label, fact->count))
        say_unknown_label(b, fact->until, tie->until, fact->until_count, out);
    else
        say_unknown_label(b, fact->label, tie->label, fact->count, out);
}

/* The step of an occurrence; step_count: it did not happen. */
static size_t step_of(const sim_order *order, uint32_t label, uint64_t count)
{
    size_t i = 0;
    while (i < order->step_count && (order->steps[i].label != label || order->steps[i].occurrence != count))
        i++;
    return i;
}

/* What happened although it was held, since for a moment nothing else was there at all. */
static void find_given_up(bound_order *b, sim_rerun *out)
{
    const sim_order *order = b->base.order;
    b->out = out;
    for (size_t i = 0; i < b->schedule->fact_count; i++) {
        const simp_fact *fact = &b->schedule->facts[i];
        const bond *tie = &b->bonds[i];
        if (fact->kind != SIMP_FACT_HOLD || tie->label == 0 || tie->until == 0 || tie->released)
            continue;
        size_t held = step_of(order, tie->label, fact->count);
        if (held < order->step_count && held < step_of(order, tie->until, fact->until_count))
            release(b, i);
    }
}

static void say_other_end(const sim_schedule *schedule, sim_rerun *out)
{
    bool is_alike = schedule->outcome == out->result.outcome;
    snprintf(out->text, sizeof out->text, "recorded was %s, and this run %s%s%.400s",
             is_alike ? "another failure" : sim_outcome_word(schedule->outcome),
             sim_outcome_word(out->result.outcome), out->result.message[0] != '\0' ? ": " : "",
             out->result.message);
}

int sim_schedule_replay(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out)
{
    sim_order *order = NULL;
    int error = simp_schedule_run(schedule, scenario, out, &order);
    if (error == 0)
        find_given_up((bound_order *)order->strategy, out);
    if (error == 0 && out->unknown != 0 && out->text[0] == '\0')
        say_unknown((const bound_order *)order->strategy, out);
    if (error == 0 && !out->same && out->text[0] == '\0')
        say_other_end(schedule, out);
    sim_order_destroy(order);
    return error;
}

int simp_schedule_run_random(const sim_schedule *schedule, const sim_scenario *scenario, uint64_t seed,
                             sim_result *out)
{
    sim_order *order;
    sim_rerun replay;
    int error = simp_schedule_is_for(schedule, scenario, &replay);
    if (error == 0)
        error = make_bound(schedule, &order);
    if (error != 0)
        return error;
    bound_order *b = (bound_order *)order->strategy;
    b->by_chance = true;
    simp_stream_init(&b->stream, seed, "schedule", "free");
    sim_run_options run = {.seed = schedule->seed, .order = order, .memory = schedule->memory};
    error = simp_schedule_make_run(schedule, scenario, &run, &b->report.result);
    *out = b->report.result;
    sim_order_destroy(order);
    return error;
}
