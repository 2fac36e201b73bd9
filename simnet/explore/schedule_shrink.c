/* SPDX-License-Identifier: MIT
 *
 * Shrinking: a schedule is changed step by step, and each change stays that keeps the scenario failing in the
 * same way.
 *
 *   facts taken out in blocks, then one by one -> holds in a row joined -> values lowered -> holds that end
 *   earlier, until nothing changes any more; then the same from holds derived anew, and from one hold alone,
 *   if that ends with fewer
 *
 * Nothing but facts is touched, so nothing else can differ.
 */
#include <string.h>

#include "simnet/explore/schedule.h"

enum {
    RUNS_DEFAULT = 500,
    RUNS_OF_DERIVED = 190,
    RUNS_OF_ALONE = 182,
    DECISIONS_MAX = 1 << 16,
    LAST_RUNS = 3,
    FEW = 3,
    TRIES = 3
};

typedef struct shrinker {
    sim_schedule *best; /* fails in the same way */
    const sim_scenario *scenario;
    uint64_t runs, runs_max;
    bool is_cut; /* there were not enough runs for all changes */
    int error;
} shrinker;

/* Does it fail in the same way under these facts? */
static bool fails(shrinker *s, const sim_schedule *facts)
{
    sim_rerun replay;
    s->is_cut = s->is_cut || s->runs >= s->runs_max;
    if (s->error != 0 || s->is_cut)
        return false;
    s->runs++;
    s->error = simp_schedule_run(facts, s->scenario, &replay, NULL);
    return s->error == 0 && replay.same;
}

/* A changed copy takes the place of the best, if it fails as well; NULL: there was no memory for it. */
static bool take(shrinker *s, sim_schedule *changed)
{
    if (changed == NULL || changed->refused)
        s->error = WSAENOBUFS;
    if (s->error != 0 || !fails(s, changed)) {
        sim_schedule_destroy(changed);
        return false;
    }
    sim_schedule_destroy(s->best);
    s->best = changed;
    return true;
}

/* The order of a run under the facts; NULL: it could not be made. */
static sim_order *run_of(shrinker *s, const sim_schedule *facts)
{
    sim_rerun rerun;
    sim_order *order = NULL;
    s->runs++;
    s->error = simp_schedule_run(facts, s->scenario, &rerun, &order);
    if (s->error == 0)
        return order;
    sim_order_destroy(order);
    return NULL;
}

static void swap(sim_schedule *a, sim_schedule *b)
{
    sim_schedule held = *a;
    *a = *b;
    *b = held;
}

/* ---- facts ---- */

/* The last facts first: what happened late more often does not matter. */
static bool take_out_blocks(shrinker *s, size_t size)
{
    bool any = false;
    for (size_t i = (s->best->fact_count + size - 1) / size; i-- > 0;)
        any = take(s, simp_schedule_copy(s->best, i * size, size)) || any;
    return any;
}

static bool take_out_facts(shrinker *s)
{
    size_t before = s->best->fact_count;
    for (size_t size = before; size > 1; size = (size + 1) / 2)
        take_out_blocks(s, size);
    while (s->best->fact_count > 0 && take_out_blocks(s, 1))
        continue;
    return s->best->fact_count < before;
}

/* ---- holds in a row ---- */

static bool continues(const simp_fact *a, const simp_fact *b)
{
    return a->until_count == b->count && strcmp(a->until, b->label) == 0;
}

/* Are there so few facts that any two of them may be tried? */
static bool may_join(const sim_schedule *schedule, size_t a, size_t b)
{
    const simp_fact *facts = schedule->facts;
    return a != b && facts[a].kind == SIMP_FACT_HOLD && facts[b].kind == SIMP_FACT_HOLD &&
           (schedule->fact_count <= FEW || continues(&facts[a], &facts[b]));
}

/* hold A until B and hold B until C may be hold A until C alone; so may hold A until B, hold D until C. */
static bool join(shrinker *s, size_t a, size_t b)
{
    const simp_fact *behind = &s->best->facts[b];
    sim_schedule *joined = simp_schedule_copy(s->best, b, 1);
    if (joined != NULL)
        simp_schedule_set_until(joined, a > b ? a - 1 : a, behind->until, behind->until_count);
    return take(s, joined);
}

static bool join_some(shrinker *s)
{
    for (size_t a = 0; a < s->best->fact_count; a++) {
        for (size_t b = 0; b < s->best->fact_count; b++) {
            if (may_join(s->best, a, b) && join(s, a, b))
                return true;
        }
    }
    return false;
}

/* ---- lower values ---- */

static bool set_value(shrinker *s, size_t index, uint32_t value)
{
    sim_schedule *changed = simp_schedule_copy(s->best, 0, 0);
    if (changed != NULL)
        changed->facts[index].value = value;
    return take(s, changed);
}

