/* SPDX-License-Identifier: MIT
 *
 * Running under a schedule: exactly, decision by decision, or under its facts.
 *
 * Under facts what is due first happens first, unless a hold keeps it: hold E until F keeps E while F has not
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

static const char *text_of(const sim_order *order, uint32_t label)
{
    return order->labels.labels[label].text;
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
    snprintf(out->message + used, sizeof out->message - used, "; in %s#%lu", text_of(order, last->label),
             (unsigned long)last->occurrence);
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

/* ---- exact ---- */

typedef struct exact {
    simp_strategy base; /* first */
    const sim_schedule *schedule;
    size_t next; /* decision of the schedule */
    uint32_t number;
    sim_rerun report; /* here, since another process may make the run */
    sim_rerun *out;   /* that */
} exact;

/* The decision that is recorded for this one; NULL: the boring one. */
static const simp_decision *recorded(exact *e)
{
    e->number++;
    if (e->out->diverged != 0 || e->next == e->schedule->decision_count ||
        e->schedule->decisions[e->next].number != e->number)
        return NULL;
    return &e->schedule->decisions[e->next++];
}

static void diverge(exact *e, const simp_decision *d, const char *possible)
{
    e->out->diverged = e->number;
    snprintf(e->out->text, sizeof e->out->text, "decision %lu was %s#%llu, %lu of %lu; now it is among: %s",
             (unsigned long)e->number, d->label, (unsigned long long)d->count, (unsigned long)d->value,
             (unsigned long)d->bound, possible);
}

static size_t pick_exactly(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    exact *e = (exact *)self;
    const simp_decision *d = recorded(e);
    if (d == NULL)
        return 0;
    const simp_label_table *labels = &self->order->labels;
    if (d->is_order && d->bound == count) {
        uint32_t label = candidates[d->value]->label;
        if (strcmp(text_of(self->order, label), d->label) == 0 &&
            simp_label_count(labels, label) + 1u == d->count)
            return d->value;
    }
    char possible[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof possible; i++) {
        uint32_t label = candidates[i]->label;
        used += (size_t)snprintf(possible + used, sizeof possible - used, "%s%s#%lu", i > 0 ? ", " : "",
                                 text_of(self->order, label),
                                 (unsigned long)simp_label_count(labels, label) + 1);
    }
    diverge(e, d, possible);
    return 0;
}

static uint32_t choose_exactly(simp_strategy *self, const simp_site *site, uint64_t ordinal, uint32_t bound,
                               uint32_t drawn)
{
    exact *e = (exact *)self;
    const simp_decision *d = recorded(e);
    char label[LABEL_MAX + 24];
    (void)drawn;
    if (d == NULL)
        return 0;
    int len = snprintf(label, sizeof label, "%s %s", site->who, site->purpose);
    if (!d->is_order && d->bound == bound && d->count == ordinal && strcmp(label, d->label) == 0)
        return d->value;
    snprintf(label + len, sizeof label - (size_t)len, "#%llu", (unsigned long long)ordinal);
    diverge(e, d, label);
    return 0;
}

static const simp_strategy_ops strategy_exact = {
    .name = "exact", .summary = "", .size = sizeof(exact), .pick = pick_exactly, .choose = choose_exactly};

static int refuse(sim_rerun *out, const char *text, const char *name)
{
    snprintf(out->text, sizeof out->text, text, name);
    return WSAEINVAL;
}

static int is_for(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out)
{
    *out = (sim_rerun){.result = {.outcome = SIM_VOID}};
    if (strcmp(schedule->scenario, scenario->name) != 0)
        return refuse(out, "the schedule is for scenario %s", schedule->scenario);
    return 0;
}

int sim_schedule_replay_exact(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out)
{
    sim_order *order;
    int error = is_for(schedule, scenario, out);
    if (error == 0 && !schedule->has_exact)
        error = refuse(out, "the schedule of scenario %s has no exact form", schedule->scenario);
    if (error == 0)
        error = simp_schedule_order(schedule, &strategy_exact, &order);
    if (error != 0)
        return error;
    exact *e = (exact *)order->strategy;
    e->schedule = schedule;
    e->out = &e->report;
    sim_run_options run = {.seed = schedule->seed, .order = order, .memory = schedule->memory};
    error = simp_schedule_make_run(schedule, scenario, &run, &e->report.result);
    *out = e->report;
    if (error == 0 && out->diverged == 0 && e->next < schedule->decision_count) {
        out->diverged = schedule->decisions[e->next].number;
        snprintf(out->text, sizeof out->text, "the run ends before decision %lu, %s#%llu",
                 (unsigned long)out->diverged, schedule->decisions[e->next].label,
                 (unsigned long long)schedule->decisions[e->next].count);
    }
    out->same = error == 0 && out->diverged == 0 && simp_schedule_is_same(schedule, &out->result) &&
                memcmp(out->result.fingerprint, schedule->fingerprint, sizeof schedule->fingerprint) == 0;
    sim_order_destroy(order);
    return error;
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

static void count_unknown(const bound_order *b, sim_rerun *out)
{
    for (size_t i = 0; i < b->schedule->fact_count; i++) {
        const simp_fact *fact = &b->schedule->facts[i];
        bool is_known = b->bonds[i].met && (fact->kind == SIMP_FACT_CHOICE || b->bonds[i].until != 0);
        out->unknown += !is_known;
    }
}

int simp_schedule_run(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out,
                      sim_order **kept)
{
    sim_order *order;
    int error = is_for(schedule, scenario, out);
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

int sim_schedule_replay(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out)
{
    return simp_schedule_run(schedule, scenario, out, NULL);
}

int simp_schedule_run_random(const sim_schedule *schedule, const sim_scenario *scenario, uint64_t seed,
                             sim_result *out)
{
    sim_order *order;
    sim_rerun replay;
    int error = is_for(schedule, scenario, &replay);
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
