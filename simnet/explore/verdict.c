/* SPDX-License-Identifier: MIT
 *
 * See verdict.h.
 */
#include "simnet/explore/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "simnet/lint/lint.h"
#include "simnet/world/memory.h"

const char *sim_outcome_word(sim_outcome outcome)
{
    switch (outcome) {
    case SIM_PASSED: return "passed";
    case SIM_FAILED: return "failed";
    case SIM_STALLED: return "stalled";
    case SIM_LIVELOCK: return "livelock";
    case SIM_OVERTIME: return "overtime";
    case SIM_LEFTOVER: return "leftover";
    case SIM_EXHAUSTED: return "exhausted";
    case SIM_CRASHED: return "crashed";
    case SIM_EXITED: return "exited";
    case SIM_HUNG: return "hung";
    default: return "void";
    }
}

static void tell(sim_result *result, sim_outcome outcome, uint64_t site, const char *text)
{
    result->outcome = outcome;
    result->identity = outcome == SIM_PASSED ? 0 : simp_mix(site + (uint64_t)outcome) | 1;
    snprintf(result->message, sizeof result->message, "%s", text);
}

/* As long as all of it has room; the first piece has. */
static void add(sim_result *result, const char *separator, const char *piece)
{
    size_t used = strlen(result->message), more = strlen(separator) + strlen(piece);
    if (used + more < sizeof result->message)
        snprintf(result->message + used, sizeof result->message - used, "%s%s", separator, piece);
}

void simp_verdict_void(sim_result *result)
{
    tell(result, SIM_VOID, 0, "the allocator refused memory: the run says nothing");
}

/* ---- stalls ---- */

typedef struct reasons {
    sim_result *result;
    bool has_one;
} reasons;

static void add_reason(void *context, const char *line)
{
    reasons *r = context;
    add(r->result, r->has_one ? "; " : ": ", line);
    r->has_one = true;
}

/* The surest reasons come first, because there may not be room for all. */
static void tell_stall(const simp_case *c)
{
    reasons r = {.result = c->result};
    tell(c->result, SIM_STALLED, 0, "nothing is left to happen, and the scenario is not done");
    for (simp_stall_rank rank = SIMP_STALL_SURE; rank <= SIMP_STALL_SILENT; rank++)
        (void)simp_explain_stall(c->world, c->lint, rank, add_reason, &r);
}

static void tell_unrecovered(const simp_case *c)
{
    char text[128];
    snprintf(text, sizeof text,
             "the last fault was over at %llu ms, and %llu ms later the scenario is not done",
             (unsigned long long)(c->recovered_ns / 1000000),
             (unsigned long long)(c->scenario->faults.recovery_ns / 1000000));
    tell(c->result, SIM_STALLED, 1, text);
}

/* ---- what is left behind ---- */

typedef struct leftovers {
    sim_result *result;
    unsigned forbidden, found; /* SIM_FORBID_ bits */
} leftovers;

static void add_leftover(leftovers *l, unsigned bit, const char *text)
{
    add(l->result, l->found == 0 ? "" : "; ", text);
    l->found |= bit;
}

static void note_resource(void *context, const sim_resource *resource)
{
    leftovers *l = context;
    unsigned bit = 1u << resource->kind;
    char text[192];
    if ((l->forbidden & bit) == 0)
        return;
    if (resource->kind == SIM_RESOURCE_OPEN)
        snprintf(text, sizeof text, "%s was left open", resource->where);
    else
        snprintf(text, sizeof text, "%s: %" PRIu64 " bytes are left %s", resource->where, resource->bytes,
                 sim_resource_word(resource->kind));
    add_leftover(l, bit, text);
}

static void tell_leftovers(const simp_case *c)
{
    leftovers l = {.result = c->result, .forbidden = c->scenario->forbids};
    char text[96];
    (void)sim_world_resources(c->world, note_resource, &l);
    uint64_t bytes = simp_memory_live(c->world);
    if ((l.forbidden & SIM_FORBID_MEMORY) != 0 && bytes != 0) {
        snprintf(text, sizeof text, "%" PRIu64 " bytes of the world's allocator were not freed", bytes);
        add_leftover(&l, SIM_FORBID_MEMORY, text);
    }
    if (l.found != 0) {
        c->result->outcome = SIM_LEFTOVER;
        c->result->identity = simp_mix((uint64_t)l.found << 8 | SIM_LEFTOVER) | 1;
    }
}

