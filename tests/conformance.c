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

/* In the order of the tables that they follow. */
static const char *const file_names[] = {
    "accept.txt",       "connect.txt",  "write.txt", "read.txt",      "oob.txt",         "close.txt",
    "handle.txt",       "query.txt",    "old.txt",   "readiness.txt", "accept_call.txt", "names.txt",
    "connect_call.txt", "shutdown.txt", "ioctl.txt", "receive.txt",   "udp.txt",         "reuse.txt",
    "options.txt",      "errors.txt",   "mfc.txt",   "profile.txt",   "beyond.txt",      "differential.txt"};
enum { FILE_COUNT = sizeof file_names / sizeof file_names[0] };

static struct {
    char suite_names[ARENA_BACKENDS][32];
    scenario_file files[FILE_COUNT];
} suite;

static scenario *find_scenario(const char *name)
{
    for (unsigned f = 0; f < FILE_COUNT; f++)
        for (size_t i = 0; i < suite.files[f].scenario_count; i++)
            if (strcmp(suite.files[f].scenarios[i]->name, name) == 0)
                return suite.files[f].scenarios[i];
    return NULL;
}

/* ---- the rows of the specification ---- */

/* How often the rows of the scenarios, and the gaps, speak of the id. */
static void count_mentions(const char *id, unsigned *rows, unsigned *gaps)
{
    *rows = *gaps = 0;
    for (unsigned f = 0; f < FILE_COUNT; f++) {
        const scenario_file *file = &suite.files[f];
        for (size_t i = 0; i < file->scenario_count; i++)
            for (size_t k = 0; k < file->scenarios[i]->step_count; k++) {
                const scenario_step *step = &file->scenarios[i]->steps[k];
                *rows += scenario_step_is(step, "row") && strcmp(step->text, id) == 0;
            }
        for (size_t i = 0; i < file->gap_count; i++)
            *gaps += strcmp(file->gaps[i].id, id) == 0;
    }
}

/* A row may be continued under several profiles, but it either runs or it does not. */
static void every_row_of_the_specification_is_accounted_for(void)
{
    char id[32];
    unsigned rows, gaps;
    for (unsigned i = 0; scenario_row_id(i, id) != NULL; i++) {
        count_mentions(id, &rows, &gaps);
        expect_report(EXPECT_SITE(false), rows + gaps > 0,
                      "row %s is in no scenario file; write it, or name it in a not-applicable line", id);
        expect_report(EXPECT_SITE(false), gaps == 0 || rows + gaps == 1,
                      "row %s is not applicable, and %u rows and %u such lines name it; leave one", id, rows,
                      gaps);
    }
}

static void every_scenario_file_can_be_read(void)
{
    for (unsigned f = 0; f < FILE_COUNT; f++)
        expect_report(EXPECT_SITE(false), suite.files[f].complaint[0] == '\0', "%s",
                      suite.files[f].complaint);
}

