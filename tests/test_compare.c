/* SPDX-License-Identifier: MIT
 *
 * Runs compared: versions of a program under one schedule, and programs that do not do the same every time.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "castanet/sim.h"
#include "castanet/sim_compare.h"
#include "tests/expect.h"
#include "tests/museum/museum.h"
#include "tests/test_list.h"
#include "tests/three_clients.h"
#include "tool/guard.h"

/* ---- a program that sends what it should not know ---- */

typedef enum vice {
    SOUND,
    KEEPS_A_STATIC,
    READS_FRESH_MEMORY,
    LOOKS_AT_AN_ADDRESS,
    LOOKS_AT_THE_ENVIRONMENT,
    LOOKS_AT_THE_CLOCK,
    LOOKS_AT_NANOSECONDS,
    FAILS_BY_A_STATIC
} vice;

enum { VICE_AT_MS = 7 };

typedef struct sinner {
    CAsyncSocket socket;
    cas_timer timer;
    sim_world *world;
    vice vice;
} sinner;

static unsigned runs_so_far;
static unsigned wall_clock_s; /* as a test moves it */

static unsigned nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned)now.tv_nsec;
}

static unsigned tempted(const sinner *s)
{
    const uint8_t *fresh;
    switch (s->vice) {
    case KEEPS_A_STATIC: return ++runs_so_far;
    case READS_FRESH_MEMORY:
        fresh = cas_alloc(sim_world_allocator(s->world), 4000);
        return fresh == NULL ? 0 : fresh[3000];
    case LOOKS_AT_AN_ADDRESS: return (unsigned)((uintptr_t)s >> 12);
    case LOOKS_AT_THE_ENVIRONMENT: return getenv("CASTANET_TEST_MOOD") != NULL;
    case LOOKS_AT_THE_CLOCK: return wall_clock_s;
    case LOOKS_AT_NANOSECONDS: return nanoseconds();
    case FAILS_BY_A_STATIC:
        if (++runs_so_far % 2 == 0)
            sim_world_fail(s->world, "an even run");
        return 0;
    default: return 0;
    }
}

static void give_in(cas_timer *timer, void *context)
{
    sinner *s = context;
    unsigned knowledge = tempted(s);
    (void)timer;
    CAsyncSocket_SendTo(&s->socket, "before", 6, 9, "10.0.0.2", 0);
    CAsyncSocket_SendTo(&s->socket, &knowledge, sizeof knowledge, 9, "10.0.0.2", 0);
}

static void start_sinner(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {0};
    sinner *s = argument;
    CAsyncSocket_Construct(&s->socket, &vtbl);
    CAsyncSocket_Create(&s->socket, 9, SOCK_DGRAM, 0, NULL);
    s->timer = (cas_timer){.on_timer = give_in, .context = s};
    cas_timer_start(&s->timer, (uint64_t)SIM_MS(VICE_AT_MS));
}

static void build_sinner(sim_world *world, void *state)
{
    sim_host *host, *other;
    sim_link *link;
    ((sinner *)state)->world = world;
    if (sim_host_create(world, "sinner", &host) != 0 || sim_host_create(world, "other", &other) != 0 ||
        sim_link_create(world, "lan", NULL, &link) != 0 || sim_host_attach(host, link, "10.0.0.1/24") != 0 ||
        sim_host_attach(other, link, "10.0.0.2/24") != 0 || sim_host_run(host, 0, start_sinner, state) != 0)
        sim_world_fail(world, "the world cannot be built");
}

static bool disturb(void *context, sim_disturbance which, bool on)
{
    (void)context;
    if (which == SIM_DISTURB_ENVIRONMENT && on)
        setenv("CASTANET_TEST_MOOD", "bad", 1);
    else if (which == SIM_DISTURB_ENVIRONMENT)
        unsetenv("CASTANET_TEST_MOOD");
    if (which == SIM_DISTURB_CLOCK && on)
        wall_clock_s++;
    return which >= SIM_DISTURB_ENVIRONMENT;
}

static sim_repeat check_vice(vice v, guard *g)
{
    sinner initial = {.vice = v};
    sim_scenario scenario = {
        .name = "sinner", .state_size = sizeof initial, .initial = &initial, .build = build_sinner};
    sim_repeat_options options = {.seed = 3, .disturb = disturb};
    sim_repeat repeat;
    if (g != NULL) {
        options.order.memory = guard_memory(g);
        options.order.runner = guard_runner(g);
    }
    EXPECT_CODE_FATAL(sim_check_repeats(&scenario, &options, &repeat), 0);
    return repeat;
}

