/* SPDX-License-Identifier: MIT
 *
 * Two records of one program, compared in the order of the program: the results of an epoch's steps, then
 * each socket's notifications of that epoch.  Sockets are compared each for itself: between sockets there is
 * no order that both have to keep.
 */
#include <string.h>

#include "tests/differential_allowed.h"

static bool is_equal(const diff_result *a, const diff_result *b)
{
    if (a->failed || b->failed)
        return a->failed && b->failed && a->error == b->error && a->hash == b->hash;
    return a->value == b->value && a->hash == b->hash;
}

void differential_notes_of(const diff_record *record, int slot, unsigned epoch, diff_notes *out)
{
    out->count = 0;
    for (unsigned i = 0; i < record->note_count && out->count < DIFF_EPOCH_NOTES_MAX; i++)
        if (record->notes[i].slot == slot && record->notes[i].epoch == epoch)
            out->notes[out->count++] = record->notes[i];
}

static bool is_equal_notes(const diff_notes *a, const diff_notes *b)
{
    if (a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (a->notes[i].event != b->notes[i].event || a->notes[i].error != b->notes[i].error)
            return false;
    return true;
}

static diff_allowance compare_result(const diff_comparison *all, unsigned step)
{
    const diff_result *sim = &all->sim->results[step], *real = &all->real->results[step];
    return is_equal(sim, real) ? DIFF_ALLOWED : differential_allows_result(all, step, sim, real);
}

static diff_allowance compare_notes(const diff_comparison *all, unsigned step, int slot)
{
    diff_notes sim, real;
    differential_notes_of(all->sim, slot, all->sim->epochs[step], &sim);
    differential_notes_of(all->real, slot, all->sim->epochs[step], &real);
    return is_equal_notes(&sim, &real) ? DIFF_ALLOWED
                                       : differential_allows_notes(all, step, slot, &sim, &real);
}

/* The step's result, and if it is the last of its epoch, what came to each socket; slot DIFF_NONE: the
 * result. */
static diff_allowance compare_step(const diff_comparison *all, unsigned step, int *slot)
{
    const unsigned *epochs = all->sim->epochs;
    diff_allowance found = compare_result(all, step);
    bool last = step + 1 == all->program->count || epochs[step + 1] != epochs[step];
    *slot = DIFF_NONE;
    for (int i = 0; last && i < DIFF_SLOTS && found == DIFF_ALLOWED; i++) {
        *slot = i;
        found = compare_notes(all, step, i);
    }
    return found;
}

diff_verdict differential_compare(const diff_program *program, const diff_record *sim,
                                  const diff_record *real, unsigned *used)
{
    diff_comparison all = {program, sim, real, used};
    diff_allowance found = DIFF_ALLOWED;
    int slot = DIFF_NONE;
    if (sim->complaint[0] != '\0' || real->complaint[0] != '\0')
        return (diff_verdict){.differs = true, .slot = DIFF_NONE};
    for (unsigned i = 0; i < program->count && found == DIFF_ALLOWED; i++) {
        found = compare_step(&all, i, &slot);
        if (found == DIFF_REFUSED)
            return (diff_verdict){.differs = true, .step = i, .slot = slot, .epoch = sim->epochs[i]};
    }
    return (diff_verdict){.differs = false};
}
