/* SPDX-License-Identifier: MIT
 *
 * Why a scenario fails under a schedule that was shrunk: each fact is left out by itself, everything else is
 * left to chance, and the run with the last hold is put beside the run without it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule.h"

enum { CHANCE_RUNS = 100, LINE_BYTES = 512, AROUND = 4 };

typedef struct explainer {
    const sim_schedule *schedule;
    const sim_scenario *scenario;
    sim_sink sink;
    uint8_t *keep; /* by fact */
    int error;
} explainer;

__attribute__((format(printf, 2, 3))) static void say(explainer *e, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (len > 0)
        e->sink.write(e->sink.context, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

static const char *message_of(const sim_result *result)
{
    return result->message[0] != '\0' ? result->message : sim_outcome_word(result->outcome);
}

/* ---- necessary, sufficient ---- */

/* The run without one fact; order NULL: its steps are not wanted. */
static bool run_without(explainer *e, size_t fact, sim_rerun *rerun, sim_order **order)
{
    sim_schedule *rest = simp_schedule_copy(e->schedule, fact, 1);
    if (rest == NULL)
        e->error = WSAENOBUFS;
    else
        e->error = simp_schedule_run(rest, e->scenario, rerun, order);
    sim_schedule_destroy(rest);
    return e->error == 0;
}

static void say_necessary(explainer *e)
{
    char line[LINE_BYTES / 2];
    for (size_t i = 0; i < e->schedule->fact_count && e->error == 0; i++) {
        sim_rerun rerun;
        if (!run_without(e, i, &rerun, NULL))
            return;
        sim_schedule_fact(e->schedule, i, line, sizeof line);
        say(e, rerun.same ? "not necessary: %s\n" : "necessary: %s\n", line);
        say(e, "  without it: %s\n", message_of(&rerun.result));
    }
}

static void say_sufficient(explainer *e)
{
    unsigned same = 0;
    for (uint64_t seed = 1; seed <= CHANCE_RUNS && e->error == 0; seed++) {
        sim_result result;
        e->error = simp_schedule_run_random(e->schedule, e->scenario, seed, &result);
        same += e->error == 0 && simp_schedule_is_same(e->schedule, &result);
    }
    say(e, "with %s, and all else by chance, it fails in %u of %d runs%s\n",
        e->schedule->fact_count == 1 ? "it" : "them", same, CHANCE_RUNS,
        same == CHANCE_RUNS ? ": nothing else matters" : "");
}

/* ---- side by side ---- */

static const char *text_of(const sim_order *order, size_t step)
{
    return order->labels.labels[order->steps[step].label].text;
}

/* Where the first step differs. */
static size_t part(const sim_order *a, const sim_order *b)
{
    size_t i = 0;
    while (i < a->step_count && i < b->step_count && a->steps[i].occurrence == b->steps[i].occurrence &&
           strcmp(text_of(a, i), text_of(b, i)) == 0)
        i++;
    return i;
}

static const char *name_step(const sim_order *order, size_t step, char *buf, size_t size)
{
    if (step >= order->step_count)
        return "";
    snprintf(buf, size, "%s#%lu", text_of(order, step), (unsigned long)order->steps[step].occurrence);
    return buf;
}

static void say_beside(explainer *e, const sim_order *with, const sim_order *without)
{
    size_t middle = part(with, without), first = middle > AROUND ? middle - AROUND : 0;
    say(e, "  %-44s| %s\n", "with it", "without it");
    for (size_t i = first; i < middle + 2 * AROUND; i++) {
        char left[96], right[96];
        const char *l = name_step(with, i, left, sizeof left),
                   *r = name_step(without, i, right, sizeof right);
        if (*l != '\0' || *r != '\0')
            say(e, "%s%-44s| %s\n", i == middle ? "> " : "  ", l, r);
    }
}

/* ---- the rule ---- */

static const char *rule_for(const sim_order *order, const simp_fact *fact)
{
    size_t i = 0;
    while (i < order->step_count &&
           (order->steps[i].occurrence != fact->count || strcmp(text_of(order, i), fact->label) != 0))
        i++;
    simp_source source = i < order->step_count ? (simp_source)order->steps[i].source : SIMP_SOURCE_ACTION;
    switch (source) {
    case SIMP_SOURCE_DISPATCH:
        return "a notification waits in its thread's queue until the program comes back to its pump, and "
               "the network does not wait meanwhile (docs/notifications.md, R14)";
    case SIMP_SOURCE_ARRIVAL:
        return "packets of one path keep their order; nothing orders those of different paths, nor a packet "
               "and what a program does";
    case SIMP_SOURCE_WAKE:
    case SIMP_SOURCE_TIMER: return "a timer goes off at its time or later, never at a promised moment";
    default: return "the network promises no order here";
    }
}

/* Of each kind of fault once. */
static void say_faults(explainer *e)
{
    const char *said = NULL;
    for (size_t i = 0; i < e->schedule->fact_count; i++) {
        const simp_fact *fact = &e->schedule->facts[i];
        const char *reason = fact->kind == SIMP_FACT_CHOICE
                                 ? simp_trouble_reason(fact->label, strlen(fact->label))
                                 : NULL;
        if (reason != NULL && reason != said)
            say(e, "legal, since %s\n", reason);
        said = reason != NULL ? reason : said;
    }
}

static void say_last_hold(explainer *e)
{
    size_t last = e->schedule->fact_count;
    while (last > 0 && e->schedule->facts[last - 1].kind != SIMP_FACT_HOLD)
        last--;
    sim_rerun rerun;
    sim_order *with, *without;
    if (last == 0 || e->error != 0)
        return;
    e->error = simp_schedule_run(e->schedule, e->scenario, &rerun, &with);
    if (e->error != 0)
        return;
    if (run_without(e, last - 1, &rerun, &without)) {
        char line[LINE_BYTES / 2];
        say(e, "what the last hold changes: %s\n",
            sim_schedule_fact(e->schedule, last - 1, line, sizeof line));
        say_beside(e, with, without);
        say(e, "legal, since %s\n", rule_for(with, &e->schedule->facts[last - 1]));
        sim_order_destroy(without);
    }
    sim_order_destroy(with);
}

/* ---- all of it ---- */

int sim_schedule_explain(const sim_schedule *schedule, const sim_scenario *scenario, sim_sink sink)
{
    size_t size = schedule->fact_count + 1;
    explainer e = {.schedule = schedule, .scenario = scenario, .sink = sink};
    sim_rerun rerun;
    e.error = simp_schedule_run(schedule, scenario, &rerun, NULL);
    if (e.error == 0 && !rerun.same)
        e.error = WSAEINVAL;
    e.keep = e.error == 0 ? cas_alloc(schedule->memory, size) : NULL;
    if (e.error != 0 || e.keep == NULL)
        return e.error != 0 ? e.error : WSAENOBUFS;
    say(&e, "%s: %s", sim_outcome_word(rerun.result.outcome), message_of(&rerun.result));
    say(&e, "\n"); /* the message may be as long as a line */
    if (schedule->fact_count == 0)
        say(&e, "it fails in the default order: nothing has to be held\n");
    say_necessary(&e);
    if (schedule->fact_count > 0)
        say_sufficient(&e);
    say_faults(&e);
    say_last_hold(&e);
    say(&e, "depth %zu: so many things must meet\n", schedule->fact_count + 1);
    cas_free(schedule->memory, e.keep, size);
    return e.error;
}
