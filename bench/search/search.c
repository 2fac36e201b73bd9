/* SPDX-License-Identifier: MIT
 *
 * castanet_search: how many runs each strategy needs until it finds each bug of the museum.
 *
 *     castanet_search [--seeds N] [--cap N] [--bug ID]... [--raw] [STRATEGY...]
 *     castanet_search --mended [--cap N] [--bug ID]... [STRATEGY...]
 *
 * A strategy is one of sim_strategy_name, or a yardstick of latency.h.  A search that finds nothing within
 * the cap counts as cap runs, and is told apart.  The numbers are a function of program and seeds: a second
 * run prints them again.  Standard output is a table in Markdown; with --raw it has the number of runs of
 * every search, which bench/search/table.py makes tables of.
 *
 * --mended searches the mended forms instead, with one seed and all of cap runs: each must be silent.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/search/latency.h"
#include "castanet/sim_explore.h"
#include "tests/museum/museum.h"

enum { SEEDS_MAX = 1000, STRATEGIES_MAX = 32, BUGS_MAX = 128 };

typedef struct bench {
    unsigned seeds;
    uint64_t cap;
    const char *bugs[BUGS_MAX]; /* none: all */
    const char *strategies[STRATEGIES_MAX];
    unsigned bug_count, strategy_count;
    bool is_raw, is_mended;
    double log_sum[STRATEGIES_MAX]; /* of means */
    unsigned rows;
} bench;

static uint64_t seed_of_search(unsigned number) { return 1000003u * (uint64_t)number + 1; }

/* ---- one search ---- */

static _Noreturn void give_up(const char *strategy, const char *scenario, int error)
{
    fprintf(stderr, "error: %s cannot search %s\n  why: error %d\n  fix: see sim_strategy_name\n", strategy,
            scenario, error);
    exit(2);
}

/* Runs until one failed, which is told in the message; cap + 1: none did. */
static uint64_t runs_with_latency(const bench *b, const sim_scenario *scenario, const char *yardstick,
                                  uint64_t seed, char *message, size_t size)
{
    sim_result result;
    for (uint64_t run = 1; run <= b->cap; run++) {
        int error = latency_run(yardstick, scenario, sim_explore_seed(seed, run), &result);
        if (error != 0)
            give_up(yardstick, scenario->name, error);
        if (result.outcome == SIM_PASSED)
            continue;
        snprintf(message, size, "%s: %s", sim_outcome_word(result.outcome), result.message);
        return run;
    }
    return b->cap + 1;
}

static uint64_t runs_of_strategy(const bench *b, const sim_scenario *scenario, const char *strategy,
                                 uint64_t seed, char *message, size_t size)
{
    sim_explore_options options = {
        .strategy = strategy, .mode = SIM_WINDOWED, .seed = seed, .runs_max = b->cap};
    sim_explore_result *result = calloc(1, sizeof *result);
    int error = result == NULL ? 1 : sim_explore(scenario, &options, result);
    if (error != 0)
        give_up(strategy, scenario->name, error);
    uint64_t runs = b->cap + 1;
    if (result->failure_count > 0) {
        const sim_explore_failure *failure = &result->failures[0];
        runs = failure->run;
        snprintf(message, size, "%s by %s: %s", sim_outcome_word(failure->result.outcome), failure->strategy,
                 failure->result.message);
    }
    sim_explore_result_fini(result);
    free(result);
    return runs;
}

static uint64_t runs_to_failure(const bench *b, const sim_scenario *scenario, const char *strategy,
                                uint64_t seed, char *message, size_t size)
{
    return latency_is(strategy) ? runs_with_latency(b, scenario, strategy, seed, message, size)
                                : runs_of_strategy(b, scenario, strategy, seed, message, size);
}

/* ---- one cell ---- */

typedef struct cell {
    uint64_t runs[SEEDS_MAX]; /* by seed; cap + 1: not found */
    uint64_t sorted[SEEDS_MAX];
    unsigned found;
    double mean; /* one that was not found counts as cap runs */
} cell;

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void measure(const bench *b, const museum_bug *bug, const char *strategy, cell *c)
{
    char message[640];
    double sum = 0;
    c->found = 0;
    for (unsigned s = 0; s < b->seeds; s++) {
        uint64_t runs = runs_to_failure(b, bug->broken, strategy, seed_of_search(s), message, sizeof message);
        c->runs[s] = runs;
        c->sorted[s] = runs <= b->cap ? runs : b->cap;
        c->found += runs <= b->cap;
        sum += (double)c->sorted[s];
    }
    qsort(c->sorted, b->seeds, sizeof *c->sorted, compare);
    c->mean = sum / b->seeds;
}

/* Mean, median, 95th percentile. */
static void print_cell(const bench *b, const cell *c)
{
    printf(" %s%.0f / %llu / %llu", c->found < b->seeds ? ">" : "", c->mean,
           (unsigned long long)c->sorted[b->seeds / 2],
           (unsigned long long)c->sorted[(b->seeds * 95 - 1) / 100]);
    if (c->found < b->seeds)
        printf(" (%u of %u)", c->found, b->seeds);
    printf(" |");
}

