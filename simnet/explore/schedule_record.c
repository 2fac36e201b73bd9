/* SPDX-License-Identifier: MIT
 *
 * Recording: the run is made once more, its decisions are followed, and what they were about is written down.
 *
 * A hold follows from the steps: an event that was due first, and was overtaken, waited for the last step
 * that overtook it.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule.h"

enum { LABEL_MAX = 192 };

/* Follows a list of decisions. */
typedef struct recorder {
    simp_strategy base; /* first */
    sim_schedule *schedule;
    const uint32_t *values;
    size_t count, next;
    bool misfits; /* a decision was not possible */
} recorder;

/* Behind the end of the list everything is boring. */
static uint32_t follow(recorder *r, uint32_t bound)
{
    uint32_t value = r->next < r->count ? r->values[r->next] : 0;
    r->next++;
    r->misfits = r->misfits || value >= bound;
    return value < bound ? value : 0;
}

static void note(recorder *r, uint32_t value, uint32_t bound, bool is_order, char *label, uint64_t count)
{
    if (value != 0)
        simp_schedule_add_decision(r->schedule, &(simp_decision){.number = (uint32_t)r->next,
                                                                 .value = value,
                                                                 .bound = bound,
                                                                 .is_order = is_order,
                                                                 .label = label,
                                                                 .count = count});
}

static size_t pick(simp_strategy *self, const simp_candidate *const *candidates, size_t count)
{
    recorder *r = (recorder *)self;
    uint32_t value = follow(r, (uint32_t)count);
    uint32_t label = candidates[value]->label;
    const simp_label_table *labels = &self->order->labels;
    note(r, value, (uint32_t)count, true, labels->labels[label].text, simp_label_count(labels, label) + 1u);
    return value;
}

static uint32_t choose(simp_strategy *self, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    recorder *r = (recorder *)self;
    uint32_t value = follow(r, bound);
    char label[LABEL_MAX];
    (void)drawn;
    if (value == 0)
        return 0;
    snprintf(label, sizeof label, "%s %s", site->who, site->purpose);
    note(r, value, bound, false, label, ordinal);
    simp_schedule_add_fact(
        r->schedule,
        &(simp_fact){.kind = SIMP_FACT_CHOICE, .label = label, .count = ordinal, .value = value});
    return value;
}

static const simp_strategy_ops strategy_recorder = {
    .name = "recorder", .summary = "", .size = sizeof(recorder), .pick = pick, .choose = choose};

/* ---- holds ---- */

/* Of an event that happened, or could have. */
typedef struct waiting {
    uint32_t label, occurrence, host;
    uint64_t object;
    uint8_t source;
} waiting;

/* It waited for the step with that number; 0: it did not wait. */
static void note_hold(sim_schedule *schedule, const sim_order *order, waiting w, uint32_t overtaken_by)
{
    if (overtaken_by == 0)
        return;
    const simp_step *first = &order->steps[overtaken_by - 1];
    simp_fact fact = {.kind = SIMP_FACT_HOLD,
                      .label = order->labels.labels[w.label].text,
                      .count = w.occurrence,
                      .until = order->labels.labels[first->label].text,
                      .until_count = first->occurrence,
                      .is_strange = simp_is_strange(w.source, w.host, w.object, first)};
    if (!simp_schedule_has_fact(schedule, &fact))
        simp_schedule_add_fact(schedule, &fact);
}

static void note_step(sim_schedule *schedule, const sim_order *order, const simp_step *step)
{
    waiting w = {step->label, step->occurrence, step->host, step->object, step->source};
    note_hold(schedule, order, w, step->overtaken_by);
}

static void note_lost(sim_schedule *schedule, const sim_order *order, const simp_lost_event *lost)
{
    waiting w = {lost->label, lost->occurrence, lost->host, lost->object, lost->source};
    note_hold(schedule, order, w, lost->overtaken_by);
}

static void note_pending(sim_schedule *schedule, const sim_order *order, const simp_candidate *c)
{
    uint32_t occurrence = simp_label_count(&order->labels, c->label) + 1;
    waiting w = {c->label, occurrence, c->host, c->object, c->source};
    note_hold(schedule, order, w, c->overtaken_by);
}

/* What was overtaken and then could not happen any more, or had not happened in the end, waited as well. */
static void note_holds(sim_schedule *schedule, const sim_order *order)
{
    size_t next = 0;
    for (size_t i = 0; i < order->step_count; i++) {
        note_step(schedule, order, &order->steps[i]);
        for (; next < order->lost_count && order->lost[next].ended_by <= i + 1; next++)
            note_lost(schedule, order, &order->lost[next]);
    }
    for (size_t i = 0; i < order->candidate_count; i++)
        note_pending(schedule, order, &order->candidates[i]);
}

/* ---- all of it ---- */

static int record(sim_schedule *schedule, const sim_scenario *scenario, const uint32_t *values, size_t count)
{
    sim_order *order;
    sim_result result;
    int error = simp_schedule_order(schedule, &strategy_recorder, &order);
    if (error != 0)
        return error;
    recorder *r = (recorder *)order->strategy;
    r->schedule = schedule;
    r->values = values;
    r->count = count;
    sim_run_options run = {.seed = schedule->seed, .order = order, .memory = schedule->memory};
    error = simp_schedule_make_run(schedule, scenario, &run, &result);
    if (error == 0 && r->misfits)
        error = WSAEINVAL;
    if (error == 0) {
        note_holds(schedule, order);
        schedule->outcome = result.outcome;
        schedule->identity = result.identity;
        schedule->has_exact = true;
        memcpy(schedule->fingerprint, result.fingerprint, sizeof result.fingerprint);
    }
    sim_order_destroy(order);
    return error == 0 && schedule->refused ? WSAENOBUFS : error;
}

int sim_schedule_record(const sim_scenario *scenario, const sim_order_options *options, uint64_t seed,
                        const uint32_t *values, size_t count, sim_schedule **out)
{
    if (scenario == NULL || scenario->name == NULL || out == NULL)
        return WSAEINVAL;
    sim_order_options chosen = options == NULL ? (sim_order_options){0} : *options;
    sim_schedule *schedule = simp_schedule_create(chosen.memory, scenario->name, strlen(scenario->name));
    if (schedule == NULL)
        return WSAENOBUFS;
    chosen.strategy = NULL;
    chosen.journal = NULL;
    schedule->order = chosen;
    schedule->seed = seed;
    int error = record(schedule, scenario, values, count);
    if (error != 0) {
        sim_schedule_destroy(schedule);
        return error;
    }
    *out = schedule;
    return 0;
}
