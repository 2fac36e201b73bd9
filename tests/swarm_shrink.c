/* SPDX-License-Identifier: MIT
 *
 * What a failure does not need is left out, one thing after the other, as long as a failure of the same kind
 * remains: features, connections (halves first), then sizes.
 */
#include <string.h>

#include "tests/swarm.h"

enum { SHIFT_MAX = 16, ROUNDS_MAX = 4 };

typedef struct shrinking {
    uint64_t seed;
    swarm_less *less;
    const swarm_mode *mode;
    swarm_outcome *outcome;
    bool progressed;
} shrinking;

static size_t kind_len(const char *failure) { return strcspn(failure, ":("); }

static bool is_same_kind(const char *a, const char *b)
{
    return kind_len(a) == kind_len(b) && memcmp(a, b, kind_len(a)) == 0;
}

/* Keeps the candidate if it still fails in the same way. */
static void try_less(shrinking *s, swarm_less candidate)
{
    static swarm_plan plan;
    static swarm_outcome outcome;
    swarm_draw(&plan, s->seed, &candidate);
    swarm_run(&plan, s->mode, &outcome);
    if (!outcome.failed || !is_same_kind(outcome.failure, s->outcome->failure))
        return;
    *s->less = candidate;
    *s->outcome = outcome;
    s->progressed = true;
}

static void leave_out_features(shrinking *s)
{
    static swarm_plan plan;
    for (unsigned i = 0; i < SWARM_FEATURE_COUNT; i++) {
        swarm_less candidate = *s->less;
        swarm_draw(&plan, s->seed, &candidate);
        candidate.off |= UINT64_C(1) << i;
        if (swarm_has(&plan, (swarm_feature)i))
            try_less(s, candidate);
    }
}

static void leave_out_connections(shrinking *s)
{
    static swarm_plan plan;
    swarm_draw(&plan, s->seed, s->less);
    for (unsigned size = plan.connection_count; size > 0; size /= 2) {
        for (unsigned first = 0; first < plan.connection_count; first += size) {
            swarm_less candidate = *s->less;
            for (unsigned i = first; i < first + size && i < plan.connection_count; i++)
                candidate.connections |= UINT64_C(1) << i;
            if (candidate.connections != s->less->connections)
                try_less(s, candidate);
        }
    }
}

static void shorten(shrinking *s)
{
    for (unsigned step = 4; step > 0; step /= 2) {
        swarm_less candidate = *s->less;
        candidate.size_shift += step;
        if (candidate.size_shift <= SHIFT_MAX)
            try_less(s, candidate);
    }
}

void swarm_shrink(uint64_t seed, swarm_less *less, const swarm_mode *mode, swarm_outcome *outcome)
{
    shrinking s = {seed, less, mode, outcome, true};
    for (unsigned round = 0; round < ROUNDS_MAX && s.progressed; round++) {
        s.progressed = false;
        leave_out_connections(&s);
        leave_out_features(&s);
        shorten(&s);
    }
}
