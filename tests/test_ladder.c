/* SPDX-License-Identifier: MIT
 *
 * The ladder: which lines it has, what stands in them, and that it keeps within its bounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_host_fault.h"
#include "castanet/trace.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"
#include "tests/wire_log.h"

typedef struct picture {
    cap_trace *trace;
    FILE *stream;
    char *text;
    size_t size;
} picture;

static void begin_picture(picture *p, sim_world *world, unsigned rows_max, bool utf8)
{
    cap_ladder_options options = {.rows_max = rows_max, .utf8 = utf8};
    *p = (picture){.text = NULL};
    p->stream = open_memstream(&p->text, &p->size);
    EXPECT_TRUE_FATAL(p->stream != NULL);
    EXPECT_CODE_FATAL(cap_trace_open(world, &p->trace, NULL), 0);
    EXPECT_CODE_FATAL(cap_trace_print_ladder(p->trace, p->stream, &options, NULL), 0);
}

static char *end_picture(picture *p)
{
    EXPECT_CODE(cap_trace_close(p->trace, NULL), 0);
    fclose(p->stream);
    return p->text;
}

/* Without times, and runs of spaces and dashes shortened to one; no line is longer than 100 columns. */
static char *shorten(char *text)
{
    size_t column = 0, out = 0, size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        column = text[i] == '\n' ? 0 : column + 1;
        EXPECT_TRUE(column <= 100);
        bool repeats = out > 0 && text[i] == text[out - 1] && (text[i] == ' ' || text[i] == '-');
        bool is_time = column > 0 && column < 15;
        if (!repeats && !is_time)
            text[out++] = text[i];
    }
    text[out] = '\0';
    return text;
}

static unsigned count_lines(const char *text)
{
    unsigned lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void expect_order(const char *text, const char *const *wanted, size_t count)
{
    const char *at = text;
    for (size_t i = 0; i < count; i++) {
        const char *found = strstr(at, wanted[i]);
        expect_report(EXPECT_SITE(false), found != NULL,
                      "'%s' is not behind what should stand before it in\n%s", wanted[i], text);
        at = found == NULL ? at : found;
    }
}

static void expect_found(const char *text, const char *wanted)
{
    expect_report(EXPECT_SITE(false), strstr(text, wanted) != NULL, "no '%s' in\n%s", wanted, text);
}

static void calls_packets_and_callbacks_are_told(void)
{
    static const char *const wanted[] = {
        "| Create=1 |", "|-SYN-", "| Connect=0 WSAEWOULDBLOCK |", "RST", "| OnConnect(WSAECONNREFUSED) |",
        "| Close=1 |"};
    world_pair pair = fixture_world_pair(NULL);
    picture p;
    begin_picture(&p, pair.world, 0, false);
    world_pair_refuse(&pair);
    char *text = shorten(end_picture(&p));
    expect_order(text, wanted, sizeof wanted / sizeof *wanted);
    free(text);
}

static void what_was_lost_ends_in_a_cross(void)
{
    world_pair pair = fixture_world_pair(NULL);
    picture p;
    drop_mask first = {.mask = 1};
    sim_link_set_script(pair.link, pair.a, drop_by_mask, &first);
    begin_picture(&p, pair.world, 0, false);
    world_pair_refuse(&pair);
    char *text = shorten(end_picture(&p));
    expect_found(text, "-x dropped");
    free(text);
}

/* A SYN that has left when the link is cut: the line of its departure learns of it. */
static void what_was_lost_on_its_way_ends_in_a_cross(void)
{
    world_pair pair = fixture_world_pair(NULL);
    picture p;
    sim_impairment cut = {.kind = SIM_IMPAIR_BLOCK, .from_ns = 500000, .until_ns = (uint64_t)SIM_MS(2)};
    EXPECT_CODE_FATAL(sim_link_add(pair.link, pair.a, &cut, NULL), 0);
    begin_picture(&p, pair.world, 0, false);
    world_pair_refuse(&pair);
    char *text = shorten(end_picture(&p));
    expect_found(text, "SYN-x cut off");
    expect_found(text, "FAULT block rule=1 a link");
    free(text);
}

static void newest_rows_are_kept(void)
{
    world_pair pair = fixture_world_pair(NULL);
    picture p;
    begin_picture(&p, pair.world, 1, false);
    world_pair_refuse(&pair);
    char *text = end_picture(&p);
    EXPECT_TRUE(strstr(text, "Close=1") != NULL);
    EXPECT_TRUE(strstr(text, "Create=1") == NULL);
    EXPECT_EQ_INT(count_lines(text), 4); /* circumstances, what is left out, heading, one row */
    free(text);
}

/* Two calls of one instant: two lines where there is room, one where there is not. */
static void what_does_not_fit_is_told_shorter(void)
{
    const char *joined = "Create=1, Connect=0 WSAEWOULDBLOCK";
    for (unsigned rows_max = 6; rows_max <= 20; rows_max += 14) {
        world_pair pair = fixture_world_pair(NULL);
        recorder client;
        picture p;
        begin_picture(&p, pair.world, rows_max, false);
        recorder_construct(&client);
        sim_host_enter(pair.a);
        EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_DGRAM, 0, NULL));
        for (unsigned i = 0; i < 5; i++)
            EXPECT_OK(CAsyncSocket_SetSockOpt(&client.socket, SO_BROADCAST, &(int){(int)i % 2}, sizeof(int),
                                              SOL_SOCKET));
        EXPECT_OK(CAsyncSocket_AsyncSelect(&client.socket, FD_READ));
        CAsyncSocket_Destruct(&client.socket);
        char *text = shorten(end_picture(&p));
        (void)joined;
        expect_found(text, "SetSockOpt=1 (5 times)");
        EXPECT_TRUE(count_lines(text) <= rows_max + 3);
        free(text);
    }
}

