/* SPDX-License-Identifier: MIT
 *
 * What counts as a failure of a run: livelock in bytes, what is left behind, what the linter finds, memory
 * without end; and that stalls say who waits for what.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim.h"
#include "castanet/sim_explore.h"
#include "tests/expect.h"
#include "tests/test_list.h"

/* ---- a client that asks, and a server that answers some of it ---- */

enum { NOBODY = 2001 }; /* listens there */

typedef struct asker {
    CAsyncSocket client, server;
    cas_timer timer;
    unsigned asked, answered;
    unsigned answer_every; /* each so manieth datagram is for the server, which answers; 0: none */
    unsigned enough;       /* answers, after which the scenario is done */
    uint64_t period_ns;
    bool goes_on; /* asking, when it is done */
} asker;

static void client_on_receive(CAsyncSocket *socket, int error)
{
    asker *a = cas_thread_context(cas_thread_current());
    char byte;
    (void)error;
    a->answered += CAsyncSocket_Receive(socket, &byte, 1, 0) == 1;
}

static void server_on_receive(CAsyncSocket *socket, int error)
{
    char byte;
    (void)error;
    CAsyncSocket_Receive(socket, &byte, 1, 0);
    CAsyncSocket_SendTo(socket, "!", 1, 2000, "10.0.0.1", 0);
}

static void ask(cas_timer *timer, void *context)
{
    asker *a = context;
    bool is_heard = a->answer_every != 0 && ++a->asked % a->answer_every == 0;
    CAsyncSocket_SendTo(&a->client, "?", 1, is_heard ? 2000 : NOBODY, "10.0.0.2", 0);
    if (a->goes_on || a->answered < a->enough)
        cas_timer_start(timer, a->period_ns);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = client_on_receive};
    asker *a = argument;
    CAsyncSocket_Construct(&a->client, &vtbl);
    CAsyncSocket_Create(&a->client, 2000, SOCK_DGRAM, FD_READ, NULL);
    a->timer = (cas_timer){.on_timer = ask, .context = a};
    cas_timer_start(&a->timer, a->period_ns);
}

static void start_server(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = server_on_receive};
    asker *a = argument;
    CAsyncSocket_Construct(&a->server, &vtbl);
    CAsyncSocket_Create(&a->server, 2000, SOCK_DGRAM, FD_READ, NULL);
}

