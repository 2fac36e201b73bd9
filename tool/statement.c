/* SPDX-License-Identifier: MIT
 *
 * See statement.h.  The first two lines of a block are about itself: runs, and what was new.  Lines of PCT
 * have numbers that add up; others are told once, as the last block, the longest, had them.
 */
#include "tool/statement.h"

#include <stdio.h>
#include <string.h>

#include "simnet/explore/chance_text.h"

enum { LINES_MAX = 16, NAME_MAX_BYTES = 31 };

/* "pct-3: a bug of depth 3 would have been missed ... of 0.9 at most (8 chains, 32 moments, 9 runs)" */
typedef struct bound {
    char name[NAME_MAX_BYTES + 1];
    unsigned depth, chains, moments;
    unsigned long long runs;
} bound;

typedef struct gathered {
    bound bounds[LINES_MAX];
    unsigned bound_count;
} gathered;

static const char *line_after(const char *text)
{
    const char *end = strchr(text, '\n');
    return end == NULL ? NULL : end + 1;
}

static bool read_bound(const char *line, bound *out)
{
    int read = 0;
    if (sscanf(line, "%31[^:]: a bug of depth %u would have been missed%n", out->name, &out->depth, &read) !=
            2 ||
        read == 0)
        return false;
    const char *numbers = strchr(line, '(');
    return numbers != NULL && sscanf(numbers, "(%u chains, %u moments, %llu runs)", &out->chains,
                                     &out->moments, &out->runs) == 3;
}

static void add_bound(gathered *g, const bound *b)
{
    for (unsigned i = 0; i < g->bound_count; i++) {
        bound *known = &g->bounds[i];
        if (strcmp(known->name, b->name) != 0)
            continue;
        known->chains = b->chains > known->chains ? b->chains : known->chains;
        known->moments = b->moments > known->moments ? b->moments : known->moments;
        known->runs += b->runs;
        return;
    }
    if (g->bound_count < LINES_MAX)
        g->bounds[g->bound_count++] = *b;
}

static void say(search_result *out, const char *line, size_t len)
{
    size_t used = strlen(out->statement);
    snprintf(out->statement + used, sizeof out->statement - used, "%s%.*s", used > 0 ? "\n" : "", (int)len,
             line);
}

static void say_bounds(search_result *out, const gathered *g)
{
    for (unsigned i = 0; i < g->bound_count; i++) {
        const bound *b = &g->bounds[i];
        char miss[SIMP_CHANCE_TEXT_MAX], line[256];
        simp_write_miss(miss, simp_miss_of_pct(b->chains, b->moments, b->depth), b->runs);
        snprintf(
            line, sizeof line,
            "%s: a bug of depth %u would have been missed with a probability of %s (%u chains, %u moments, "
            "%llu runs)",
            b->name, b->depth, miss, b->chains, b->moments, b->runs);
        say(out, line, strlen(line));
    }
}

/* The line behind the first two of a block. */
static const char *strategy_lines(const char *block)
{
    const char *second = line_after(block);
    return second == NULL ? NULL : line_after(second);
}

void statement_of(const char *const *blocks, unsigned count, search_result *out)
{
    gathered g = {.bound_count = 0};
    char line[160];
    if (count == 1 && blocks[0][0] != '\0') {
        say(out, blocks[0], strlen(blocks[0]));
        return;
    }
    snprintf(line, sizeof line, "%llu runs of at most %u steps, in %u blocks that each began anew",
             (unsigned long long)out->runs, out->steps_max, count);
    say(out, line, strlen(line));
    for (unsigned i = 0; i < count; i++) {
        for (const char *at = strategy_lines(blocks[i]); at != NULL; at = line_after(at)) {
            bound b;
            if (read_bound(at, &b))
                add_bound(&g, &b);
            else if (i + 1 == count)
                say(out, at, strcspn(at, "\n"));
        }
    }
    say_bounds(out, &g);
}
