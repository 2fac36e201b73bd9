/* SPDX-License-Identifier: MIT
 *
 * Makes a CUnit test of each scenario on each backend, and keeps account of the rows of the specification:
 * each is in the files exactly once, as a row that runs or as one that is not applicable, with the reason.
 */
#include "tests/conformance.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <string.h>

#include "tests/conformance_model.h"
#include "tests/expect.h"

static const char *const file_names[] = {"accept.txt",  "connect.txt", "write.txt", "read.txt",
                                         "oob.txt",     "close.txt",   "mfc.txt",   "shutdown.txt",
                                         "receive.txt", "udp.txt",     "old.txt"};
enum { FILE_COUNT = sizeof file_names / sizeof file_names[0] };

/* The families of rows and how many each has. */
static const struct {
    const char *family;
    unsigned rows;
} required[] = {{"EV-ACC", 15}, {"EV-CON", 8},  {"EV-WRT", 7}, {"EV-RD", 13},
                {"EV-OOB", 7},  {"EV-CLS", 12}, {"MFC", 29}};

static const char *const suite_names[ARENA_BACKENDS] = {"conformance-sim", "conformance-epoll",
                                                            "conformance-poll"};

static struct {
    scenario_file files[FILE_COUNT];
    unsigned rows_run[ARENA_BACKENDS];
    unsigned scenarios_run[ARENA_BACKENDS];
} suite;

/* ---- the rows of the specification ---- */

static bool is_row(const scenario_step *step) { return strcmp(step->verb->name, "row") == 0; }

static unsigned count_rows(const scenario *s, const char *id, unsigned backends)
{
    unsigned count = 0;
    for (size_t i = 0; i < s->step_count; i++)
        if (is_row(&s->steps[i]) && (s->steps[i].backends & backends) != 0)
            count += id == NULL || strcmp(s->steps[i].text, id) == 0;
    return count;
}

/* Scenarios and gaps that speak of the row; a row may be continued under several profiles. */
static unsigned count_mentions(const char *id)
{
    unsigned count = 0;
    for (unsigned f = 0; f < FILE_COUNT; f++) {
        for (size_t i = 0; i < suite.files[f].scenario_count; i++)
            count += count_rows(suite.files[f].scenarios[i], id, ~0u);
        for (size_t i = 0; i < suite.files[f].gap_count; i++)
            count += strcmp(suite.files[f].gaps[i].id, id) == 0;
    }
    return count;
}

static void every_row_of_the_specification_is_accounted_for(void)
{
    char id[32];
    for (size_t r = 0; r < sizeof required / sizeof required[0]; r++)
        for (unsigned n = 1; n <= required[r].rows; n++) {
            snprintf(id, sizeof id, "%s-%02u", required[r].family, n);
            expect_report(EXPECT_SITE(false), count_mentions(id) > 0,
                          "row %s is in no scenario file; write it, or name it in a not-applicable line", id);
        }
}

static void every_scenario_file_can_be_read(void)
{
    for (unsigned f = 0; f < FILE_COUNT; f++)
        expect_report(EXPECT_SITE(false), suite.files[f].complaint[0] == '\0', "%s",
                      suite.files[f].complaint);
}

