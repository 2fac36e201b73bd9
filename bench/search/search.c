/* SPDX-License-Identifier: MIT
 *
 * castanet_search: how many runs each strategy needs until it finds each bug of the museum.
 *
 *     castanet_search [--seeds N] [--cap N] [--bug ID] [STRATEGY...]
 *
 * A search that finds nothing within the cap counts as cap runs, and is told apart.  The numbers are a
 * function of program and seeds: a second run prints them again.  Standard output is a table in Markdown.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "tests/museum/museum.h"

enum { SEEDS_MAX = 1000, STRATEGIES_MAX = 16 };

typedef struct bench {
    unsigned seeds;
    uint64_t cap;
    const char *bug; /* NULL: all */
    const char *strategies[STRATEGIES_MAX];
    unsigned strategy_count;
    double log_sum[STRATEGIES_MAX]; /* of means */
    unsigned bugs;
} bench;

/* ---- one search ---- */

/* Runs until the bug was found; cap + 1: it was not. */
static uint64_t runs_to_bug(const bench *b, const museum_bug *bug, const char *strategy, unsigned seed)
{
    sim_explore_options options = {.strategy = strategy,
                                   .mode = SIM_WINDOWED,
                                   .seed = 1000003u * (uint64_t)seed + 1,
                                   .runs_max = b->cap};
    sim_explore_result *result = calloc(1, sizeof *result);
    int error = result == NULL ? 1 : sim_explore(bug->broken, &options, result);
    if (error != 0) {
        fprintf(stderr, "error: %s cannot search %s\n  why: error %d\n  fix: see sim_strategy_name\n",
                strategy, bug->id, error);
        exit(2);
    }
    uint64_t runs = result->failure_count > 0 ? result->failures[0].run : b->cap + 1;
    sim_explore_result_fini(result);
    free(result);
    return runs;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* ---- one cell ---- */

/* found/seeds, mean, median, 95th percentile. */
static double print_cell(const bench *b, const museum_bug *bug, const char *strategy)
{
    uint64_t runs[SEEDS_MAX];
    unsigned found = 0;
    double sum = 0;
    for (unsigned s = 0; s < b->seeds; s++) {
        runs[s] = runs_to_bug(b, bug, strategy, s);
        found += runs[s] <= b->cap;
        runs[s] = runs[s] <= b->cap ? runs[s] : b->cap;
        sum += (double)runs[s];
    }
    qsort(runs, b->seeds, sizeof *runs, compare);
    double mean = sum / b->seeds;
    printf(" %s%.0f / %llu / %llu", found < b->seeds ? ">" : "", mean, (unsigned long long)runs[b->seeds / 2],
           (unsigned long long)runs[(b->seeds * 95 - 1) / 100]);
    if (found < b->seeds)
        printf(" (%u of %u)", found, b->seeds);
    printf(" |");
    fflush(stdout);
    return mean;
}

static void print_row(bench *b, const museum_bug *bug)
{
    printf("| %s |", bug->id);
    for (unsigned i = 0; i < b->strategy_count; i++)
        b->log_sum[i] += log(print_cell(b, bug, b->strategies[i]));
    printf("\n");
    b->bugs++;
}

/* ---- the table ---- */

static void print_table(bench *b)
{
    printf("Runs until the bug is found: mean / median / 95th percentile of %u searches, at most %llu runs "
           "each.\n\n"
           "| bug |",
           b->seeds, (unsigned long long)b->cap);
    for (unsigned i = 0; i < b->strategy_count; i++)
        printf(" %s |", b->strategies[i]);
    printf("\n|---|");
    for (unsigned i = 0; i < b->strategy_count; i++)
        printf("---|");
    printf("\n");
    for (size_t i = 0; i < museum_count; i++) {
        if (b->bug == NULL || strcmp(b->bug, museum_bugs[i]->id) == 0)
            print_row(b, museum_bugs[i]);
    }
    printf("| geometric mean |");
    for (unsigned i = 0; i < b->strategy_count && b->bugs > 0; i++)
        printf(" %.1f |", exp(b->log_sum[i] / b->bugs));
    printf("\n");
}

static int usage(void)
{
    fputs("usage: castanet_search [--seeds N] [--cap N] [--bug ID] [STRATEGY...]\n", stderr);
    return 2;
}

static bool read_options(bench *b, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "--seeds") == 0)
            b->seeds = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (has_value && strcmp(argv[i], "--cap") == 0)
            b->cap = strtoull(argv[++i], NULL, 10);
        else if (has_value && strcmp(argv[i], "--bug") == 0)
            b->bug = argv[++i];
        else if (argv[i][0] != '-' && b->strategy_count < STRATEGIES_MAX)
            b->strategies[b->strategy_count++] = argv[i];
        else
            return false;
    }
    return b->seeds > 0 && b->seeds <= SEEDS_MAX && b->cap > 0;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"portfolio", "random", "late"};
    bench b = {.seeds = 20, .cap = 10000};
    if (!read_options(&b, argc, argv))
        return usage();
    for (unsigned i = 0; b.strategy_count == 0 && i < sizeof usual / sizeof *usual; i++)
        b.strategies[i] = usual[i];
    if (b.strategy_count == 0)
        b.strategy_count = sizeof usual / sizeof *usual;
    print_table(&b);
    return b.bugs > 0 ? 0 : usage();
}