/* CUnit finds a scenario by its name. */
static void no_two_scenarios_have_one_name(void)
{
    for (unsigned f = 0; f < FILE_COUNT; f++)
        for (size_t i = 0; i < suite.files[f].scenario_count; i++) {
            const scenario *s = suite.files[f].scenarios[i], *first = find_scenario(s->name);
            expect_report(EXPECT_SITE(false), s == first, "%s:%u: %s:%u has the name %s already", s->path,
                          s->line, first->path, first->line, s->name);
        }
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
        {"scenario A \"t\"\n  S recv many\n", "x:2:10: cannot read 'many'; a number was expected; "
                                              "write a decimal number, or a hexadecimal one behind 0x"},
        {"scenario A \"t\"\n  S recv 2 = WSAENOSUCH\n",
         "x:2:14: cannot read 'WSAENOSUCH'; a result was expected; "
         "write a number, the name of an error, a string, ok, fails, part or any"},
        {"scenario A \"t\"\n  expect S REED\n", "x:2:12: cannot read 'REED'; an event was expected; "
                                                "write READ, WRITE, OOB, ACCEPT, CONNECT or CLOSE"},
        {"scenario A \"t\"\n  S send \"x\n",
         "x:2:10: the string has no end; lines consist of words, strings and : = , ;; correct the line"},
        {"scenario A \"t\"\n  S recv 99999999\n",
         "x:2:10: cannot read '99999999'; a number of bytes was expected; write at most 67108864"},
        {"scenario A \"t\"\n  S socket icmp\n", "x:2:12: cannot read 'icmp'; another word was expected; "
                                                "write tcp, udp, tcp6, udp6, family, type or protocol"},
        {"scenario A \"t\"\n  S setopt COLOUR 1\n",
         "x:2:12: cannot read 'COLOUR'; the name of an option was expected; "
         "write it without SO_ or TCP_, as OOBINLINE"},
        {"scenario A \"t\"\n  S ioctl FIOASYNC\n",
         "x:2:11: cannot read 'FIOASYNC'; a command was expected; "
         "write FIONBIO, FIONREAD, SIOCATMARK, UDP_CONNRESET or a number"},
        {"scenario A \"t\"\n  S connect 80\n",
         "x:2:16: the line ends here; a socket or an address was expected; "
         "write where to: S, or own6 S, or 192.0.2.0 80"},
        {"scenario A \"t\"\n  S recv 5 null len\n", "x:2:21: the line ends here; a number was expected; "
                                                    "write a decimal number, or a hexadecimal one behind 0x"},
        {"scenario A \"t\"\n  S send 5 times many\n",
         "x:2:18: cannot read 'many'; a number was expected; "
         "write a decimal number, or a hexadecimal one behind 0x"},
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

/* CUnit hands no argument to a test: scenario and backend are found by the names that are current. */
static void run_scenario(void)
{
    scenario *s = find_scenario(CU_get_current_test()->pName);
    unsigned backend = 0;
    while (backend < ARENA_BACKENDS && strcmp(suite.suite_names[backend], CU_get_current_suite()->pName) != 0)
        backend++;
    EXPECT_TRUE_FATAL(s != NULL && backend < ARENA_BACKENDS);
    scenario_execute(s, (arena_backend)backend);
}

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

static bool add_scenarios(unsigned backend)
{
    char *name = suite.suite_names[backend];
    snprintf(name, sizeof suite.suite_names[0], "conformance-%s", arena_backend_name((arena_backend)backend));
    CU_pSuite s = CU_add_suite_with_setup_and_teardown(name, NULL, NULL, fixture_begin, fixture_end);
    for (unsigned f = 0; s != NULL && f < FILE_COUNT; f++)
        for (size_t i = 0; i < suite.files[f].scenario_count; i++) {
            const scenario *one = suite.files[f].scenarios[i];
            if ((one->backends & 1u << backend) != 0 && CU_add_test(s, one->name, run_scenario) == NULL)
                return false;
        }
    return s != NULL;
}

bool conformance_register(void)
{
    read_files();
    CU_pSuite s = CU_add_suite_with_setup_and_teardown("conformance", NULL, NULL, fixture_begin, fixture_end);
    bool ok = s != NULL &&
              CU_add_test(s, "every_scenario_file_can_be_read", every_scenario_file_can_be_read) != NULL &&
              CU_add_test(s, "no_two_scenarios_have_one_name", no_two_scenarios_have_one_name) != NULL &&
              CU_add_test(s, "mistake_is_told_with_line_column_and_remedy",
                          mistake_is_told_with_line_column_and_remedy) != NULL &&
              CU_add_test(s, "every_row_of_the_specification_is_accounted_for",
                          every_row_of_the_specification_is_accounted_for) != NULL;
    for (unsigned backend = 0; ok && backend < ARENA_BACKENDS; backend++)
        ok = add_scenarios(backend);
    return ok;
}

void conformance_unregister(void)
{
    for (unsigned f = 0; f < FILE_COUNT; f++)
        scenario_file_release(&suite.files[f]);
}

bool conformance_write_report(const char *path)
{
    return scenario_report_write(suite.files, FILE_COUNT, path);
}