static void mistake_is_told_with_line_column_and_remedy(void)
{
    static const struct {
        const char *text, *complaint;
    } mistakes[] = {
        {"S recv 2\n",
         "x:1:1: cannot read 'S'; a scenario was expected; begin with: scenario NAME \"title\""},
        {"scenario A \"t\"\n  S jump\n",
         "x:2:5: cannot read 'jump'; a verb was expected; see the list in scenarios/README.md"},
        {"scenario A \"t\"\n  S recv many\n",
         "x:2:10: cannot read 'many'; a number was expected; write a decimal number, at most 1048576"},
        {"scenario A \"t\"\n  S recv 2 = WSAENOSUCH\n",
         "x:2:14: cannot read 'WSAENOSUCH'; a result was expected; "
         "write a number, the name of an error, a string, ok or any"},
        {"scenario A \"t\"\n  expect S REED\n", "x:2:12: cannot read 'REED'; an event was expected; "
                                                "write READ, WRITE, OOB, ACCEPT, CONNECT or CLOSE"},
        {"scenario A \"t\"\n  S send \"x\n",
         "x:2:10: the string has no end; lines consist of words, strings and : = , ;; correct the line"},
        {"scenario A \"t\"\n  S close now\n",
         "x:2:11: cannot read 'now'; the end of the line was expected; remove the rest"},
        {"scenario A\n", "x:1:12: the line ends here; a string was expected; "
                         "write the text between quotation marks"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        scenario_file file = {.path = "x"};
        FILE *stream = fmemopen((void *)(uintptr_t)mistakes[i].text, strlen(mistakes[i].text), "r");
        EXPECT_TRUE_FATAL(stream != NULL);
        scenario_parse_stream(&file, stream);
        fclose(stream);
        EXPECT_EQ_STR(file.complaint, mistakes[i].complaint);
        scenario_file_release(&file);
    }
}

/* ---- running ---- */

static const scenario *find_scenario(const char *name)
{
    for (unsigned f = 0; f < FILE_COUNT; f++)
        for (size_t i = 0; i < suite.files[f].scenario_count; i++)
            if (strcmp(suite.files[f].scenarios[i]->name, name) == 0)
                return suite.files[f].scenarios[i];
    return NULL;
}

static void run_on(arena_backend backend)
{
    const scenario *s = find_scenario(CU_get_current_test()->pName);
    EXPECT_TRUE_FATAL(s != NULL);
    suite.scenarios_run[backend]++;
    suite.rows_run[backend] += count_rows(s, NULL, 1u << backend);
    scenario_execute(s, backend);
}

static void run_on_sim(void) { run_on(ARENA_SIM); }
static void run_on_epoll(void) { run_on(ARENA_EPOLL); }
static void run_on_poll(void) { run_on(ARENA_POLL); }

/* ---- registration ---- */

static void read_files(void)
{
    char path[1024];
    for (unsigned f = 0; f < FILE_COUNT; f++) {
        snprintf(suite.files[f].path, sizeof suite.files[f].path, "tests/scenarios/%s", file_names[f]);
        snprintf(path, sizeof path, "%s/%s", CASTANET_SCENARIO_DIR, file_names[f]);
        scenario_parse_file(&suite.files[f], path);
    }
}

static bool add_scenarios(arena_backend backend, void (*run)(void))
{
    CU_pSuite s = CU_add_suite_with_setup_and_teardown(suite_names[backend], NULL, NULL, fixture_begin,
                                                       fixture_end);
    for (unsigned f = 0; s != NULL && f < FILE_COUNT; f++)
        for (size_t i = 0; i < suite.files[f].scenario_count; i++) {
            const scenario *one = suite.files[f].scenarios[i];
            if ((one->backends & 1u << backend) != 0 && CU_add_test(s, one->name, run) == NULL)
                return false;
        }
    return s != NULL;
}

bool conformance_register(void)
{
    read_files();
    CU_pSuite s = CU_add_suite_with_setup_and_teardown("conformance", NULL, NULL, fixture_begin, fixture_end);
    return s != NULL &&
           CU_add_test(s, "every_scenario_file_can_be_read", every_scenario_file_can_be_read) != NULL &&
           CU_add_test(s, "mistake_is_told_with_line_column_and_remedy",
                       mistake_is_told_with_line_column_and_remedy) != NULL &&
           CU_add_test(s, "every_row_of_the_specification_is_accounted_for",
                       every_row_of_the_specification_is_accounted_for) != NULL &&
           add_scenarios(ARENA_SIM, run_on_sim) && add_scenarios(ARENA_EPOLL, run_on_epoll) &&
           add_scenarios(ARENA_POLL, run_on_poll);
}

void conformance_unregister(void)
{
    for (unsigned f = 0; f < FILE_COUNT; f++)
        scenario_file_release(&suite.files[f]);
}

/* ---- the account ---- */

static const char *name_of_real(unsigned backends)
{
    bool epoll = (backends & 1u << ARENA_EPOLL) != 0, poll = (backends & 1u << ARENA_POLL) != 0;
    return epoll && poll ? "linux" : arena_backend_name(epoll ? ARENA_EPOLL : ARENA_POLL);
}

/* Rows that Linux shows otherwise, or whose scenario it cannot run. */
static void print_differences(const scenario *s, FILE *stream)
{
    const char *row = "?";
    if ((s->backends & 1u << ARENA_EPOLL) == 0)
        fprintf(stream, "# %s is not run on linux: %s\n", s->name, s->backends_reason);
    for (size_t i = 0; i < s->step_count; i++) {
        if (is_row(&s->steps[i]))
            row = s->steps[i].text;
        else if (strcmp(s->steps[i].verb->name, "differs") == 0)
            fprintf(stream, "# %s differs on %s: %s\n", row, name_of_real(s->steps[i].backends),
                    s->steps[i].text);
    }
}

void conformance_print_summary(FILE *stream)
{
    unsigned gaps = 0;
    unsigned real = suite.scenarios_run[ARENA_EPOLL] + suite.scenarios_run[ARENA_POLL];
    if (suite.scenarios_run[ARENA_SIM] + real == 0)
        return;
    for (unsigned f = 0; f < FILE_COUNT; f++) {
        for (size_t i = 0; i < suite.files[f].gap_count; i++, gaps++)
            fprintf(stream, "# %s is not applicable: %s\n", suite.files[f].gaps[i].id,
                    suite.files[f].gaps[i].reason);
        for (size_t i = 0; real > 0 && i < suite.files[f].scenario_count; i++)
            print_differences(suite.files[f].scenarios[i], stream);
    }
    for (unsigned b = 0; b < ARENA_BACKENDS; b++)
        fprintf(stream, "# %s: %u scenarios with %u rows run\n", suite_names[b], suite.scenarios_run[b],
                suite.rows_run[b]);
    fprintf(stream, "# conformance: %u rows not applicable\n", gaps);
}