static void join(sim_world *world, const char *name, const char *address, sim_link *link,
                 void (*start)(void *), void *argument)
{
    sim_host *host;
    if (sim_host_create(world, name, &host) != 0 || sim_host_attach(host, link, address) != 0 ||
        sim_host_run(host, 0, start, argument) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
    else
        cas_thread_set_context(sim_host_thread(host), argument);
}

static void build_asker(sim_world *world, void *state)
{
    sim_link *link;
    sim_link_create(world, "lan", &(sim_link_options){.latency_ns = SIM_MS(1)}, &link);
    join(world, "client", "10.0.0.1/24", link, start_client, state);
    join(world, "server", "10.0.0.2/24", link, start_server, state);
}

static bool asker_is_done(sim_world *world, void *state)
{
    const asker *a = state;
    (void)world;
    return a->answered >= a->enough;
}

static sim_result run_asker(const asker *initial, uint64_t quiet_ns, const char *strategy)
{
    sim_scenario scenario = {.name = "asker",
                             .state_size = sizeof *initial,
                             .initial = initial,
                             .build = build_asker,
                             .is_done = asker_is_done,
                             .quiet_ns = quiet_ns};
    sim_order *order = NULL;
    sim_result result;
    if (strategy != NULL)
        EXPECT_CODE_FATAL(
            sim_order_create(&(sim_order_options){.mode = SIM_WINDOWED, .strategy = strategy}, &order), 0);
    EXPECT_CODE_FATAL(sim_scenario_run(&scenario, &(sim_run_options){.seed = 1, .order = order}, &result), 0);
    sim_order_destroy(order);
    return result;
}

/* Retries without an answer: one a second. */
static const asker unanswered = {.enough = 1, .period_ns = 1000000000};

static void retries_without_an_answer_are_a_livelock(void)
{
    sim_result plain = run_asker(&unanswered, 0, NULL), searched = run_asker(&unanswered, 0, "random"),
               sooner = run_asker(&unanswered, (uint64_t)SIM_S(100), NULL);
    EXPECT_EQ_STR(sim_outcome_word(plain.outcome), "livelock");
    EXPECT_TRUE(strncmp(plain.message, "no progress for 60", 18) == 0);
    EXPECT_TRUE(strstr(plain.message, " of socket 3 on ") != NULL);
    EXPECT_EQ_STR(sim_outcome_word(searched.outcome), "livelock");
    EXPECT_TRUE(strncmp(sooner.message, "no progress for 10", 18) == 0);
    EXPECT_TRUE(sooner.now_ns < plain.now_ns);
    /* Numbers in the message make no other failure of it. */
    EXPECT_TRUE(plain.identity == sooner.identity && plain.identity == searched.identity);
    EXPECT_TRUE(strcmp(plain.message, sooner.message) != 0);
}

static void a_scenario_that_is_idle_by_purpose_is_left_alone(void)
{
    sim_result result = run_asker(&unanswered, SIM_FOREVER, NULL);
    EXPECT_EQ_STR(sim_outcome_word(result.outcome), "overtime");
    EXPECT_TRUE(result.identity != run_asker(&unanswered, 0, NULL).identity);
}

static void an_answer_now_and_then_is_progress(void)
{
    asker slow = unanswered;
    slow.answer_every = 590;
    slow.enough = 5;
    EXPECT_EQ_STR(sim_outcome_word(run_asker(&slow, 0, NULL).outcome), "passed");
    slow.answer_every = 1200;
    EXPECT_EQ_STR(sim_outcome_word(run_asker(&slow, 0, NULL).outcome), "livelock");
}

/* A heartbeat goes on, but what was to be done is done. */
static void a_scenario_that_is_done_may_go_on_without_end(void)
{
    asker done = unanswered;
    done.answer_every = 1;
    done.enough = 3;
    done.goes_on = true;
    EXPECT_EQ_STR(sim_outcome_word(run_asker(&done, 0, NULL).outcome), "passed");
    done.answer_every = 0;
    done.enough = 0;
    EXPECT_EQ_STR(sim_outcome_word(run_asker(&done, 0, NULL).outcome), "passed");
}

/* Few events a time are waiting, not a storm. */
static void long_waits_are_no_livelock(void)
{
    asker patient = unanswered;
    patient.period_ns = (uint64_t)SIM_S(900);
    patient.answer_every = 3;
    EXPECT_EQ_STR(sim_outcome_word(run_asker(&patient, 0, NULL).outcome), "passed");
}

static void looking_for_progress_changes_no_run(void)
{
    static const char *const strategies[] = {NULL, "natural", "random", "pos"};
    asker busy = unanswered;
    busy.answer_every = 3;
    busy.enough = 3000;
    busy.period_ns = (uint64_t)SIM_MS(300);
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        sim_result with = run_asker(&busy, 0, strategies[i]),
                   without = run_asker(&busy, SIM_FOREVER, strategies[i]);
        EXPECT_EQ_STR(sim_outcome_word(with.outcome), "passed");
        EXPECT_TRUE(with.events > 20000);
        EXPECT_EQ_INT(with.events, without.events);
        EXPECT_EQ_MEM(with.fingerprint, without.fingerprint, sizeof with.fingerprint);
    }
}

/* ---- a deaf server ---- */

typedef struct deaf {
    CAsyncSocket listener, session, client;
    cas_allocator *memory; /* of the world */
    unsigned received;
    bool closes, reads;  /* the server */
    unsigned kept_bytes; /* that it allocates, and does not free */
    bool is_easy;        /* the scenario is done in any case */
} deaf;

