/* SPDX-License-Identifier: MIT
 *
 * castanet_edits: how many schedules of the museum find their bug after a change of the program.
 *
 *     castanet_edits [--seeds N] [--bug ID] [--verbose]
 *
 * Each bug that needs an order at all is found by the portfolio from N seeds, recorded and shrunk, and the
 * schedule is run on the program with each kind of change.  Numbers are a function of program and seeds.
 * Standard output is a table in Markdown; --verbose names on standard error what did not survive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/museum/edit_case.h"

typedef struct row {
    unsigned tried, survived, reanchored;
    uint64_t runs, runs_max; /* of re-anchoring */
} row;

typedef struct bench {
    unsigned seeds;
    const char *bug; /* NULL: all */
    bool is_verbose;
    row rows[MUSEUM_EDIT_COUNT], total;
} bench;

static void add(row *r, const edit_case *c)
{
    r->tried++;
    r->survived += c->survived;
    r->reanchored += c->reanchored;
    r->runs += c->runs;
    r->runs_max = c->runs > r->runs_max ? c->runs : r->runs_max;
}

static void make_case(bench *b, const museum_bug *bug, museum_edit_kind kind, uint64_t seed)
{
    edit_case c = edit_case_run(bug, kind, seed);
    if (!c.is_found || c.fails_anyway)
        return;
    add(&b->rows[kind], &c);
    add(&b->total, &c);
    if (b->is_verbose && !c.reanchored)
        fprintf(stderr, "%s, seed %llu, %s: %s\n", bug->id, (unsigned long long)seed, museum_edit_name(kind),
                c.fact);
}

static void make_cases(bench *b)
{
    for (size_t i = 0; i < museum_count; i++) {
        const museum_bug *bug = museum_bugs[i];
        if (bug->fails_always || (b->bug != NULL && strcmp(b->bug, bug->id) != 0))
            continue;
        for (uint64_t seed = 1; seed <= b->seeds; seed++) {
            for (int kind = 0; kind < MUSEUM_EDIT_COUNT; kind++)
                make_case(b, bug, (museum_edit_kind)kind, seed);
        }
    }
}

static void print_row(const char *name, const row *r)
{
    unsigned tried = r->tried == 0 ? 1 : r->tried;
    printf("| %s | %u | %u | %.1f %% | %u | %.1f %% | %.1f | %llu |\n", name, r->tried, r->survived,
           100.0 * r->survived / tried, r->reanchored, 100.0 * r->reanchored / tried, (double)r->runs / tried,
           (unsigned long long)r->runs_max);
}

static void print_table(const bench *b)
{
    printf("Schedules that find their bug after a change, of %u seeds of each bug.\n\n"
           "| change | tried | as they are | | re-anchored | | runs, mean | most |\n"
           "|---|---|---|---|---|---|---|---|\n",
           b->seeds);
    for (int kind = 0; kind < MUSEUM_EDIT_COUNT; kind++)
        print_row(museum_edit_name((museum_edit_kind)kind), &b->rows[kind]);
    print_row("all", &b->total);
}

static bool read_options(bench *b, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--verbose") == 0)
            b->is_verbose = true;
        else if (has_value && strcmp(argv[i], "--seeds") == 0)
            b->seeds = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (has_value && strcmp(argv[i], "--bug") == 0)
            b->bug = argv[++i];
        else
            return false;
    }
    return b->seeds > 0;
}

int main(int argc, char **argv)
{
    bench b = {.seeds = 3};
    if (read_options(&b, argc, argv))
        make_cases(&b);
    if (b.total.tried == 0) {
        fputs("usage: castanet_edits [--seeds N] [--bug ID] [--verbose]\n", stderr);
        return 2;
    }
    print_table(&b);
    return 0;
}