/* A dash is a search that found nothing. */
static void print_raw(const bench *b, const museum_bug *bug, const char *strategy, const cell *c)
{
    printf("%s,%s,%llu,", bug->id, strategy, (unsigned long long)b->cap);
    for (unsigned s = 0; s < b->seeds; s++) {
        if (c->runs[s] <= b->cap)
            printf("%s%llu", s == 0 ? "" : " ", (unsigned long long)c->runs[s]);
        else
            printf("%s-", s == 0 ? "" : " ");
    }
    printf("\n");
}

/* ---- the table ---- */

static void print_row(bench *b, const museum_bug *bug)
{
    static cell c;
    if (!b->is_raw)
        printf("| %s |", bug->id);
    for (unsigned i = 0; i < b->strategy_count; i++) {
        measure(b, bug, b->strategies[i], &c);
        b->log_sum[i] += log(c.mean);
        if (b->is_raw)
            print_raw(b, bug, b->strategies[i], &c);
        else
            print_cell(b, &c);
        fflush(stdout);
    }
    if (!b->is_raw)
        printf("\n");
}

static void print_head(const bench *b)
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
}

static bool is_wanted(const bench *b, const museum_bug *bug)
{
    for (unsigned i = 0; i < b->bug_count; i++) {
        if (strcmp(b->bugs[i], bug->id) == 0)
            return true;
    }
    return b->bug_count == 0;
}

static void print_table(bench *b)
{
    if (b->is_raw)
        printf("bug,strategy,cap,runs\n");
    else
        print_head(b);
    for (size_t i = 0; i < museum_count; i++) {
        if (!is_wanted(b, museum_bugs[i]))
            continue;
        print_row(b, museum_bugs[i]);
        b->rows++;
    }
    if (b->is_raw)
        return;
    printf("| geometric mean |");
    for (unsigned i = 0; i < b->strategy_count && b->rows > 0; i++)
        printf(" %.1f |", exp(b->log_sum[i] / b->rows));
    printf("\n");
}

/* ---- mended forms ---- */

/* How many failed. */
static unsigned search_mended(bench *b)
{
    unsigned failed = 0;
    char message[640];
    for (size_t i = 0; i < museum_count; i++) {
        if (!is_wanted(b, museum_bugs[i]))
            continue;
        b->rows++;
        for (unsigned s = 0; s < b->strategy_count; s++) {
            uint64_t runs = runs_to_failure(b, museum_bugs[i]->mended, b->strategies[s], seed_of_search(0),
                                            message, sizeof message);
            if (runs > b->cap)
                continue;
            failed++;
            printf("%s: %s: run %llu %s\n", museum_bugs[i]->id, b->strategies[s], (unsigned long long)runs,
                   message);
        }
        fflush(stdout);
    }
    printf("%u mended forms, %llu runs each; failures: %u\n", b->rows, (unsigned long long)b->cap, failed);
    return failed;
}

/* ---- the command line ---- */

static int usage(void)
{
    fputs("usage: castanet_search [--seeds N] [--cap N] [--bug ID]... [--raw | --mended] [STRATEGY...]\n",
          stderr);
    return 2;
}

static bool read_value(bench *b, const char *option, const char *value)
{
    if (strcmp(option, "--seeds") == 0)
        b->seeds = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(option, "--cap") == 0)
        b->cap = strtoull(value, NULL, 10);
    else if (strcmp(option, "--bug") == 0 && b->bug_count < BUGS_MAX)
        b->bugs[b->bug_count++] = value;
    else
        return false;
    return true;
}

static bool read_options(bench *b, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--raw") == 0)
            b->is_raw = true;
        else if (strcmp(argv[i], "--mended") == 0)
            b->is_mended = true;
        else if (argv[i][0] != '-' && b->strategy_count < STRATEGIES_MAX)
            b->strategies[b->strategy_count++] = argv[i];
        else if (i + 1 < argc && read_value(b, argv[i], argv[i + 1]))
            i++;
        else
            return false;
    }
    return b->seeds > 0 && b->seeds <= SEEDS_MAX && b->cap > 0;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"portfolio", "random", "latency", "latency-10", "late"};
    static bench b = {.seeds = 20, .cap = 10000};
    if (!read_options(&b, argc, argv))
        return usage();
    unsigned wanted = b.is_mended ? 1 : sizeof usual / sizeof *usual;
    for (unsigned i = 0, given = b.strategy_count; given == 0 && i < wanted; i++)
        b.strategies[b.strategy_count++] = usual[i];
    unsigned failed = 0;
    if (b.is_mended)
        failed = search_mended(&b);
    else
        print_table(&b);
    return b.rows == 0 ? usage() : failed != 0;
}
