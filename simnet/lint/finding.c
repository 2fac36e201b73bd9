/* SPDX-License-Identifier: MIT
 *
 * Findings: kept once for a rule and a socket, silenced, listed.
 *
 * Sockets have the same names in every run, so many runs of a search tell a finding once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"
#include "simnet/lint/lint.h"

/* ---- silences ---- */

static char *copy_text(cas_allocator *memory, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = cas_alloc(memory, size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

static bool is_silenced_by(const sim_finding *finding, const simp_lint_silence *silence)
{
    return finding->rule == silence->rule &&
           (silence->where == NULL || strncmp(finding->where, silence->where, strlen(silence->where)) == 0);
}

static void apply_silences(const sim_lint *lint, sim_finding *finding)
{
    for (size_t i = 0; i < lint->silence_count && finding->silence == NULL; i++) {
        if (is_silenced_by(finding, &lint->silences[i]))
            finding->silence = lint->silences[i].reason;
    }
}

int sim_lint_silence(sim_lint *lint, const char *rule, const char *where, const char *reason)
{
    simp_lint_silence silence = {.rule = sim_lint_rule_named(rule)};
    if (silence.rule == SIM_LINT_RULE_COUNT || reason == NULL || *reason == '\0')
        return WSAEINVAL;
    simp_lint_silence *grown = simp_lint_grow(lint->memory, lint->silences, &lint->silence_capacity,
                                              sizeof *grown, lint->silence_count + 1);
    if (grown == NULL)
        return WSAENOBUFS;
    lint->silences = grown;
    silence.reason = copy_text(lint->memory, reason);
    silence.where = where == NULL ? NULL : copy_text(lint->memory, where);
    if (silence.reason == NULL || (where != NULL && silence.where == NULL)) {
        cas_free(lint->memory, silence.reason, strlen(reason) + 1);
        return WSAENOBUFS;
    }
    lint->silences[lint->silence_count++] = silence;
    for (size_t i = 0; i < lint->finding_count; i++)
        apply_silences(lint, &lint->findings[i]);
    return 0;
}

/* ---- findings ---- */

/* NULL: it is new. */
static sim_finding *find_known(const sim_lint *lint, const sim_finding *finding)
{
    for (size_t i = 0; i < lint->finding_count; i++) {
        sim_finding *known = &lint->findings[i];
        if (known->rule == finding->rule && strcmp(known->where, finding->where) == 0)
            return known;
    }
    return NULL;
}

/* In this run. */
static void show(const sim_lint *lint, sim_finding *finding)
{
    uint64_t run = lint->runs + 1;
    finding->runs += finding->last_run != run;
    finding->last_run = run;
}

static void add_callback(sim_finding *finding, const simp_lint_thread *t)
{
    if (t->depth == 0 || t->depth > SIMP_LINT_DEPTH)
        return;
    const simp_lint_frame *frame = &t->frames[t->depth - 1];
    finding->callback = cas_event_callback_name(frame->event);
    finding->occurrence = t->memos[frame->handle].occurrence[simp_event_number(frame->event)];
}

void simp_lint_tell(sim_lint *lint, const simp_lint_thread *t, SOCKET handle, simp_lint_memo *memo,
                    sim_lint_rule rule)
{
    if (memo != NULL && (memo->told >> rule & 1) != 0)
        return;
    sim_finding finding = {.rule = rule, .step = lint->step};
    if (memo != NULL)
        memo->told |= UINT32_C(1) << rule;
    unsigned number = 1;
    while (lint->threads[number - 1] != t)
        number++;
    simp_lint_place(t->thread, number, handle, finding.where, sizeof finding.where);
    sim_finding *known = find_known(lint, &finding);
    if (known != NULL) {
        show(lint, known);
        return;
    }
    sim_finding *grown = simp_lint_grow(lint->memory, lint->findings, &lint->finding_capacity, sizeof *grown,
                                        lint->finding_count + 1);
    if (grown == NULL) {
        lint->incomplete = true;
        return;
    }
    lint->findings = grown;
    finding.at_ns = t->thread->backend->ops->now(t->thread->backend);
    add_callback(&finding, t);
    apply_silences(lint, &finding);
    show(lint, &finding);
    lint->findings[lint->finding_count++] = finding;
}

/* ---- what was found ---- */

size_t sim_lint_count(const sim_lint *lint) { return lint->finding_count; }

uint64_t sim_lint_runs(const sim_lint *lint) { return lint->runs; }

size_t sim_lint_speaking(const sim_lint *lint)
{
    size_t count = 0;
    for (size_t i = 0; i < lint->finding_count; i++)
        count += lint->findings[i].silence == NULL;
    return count;
}

const sim_finding *sim_lint_finding(const sim_lint *lint, size_t index)
{
    return index < lint->finding_count ? &lint->findings[index] : NULL;
}

bool sim_lint_is_incomplete(const sim_lint *lint) { return lint->incomplete; }

static void list_one(const sim_finding *finding, sim_emit *emit, void *context)
{
    const sim_lint_text *rule = sim_lint_rule_text(finding->rule);
    char line[512], callback[48] = "";
    if (finding->callback != NULL)
        snprintf(callback, sizeof callback, " %s#%" PRIu32, finding->callback, finding->occurrence);
    snprintf(line, sizeof line, "%s (%s) %s%s at %" PRIu64 " ns, step %" PRIu64, rule->id, rule->bug,
             finding->where, callback, finding->at_ns, finding->step);
    emit(context, line);
    snprintf(line, sizeof line, "  %s", rule->sentence);
    emit(context, line);
    snprintf(line, sizeof line, "  %s: %s", finding->silence == NULL ? "mend" : "silenced",
             finding->silence == NULL ? rule->mend : finding->silence);
    emit(context, line);
}

void sim_lint_list(const sim_lint *lint, sim_emit *emit, void *context)
{
    for (size_t i = 0; i < lint->finding_count; i++)
        list_one(&lint->findings[i], emit, context);
    if (lint->incomplete)
        emit(context, "memory was refused: findings may be missing");
}
