/* SPDX-License-Identifier: MIT
 *
 * See schedule.h: making, copying and ending.
 */
#include "simnet/explore/schedule.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"

static char *copy_text(cas_allocator *memory, const char *text, size_t len)
{
    char *copy = cas_alloc(memory, len + 1);
    if (copy != NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

static void free_text(cas_allocator *memory, char *text)
{
    cas_free(memory, text, text == NULL ? 0 : strlen(text) + 1);
}

sim_schedule *simp_schedule_create(cas_allocator *memory, const char *scenario, size_t len)
{
    memory = memory != NULL ? memory : cas_allocator_system();
    sim_schedule *schedule = cas_alloc(memory, sizeof *schedule);
    if (schedule == NULL)
        return NULL;
    *schedule = (sim_schedule){.memory = memory, .scenario = copy_text(memory, scenario, len)};
    if (schedule->scenario != NULL)
        return schedule;
    cas_free(memory, schedule, sizeof *schedule);
    return NULL;
}

void simp_schedule_drop_decisions(sim_schedule *schedule)
{
    for (size_t i = 0; i < schedule->decision_count; i++)
        free_text(schedule->memory, schedule->decisions[i].label);
    schedule->decision_count = 0;
    schedule->has_exact = false;
}

void sim_schedule_destroy(sim_schedule *schedule)
{
    if (schedule == NULL)
        return;
    cas_allocator *memory = schedule->memory;
    simp_schedule_drop_decisions(schedule);
    for (size_t i = 0; i < schedule->fact_count; i++) {
        free_text(memory, schedule->facts[i].label);
        free_text(memory, schedule->facts[i].until);
    }
    cas_free(memory, schedule->decisions, schedule->decision_capacity * sizeof *schedule->decisions);
    cas_free(memory, schedule->facts, schedule->fact_capacity * sizeof *schedule->facts);
    free_text(memory, schedule->scenario);
    cas_free(memory, schedule, sizeof *schedule);
}

/* ---- adding ---- */

static bool has_room(cas_allocator *memory, void **array, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity == 0 ? CASP_LIMIT(16, 1) : *capacity * 2;
    void *grown = memory->resize(memory, *array, *capacity * size, larger * size);
    if (grown == NULL)
        return false;
    *array = grown;
    *capacity = larger;
    return true;
}

void simp_schedule_add_decision(sim_schedule *schedule, const simp_decision *decision)
{
    void *decisions = schedule->decisions;
    bool room = has_room(schedule->memory, &decisions, sizeof *decision, schedule->decision_count,
                         &schedule->decision_capacity);
    schedule->decisions = decisions;
    char *label = room ? copy_text(schedule->memory, decision->label, strlen(decision->label)) : NULL;
    if (label == NULL) {
        schedule->refused = true;
        return;
    }
    simp_decision *added = &schedule->decisions[schedule->decision_count++];
    *added = *decision;
    added->label = label;
}

void simp_schedule_add_fact(sim_schedule *schedule, const simp_fact *fact)
{
    void *facts = schedule->facts;
    cas_allocator *memory = schedule->memory;
    bool room = has_room(memory, &facts, sizeof *fact, schedule->fact_count, &schedule->fact_capacity);
    schedule->facts = facts;
    char *label = room ? copy_text(memory, fact->label, strlen(fact->label)) : NULL;
    char *until = label == NULL || fact->until == NULL ? NULL
                                                       : copy_text(memory, fact->until, strlen(fact->until));
    if (label == NULL || (fact->until != NULL && until == NULL)) {
        free_text(memory, label);
        schedule->refused = true;
        return;
    }
    simp_fact *added = &schedule->facts[schedule->fact_count++];
    *added = *fact;
    added->label = label;
    added->until = until;
}

bool simp_schedule_has_fact(const sim_schedule *schedule, const simp_fact *wanted)
{
    for (size_t i = 0; i < schedule->fact_count; i++) {
        const simp_fact *fact = &schedule->facts[i];
        if (fact->kind == wanted->kind && fact->count == wanted->count &&
            fact->until_count == wanted->until_count && strcmp(fact->label, wanted->label) == 0 &&
            (fact->until == NULL || strcmp(fact->until, wanted->until) == 0))
            return true;
    }
    return false;
}

bool simp_schedule_set_until(sim_schedule *schedule, size_t fact, const char *until, uint64_t count)
{
    char *copy = copy_text(schedule->memory, until, strlen(until));
    if (copy == NULL) {
        schedule->refused = true;
        return false;
    }
    free_text(schedule->memory, schedule->facts[fact].until);
    schedule->facts[fact].until = copy;
    schedule->facts[fact].until_count = count;
    return true;
}

sim_schedule *simp_schedule_copy(const sim_schedule *schedule, size_t from, size_t count)
{
    sim_schedule *copy = simp_schedule_create(schedule->memory, schedule->scenario,
                                              strlen(schedule->scenario));
    if (copy == NULL)
        return NULL;
    copy->order = schedule->order;
    copy->seed = schedule->seed;
    copy->outcome = schedule->outcome;
    copy->identity = schedule->identity;
    for (size_t i = 0; i < schedule->fact_count; i++) {
        if (i < from || i - from >= count)
            simp_schedule_add_fact(copy, &schedule->facts[i]);
    }
    if (!copy->refused)
        return copy;
    sim_schedule_destroy(copy);
    return NULL;
}

void sim_schedule_set_runner(sim_schedule *schedule, sim_runner *runner) { schedule->order.runner = runner; }

/* ---- reading ---- */

size_t sim_schedule_fact_count(const sim_schedule *schedule) { return schedule->fact_count; }
const char *sim_schedule_scenario(const sim_schedule *schedule) { return schedule->scenario; }
bool sim_schedule_has_exact(const sim_schedule *schedule) { return schedule->has_exact; }
sim_outcome sim_schedule_outcome(const sim_schedule *schedule) { return schedule->outcome; }
uint64_t sim_schedule_identity(const sim_schedule *schedule) { return schedule->identity; }

/* Trouble has a word of its own, and 1 is what goes without saying. */
static void write_choice(const simp_fact *fact, char *buf, size_t size)
{
    bool is_trouble = simp_is_trouble_label(fact->label, strlen(fact->label));
    snprintf(buf, size, "%s%s#%llu", is_trouble ? "" : "choose ", fact->label,
             (unsigned long long)fact->count);
    size_t used = strlen(buf);
    if (!is_trouble || fact->value != 1)
        snprintf(buf + used, size - used, " = %lu", (unsigned long)fact->value);
}

char *sim_schedule_fact(const sim_schedule *schedule, size_t index, char *buf, size_t size)
{
    if (size > 0)
        buf[0] = '\0';
    if (index >= schedule->fact_count)
        return buf;
    const simp_fact *fact = &schedule->facts[index];
    if (size == 0)
        return buf;
    if (fact->kind == SIMP_FACT_HOLD)
        snprintf(buf, size, "hold %s#%llu until %s#%llu", fact->label, (unsigned long long)fact->count,
                 fact->until, (unsigned long long)fact->until_count);
    else
        write_choice(fact, buf, size);
    return buf;
}