/* 1, or by halves. */
static bool lower(shrinker *s, size_t index)
{
    const simp_fact *fact = &s->best->facts[index];
    uint32_t before = fact->value, low = 1;
    if (fact->kind != SIMP_FACT_CHOICE || before <= 1 || set_value(s, index, 1))
        return fact->kind == SIMP_FACT_CHOICE && before > 1;
    while (low + 1 < s->best->facts[index].value) {
        uint32_t middle = low + (s->best->facts[index].value - low) / 2;
        if (!set_value(s, index, middle))
            low = middle;
    }
    return s->best->facts[index].value < before;
}

/* ---- weaker holds ---- */

/* The step of an event in a run; step_count: it did not happen. */
static size_t find_step(const sim_order *order, const char *label, uint64_t count)
{
    size_t i = 0;
    while (i < order->step_count && (order->steps[i].occurrence != count ||
                                     strcmp(order->labels.labels[order->steps[i].label].text, label) != 0))
        i++;
    return i;
}

static bool ends_with(shrinker *s, size_t index, const sim_order *order, size_t held, size_t step)
{
    const simp_step *until = &order->steps[step], *waits = &order->steps[held];
    sim_schedule *changed = simp_schedule_copy(s->best, 0, 0);
    if (changed != NULL) {
        simp_schedule_set_until(changed, index, order->labels.labels[until->label].text, until->occurrence);
        changed->facts[index].is_strange = simp_is_strange(waits->source, waits->host, waits->object, until);
    }
    return take(s, changed);
}

/* What no program sees: a timer of a stack, a pure acknowledgement. */
static bool is_hidden(const sim_order *order, const simp_step *step)
{
    const char *text = order->labels.labels[step->label].text, *blank = strrchr(text, ' ');
    return step->source == SIMP_SOURCE_TIMER || (blank != NULL && strcmp(blank, " ACK") == 0);
}

/* An end that is about the same connection as the event that waits, or as the end that there is, or about no
 * connection: another one has nothing to do with it, and may be gone tomorrow.  A hidden end says nothing
 * about that. */
static bool may_end(const sim_order *order, const simp_step *held, const simp_step *end,
                    const simp_step *other)
{
    return other != held && other->host == held->host && !is_hidden(order, other) &&
           (other->object == 0 || other->object == held->object || other->object == end->object ||
            is_hidden(order, end));
}

/* Does the best hold all that it says? */
static bool gives_nothing_up(shrinker *s)
{
    sim_rerun rerun;
    s->runs++;
    s->error = sim_schedule_replay(s->best, s->scenario, &rerun);
    return s->error == 0 && rerun.released == 0;
}

/* hold E until F, F being hidden, becomes hold E until G for a packet G behind it that is not. */
static bool end_visibly(shrinker *s, size_t index, const sim_order *order, size_t held, size_t end)
{
    sim_schedule *before = is_hidden(order, &order->steps[end]) ? simp_schedule_copy(s->best, 0, 0) : NULL;
    if (before == NULL)
        return false;
    bool found = false, kept = false;
    for (size_t at = end + 1, tries = 0; !found && at < order->step_count && tries < TRIES; at++) {
        if (order->steps[at].source != SIMP_SOURCE_ARRIVAL ||
            !may_end(order, &order->steps[held], &order->steps[at], &order->steps[at]))
            continue;
        tries++;
        found = ends_with(s, index, order, held, at);
        kept = found && gives_nothing_up(s);
    }
    if (found && !kept)
        swap(s->best, before);
    sim_schedule_destroy(before);
    return kept;
}

/* hold E until F becomes hold E until G, for the first step G at the host of E that will do. */
static bool weaken_in(shrinker *s, size_t index, const sim_order *order)
{
    const simp_fact *fact = &s->best->facts[index];
    size_t held = find_step(order, fact->label, fact->count);
    size_t end = find_step(order, fact->until, fact->until_count), first = 0, best = end;
    if (held == order->step_count || end == order->step_count)
        return false;
    while (first < best) {
        size_t middle = first + (best - first) / 2, at = middle;
        while (at < best && !may_end(order, &order->steps[held], &order->steps[end], &order->steps[at]))
            at++;
        if (at < best && ends_with(s, index, order, held, at))
            best = at;
        else
            first = middle + 1;
    }
    return best != end || end_visibly(s, index, order, held, end);
}

static bool weaken(shrinker *s, size_t index)
{
    if (s->best->facts[index].kind != SIMP_FACT_HOLD || s->error != 0)
        return false;
    sim_order *order = run_of(s, s->best);
    bool weaker = order != NULL && weaken_in(s, index, order);
    sim_order_destroy(order);
    return weaker;
}

/* ---- all passes ---- */

static bool change_facts(shrinker *s)
{
    bool any = false;
    while (join_some(s))
        any = true;
    for (size_t i = 0; i < s->best->fact_count; i++) {
        any = lower(s, i) || any;
        any = weaken(s, i) || any;
    }
    return any;
}

