/* SPDX-License-Identifier: MIT
 *
 * Why a scenario fails under a schedule that was shrunk: each fact is left out by itself, everything else is
 * left to chance, and the run with the last hold is put beside the run without it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule_words.h"

enum { CHANCE_RUNS = 100, LINE_BYTES = 1024, AROUND = 4 };

typedef struct explainer {
    const sim_schedule *schedule;
    const sim_scenario *scenario;
    sim_sink sink;
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

/* ---- the cause ---- */

/* What happened, and what had to be so. */
static void say_cause(explainer *e, const sim_result *result)
{
    char line[LINE_BYTES - 16];
    say(e, "%s: %s", sim_outcome_word(result->outcome), message_of(result));
    say(e, "\n"); /* the message may be as long as a line */
    if (e->schedule->fact_count == 0)
        say(e, "cause: nothing has to be late, it fails in the default order\n");
    for (size_t i = 0; i < e->schedule->fact_count; i++)
        say(e, "%s %s\n",
            i == 0 ? "cause:" : "  and:", simp_fact_sentence(&e->schedule->facts[i], line, sizeof line));
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

/* ---- rules ---- */

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
        say(e, "legal, since %s\n", simp_hold_rule(&e->schedule->facts[last - 1]));
        sim_order_destroy(without);
    }
    sim_order_destroy(with);
}

/* ---- the depth ---- */

static uint64_t count_chains(const sim_order *order)
{
    uint64_t count = 0;
    for (size_t i = 0; i < order->step_count; i++) {
        size_t before = 0;
        while (before < i && order->steps[before].chain != order->steps[i].chain)
            before++;
        count += before == i;
    }
    return count;
}

static uint64_t multiply(uint64_t a, uint64_t b) { return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b; }

/* PCT finds a bug of depth d with a probability of at least 1/(n k^(d-1)), n being chains and k steps. */
static void say_depth(explainer *e, const sim_order *order)
{
    size_t depth = e->schedule->fact_count + 1, holds = 0;
    uint64_t chains = count_chains(order), odds = chains;
    for (size_t i = 0; i + 1 < depth; i++) {
        holds += e->schedule->facts[i].kind == SIMP_FACT_HOLD;
        odds = multiply(odds, order->step_count);
    }
    if (depth == 1)
        say(e, "depth 1: each run finds it\n");
    else
        say(e,
            "depth %zu: holds (%zu), faults and other choices (%zu), and 1; "
            "of %llu chains and %zu steps PCT of this depth finds it with a probability of at least 1/%llu a "
            "run\n",
            depth, holds, depth - 1 - holds, (unsigned long long)chains, order->step_count,
            (unsigned long long)odds);
}

/* ---- all of it ---- */

int sim_schedule_explain(const sim_schedule *schedule, const sim_scenario *scenario, sim_sink sink)
{
    explainer e = {.schedule = schedule, .scenario = scenario, .sink = sink};
    sim_rerun rerun;
    sim_order *order = NULL;
    e.error = simp_schedule_run(schedule, scenario, &rerun, &order);
    if (e.error == 0 && !rerun.same)
        e.error = WSAEINVAL;
    if (e.error != 0) {
        sim_order_destroy(order);
        return e.error;
    }
    say_cause(&e, &rerun.result);
    say_necessary(&e);
    if (schedule->fact_count > 0)
        say_sufficient(&e);
    say_faults(&e);
    say_last_hold(&e);
    say_depth(&e, order);
    sim_order_destroy(order);
    return e.error;
}