static void session_on_receive(CAsyncSocket *socket, int error)
{
    deaf *d = cas_thread_context(cas_thread_current());
    char bytes[16];
    (void)error;
    if (d->received == 0 || d->reads)
        d->received += CAsyncSocket_Receive(socket, bytes, 2, 0) == 2 ? 2 : 0;
    if (d->closes && d->received == 4) {
        CAsyncSocket_Close(&d->session);
        CAsyncSocket_Close(&d->listener);
    }
}

static void listener_on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = session_on_receive};
    deaf *d = cas_thread_context(cas_thread_current());
    (void)error;
    CAsyncSocket_Construct(&d->session, &vtbl);
    CAsyncSocket_Accept(listener, &d->session, NULL, NULL);
    CAsyncSocket_AsyncSelect(&d->session, FD_READ);
}

static void deaf_client_on_connect(CAsyncSocket *socket, int error)
{
    deaf *d = cas_thread_context(cas_thread_current());
    (void)error;
    CAsyncSocket_Send(socket, "abcd", 4, 0);
    if (d->closes)
        CAsyncSocket_Close(socket);
}

static void start_deaf_server(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = listener_on_accept};
    deaf *d = argument;
    CAsyncSocket_Construct(&d->listener, &vtbl);
    CAsyncSocket_Create(&d->listener, 80, SOCK_STREAM, FD_ACCEPT, NULL);
    CAsyncSocket_Listen(&d->listener, 5);
    void *given_back = cas_alloc(d->memory, 100);
    if (d->kept_bytes > 0)
        EXPECT_TRUE(cas_alloc(d->memory, d->kept_bytes) != NULL);
    cas_free(d->memory, given_back, 100);
}

static void start_deaf_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = deaf_client_on_connect};
    deaf *d = argument;
    CAsyncSocket_Construct(&d->client, &vtbl);
    CAsyncSocket_Create(&d->client, 0, SOCK_STREAM, FD_CONNECT, NULL);
    CAsyncSocket_Connect(&d->client, "10.0.0.2", 80);
}

static void build_deaf(sim_world *world, void *state)
{
    sim_link *link;
    ((deaf *)state)->memory = sim_world_allocator(world);
    sim_link_create(world, "lan", &(sim_link_options){.latency_ns = SIM_MS(1)}, &link);
    join(world, "client", "10.0.0.1/24", link, start_deaf_client, state);
    join(world, "server", "10.0.0.2/24", link, start_deaf_server, state);
}

static bool deaf_is_done(sim_world *world, void *state)
{
    const deaf *d = state;
    (void)world;
    return d->is_easy || d->received == 4;
}

static sim_scenario deaf_scenario(const deaf *initial)
{
    return (sim_scenario){.name = "deaf",
                          .state_size = sizeof *initial,
                          .initial = initial,
                          .build = build_deaf,
                          .is_done = deaf_is_done};
}

static sim_result run_deaf(const sim_scenario *scenario, bool with_order, sim_lint *lint)
{
    sim_order *order = NULL;
    sim_result result;
    if (with_order)
        EXPECT_CODE_FATAL(sim_order_create(&(sim_order_options){.mode = SIM_WINDOWED}, &order), 0);
    EXPECT_CODE_FATAL(
        sim_scenario_run(scenario, &(sim_run_options){.seed = 1, .order = order, .lint = lint}, &result), 0);
    sim_order_destroy(order);
    return result;
}

static void expect_words(const sim_result *result, const char *outcome, const char *const words[])
{
    const char *at = result->message;
    EXPECT_EQ_STR(sim_outcome_word(result->outcome), outcome);
    for (size_t i = 0; words[i] != NULL && at != NULL; i++) {
        at = strstr(at, words[i]);
        if (at == NULL)
            EXPECT_EQ_STR(result->message, words[i]);
    }
}

/* ---- stalls ---- */

