/* SPDX-License-Identifier: MIT
 *
 * See statement.h.  The first two lines of a block are about itself: runs, and what was new.  Lines of PCT
 * have numbers that add up; others are told once, as the last block, the longest, had them.
 */
#include "tool/statement.h"

#include <stdbool.h>
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

static const char *line_after(const char *all)
{
    const char *end = strchr(all, '\n');
    return end == NULL ? NULL : end + 1;
}

static bool read_bound(const char *line, bound *out)
{
    int read = 0;
    if (sscanf(line, "%31[^:\n]: a bug of depth %u would have been missed%n", out->name, &out->depth,
               &read) != 2 ||
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

typedef struct text {
    char *begin;
    size_t size, used;
} text;

static void say(text *t, const char *line, size_t len)
{
    if (t->used + len + 2 > t->size)
        return;
    if (t->used > 0)
        t->begin[t->used++] = '\n';
    memcpy(t->begin + t->used, line, len);
    t->used += len;
    t->begin[t->used] = '\0';
}

static void say_bounds(text *out, const gathered *g)
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

const char *statement_lines(const char *block)
{
    const char *second = line_after(block), *third = second == NULL ? NULL : line_after(second);
    return third == NULL ? "" : third;
}

size_t statement_summary_length(const char *block)
{
    const char *lines = statement_lines(block);
    return strlen(block) - strlen(lines) - (*lines != '\0' ? 1 : 0);
}

void statement_add(const char *const *lines, unsigned count, char *out, size_t size)
{
    gathered g = {.bound_count = 0};
    text t = {out, size, 0};
    out[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        for (const char *at = lines[i]; at != NULL && *at != '\0'; at = line_after(at)) {
            bound b;
            if (read_bound(at, &b))
                add_bound(&g, &b);
            else if (i + 1 == count)
                say(&t, at, strcspn(at, "\n"));
        }
    }
    say_bounds(&t, &g);
}
