/* SPDX-License-Identifier: MIT
 *
 * The linter against the museum: what it says of each broken form stands in docs/lint.md, and of the mended
 * ones it says nothing that their files do not answer for.
 */
#include <stdio.h>
#include <string.h>

#include "tests/expect.h"
#include "tests/lint_museum.h"
#include "tests/test_list.h"

enum { ORDERS = 300, ORDERS_MENDED = 60, ROW = 900 };

/* Those of the table whose broken form passes in the default order, and is flagged there all the same. */
static const char *const hidden_but_flagged[] = {"K1", "S11", "S12", "S17", "K7"};

/* ---- the table ---- */

/* Rows of the table in docs/lint.md, without their ends. */
static size_t read_rows(char rows[][ROW], size_t capacity)
{
    FILE *file = fopen(CASTANET_DOCS_DIR "/lint.md", "r");
    size_t count = 0;
    char line[ROW];
    EXPECT_TRUE_FATAL(file != NULL);
    while (count < capacity && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        bool is_row = line[0] == '|' && line[1] == ' ' && strchr("BKS", line[2]) != NULL &&
                      line[3] >= '0' && line[3] <= '9';
        if (is_row)
            snprintf(rows[count++], ROW, "%s", line);
    }
    fclose(file);
    return count;
}

/* The row of a bug, as it should be; empty: no rule speaks, so it has none. */
static void make_row(const museum_bug *bug, char row[ROW])
{
    char here[LINT_RULES_TEXT], there[LINT_RULES_TEXT];
    unsigned by_default = lint_rules_of(bug->broken, 0);
    unsigned in_orders = lint_rules_of(bug->broken, ORDERS);
    row[0] = '\0';
    if ((by_default | in_orders) == 0)
        return;
    lint_rules_text(by_default, here);
    lint_rules_text(in_orders & ~by_default, there);
    snprintf(row, ROW, "| %s | %s | %s |", bug->id, here, there);
}

static void table_of_the_museum_is_what_the_linter_says(void)
{
    static char rows[128][ROW];
    size_t count = read_rows(rows, 128), next = 0;
    for (size_t i = 0; i < museum_count; i++) {
        char row[ROW];
        make_row(museum_bugs[i], row);
        if (row[0] == '\0')
            continue;
        EXPECT_EQ_STR(next < count ? rows[next] : "no row", row);
        next++;
    }
    EXPECT_EQ_INT(count, next);
    EXPECT_TRUE(next >= 20);
}

static void bugs_are_flagged_in_runs_that_pass(void)
{
    for (size_t k = 0; k < sizeof hidden_but_flagged / sizeof *hidden_but_flagged; k++) {
        const museum_bug *bug = NULL;
        sim_result result;
        sim_lint *lint;
        for (size_t i = 0; i < museum_count; i++) {
            if (strcmp(museum_bugs[i]->id, hidden_but_flagged[k]) == 0)
                bug = museum_bugs[i];
        }
        EXPECT_TRUE_FATAL(bug != NULL);
        EXPECT_CODE_FATAL(sim_lint_create(NULL, &lint), 0);
        result = lint_scenario(bug->broken, NULL, 0, lint);
        EXPECT_EQ_INT(result.outcome, SIM_PASSED);
        EXPECT_EQ_STR(sim_lint_speaking(lint) > 0 ? bug->id : "silent", bug->id);
        sim_lint_destroy(lint);
    }
}

/* ---- the mended forms ---- */

static void fail_with_line(void *context, const char *line) { EXPECT_EQ_STR(line, (const char *)context); }

/* Returns which of the museum's silences were of use, by bit. */
static uint32_t judge_mended(const museum_bug *bug)
{
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = "random"};
    char silent[64];
    sim_order *order;
    sim_lint *lint;
    uint32_t used = 0;
    EXPECT_CODE_FATAL(sim_lint_create(NULL, &lint), 0);
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    for (size_t i = 0; i < museum_silence_count; i++) {
        const museum_silence *s = museum_silences[i];
        if (strcmp(s->id, bug->id) == 0)
            EXPECT_CODE(sim_lint_silence(lint, s->rule, s->where, s->reason), 0);
    }
    lint_scenario(bug->mended, NULL, 0, lint);
    for (unsigned seed = 0; seed < ORDERS_MENDED; seed++)
        lint_scenario(bug->mended, order, seed, lint);
    snprintf(silent, sizeof silent, "%s mended: silent", bug->id);
    if (sim_lint_speaking(lint) > 0)
        sim_lint_list(lint, fail_with_line, silent);
    for (size_t k = 0; k < sim_lint_count(lint); k++)
        for (size_t i = 0; i < museum_silence_count; i++)
            used |= (uint32_t)(sim_lint_finding(lint, k)->silence != NULL &&
                               strcmp(sim_lint_finding(lint, k)->silence, museum_silences[i]->reason) == 0)
                    << i;
    sim_order_destroy(order);
    sim_lint_destroy(lint);
    return used;
}

static void mended_forms_are_silent_or_say_why(void)
{
    uint32_t used = 0;
    EXPECT_TRUE_FATAL(museum_silence_count <= 32);
    for (size_t i = 0; i < museum_count; i++)
        used |= judge_mended(museum_bugs[i]);
    for (size_t i = 0; i < museum_silence_count; i++)
        EXPECT_EQ_STR((used >> i & 1) != 0 ? museum_silences[i]->reason : "of no use",
                      museum_silences[i]->reason);
}

const test_case test_lint_museum[] = {TEST(table_of_the_museum_is_what_the_linter_says),
                                      TEST(bugs_are_flagged_in_runs_that_pass),
                                      TEST(mended_forms_are_silent_or_say_why), TEST_END};