static void each_vice_is_named_with_its_event(void)
{
    static const struct {
        vice vice;
        unsigned causes;
        sim_disturbance disturbance;
    } rows[] = {{KEEPS_A_STATIC, SIM_CAUSE_STATIC | SIM_CAUSE_OUTSIDE, SIM_DISTURB_NOTHING},
                {READS_FRESH_MEMORY, SIM_CAUSE_MEMORY, SIM_DISTURB_MEMORY},
                {LOOKS_AT_AN_ADDRESS, SIM_CAUSE_ADDRESS, SIM_DISTURB_ADDRESS},
                {LOOKS_AT_THE_ENVIRONMENT, SIM_CAUSE_ENVIRONMENT, SIM_DISTURB_ENVIRONMENT},
                {LOOKS_AT_THE_CLOCK, SIM_CAUSE_CLOCK, SIM_DISTURB_CLOCK},
                {LOOKS_AT_NANOSECONDS, SIM_CAUSE_STATIC | SIM_CAUSE_OUTSIDE, SIM_DISTURB_NOTHING}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sim_repeat repeat = check_vice(rows[i].vice, NULL);
        const sim_difference *d = &repeat.difference;
        EXPECT_EQ_INT(repeat.causes, rows[i].causes);
        EXPECT_EQ_INT(repeat.disturbance, rows[i].disturbance);
        EXPECT_TRUE(d->differs && d->number > 1 && d->before_count > 0);
        for (unsigned side = 0; side < 2; side++) {
            EXPECT_TRUE(strncmp(d->sides[side].text, "sinner/socket#1 SendTo(4) = 4 \"", 31) == 0);
            EXPECT_EQ_INT(d->sides[side].at_ns, SIM_MS(VICE_AT_MS));
        }
        EXPECT_TRUE(strcmp(d->sides[0].text, d->sides[1].text) != 0);
        EXPECT_TRUE(strstr(sim_cause_text(repeat.causes & -repeat.causes), "the same") == NULL);
    }
}

/* In processes that begin alike, what a static kept is not there. */
static void fresh_processes_tell_statics_from_clocks(void)
{
    guard *g = guard_create(10000);
    EXPECT_TRUE_FATAL(g != NULL);
    EXPECT_EQ_INT(check_vice(KEEPS_A_STATIC, g).causes, SIM_CAUSE_STATIC);
    EXPECT_EQ_INT(check_vice(LOOKS_AT_NANOSECONDS, g).causes, SIM_CAUSE_OUTSIDE);
    EXPECT_EQ_INT(check_vice(SOUND, g).causes, 0);
    guard_destroy(g);
}

static void an_outcome_alone_may_differ(void)
{
    sim_repeat repeat = check_vice(FAILS_BY_A_STATIC, NULL);
    EXPECT_EQ_INT(repeat.causes, SIM_CAUSE_STATIC | SIM_CAUSE_OUTSIDE);
    EXPECT_TRUE(repeat.difference.results[0].outcome != repeat.difference.results[1].outcome);
}

static void sound_programs_do_the_same_every_time(void)
{
    static const char *const strategies[] = {NULL, "random", "pos"};
    EXPECT_EQ_INT(check_vice(SOUND, NULL).causes, 0);
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        sim_repeat_options options = {
            .order = {.mode = SIM_WINDOWED, .strategy = strategies[i]}, .seed = i, .disturb = disturb};
        sim_repeat repeat;
        EXPECT_CODE_FATAL(sim_check_repeats(three_clients(3), &options, &repeat), 0);
        EXPECT_EQ_INT(repeat.causes, 0);
        EXPECT_EQ_INT(repeat.runs, 6);
        EXPECT_FALSE(repeat.difference.differs);
    }
}

/* ---- versions of a program ---- */

typedef struct lines {
    unsigned count;
    char text[16][256];
} lines;

static void keep_line(void *context, const char *line)
{
    lines *l = context;
    if (l->count < 16)
        snprintf(l->text[l->count++], sizeof l->text[0], "%.255s", line);
}

static void versions_that_do_the_same_are_equal(void)
{
    sim_compare_options options = {
        .order = {.mode = SIM_WINDOWED, .strategy = "random"}, .seed = 1, .runs = 20, .with_times = true};
    sim_difference d;
    uint64_t runs;
    lines l = {0};
    EXPECT_CODE_FATAL(sim_compare(three_clients(3), three_clients(3), &options, &runs, &d), 0);
    EXPECT_EQ_INT(runs, 20);
    EXPECT_FALSE(d.differs || d.is_cut);
    sim_difference_tell(&d, "old", "new", keep_line, &l);
    EXPECT_EQ_INT(l.count, 1);
    EXPECT_EQ_STR(l.text[0], "they do the same");
}