/* ---- the linter ---- */

/* Of those that this run showed: the first by rule and place, in whatever order a search found them. */
static const sim_finding *first_failing(const simp_case *c)
{
    const sim_finding *first = NULL;
    for (size_t i = 0; c->lint != NULL && i < sim_lint_count(c->lint); i++) {
        const sim_finding *f = sim_lint_finding(c->lint, i);
        bool counts = f->silence == NULL && f->last_run == sim_lint_runs(c->lint) &&
                      (c->lint_fails >> f->rule & 1) != 0;
        bool before = first == NULL || f->rule < first->rule ||
                      (f->rule == first->rule && strcmp(f->where, first->where) < 0);
        if (counts && before)
            first = f;
    }
    return first;
}

static bool tell_finding(const simp_case *c)
{
    const sim_finding *f = first_failing(c);
    if (f == NULL)
        return false;
    const sim_lint_text *rule = sim_lint_rule_text(f->rule);
    char text[sizeof c->result->message];
    snprintf(text, sizeof text, "%s at %s: %s", rule->id, f->where, rule->sentence);
    tell(c->result, SIM_FAILED, simp_hash_text(3, rule->id), text);
    return true;
}

/* ---- all of it ---- */

static bool is_done(const simp_case *c)
{
    return c->scenario->is_done == NULL || c->scenario->is_done(c->world, c->state);
}

static void tell_standstill(const simp_case *c)
{
    char text[sizeof c->world->error.what + sizeof c->world->error.why + 2];
    snprintf(text, sizeof text, "%s; %s", c->world->error.what, c->world->error.why);
    tell(c->result, SIM_LIVELOCK, c->progress->found ? 2 : 1, text);
}

static bool tell_end_of_memory(const simp_case *c)
{
    char text[128];
    if (c->purse->is_empty) {
        snprintf(text, sizeof text, "the world took all of the %" PRIu64 " bytes that memory_max allows",
                 c->purse->most);
        tell(c->result, SIM_EXHAUSTED, 0, text);
    } else if (c->world->out_of_memory) {
        simp_verdict_void(c->result);
    }
    return c->purse->is_empty || c->world->out_of_memory;
}

/* False: nothing that the run itself shows. */
static bool tell_failure(const simp_case *c, sim_stop stop)
{
    if (tell_end_of_memory(c))
        return true;
    if (c->world->failed)
        tell(c->result, SIM_FAILED, c->world->failure_hash, c->world->failure);
    else if (c->is_unrecovered)
        tell_unrecovered(c);
    else if (stop == SIM_STOP_EVENTS)
        tell(c->result, SIM_LIVELOCK, 0, "events go on without end: events_max were not enough");
    else if (stop == SIM_STOP_STUCK || c->progress->found)
        tell_standstill(c);
    else if (stop == SIM_STOP_IDLE && !is_done(c))
        tell_stall(c);
    else if (stop == SIM_STOP_TIME && !is_done(c))
        tell(c->result, SIM_OVERTIME, 0, "the time is over, and the scenario is not done");
    else
        return false;
    return true;
}

/* Was it not cut short? */
static bool came_to_its_end(const simp_case *c, sim_stop stop)
{
    bool ended = stop == SIM_STOP_IDLE || stop == SIM_STOP_TIME || stop == SIM_STOP_REQUESTED;
    return ended && !c->progress->found && !c->is_unrecovered && !c->purse->is_empty && !c->world->failed &&
           !c->world->out_of_memory;
}

void simp_verdict(const simp_case *c, sim_stop stop)
{
    if (came_to_its_end(c, stop) && c->scenario->check != NULL)
        c->scenario->check(c->world, c->state);
    bool failed = tell_failure(c, stop); /* which asks the linter what it remembers */
    if (c->lint != NULL && c->world->out_of_memory)
        sim_lint_forget(c->lint);
    else if (c->lint != NULL)
        sim_lint_finish(c->lint);
    if (failed)
        return;
    tell(c->result, SIM_PASSED, 0, "");
    if (c->lint != NULL && sim_lint_is_incomplete(c->lint))
        simp_verdict_void(c->result);
    else if (!tell_finding(c))
        tell_leftovers(c);
}