/* A pass makes something smaller and nothing larger, so this ends. */
static void make_passes(shrinker *s)
{
    take_out_facts(s);
    while (s->error == 0 && !s->is_cut && change_facts(s))
        take_out_facts(s);
}

/* ---- holds derived anew ---- */

/* The choices, and holds that tell the best run from the one that is due.  NULL: no memory. */
static sim_schedule *derive(shrinker *s)
{
    sim_schedule *derived = simp_schedule_copy(s->best, 0, s->best->fact_count);
    for (size_t i = 0; derived != NULL && i < s->best->fact_count; i++) {
        if (s->best->facts[i].kind == SIMP_FACT_CHOICE)
            simp_schedule_add_fact(derived, &s->best->facts[i]);
    }
    if (derived == NULL)
        return NULL;
    sim_order *due = run_of(s, derived), *run = due == NULL ? NULL : run_of(s, s->best);
    if (run != NULL)
        simp_schedule_derive(derived, run, due);
    sim_order_destroy(due);
    sim_order_destroy(run);
    if (run != NULL && !derived->refused)
        return derived;
    sim_schedule_destroy(derived);
    return NULL;
}

static size_t count_strange(const sim_schedule *schedule)
{
    size_t count = 0;
    for (size_t i = 0; i < schedule->fact_count; i++)
        count += schedule->facts[i].is_strange;
    return count;
}

static bool is_smaller(const sim_schedule *a, const sim_schedule *b)
{
    return a->fact_count != b->fact_count ? a->fact_count < b->fact_count
                                          : count_strange(a) < count_strange(b);
}

/* The same failure from other holds, which are destroyed; what is not smaller in the end is thrown away. */
static void try_others(shrinker *s, sim_schedule *others)
{
    shrinker other = {.best = others, .scenario = s->scenario, .runs = s->runs, .runs_max = s->runs_max};
    other.runs_max = other.runs_max < RUNS_OF_DERIVED ? other.runs_max : RUNS_OF_DERIVED;
    bool same = others != NULL && fails(&other, others);
    if (same)
        make_passes(&other);
    s->runs = other.runs;
    s->error = s->error != 0 ? s->error : other.error;
    if (same && is_smaller(other.best, s->best)) {
        swap(s->best, other.best);
        s->is_cut = other.is_cut;
    }
    sim_schedule_destroy(other.best);
}

static void try_alone(shrinker *s)
{
    uint64_t most = s->runs_max < RUNS_OF_ALONE ? s->runs_max : RUNS_OF_ALONE;
    sim_schedule *alone = simp_schedule_find_alone(s->best, s->scenario, most, &s->runs);
    if (alone != NULL)
        try_others(s, alone);
}

/* ---- the exact form ---- */

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
    sim_order_options order = schedule->order;
    order.memory = schedule->memory;
    schedule->order.journal = journal;
    int error = simp_schedule_run(schedule, scenario, &replay, NULL);
    schedule->order.journal = NULL;
    if (error == 0 && journal->lost != 0)
        error = WSAENOBUFS;
    if (error == 0)
        error = sim_schedule_record(scenario, &order, schedule->seed, journal->values, journal->count,
                                    &recorded);
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

/* Runs in a row that are the same to the last bit. */
static bool is_steady(const sim_schedule *schedule, const sim_scenario *scenario, uint64_t *runs)
{
    for (unsigned i = 0; i < LAST_RUNS; i++) {
        sim_rerun rerun;
        *runs += 1;
        if (sim_schedule_replay_exact(schedule, scenario, &rerun) != 0 || !rerun.same)
            return false;
    }
    return true;
}

/* ---- all of it ---- */

static int shrink(shrinker *s)
{
    if (!fails(s, s->best))
        return s->error != 0 ? s->error : WSAEINVAL;
    make_passes(s);
    if (s->error == 0 && (s->best->fact_count > 1 || count_strange(s->best) > 0))
        try_others(s, derive(s));
    if (s->error == 0)
        try_alone(s);
    s->runs += 2;
    return s->error != 0 ? s->error : record_again(s->best, s->scenario);
}

int sim_schedule_shrink(sim_schedule *schedule, const sim_scenario *scenario, uint64_t runs_max,
                        sim_shrink *out)
{
    size_t count = schedule->fact_count;
    shrinker s = {.best = simp_schedule_copy(schedule, 0, 0),
                  .scenario = scenario,
                  .runs_max = runs_max != 0 ? runs_max : RUNS_DEFAULT};
    int error = s.best == NULL ? WSAENOBUFS : shrink(&s);
    *out = (sim_shrink){.runs = s.runs, .before = count, .after = count};
    if (error == 0) {
        swap(schedule, s.best);
        out->after = schedule->fact_count;
        out->is_minimal = !s.is_cut;
        out->is_steady = is_steady(schedule, scenario, &out->runs);
    }
    sim_schedule_destroy(s.best);
    return error;
}
