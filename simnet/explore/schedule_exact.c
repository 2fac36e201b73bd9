/* SPDX-License-Identifier: MIT
 *
 * Running exactly as recorded, decision by decision, until one is not possible: from there on everything is
 * boring, and the report says what was recorded and what is possible.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule.h"

enum { LABEL_MAX = 192 };

static const char *text_of(const sim_order *order, uint32_t label)
{
    return order->labels.labels[label].text;
}

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

static int refuse(sim_rerun *out, const sim_schedule *schedule)
{
    snprintf(out->text, sizeof out->text, "the schedule of scenario %s has no exact form",
             schedule->scenario);
    return WSAEINVAL;
}

int sim_schedule_replay_exact(const sim_schedule *schedule, const sim_scenario *scenario, sim_rerun *out)
{
    sim_order *order;
    int error = simp_schedule_is_for(schedule, scenario, out);
    if (error == 0 && !schedule->has_exact)
        error = refuse(out, schedule);
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
    if (error == 0 && !out->same && out->diverged == 0)
        snprintf(out->text, sizeof out->text,
                 "each decision is the recorded one, but the run is another one, which %s: the program was "
                 "changed, or the stack or profile of its world, or castanet",
                 sim_outcome_word(out->result.outcome));
    sim_order_destroy(order);
    return error;
}
