/* SPDX-License-Identifier: MIT
 *
 * The picking debugger without a terminal: what it lists, what it makes of commands, what becomes of the
 * choices.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "tests/expect.h"
#include "tests/order_chains.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"
#include "tool/pick.h"

enum { OUTPUT_MAX = 1 << 16 };

typedef struct session {
    char output[OUTPUT_MAX];
    sim_result result;
    uint32_t values[256];
    sim_journal journal;
} session;

static session last;

static const sim_order_options causal = {.mode = SIM_CAUSAL};

static void play(const sim_scenario *scenario, const char *commands)
{
    char input[512];
    sim_order *order;
    picker p;
    snprintf(input, sizeof input, "%s", commands);
    memset(&last, 0, sizeof last);
    last.journal = (sim_journal){.capacity = 256, .values = last.values};
    sim_order_options options = causal;
    options.journal = &last.journal;
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    /* An empty stream of memory cannot be opened. */
    FILE *in = *input != '\0' ? fmemopen(input, strlen(input), "r") : fopen("/dev/null", "r");
    FILE *out = fmemopen(last.output, sizeof last.output - 1, "w");
    EXPECT_TRUE_FATAL(in != NULL && out != NULL);
    picker_init(&p, in, out);
    EXPECT_CODE(picker_run(&p, order, scenario, 1, &last.result), 0);
    picker_fini(&p);
    fclose(in);
    fclose(out);
    sim_order_destroy(order);
}

static unsigned count_of(const char *text)
{
    unsigned count = 0;
    for (const char *at = last.output; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void expect_said(const char *text)
{
    if (strstr(last.output, text) == NULL)
        EXPECT_EQ_STR(last.output, text);
}

static void what_may_happen_is_listed_with_labels(void)
{
    play(order_chains(2, 2, ""), "");
    expect_said("choice 1:\n");
    expect_said("  1  a->server datagram#1, due at 2.0");
    expect_said("  2  b->server datagram#1, due at 2.0");
    EXPECT_EQ_INT(count_of("> "), 1); /* and nobody was there */
    EXPECT_EQ_STR(order_chains_last(), "aabb");
    EXPECT_EQ_STR(sim_outcome_word(last.result.outcome), "passed");
}

static void numbers_choose_and_an_empty_line_takes_the_first(void)
{
    play(order_chains(2, 2, ""), "2\n\n2\n");
    EXPECT_EQ_STR(order_chains_last(), "baba");
    EXPECT_TRUE(count_of("  at ") >= 3);
    play(order_chains(2, 2, ""), "2\n2\n");
    EXPECT_EQ_STR(order_chains_last(), "bbaa");
    EXPECT_EQ_INT(count_of("choice "), 2);
}

static void causes_are_told(void)
{
    play(three_clients(2), "\n\n\n\n");
    expect_said(", after ");
}

static void c_goes_on_in_default_order(void)
{
    play(order_chains(2, 3, ""), "2\nc\n1\n");
    EXPECT_EQ_INT(count_of("choice "), 2);
    EXPECT_EQ_INT(last.result.outcome, SIM_PASSED);
    EXPECT_TRUE(count_of("  at ") >= 5);
}

static void b_goes_on_until_its_label_is_possible(void)
{
    play(order_chains(2, 3, ""), "b a->server datagram#3\n2\n");
    EXPECT_EQ_INT(count_of("choice "), 3); /* the last of which met the end of what was typed */
    const char *second = strstr(strstr(last.output, "choice ") + 1, "choice ");
    EXPECT_TRUE_FATAL(second != NULL);
    EXPECT_TRUE(strstr(second, "a->server datagram#3, due") != NULL);
    play(order_chains(2, 3, ""), "b no such label\n");
    EXPECT_EQ_INT(count_of("choice "), 1);
}

static void u_undoes_one_choice_by_another_run(void)
{
    play(order_chains(2, 3, ""), "2\n2\nu\n\nc\n");
    EXPECT_EQ_STR(order_chains_last(), "baaabb");
    play(order_chains(2, 3, ""), "u\n2\nu\nu\n\n2\n");
    EXPECT_EQ_INT(count_of("there is nothing to undo"), 2);
    EXPECT_EQ_STR(order_chains_last(), "abaabb");
}

static void q_asks_no_more(void)
{
    play(order_chains(2, 3, ""), "2\nq\n");
    EXPECT_EQ_INT(count_of("choice "), 2);
    EXPECT_EQ_INT(count_of("  at "), 2 - 1 + count_of("start"));
    EXPECT_EQ_INT(last.result.outcome, SIM_PASSED);
}

static void nonsense_is_complained_of_and_asked_again(void)
{
    play(order_chains(2, 2, ""), "9\nx\n0\nb\n 2 \nq\n");
    EXPECT_EQ_INT(count_of("not understood"), 4);
    EXPECT_TRUE(order_chains_last()[0] == 'b');
}

static void add_text(void *context, const char *text, size_t len) { strncat(context, text, len); }

/* What was chosen is a schedule like any other, which repeats the run. */
static void choices_become_holds(void)
{
    const sim_scenario *scenario = order_chains(2, 2, "bb");
    sim_schedule *schedule;
    sim_rerun rerun;
    static char text[8192];
    text[0] = '\0';
    play(scenario, "2\n2\nc\n");
    EXPECT_EQ_STR(sim_outcome_word(last.result.outcome), "failed");
    EXPECT_CODE_FATAL(
        sim_schedule_record(scenario, &causal, last.journal.seed, last.values, last.journal.count, &schedule),
        0);
    sim_schedule_write(schedule, (sim_sink){add_text, text});
    EXPECT_TRUE(strstr(text, "hold a->server datagram#1 until b->server datagram#2") != NULL);
    EXPECT_CODE(sim_schedule_replay(schedule, scenario, &rerun), 0);
    EXPECT_TRUE(rerun.same);
    EXPECT_CODE(sim_schedule_replay_exact(schedule, scenario, &rerun), 0);
    EXPECT_TRUE(rerun.same);
    sim_schedule_destroy(schedule);
}

const test_case test_pick[] = {TEST(what_may_happen_is_listed_with_labels),
                               TEST(numbers_choose_and_an_empty_line_takes_the_first),
                               TEST(causes_are_told),
                               TEST(c_goes_on_in_default_order),
                               TEST(b_goes_on_until_its_label_is_possible),
                               TEST(u_undoes_one_choice_by_another_run),
                               TEST(q_asks_no_more),
                               TEST(nonsense_is_complained_of_and_asked_again),
                               TEST(choices_become_holds),
                               TEST_END};
