/* SPDX-License-Identifier: MIT
 *
 * Runs the CUnit suites: one result line a test, failures below it, and the last line "N passed, N failed".
 *
 * Exit status: 0 nothing failed, 1 a test failed, 2 usage, 4 CUnit itself failed, 5 nothing to run.
 */
#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum {
    EXIT_PASSED = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_INTERNAL = 4,
    EXIT_NOTHING = 5,
    EXIT_SKIPPED = 77
};
enum { PATTERNS_MAX = 64 };

typedef struct run_options {
    const char *patterns[PATTERNS_MAX];
    unsigned pattern_count;
    bool list;
    uint64_t seed;
    const char *report; /* path; NULL: none */
} run_options;

typedef struct run_result {
    unsigned passed, failed, skipped;
} run_result;

static void print_usage(FILE *stream)
{
    fputs("usage: castanet_tests [--list] [--run PATTERN]... [--seed N] [--wrap]\n"
          "                      [--conformance-report FILE]\n"
          "  --list         print the names of the tests, suite/test, and end\n"
          "  --run PATTERN  run only the test of this name, or those that match the glob\n"
          "  --seed N       seed of the simulated worlds (default 1)\n"
          "  --wrap         put a fault wrapper without faults on every backend of an arena\n"
          "  --conformance-report FILE  run all scenarios, and write what they showed as Markdown\n",
          stream);
}

static bool parse_seed(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    *out = value;
    return true;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, run_options *options)
{
    static const struct option known[] = {{"list", no_argument, NULL, 'l'},
                                          {"run", required_argument, NULL, 'r'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"conformance-report", required_argument, NULL, 'c'},
                                          {"wrap", no_argument, NULL, 'w'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "lr:s:h", known, NULL)) != -1;) {
        if (c == 'l') {
            options->list = true;
        } else if (c == 'w') {
            fixture_wrap_backends();
        } else if (c == 'r' && options->pattern_count < PATTERNS_MAX) {
            options->patterns[options->pattern_count++] = optarg;
        } else if (c == 'c' && options->pattern_count < PATTERNS_MAX) {
            options->report = optarg;
            options->patterns[options->pattern_count++] = "conformance-*";
        } else if (c == 's' && parse_seed(optarg, &options->seed)) {
            continue;
        } else {
            print_usage(c == 'h' ? stdout : stderr);
            return c == 'h' ? EXIT_PASSED : EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "castanet_tests: unexpected argument '%s'\n", argv[optind]);
        print_usage(stderr);
        return EXIT_USAGE;
    }
    return -1;
}

static bool is_wanted(const run_options *options, const char *name)
{
    for (unsigned i = 0; i < options->pattern_count; i++)
        if (strcmp(options->patterns[i], name) == 0 || fnmatch(options->patterns[i], name, 0) == 0)
            return true;
    return options->pattern_count == 0;
}

/* ---- registration ---- */

static const struct {
    const char *name;
    const test_case *cases;
} suites[] = {
#define LIST_SUITE(name) {#name, test_##name},
    TEST_SUITES(LIST_SUITE)
#undef LIST_SUITE
};
enum { SUITE_COUNT = sizeof suites / sizeof suites[0], NAME_BYTES_MAX = 200 };

static void name_everywhere(char name[NAME_BYTES_MAX], const test_case *one, arena_backend backend)
{
    snprintf(name, NAME_BYTES_MAX, "%s-%s", one->name, arena_backend_name(backend));
}

static bool is_current(const char *suite, const char *name)
{
    return strcmp(suite, CU_get_current_suite()->pName) == 0 &&
           strcmp(name, CU_get_current_test()->pName) == 0;
}

/* CUnit hands no argument to a test: case and backend are found by the names that are current. */
static void run_everywhere(void)
{
    char name[NAME_BYTES_MAX];
    for (unsigned i = 0; i < SUITE_COUNT; i++)
        for (const test_case *one = suites[i].cases; one->name != NULL; one++)
            for (int backend = 0; one->run_in != NULL && backend < ARENA_BACKENDS; backend++) {
                name_everywhere(name, one, (arena_backend)backend);
                if (is_current(suites[i].name, name)) {
                    arena_run((arena_backend)backend, one->run_in);
                    return;
                }
            }
    EXPECT_TRUE(false);
}

