/* SPDX-License-Identifier: MIT
 *
 * A linter's life: its memory, and the observers that it is.
 */
#include <stddef.h>
#include <string.h>

#include "core/limits.h"
#include "simnet/lint/lint.h"

void *simp_lint_grow(cas_allocator *memory, void *array, size_t *capacity, size_t item, size_t wanted)
{
    size_t grown = *capacity == 0 ? CASP_LIMIT(8, 1) : *capacity;
    while (grown < wanted)
        grown *= 2;
    if (grown == *capacity)
        return array;
    uint8_t *bytes = memory->resize(memory, array, *capacity * item, grown * item);
    if (bytes == NULL)
        return NULL;
    memset(bytes + *capacity * item, 0, (grown - *capacity) * item);
    *capacity = grown;
    return bytes;
}

static void on_world_step(sim_observer *observer, const sim_world *world, const cas_observation *what)
{
    (void)world;
    simp_lint_watch((sim_lint *)(void *)((char *)observer - offsetof(sim_lint, of_world)), what);
}

static void on_thread_step(cas_observer *observer, const cas_observation *what)
{
    simp_lint_watch((sim_lint *)(void *)((char *)observer - offsetof(sim_lint, of_thread)), what);
}

int sim_lint_create(cas_allocator *memory, sim_lint **out)
{
    if (memory == NULL)
        memory = cas_allocator_system();
    sim_lint *lint = cas_alloc(memory, sizeof *lint);
    if (lint == NULL)
        return WSAENOBUFS;
    *lint = (sim_lint){
        .of_world = {.on_step = on_world_step}, .of_thread = {.on_step = on_thread_step}, .memory = memory};
    *out = lint;
    return 0;
}

void sim_lint_forget(sim_lint *lint)
{
    for (size_t i = 0; i < lint->thread_count; i++) {
        simp_lint_thread *t = lint->threads[i];
        cas_free(lint->memory, t->memos, t->capacity * sizeof *t->memos);
        cas_free(lint->memory, t, sizeof *t);
    }
    lint->thread_count = 0;
    lint->recent = NULL;
    lint->step = lint->callbacks = 0;
    lint->runs++;
}

static void free_text(cas_allocator *memory, char *text)
{
    if (text != NULL)
        cas_free(memory, text, strlen(text) + 1);
}

void sim_lint_destroy(sim_lint *lint)
{
    if (lint == NULL)
        return;
    cas_allocator *memory = lint->memory;
    sim_lint_forget(lint);
    for (size_t i = 0; i < lint->silence_count; i++) {
        free_text(memory, lint->silences[i].where);
        free_text(memory, lint->silences[i].reason);
    }
    cas_free(memory, lint->silences, lint->silence_capacity * sizeof *lint->silences);
    cas_free(memory, lint->findings, lint->finding_capacity * sizeof *lint->findings);
    cas_free(memory, lint->threads, lint->thread_capacity * sizeof(simp_lint_thread *));
    cas_free(memory, lint, sizeof *lint);
}

sim_observer *sim_lint_observer(sim_lint *lint) { return &lint->of_world; }
cas_observer *sim_lint_thread_observer(sim_lint *lint) { return &lint->of_thread; }

const simp_lint_memo *simp_lint_memo_of(const sim_lint *lint, const cas_thread *thread, SOCKET handle)
{
    for (size_t i = 0; i < lint->thread_count; i++) {
        const simp_lint_thread *t = lint->threads[i];
        if (t->thread == thread)
            return handle < t->capacity ? &t->memos[handle] : NULL;
    }
    return NULL;
}

void sim_lint_finish(sim_lint *lint)
{
    for (size_t i = 0; i < lint->thread_count; i++) {
        simp_lint_thread *t = lint->threads[i];
        t->depth = 0;
        for (size_t handle = 0; handle < t->capacity; handle++)
            simp_lint_judge(lint, t, (SOCKET)handle, &t->memos[handle]);
    }
    sim_lint_forget(lint);
}