static void a_stall_says_who_waits_for_what(void)
{
    static const char *const words[] = {"nothing is left to happen, and the scenario is not done: ",
                                        "server/conn#1: OnReceive cannot come: nothing re-armed it after "
                                        "OnReceive#2 at ",
                                        " ns, while 2 bytes wait; Receive or AsyncSelect would have", NULL};
    deaf initial = {0};
    sim_scenario scenario = deaf_scenario(&initial);
    sim_lint *lint;
    EXPECT_CODE_FATAL(sim_lint_create(NULL, &lint), 0);
    sim_result bare = run_deaf(&scenario, false, NULL), ordered = run_deaf(&scenario, true, NULL),
               linted = run_deaf(&scenario, false, lint);
    expect_words(&ordered, "stalled", words);
    expect_words(&linted, "stalled", words);
    expect_words(&bare, "stalled",
                 (const char *const[]){"server/conn#1: ", "after the last OnReceive", NULL});
    EXPECT_TRUE(bare.identity == ordered.identity && bare.identity == linted.identity);
    sim_lint_destroy(lint);
}

/* ---- what is left behind ---- */

static void nothing_is_forbidden_unless_it_is_said(void)
{
    deaf initial = {.is_easy = true, .kept_bytes = 5};
    sim_scenario scenario = deaf_scenario(&initial);
    EXPECT_EQ_STR(sim_outcome_word(run_deaf(&scenario, false, NULL).outcome), "passed");
}

static void what_is_left_behind_is_named(void)
{
    static const struct {
        unsigned forbids;
        const char *words[4];
    } rows[] = {{SIM_FORBID_OPEN, {"server/listen:80 was left open; ", "server/conn#1 was left open"}},
                {SIM_FORBID_UNREAD, {"server/conn#1: 2 bytes are left unread"}},
                {SIM_FORBID_MEMORY, {"5 bytes of the world's allocator were not freed"}},
                {SIM_FORBID_UNREAD | SIM_FORBID_MEMORY, {"2 bytes are left unread; ", "5 bytes of the"}}};
    deaf initial = {.is_easy = true, .kept_bytes = 5};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sim_scenario scenario = deaf_scenario(&initial);
        scenario.forbids = rows[i].forbids;
        sim_result result = run_deaf(&scenario, false, NULL);
        expect_words(&result, "leftover", rows[i].words);
        /* Another number of bytes is the same failure; another kind is not. */
        deaf more = initial;
        more.kept_bytes = 7;
        scenario.initial = &more;
        EXPECT_TRUE(run_deaf(&scenario, true, NULL).identity == result.identity);
        scenario.forbids = SIM_FORBID_OPEN | SIM_FORBID_UNREAD | SIM_FORBID_MEMORY;
        EXPECT_TRUE(run_deaf(&scenario, true, NULL).identity != result.identity);
    }
}

static void who_leaves_nothing_behind_passes(void)
{
    deaf initial = {.closes = true, .reads = true};
    sim_scenario scenario = deaf_scenario(&initial);
    scenario.forbids = SIM_FORBID_OPEN | SIM_FORBID_UNREAD | SIM_FORBID_UNSENT | SIM_FORBID_MEMORY;
    sim_result result = run_deaf(&scenario, false, NULL);
    EXPECT_EQ_STR(result.message, "");
    EXPECT_EQ_STR(sim_outcome_word(result.outcome), "passed");
}

/* ---- the linter ---- */

static void a_finding_is_a_failure_where_it_is_said_to_be(void)
{
    static const sim_silence silences[] = {{"deaf-latch", "server/", "it has heard enough"}, {0}};
    deaf initial = {.is_easy = true};
    sim_scenario scenario = deaf_scenario(&initial);
    EXPECT_EQ_STR(sim_outcome_word(run_deaf(&scenario, true, NULL).outcome), "passed");
    scenario.lint_fails = SIM_LINT_BIT(SIM_LINT_DEAF);
    sim_result result = run_deaf(&scenario, true, NULL);
    expect_words(&result, "failed", (const char *const[]){"deaf-latch at server/conn#1: ", NULL});
    scenario.lint_fails = SIM_LINT_ALL & ~SIM_LINT_BIT(SIM_LINT_DEAF);
    EXPECT_TRUE(run_deaf(&scenario, true, NULL).identity != result.identity);
    scenario.lint_fails = SIM_LINT_BIT(SIM_LINT_DEAF);
    scenario.silences = silences;
    EXPECT_EQ_STR(sim_outcome_word(run_deaf(&scenario, true, NULL).outcome), "passed");
}

