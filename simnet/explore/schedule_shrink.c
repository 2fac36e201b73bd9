/* SPDX-License-Identifier: MIT
 *
 * Shrinking: facts are taken out in blocks, then one by one, as long as the scenario fails in the same way;
 * then holds are made to end as early as they can.  Nothing but facts is touched, so nothing else can differ.
 */
#include <string.h>

#include "simnet/explore/schedule.h"

enum { RUNS_DEFAULT = 500, DECISIONS_MAX = 1 << 16 };

typedef struct shrinker {
    const sim_schedule *schedule; /* all facts */
    const sim_scenario *scenario;
    uint8_t *keep; /* by fact: it stays */
    uint64_t runs, runs_max;
    int error;
} shrinker;

/* Does it fail in the same way under these facts? */
static bool fails(shrinker *s, const sim_schedule *facts)
{
    sim_rerun replay;
    if (s->error != 0 || s->runs == s->runs_max)
        return false;
    s->runs++;
    s->error = simp_schedule_run(facts, s->scenario, &replay, NULL);
    return s->error == 0 && replay.same;
}

static bool fails_with(shrinker *s)
{
    sim_schedule *some = simp_schedule_copy(s->schedule, s->keep);
    if (some == NULL) {
        s->error = WSAENOBUFS;
        return false;
    }
    bool same = fails(s, some);
    sim_schedule_destroy(some);
    return same;
}

/* ---- facts ---- */

/* Takes out the facts that stay of from .. from + count - 1, if it fails without them. */
static bool take_out(shrinker *s, size_t from, size_t count, uint8_t *saved)
{
    size_t end = from + count < s->schedule->fact_count ? from + count : s->schedule->fact_count;
    if (memchr(s->keep + from, 1, end - from) == NULL)
        return false;
    memcpy(saved, s->keep, s->schedule->fact_count);
    memset(s->keep + from, 0, end - from);
    if (fails_with(s))
        return true;
    memcpy(s->keep, saved, s->schedule->fact_count);
    return false;
}

/* The last facts first: what happened late more often does not matter. */
static bool take_out_blocks(shrinker *s, size_t size, uint8_t *saved)
{
    bool any = false;
    size_t blocks = (s->schedule->fact_count + size - 1) / size;
    for (size_t i = blocks; i-- > 0;)
        any = take_out(s, i * size, size, saved) || any;
    return any;
}

static void shrink_facts(shrinker *s, uint8_t *saved)
{
    size_t size = s->schedule->fact_count;
    for (; size > 1; size = (size + 1) / 2)
        take_out_blocks(s, size, saved);
    while (size == 1 && take_out_blocks(s, 1, saved))
        continue;
}

/* ---- holds in a row ---- */

static bool continues(const simp_fact *a, const simp_fact *b)
{
    return a->kind == SIMP_FACT_HOLD && b->kind == SIMP_FACT_HOLD && a->until_count == b->count &&
           strcmp(a->until, b->label) == 0;
}

/* hold A until B and hold B until C may be hold A until C alone.  The facts of left as they are then. */
static sim_schedule *join(shrinker *s, const sim_schedule *left, size_t a, size_t b)
{
    memset(s->keep, 1, left->fact_count);
    s->keep[b] = 0;
    sim_schedule *joined = simp_schedule_copy(left, s->keep);
    if (joined == NULL ||
        !simp_schedule_set_until(joined, a > b ? a - 1 : a, left->facts[b].until, left->facts[b].until_count))
        s->error = WSAENOBUFS;
    if (s->error == 0 && fails(s, joined))
        return joined;
    sim_schedule_destroy(joined);
    return NULL;
}

/* True: left is another one, with a hold less. */
static bool join_some(shrinker *s, sim_schedule **left)
{
    for (size_t a = 0; a < (*left)->fact_count; a++) {
        for (size_t b = 0; b < (*left)->fact_count; b++) {
            sim_schedule *joined = NULL;
            if (a != b && continues(&(*left)->facts[a], &(*left)->facts[b]))
                joined = join(s, *left, a, b);
            if (joined == NULL)
                continue;
            sim_schedule_destroy(*left);
            *left = joined;
            return true;
        }
    }
    return false;
}

/* ---- weaker holds ---- */

/* The step of an event in the run that went last; step_count: it did not happen. */
static size_t find_step(const sim_order *order, const char *label, uint64_t count)
{
    size_t i = 0;
    while (i < order->step_count && (order->steps[i].occurrence != count ||
                                     strcmp(order->labels.labels[order->steps[i].label].text, label) != 0))
        i++;
    return i;
}

static bool ends_with(shrinker *s, sim_schedule *left, size_t fact, const sim_order *order, size_t step)
{
    const simp_step *until = &order->steps[step];
    return simp_schedule_set_until(left, fact, order->labels.labels[until->label].text, until->occurrence) &&
           fails(s, left);
}

