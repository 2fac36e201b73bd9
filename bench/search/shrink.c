/* SPDX-License-Identifier: MIT
 *
 * castanet_shrink: how small the failures of the museum get, and what that costs.
 *
 *     castanet_shrink [--seeds N] [--bug ID] [--explain]
 *
 * Each bug is searched by the portfolio from N seeds, and by dpor if it is small; what is found is recorded,
 * repeated, shrunk and explained.  --explain prints the explanations instead.  All numbers but the
 * milliseconds are a function of program and seeds.  Standard output is a table in Markdown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/museum/optimum.h"
#include "tests/museum/shrink_case.h"

enum { SEEDS_MAX = 1000, FACTS_MAX = 1000 };

typedef struct row {
    unsigned cases, shrunk; /* shrunk: without an error */
    unsigned minimal, small, repeated, explained;
    unsigned by_after[FACTS_MAX]; /* cases that ended with so many facts */
    size_t before, after;         /* the most */
    uint64_t runs;                /* the most */
    double ms;                    /* the most */
} row;

typedef struct bench {
    unsigned seeds;
    const char *bug; /* NULL: all */
    bool explains;
    row total;
} bench;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- one case ---- */

static void print_explanation(const shrink_case *c)
{
    printf("### %s: %s\n\n%zu facts, shrunk to %zu (%s, seed %llu)\n\n```\n%s```\n\n", c->bug->id,
           c->bug->title, c->shrink.before, c->shrink.after, c->exhaustively ? "dpor" : "portfolio",
           (unsigned long long)c->seed, c->explanation);
}

static void add_to_row(row *r, const shrink_case *c, double ms)
{
    r->cases++;
    if (c->schedule == NULL || c->error != 0)
        return;
    r->shrunk++;
    r->minimal += c->shrink.is_minimal;
    r->small += shrink_case_is_small(c);
    r->repeated += shrink_case_is_repeated(c);
    r->explained += shrink_case_is_explained(c);
    r->by_after[c->shrink.after < FACTS_MAX ? c->shrink.after : FACTS_MAX - 1]++;
    r->before = c->shrink.before > r->before ? c->shrink.before : r->before;
    r->after = c->shrink.after > r->after ? c->shrink.after : r->after;
    r->runs = c->shrink.runs > r->runs ? c->shrink.runs : r->runs;
    r->ms = ms > r->ms ? ms : r->ms;
}

static void make_case(bench *b, row *r, shrink_case *c, const museum_bug *bug, bool exhaustively,
                      uint64_t seed)
{
    shrink_case_find(c, bug, exhaustively, seed);
    double begin = now_ms();
    shrink_case_shrink(c);
    double ms = now_ms() - begin;
    shrink_case_explain(c);
    add_to_row(r, c, ms);
    add_to_row(&b->total, c, ms);
    if (c->error != 0)
        fprintf(stderr, "error: %s of %s, seed %llu, failed\n  why: error %d\n  fix: see castanet/error.h\n",
                c->failed, bug->id, (unsigned long long)seed, c->error);
    if (b->explains && c->schedule != NULL)
        print_explanation(c);
    sim_schedule_destroy(c->schedule);
}

/* ---- the table ---- */

static size_t median_of(const row *r)
{
    unsigned below = 0;
    for (size_t i = 0; i < FACTS_MAX; i++) {
        below += r->by_after[i];
        if (2 * below >= r->shrunk)
            return i;
    }
    return FACTS_MAX;
}

static void print_row(const char *name, const char *optimum, const row *r)
{
    printf("| %s | %u | %u | %zu | %s | %zu | %zu | %u | %u | %u | %u | %llu | %.0f |\n", name, r->cases,
           r->shrunk, r->before, optimum, median_of(r), r->after, r->small, r->minimal, r->repeated,
           r->explained, (unsigned long long)r->runs, r->ms);
    fflush(stdout);
}

static void shrink_bug(bench *b, shrink_case *c, const museum_bug *bug)
{
    const museum_optimum *optimum = museum_find_optimum(bug->id);
    char facts[24] = "?";
    row r = {0};
    for (unsigned s = 0; s < b->seeds; s++)
        make_case(b, &r, c, bug, false, 1000003u * (uint64_t)s + 1);
    if (bug->is_small)
        make_case(b, &r, c, bug, true, 1);
    if (optimum != NULL)
        snprintf(facts, sizeof facts, "%zu", optimum->facts);
    if (!b->explains)
        print_row(bug->id, facts, &r);
}

static void shrink_all(bench *b, shrink_case *c)
{
    if (!b->explains)
        printf(
            "Facts of failures, recorded and shrunk, by %u seeds of the portfolio and by dpor. Before, "
            "facts, "
            "runs and ms: the\nmost of all cases. By hand: tests/museum/optimum.c.\n\n"
            "| bug | cases | shrunk | before | by hand | median | facts | within 1.5 | minimal | repeated | "
            "explained | runs | ms |\n"
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
            b->seeds);
    for (size_t i = 0; i < museum_count; i++) {
        if (b->bug == NULL || strcmp(b->bug, museum_bugs[i]->id) == 0)
            shrink_bug(b, c, museum_bugs[i]);
    }
    if (!b->explains)
        print_row("all", "", &b->total);
}

/* ---- the command ---- */

static int usage(void)
{
    fputs("usage: castanet_shrink [--seeds N] [--bug ID] [--explain]\n", stderr);
    return 2;
}

static bool read_options(bench *b, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--explain") == 0)
            b->explains = true;
        else if (has_value && strcmp(argv[i], "--seeds") == 0)
            b->seeds = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (has_value && strcmp(argv[i], "--bug") == 0)
            b->bug = argv[++i];
        else
            return false;
    }
    return b->seeds > 0 && b->seeds <= SEEDS_MAX;
}

int main(int argc, char **argv)
{
    bench *b = calloc(1, sizeof *b);
    shrink_case *c = calloc(1, sizeof *c);
    if (b != NULL)
        b->seeds = 5;
    int code = b == NULL || c == NULL ? 4 : !read_options(b, argc, argv) ? usage() : 0;
    if (code == 0) {
        shrink_all(b, c);
        code = b->total.cases == 0 ? usage() : b->total.shrunk < b->total.cases ? 1 : 0;
    }
    free(b);
    free(c);
    return code;
}
