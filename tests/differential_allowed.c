/* SPDX-License-Identifier: MIT
 *
 * The written list: what a simulated and a real run of one program may show differently, and why.
 *
 * A rule is as narrow as it can be said.  What is not here is a disagreement.
 */
#include "tests/differential_allowed.h"

/* ---- results ---- */

static bool was_set(const diff_comparison *all, unsigned step, diff_option option)
{
    for (unsigned i = 0; i < step; i++)
        if (all->program->steps[i].verb == DIFF_SETOPT && all->program->steps[i].option == option)
            return true;
    return false;
}

static bool is_default_size(const diff_comparison *all, unsigned step, const diff_result *sim,
                            const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    bool asks = s->verb == DIFF_GETOPT && (s->option == DIFF_RCVBUF || s->option == DIFF_SNDBUF);
    return asks && !sim->failed && !real->failed && !was_set(all, step, s->option);
}

/* ---- notifications ---- */

/* ---- the list ---- */

static const struct {
    const char *name, *reason;
    bool (*result)(const diff_comparison *, unsigned step, const diff_result *, const diff_result *);
    bool (*notes)(const diff_comparison *, int slot, unsigned epoch, const diff_notes *, const diff_notes *);
} rules[] = {
    {"default-buffer-size", "getopt SNDBUF, RCVBUF never set: the first sizes are the system's own",
     is_default_size, NULL},
};
enum { RULES = sizeof rules / sizeof rules[0] };

unsigned differential_rule_count(void) { return RULES; }
const char *differential_rule_name(unsigned rule) { return rules[rule].name; }
const char *differential_rule_reason(unsigned rule) { return rules[rule].reason; }

static bool use(const diff_comparison *all, unsigned rule)
{
    if (all->used != NULL)
        all->used[rule]++;
    return true;
}

bool differential_allows_result(const diff_comparison *all, unsigned step, const diff_result *sim,
                                const diff_result *real)
{
    for (unsigned i = 0; i < RULES; i++)
        if (rules[i].result != NULL && rules[i].result(all, step, sim, real))
            return use(all, i);
    return false;
}

bool differential_allows_notes(const diff_comparison *all, int slot, unsigned epoch, const diff_notes *sim,
                               const diff_notes *real)
{
    for (unsigned i = 0; i < RULES; i++)
        if (rules[i].notes != NULL && rules[i].notes(all, slot, epoch, sim, real))
            return use(all, i);
    return false;
}
