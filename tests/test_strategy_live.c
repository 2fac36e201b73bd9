/* SPDX-License-Identifier: MIT
 *
 * A program that polls starves nobody: a host that looks every 10 ms whether it was answered, while another
 * one has yet to be told.  In causal mode the poller may always run; only the strategy sees to it that others
 * get their turn.
 */
#include <string.h>

#include "castanet/sim_explore.h"
#include "tests/expect.h"
#include "tests/test_list.h"

enum { ANSWERS = 4 };

typedef struct polling {
    CAsyncSocket poller, answerer;
    cas_timer timer;
    unsigned answers;
} polling;

static void on_timer(cas_timer *timer, void *context)
{
    if (((polling *)context)->answers < ANSWERS)
        cas_timer_start(timer, SIM_MS(10));
}

static void on_receive(CAsyncSocket *socket, int error)
{
    char byte;
    (void)error;
    if (CAsyncSocket_Receive(socket, &byte, 1, 0) == 1)
        ((polling *)cas_thread_context(cas_thread_current()))->answers++;
}

static const CAsyncSocketVtbl poller_vtbl = {.OnReceive = on_receive};
static const CAsyncSocketVtbl answerer_vtbl = {0};

static void poll_for_answers(void *argument)
{
    polling *p = argument;
    CAsyncSocket_Construct(&p->poller, &poller_vtbl);
    CAsyncSocket_Create(&p->poller, 9, SOCK_DGRAM, FD_READ, NULL);
    p->timer = (cas_timer){.on_timer = on_timer, .context = p};
    cas_timer_start(&p->timer, SIM_MS(10));
}

static void answer(void *argument)
{
    polling *p = argument;
    CAsyncSocket_Construct(&p->answerer, &answerer_vtbl);
    CAsyncSocket_Create(&p->answerer, 0, SOCK_DGRAM, 0, NULL);
    for (int i = 0; i < ANSWERS; i++)
        CAsyncSocket_SendTo(&p->answerer, "!", 1, 9, "10.0.0.1", 0);
}

static void build(sim_world *world, void *state)
{
    sim_host *poller, *answerer;
    sim_link *link;
    if (sim_host_create(world, "poller", &poller) != 0 ||
        sim_host_create(world, "answerer", &answerer) != 0 ||
        sim_link_create(world, "link", NULL, &link) != 0 ||
        sim_host_attach(poller, link, "10.0.0.1/24") != 0 ||
        sim_host_attach(answerer, link, "10.0.0.2/24") != 0 ||
        sim_host_run(poller, 0, poll_for_answers, state) != 0 ||
        sim_host_run(answerer, SIM_MS(1), answer, state) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
    else
        cas_thread_set_context(sim_host_thread(poller), state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const polling *)state)->answers == ANSWERS;
}

static void polling_program_starves_nobody(void)
{
    static const sim_scenario scenario = {.name = "polling",
                                          .state_size = sizeof(polling),
                                          .build = build,
                                          .is_done = is_done,
                                          .until_ns = SIM_S(60)};
    static const sim_time_mode modes[] = {SIM_WINDOWED, SIM_CAUSAL};
    static const char *const strategies[] = {"pct-2",   "pct-5",   "tapct-3",     "surw", "hold",
                                             "delay-1", "delay-3", "delay-1-all", NULL};
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        for (size_t m = 0; m < 2; m++) {
            sim_explore_result result;
            sim_explore_options options = {.strategy = strategies[i], .mode = modes[m], .runs_max = 300};
            EXPECT_CODE_FATAL(sim_explore(&scenario, &options, &result), 0);
            if (result.failure_count != 0)
                EXPECT_EQ_STR(result.failures[0].result.message, result.failures[0].strategy);
            /* 60 s hold 6 000 looks: nobody waited for more than a small part of them. */
            EXPECT_TRUE(result.steps_max < 300);
            sim_explore_result_fini(&result);
        }
    }
}

const test_case test_strategy_live[] = {TEST(polling_program_starves_nobody), TEST_END};