/* hold E until F becomes hold E until G, for the first step G at the host of E that will do. */
static void weaken_in(shrinker *s, sim_schedule *left, size_t index, const sim_order *order)
{
    const simp_fact *fact = &left->facts[index];
    size_t held = find_step(order, fact->label, fact->count);
    size_t end = find_step(order, fact->until, fact->until_count), first = 0, best = end;
    if (held == order->step_count || end == order->step_count)
        return;
    while (first < best) {
        size_t middle = first + (best - first) / 2, at = middle;
        while (at < best && order->steps[at].host != order->steps[held].host)
            at++;
        if (at < best && ends_with(s, left, index, order, at))
            best = at;
        else
            first = middle + 1;
    }
    const simp_step *until = &order->steps[best];
    simp_schedule_set_until(left, index, order->labels.labels[until->label].text, until->occurrence);
}

static void weaken(shrinker *s, sim_schedule *left, size_t index)
{
    sim_rerun rerun;
    sim_order *order;
    if (left->facts[index].kind != SIMP_FACT_HOLD || s->error != 0)
        return;
    s->runs++;
    s->error = simp_schedule_run(left, s->scenario, &rerun, &order);
    if (s->error != 0)
        return;
    weaken_in(s, left, index, order);
    sim_order_destroy(order);
}

/* ---- all of it ---- */

static void swap(sim_schedule *a, sim_schedule *b)
{
    sim_schedule held = *a;
    *a = *b;
    *b = held;
}

/* The exact form of the run under the facts, from a schedule that was recorded of it. */
static void take_exact(sim_schedule *into, sim_schedule *from)
{
    simp_decision *decisions = into->decisions;
    size_t capacity = into->decision_capacity;
    simp_schedule_drop_decisions(into);
    into->decisions = from->decisions;
    into->decision_count = from->decision_count;
    into->decision_capacity = from->decision_capacity;
    into->has_exact = true;
    memcpy(into->fingerprint, from->fingerprint, sizeof into->fingerprint);
    from->decisions = decisions;
    from->decision_count = 0;
    from->decision_capacity = capacity;
}

static int record_in(sim_schedule *schedule, const sim_scenario *scenario, sim_journal *journal)
{
    sim_rerun replay;
    sim_schedule *recorded;
    schedule->order.journal = journal;
    int error = simp_schedule_run(schedule, scenario, &replay, NULL);
    schedule->order.journal = NULL;
    if (error == 0 && journal->lost != 0)
        error = WSAENOBUFS;
    if (error == 0)
        error = sim_schedule_record(scenario, &schedule->order, schedule->seed, journal->values,
                                    journal->count, &recorded);
    if (error != 0)
        return error;
    take_exact(schedule, recorded);
    sim_schedule_destroy(recorded);
    return 0;
}

static int record_again(sim_schedule *schedule, const sim_scenario *scenario)
{
    size_t size = sizeof(sim_journal) + DECISIONS_MAX * sizeof(uint32_t);
    sim_journal *journal = cas_alloc(schedule->memory, size);
    if (journal == NULL)
        return WSAENOBUFS;
    *journal = (sim_journal){.capacity = DECISIONS_MAX, .values = (uint32_t *)(journal + 1)};
    int error = record_in(schedule, scenario, journal);
    cas_free(schedule->memory, journal, size);
    return error;
}

static int shrink(shrinker *s, uint8_t *saved, sim_schedule **left)
{
    memset(s->keep, 1, s->schedule->fact_count);
    if (!fails_with(s))
        return s->error != 0 ? s->error : WSAEINVAL;
    shrink_facts(s, saved);
    if (s->error != 0)
        return s->error;
    *left = simp_schedule_copy(s->schedule, s->keep);
    if (*left == NULL)
        return WSAENOBUFS;
    while (s->error == 0 && join_some(s, left))
        continue;
    for (size_t i = 0; i < (*left)->fact_count; i++)
        weaken(s, *left, i);
    return s->error != 0 ? s->error : record_again(*left, s->scenario);
}

int sim_schedule_shrink(sim_schedule *schedule, const sim_scenario *scenario, uint64_t runs_max,
                        sim_shrink *out)
{
    size_t count = schedule->fact_count;
    uint8_t *marks = cas_alloc(schedule->memory, 2 * count + 1);
    if (marks == NULL)
        return WSAENOBUFS;
    shrinker s = {.schedule = schedule,
                  .scenario = scenario,
                  .keep = marks,
                  .runs_max = runs_max != 0 ? runs_max : RUNS_DEFAULT};
    sim_schedule *left = NULL;
    int error = shrink(&s, marks + count, &left);
    cas_free(schedule->memory, marks, 2 * count + 1);
    *out = (sim_shrink){.runs = s.runs, .before = count, .after = count};
    if (error == 0) {
        swap(schedule, left);
        out->after = schedule->fact_count;
        out->is_minimal = s.runs < s.runs_max;
    }
    sim_schedule_destroy(left);
    return error;
}
