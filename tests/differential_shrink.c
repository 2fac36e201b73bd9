/* SPDX-License-Identifier: MIT
 *
 * Shorter programs, greedily: whole runs of steps first, then single ones, then simpler arguments, and from
 * the start again as long as something went.
 */
#include "tests/differential.h"

static bool keep_if(diff_program *program, const diff_program *candidate, diff_predicate still, void *context)
{
    if (!still(context, candidate))
        return false;
    *program = *candidate;
    return true;
}

static void cut(diff_program *program, unsigned first, unsigned count)
{
    program->count -= count;
    for (unsigned i = first; i < program->count; i++)
        program->steps[i] = program->steps[i + count];
}

/* From the end: what comes late is seldom needed by what comes early. */
static bool delete_runs(diff_program *program, unsigned length, diff_predicate still, void *context)
{
    bool shorter = false;
    for (unsigned first = program->count; first-- > 0;) {
        if (first + length > program->count)
            continue;
        diff_program candidate = *program;
        cut(&candidate, first, length);
        shorter = keep_if(program, &candidate, still, context) || shorter;
    }
    return shorter;
}

static bool simplify_number(diff_program *program, unsigned at, diff_predicate still, void *context)
{
    static const int simple[] = {0, 1, 2, 3, 5, 10, 100, 1000};
    for (unsigned i = 0; i < sizeof simple / sizeof simple[0]; i++) {
        diff_program candidate = *program;
        if (simple[i] >= program->steps[at].number)
            return false;
        candidate.steps[at].number = simple[i];
        if (keep_if(program, &candidate, still, context))
            return true;
    }
    return false;
}

static bool simplify_mask(diff_program *program, unsigned at, diff_predicate still, void *context)
{
    bool simpler = false;
    for (unsigned bit = 1; bit <= FD_CLOSE; bit <<= 1) {
        diff_program candidate = *program;
        candidate.steps[at].mask = (uint8_t)(candidate.steps[at].mask & ~bit);
        if (candidate.steps[at].mask != program->steps[at].mask)
            simpler = keep_if(program, &candidate, still, context) || simpler;
    }
    return simpler;
}

static bool simplify_flags(diff_program *program, unsigned at, diff_predicate still, void *context)
{
    diff_program candidate = *program;
    candidate.steps[at].flags = 0;
    return program->steps[at].flags != 0 && keep_if(program, &candidate, still, context);
}

static bool has_plain_number(diff_verb verb)
{
    return verb == DIFF_SEND || verb == DIFF_SENDTO || verb == DIFF_RECV || verb == DIFF_RECVFROM;
}

void differential_shrink(diff_program *program, diff_predicate still, void *context)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned length = 16; length > 0; length /= 2)
            again = delete_runs(program, length, still, context) || again;
        for (unsigned i = 0; i < program->count; i++) {
            if (has_plain_number(program->steps[i].verb))
                again = simplify_number(program, i, still, context) || again;
            again = simplify_mask(program, i, still, context) || again;
            again = simplify_flags(program, i, still, context) || again;
        }
    }
}
