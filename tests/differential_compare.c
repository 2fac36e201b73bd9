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

static bool compare_result(const diff_comparison *all, unsigned step)
{
    const diff_result *sim = &all->sim->results[step], *real = &all->real->results[step];
    return is_equal(sim, real) || differential_allows_result(all, step, sim, real);
}

static bool compare_notes(const diff_comparison *all, int slot, unsigned epoch)
{
    diff_notes sim, real;
    differential_notes_of(all->sim, slot, epoch, &sim);
    differential_notes_of(all->real, slot, epoch, &real);
    return is_equal_notes(&sim, &real) || differential_allows_notes(all, slot, epoch, &sim, &real);
}

diff_verdict differential_compare(const diff_program *program, const diff_record *sim,
                                  const diff_record *real, unsigned *used)
{
    diff_comparison all = {program, sim, real, used};
    diff_verdict verdict = {.differs = sim->complaint[0] != '\0' || real->complaint[0] != '\0'};
    for (unsigned i = 0; i < program->count && !verdict.differs; i++) {
        verdict = (diff_verdict){.step = i, .slot = program->steps[i].slot, .epoch = sim->epochs[i]};
        verdict.differs = !compare_result(&all, i);
        bool last = i + 1 == program->count || sim->epochs[i + 1] != sim->epochs[i];
        for (int slot = 0; last && slot < DIFF_SLOTS && !verdict.differs; slot++)
            if (!compare_notes(&all, slot, sim->epochs[i]))
                verdict = (diff_verdict){true, i, true, slot, sim->epochs[i]};
    }
    return verdict;
}