static bool register_case(CU_pSuite suite, const test_case *one)
{
    char name[NAME_BYTES_MAX];
    if (one->run != NULL)
        return CU_add_test(suite, one->name, one->run) != NULL;
    for (int backend = 0; backend < ARENA_BACKENDS; backend++) {
        if (one->real_only && !arena_backend_is_real((arena_backend)backend))
            continue;
        name_everywhere(name, one, (arena_backend)backend);
        if (CU_add_test(suite, name, run_everywhere) == NULL)
            return false;
    }
    return true;
}

static bool register_suite(const char *name, const test_case *cases)
{
    CU_pSuite suite = CU_add_suite_with_setup_and_teardown(name, NULL, NULL, fixture_begin, fixture_end);
    bool ok = suite != NULL;
    for (; ok && cases->name != NULL; cases++)
        ok = register_case(suite, cases);
    return ok;
}

static bool register_all(void)
{
    bool ok = true;
    for (unsigned i = 0; ok && i < SUITE_COUNT; i++)
        ok = register_suite(suites[i].name, suites[i].cases);
    return ok && conformance_register();
}

/* ---- running ---- */

static void print_failures(void)
{
    for (CU_pFailureRecord f = CU_get_failure_list(); f != NULL; f = f->pNext)
        printf("  %s:%u: %s\n", f->strFileName != NULL ? f->strFileName : "?", f->uiLineNumber,
               f->strCondition != NULL ? f->strCondition : "");
}

static void run_one(CU_pSuite suite, CU_pTest test, const char *name, run_result *result)
{
    bool ok = CU_run_test(suite, test) == CUE_SUCCESS && CU_get_number_of_failure_records() == 0;
    unsigned number = result->passed + result->failed + result->skipped + 1;
    const char *skipped = ok ? expect_take_skip() : NULL;
    printf("%s %u %s%s%s\n", ok ? "ok" : "not ok", number, name, skipped != NULL ? " # SKIP " : "",
           skipped != NULL ? skipped : "");
    if (skipped != NULL)
        result->skipped++;
    else if (ok)
        result->passed++;
    else
        result->failed++;
    print_failures();
    fflush(stdout);
}

static run_result run_all(const run_options *options)
{
    run_result result = {0};
    char name[256];
    for (CU_pSuite suite = CU_get_registry()->pSuite; suite != NULL; suite = suite->pNext)
        for (CU_pTest test = suite->pTest; test != NULL; test = test->pNext) {
            snprintf(name, sizeof name, "%s/%s", suite->pName, test->pName);
            if (!is_wanted(options, name))
                continue;
            if (options->list) {
                puts(name);
                result.passed++;
            } else {
                run_one(suite, test, name, &result);
            }
        }
    return result;
}

static int run(const run_options *options)
{
    CU_set_error_action(CUEA_IGNORE);
    if (!register_all())
        return fprintf(stderr, "castanet_tests: cannot register the suites: %s\n", CU_get_error_msg()),
               EXIT_INTERNAL;
    run_result result = run_all(options);
    if (!options->list && result.skipped > 0)
        printf("%u passed, %u failed, %u skipped\n", result.passed, result.failed, result.skipped);
    else if (!options->list)
        printf("%u passed, %u failed\n", result.passed, result.failed);
    if (options->report != NULL && !conformance_write_report(options->report)) {
        fprintf(stderr, "castanet_tests: cannot write '%s': %s\n", options->report, strerror(errno));
        return EXIT_INTERNAL;
    }
    if (result.failed > 0)
        return EXIT_FAILED;
    if (result.passed > 0)
        return EXIT_PASSED;
    return result.skipped > 0 ? EXIT_SKIPPED : EXIT_NOTHING;
}

int main(int argc, char **argv)
{
    run_options options = {.seed = 1};
    int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    expect_set_command(argv[0], options.seed);
    fixture_set_seed(options.seed);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return EXIT_INTERNAL;
    status = run(&options);
    conformance_unregister();
    CU_cleanup_registry();
    return status;
}