/* A third client is the first thing that two clients do not show. */
static void first_visible_difference_is_told_with_both_sides(void)
{
    sim_difference d;
    lines l = {0};
    EXPECT_CODE_FATAL(sim_compare(three_clients(2), three_clients(3), NULL, NULL, &d), 0);
    EXPECT_TRUE(d.differs && d.number > 1);
    EXPECT_TRUE(strncmp(d.sides[1].text, "client3", 7) == 0);
    EXPECT_TRUE(strncmp(d.sides[0].text, "client3", 7) != 0);
    EXPECT_EQ_INT(d.before_count, SIM_SHOWN_BEFORE);
    sim_difference_tell(&d, "old", "new", keep_line, &l);
    EXPECT_EQ_INT(l.count, 1 + SIM_SHOWN_BEFORE + 2 + 2);
    EXPECT_TRUE(strncmp(l.text[1 + SIM_SHOWN_BEFORE], "old ", 4) == 0);
    EXPECT_TRUE(strncmp(l.text[2 + SIM_SHOWN_BEFORE], "new ", 4) == 0);
    EXPECT_EQ_STR(l.text[4 + SIM_SHOWN_BEFORE], "new ended: passed");
}

/* Without room for the whole run nothing is said of the rest. */
static void a_comparison_that_was_cut_says_so(void)
{
    sim_compare_options options = {.bytes_max = 4000};
    sim_difference d;
    EXPECT_CODE_FATAL(sim_compare(three_clients(4), three_clients(4), &options, NULL, &d), 0);
    EXPECT_TRUE(d.is_cut);
    EXPECT_FALSE(d.differs);
}

/* ---- under the schedule of a bug ---- */

static const museum_bug *find_bug(const char *id)
{
    size_t i = 0;
    while (i + 1 < museum_count && strcmp(museum_bugs[i]->id, id) != 0)
        i++;
    EXPECT_EQ_STR(museum_bugs[i]->id, id);
    return museum_bugs[i];
}

static sim_schedule *find_schedule(const museum_bug *bug)
{
    sim_explore_result found;
    sim_schedule *schedule = NULL;
    sim_order_options order = {.mode = SIM_WINDOWED};
    sim_shrink shrink;
    EXPECT_CODE_FATAL(sim_explore(bug->broken, &(sim_explore_options){.seed = 1, .runs_max = 20000}, &found),
                      0);
    EXPECT_TRUE_FATAL(found.failure_count == 1 && found.failures[0].journal != NULL);
    const sim_journal *journal = found.failures[0].journal;
    EXPECT_CODE_FATAL(sim_schedule_record(bug->broken, &order, found.failures[0].seed, journal->values,
                                          journal->count, &schedule),
                      0);
    EXPECT_CODE(sim_schedule_shrink(schedule, bug->broken, 0, &shrink), 0);
    sim_explore_result_fini(&found);
    return schedule;
}

/* By default the broken form does what the mended one does; the schedule that breaks it shows where they
 * part. */
static void broken_and_mended_part_under_the_schedule_that_breaks(void)
{
    const museum_bug *bug = find_bug("K1");
    sim_schedule *schedule = find_schedule(bug);
    sim_compare_options options = {.schedule = schedule};
    sim_difference d;
    uint64_t runs;
    EXPECT_CODE_FATAL(sim_compare(bug->broken, bug->mended, &options, &runs, &d), 0);
    EXPECT_EQ_INT(runs, 1);
    EXPECT_TRUE(d.differs && d.number > 1);
    EXPECT_TRUE(d.results[0].outcome != SIM_PASSED);
    EXPECT_EQ_STR(sim_outcome_word(d.results[1].outcome), "passed");
    EXPECT_CODE_FATAL(sim_compare(bug->mended, bug->mended, &options, &runs, &d), 0);
    EXPECT_FALSE(d.differs);
    sim_schedule_destroy(schedule);
}

const test_case test_compare[] = {TEST(each_vice_is_named_with_its_event),
                                  TEST(fresh_processes_tell_statics_from_clocks),
                                  TEST(an_outcome_alone_may_differ),
                                  TEST(sound_programs_do_the_same_every_time),
                                  TEST(versions_that_do_the_same_are_equal),
                                  TEST(first_visible_difference_is_told_with_both_sides),
                                  TEST(a_comparison_that_was_cut_says_so),
                                  TEST(broken_and_mended_part_under_the_schedule_that_breaks),
                                  TEST_END};
