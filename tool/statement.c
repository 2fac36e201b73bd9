/* SPDX-License-Identifier: MIT
 *
 * See statement.h.  The first two lines of a block are about itself: runs, and what was new.  Lines of PCT
 * have numbers that add up; others are told once, as the last block, the longest, had them.
 */
#include "tool/statement.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "castanet/sim_explore.h"
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

/* ---- what no run reached ---- */

static const char never[] = "never reached: ";

/* The names in that line, up to its end; "" if there is none. */
static const char *names_never_reached(const char *lines)
{
    for (const char *at = lines; at != NULL && *at != '\0'; at = line_after(at)) {
        if (strncmp(at, never, sizeof never - 1) == 0)
            return at + sizeof never - 1;
    }
    return "";
}

/* Of a name at the beginning of a list; another one follows behind ", ". */
static size_t name_length(const char *list)
{
    size_t len = strcspn(list, ",\n");
    while (list[len] == ',' && list[len + 1] != ' ')
        len += 1 + strcspn(list + len + 1, ",\n");
    return len;
}

static const char *next_name(const char *list)
{
    const char *end = list + name_length(list);
    return *end == ',' ? end + 2 : NULL;
}

static bool has_name(const char *list, const char *name, size_t len)
{
    for (const char *at = list; at != NULL && *at != '\0'; at = next_name(at)) {
        if (name_length(at) == len && memcmp(at, name, len) == 0)
            return true;
    }
    return false;
}

/* What one part has reached was reached. */
static void say_never_reached(text *t, const char *const *lines, unsigned count)
{
    char line[SIM_EXPLORE_STATEMENT_MAX];
    size_t used = 0;
    const char *first = count == 0 ? "" : names_never_reached(lines[0]);
    for (const char *at = first; at != NULL && *at != '\0'; at = next_name(at)) {
        bool in_all = true;
        for (unsigned i = 1; i < count; i++)
            in_all = in_all && has_name(names_never_reached(lines[i]), at, name_length(at));
        if (in_all && used < sizeof line)
            used += (size_t)snprintf(line + used, sizeof line - used, "%s%.*s", used == 0 ? never : ", ",
                                     (int)name_length(at), at);
    }
    if (used > 0)
        say(t, line, used < sizeof line ? used : sizeof line - 1);
}

/* ---- all of it ---- */

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
    say_never_reached(&t, lines, count);
    for (unsigned i = 0; i < count; i++) {
        for (const char *at = lines[i]; at != NULL && *at != '\0'; at = line_after(at)) {
            bound b;
            if (read_bound(at, &b))
                add_bound(&g, &b);
            else if (i + 1 == count && strncmp(at, never, sizeof never - 1) != 0)
                say(&t, at, strcspn(at, "\n"));
        }
    }
    say_bounds(&t, &g);
}