static void decisions_are_numbered_and_named(void)
{
    world_pair pair = fixture_world_pair(&(sim_world_options){.seed = 1});
    picture p;
    begin_picture(&p, pair.world, 0, false);
    sim_host_enter(pair.a);
    uint32_t value = 0;
    unsigned made = 0;
    while (made < 2) {
        value = sim_world_choose(pair.world, "dice", 6);
        made += value != 0;
    }
    world_pair_refuse(&pair);
    char *text = end_picture(&p), last[40];
    snprintf(last, sizeof last, "(2) choose user dice#");
    expect_found(text, "\ndecisions\n  (1) choose user dice#");
    expect_found(text, last);
    expect_found(text, " (1-2)\n"); /* at the line behind both */
    free(text);
}

static void faults_of_hosts_stand_in_their_column(void)
{
    world_pair pair = fixture_world_pair(NULL);
    picture p;
    begin_picture(&p, pair.world, 0, false);
    EXPECT_CODE(sim_host_crash(pair.b, SIM_CRASH_POWER), 0);
    EXPECT_CODE(sim_host_restart(pair.b), 0);
    sim_world_fail(pair.world, "the %s", "end");
    char *text = shorten(end_picture(&p));
    expect_found(text, "FAULT crash b the power is gone");
    expect_found(text, "FAULT restart b");
    expect_found(text, "world: FAILED the end");
    free(text);
}

/* Words that would break a line, or a terminal. */
static void hostile_words_stay_in_their_line(void)
{
    world_pair pair = fixture_world_pair(NULL);
    picture p;
    begin_picture(&p, pair.world, 0, false);
    EXPECT_CODE(sim_host_pause(pair.a), 0);
    sim_world_fail(pair.world, "a\nb\033[31m\xff|%0300d", 7);
    char *text = end_picture(&p);
    EXPECT_EQ_INT(count_lines(text), 4);
    expect_found(text, "world: FAILED a?b?[31m?|000");
    shorten(text);
    free(text);
}

static void utf8_draws_lines(void)
{
    world_pair pair = fixture_world_pair(NULL);
    picture p;
    begin_picture(&p, pair.world, 0, true);
    world_pair_refuse(&pair);
    char *text = end_picture(&p);
    expect_found(text, "\u2502\u2500SYN\u2500\u25b6");
    expect_found(text, "\u25b6\u2502");
    free(text);
}

const test_case test_ladder[] = {TEST(calls_packets_and_callbacks_are_told),
                                 TEST(what_was_lost_ends_in_a_cross),
                                 TEST(what_was_lost_on_its_way_ends_in_a_cross),
                                 TEST(newest_rows_are_kept),
                                 TEST(what_does_not_fit_is_told_shorter),
                                 TEST(decisions_are_numbered_and_named),
                                 TEST(faults_of_hosts_stand_in_their_column),
                                 TEST(hostile_words_stay_in_their_line),
                                 TEST(utf8_draws_lines),
                                 TEST_END};