/* A linter that goes through many runs tells a finding once, and blames each run that shows it. */
static void a_search_tells_findings_and_how_often(void)
{
    deaf initial = {.is_easy = true};
    sim_scenario scenario = deaf_scenario(&initial);
    sim_lint *lint;
    sim_explore_result result;
    EXPECT_CODE_FATAL(sim_lint_create(NULL, &lint), 0);
    sim_explore_options options = {.strategy = "random", .runs_max = 50, .lint = lint};
    EXPECT_CODE_FATAL(sim_explore(&scenario, &options, &result), 0);
    EXPECT_EQ_INT(result.failed_runs, 0);
    EXPECT_TRUE(strstr(result.statement, "the linter found deaf-latch (BUG-") != NULL);
    EXPECT_TRUE(strstr(result.statement, ") at server/conn#1 in 50 runs") != NULL);
    EXPECT_EQ_INT(sim_lint_runs(lint), 50);
    sim_explore_result_fini(&result);
    options.lint_fails = SIM_LINT_BIT(SIM_LINT_DEAF);
    options.goes_on = true;
    EXPECT_CODE_FATAL(sim_explore(&scenario, &options, &result), 0);
    EXPECT_EQ_INT(result.failed_runs, 50);
    EXPECT_EQ_INT(result.failure_count, 1);
    sim_explore_result_fini(&result);
    sim_lint_destroy(lint);
}

/* ---- memory without end ---- */

static void take(cas_timer *timer, void *context)
{
    deaf *d = context;
    if (cas_alloc(d->memory, 1 << 20) != NULL)
        d->received++;
    cas_timer_start(timer, (uint64_t)SIM_MS(1));
}

typedef struct greedy {
    deaf deaf;
    cas_timer timer;
} greedy;

static void start_greedy(void *argument)
{
    greedy *g = argument;
    g->timer = (cas_timer){.on_timer = take, .context = &g->deaf};
    cas_timer_start(&g->timer, 1);
}

static void build_greedy(sim_world *world, void *state)
{
    sim_host *host;
    ((greedy *)state)->deaf.memory = sim_world_allocator(world);
    if (sim_host_create(world, "host", &host) != 0 || sim_host_run(host, 0, start_greedy, state) != 0)
        sim_world_fail(world, "the world cannot be built");
}

static void memory_without_end_is_a_failure(void)
{
    sim_scenario scenario = {.name = "greedy",
                             .state_size = sizeof(greedy),
                             .build = build_greedy,
                             .memory_max = 20 << 20,
                             .until_ns = (uint64_t)SIM_S(1)};
    sim_result result;
    EXPECT_CODE_FATAL(sim_scenario_run(&scenario, NULL, &result), 0);
    expect_words(&result, "exhausted", (const char *const[]){"all of the 20971520 bytes", NULL});
    uint64_t identity = result.identity;
    scenario.memory_max = 30 << 20;
    EXPECT_CODE_FATAL(sim_scenario_run(&scenario, NULL, &result), 0);
    EXPECT_TRUE(result.outcome == SIM_EXHAUSTED && result.identity == identity);
}

const test_case test_verdict[] = {TEST(retries_without_an_answer_are_a_livelock),
                                  TEST(a_scenario_that_is_idle_by_purpose_is_left_alone),
                                  TEST(an_answer_now_and_then_is_progress),
                                  TEST(a_scenario_that_is_done_may_go_on_without_end),
                                  TEST(long_waits_are_no_livelock),
                                  TEST(looking_for_progress_changes_no_run),
                                  TEST(a_stall_says_who_waits_for_what),
                                  TEST(nothing_is_forbidden_unless_it_is_said),
                                  TEST(what_is_left_behind_is_named),
                                  TEST(who_leaves_nothing_behind_passes),
                                  TEST(a_finding_is_a_failure_where_it_is_said_to_be),
                                  TEST(a_search_tells_findings_and_how_often),
                                  TEST(memory_without_end_is_a_failure),
                                  TEST_END};
