/* SPDX-License-Identifier: MIT
 *
 * Whole programs under faults: a correct one completes whatever happens, a wrong one is found, and equal
 * seeds give equal faults.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fault_echo.h"
#include "tests/test_list.h"

enum { TOTAL = 100000, SEEDS = 40 };

typedef struct fault_pair {
    sim_fault *a, *b;
} fault_pair;

/* Every chance at once, 10 to 20 percent. */
static sim_fault_options everything(uint64_t seed)
{
    int64_t ppm = SIM_PERCENT(10 + (int64_t)(seed % 11));
    return (sim_fault_options){.seed = seed,
                               .memory = &fixture_memory()->base,
                               .short_receive_ppm = ppm,
                               .short_send_ppm = ppm,
                               .receive_would_block_ppm = ppm,
                               .send_would_block_ppm = ppm,
                               .accept_would_block_ppm = ppm,
                               .surplus_read_ppm = ppm,
                               .late_ppm = ppm,
                               .late_ns_max = SIM_US(200)};
}

static fault_pair install(arena *a, const sim_fault_options *options)
{
    sim_fault_options client = *options, server = *options;
    fault_pair p = {NULL, NULL};
    client.name = "client";
    server.name = "server";
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_A), &client, &p.a, NULL), 0);
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), &server, &p.b, NULL), 0);
    return p;
}

static void uninstall(fault_pair p)
{
    EXPECT_CODE(sim_fault_remove(p.a), 0);
    EXPECT_CODE(sim_fault_remove(p.b), 0);
}

static void expect_complete(const echo_run *run, uint64_t seed)
{
    expect_report(EXPECT_SITE(false), echo_is_complete(run),
                  "seed %d: %d of %d bytes sent, %d returned, %d wrong, error %d, client %s, server %s",
                  (int)seed, (int)run->sent, (int)run->total, (int)run->returned, (int)run->wrong, run->error,
                  run->client.done ? "done" : "waits", run->server.done ? "done" : "waits");
}

/* Seed n of a test, on a backend; a world gets it as its own. */
static arena *open_seeded(arena_backend backend, const cas_profile *profile, uint64_t n, uint64_t *seed)
{
    uint64_t before = fixture_seed();
    *seed = before * 1000 + n;
    fixture_set_seed(*seed);
    arena *a = arena_open(backend, profile);
    fixture_set_seed(before);
    return a;
}

static void add_counters(sim_fault_counters *sum, const sim_fault *fault)
{
    sim_fault_counters c;
    sim_fault_counters_read(fault, &c);
    sum->short_receives += c.short_receives;
    sum->short_sends += c.short_sends;
    sum->receive_would_blocks += c.receive_would_blocks;
    sum->send_would_blocks += c.send_would_blocks;
    sum->late += c.late;
    EXPECT_EQ_INT(c.unrecorded, 0);
}

static void echo_of_seed(arena_backend backend, const cas_profile *profile, uint64_t n,
                         sim_fault_counters *sum)
{
    static echo_run run;
    uint64_t seed;
    arena *a = open_seeded(backend, profile, n, &seed);
    sim_fault_options options = everything(seed);
    fault_pair p = install(a, &options);
    echo_run_over(&run, a, TOTAL, (echo_program){.patient = n % 2 != 0});
    expect_complete(&run, seed);
    add_counters(sum, p.a);
    add_counters(sum, p.b);
    uninstall(p);
    arena_close(a);
}

/* Without a pre-check, so that surplus notifications come too. */
static void echo_under_all_faults_returns_every_byte(arena *a)
{
    static const cas_profile profiles[] = {{.precheck = CAS_PRECHECK_NONE},
                                           {.precheck = CAS_PRECHECK_READABLE},
                                           {.precheck = CAS_PRECHECK_COUNT},
                                           {.close_after_drain = true, .sends_whole = true}};
    arena_backend backend = arena_backend_of(a);
    sim_fault_counters sum = {.late = 0};
    for (uint64_t n = 0; n < SEEDS; n++)
        echo_of_seed(backend, &profiles[n % (sizeof profiles / sizeof profiles[0])], n, &sum);
    EXPECT_TRUE(sum.short_receives > 0 && sum.short_sends > 0);
    EXPECT_TRUE(sum.receive_would_blocks > 0 && sum.send_would_blocks > 0 && sum.late > 0);
}

/* The basic rule of every receive scenario: whatever a call leaves is announced again. */
static void echo_with_every_receive_shortened_returns_every_byte(arena *a)
{
    static echo_run run;
    sim_fault_options options = {
        .seed = fixture_seed(), .memory = &fixture_memory()->base, .short_receive_ppm = SIM_PERCENT(100)};
    fault_pair p = install(a, &options);
    echo_run_over(&run, a, TOTAL, (echo_program){.patient = true});
    expect_complete(&run, fixture_seed());
    sim_fault_counters c;
    sim_fault_counters_read(p.b, &c);
    EXPECT_TRUE(c.short_receives > 0);
    uninstall(p);
}

/* ---- wrong programs ---- */

static bool is_found(arena_backend backend, uint64_t n, int64_t ppm)
{
    static echo_run run;
    uint64_t seed;
    arena *a = open_seeded(backend, NULL, n, &seed);
    sim_fault_options options = {
        .seed = seed, .memory = &fixture_memory()->base, .receive_would_block_ppm = ppm};
    fault_pair p = install(a, &options);
    echo_run_over(&run, a, 20000, (echo_program){.patient = true, .fatal_would_block = true});
    expect_report(EXPECT_SITE(false), run.error == WSAEWOULDBLOCK || echo_is_complete(&run),
                  "seed %d: ends with error %d, neither complete nor with WSAEWOULDBLOCK", (int)seed,
                  run.error);
    uninstall(p);
    arena_close(a);
    return run.error == WSAEWOULDBLOCK;
}

/* Never without faults: there its mistake is hidden by the pre-check. */
static void fatal_would_block_in_on_receive_is_found_within_few_seeds(arena *a)
{
    arena_backend backend = arena_backend_of(a);
    uint64_t n = 0;
    EXPECT_FALSE(is_found(backend, 0, 0));
    while (n < 10 && !is_found(backend, n, SIM_PERCENT(20)))
        n++;
    expect_report(EXPECT_SITE(false), n < 10, "10 seeds do not find the planted bug");
}

/* ---- determinism ---- */

static bool is_same_choice(sim_choice x, sim_choice y)
{
    return strcmp(x.label, y.label) == 0 && x.ordinal == y.ordinal && x.bound == y.bound &&
           x.value == y.value;
}

/* Steps that real sockets repeat exactly: each waits until the one before has arrived. */
static void step_by_step(arena *a)
{
    recorder client, server;
    char bytes[64];
    arena_connect(a, &client, &server);
    for (int i = 0; i < 40; i++) {
        arena_enter(a, ARENA_A);
        CAsyncSocket_Send(&client.socket, "0123456789abcdefghij", 20, 0);
        arena_settle(a);
        arena_enter(a, ARENA_B);
        CAsyncSocket_Receive(&server.socket, bytes, sizeof bytes, 0);
    }
    CAsyncSocket_Destruct(&server.socket);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&client.socket);
}

/* arena_connect takes no for no answer. */
static sim_fault_options without_would_block_on_accept(uint64_t seed)
{
    sim_fault_options options = everything(seed);
    options.accept_would_block_ppm = 0;
    options.late_ns_max = 0;
    return options;
}

static void expect_same_list(const sim_fault *x, const sim_fault *y)
{
    EXPECT_TRUE(sim_fault_choice_count(x) > 0);
    EXPECT_EQ_INT(sim_fault_choice_count(x), sim_fault_choice_count(y));
    for (size_t i = 0; i < sim_fault_choice_count(x); i++) {
        sim_choice one = sim_fault_choice(x, i), other = sim_fault_choice(y, i);
        expect_report(EXPECT_SITE(false), is_same_choice(one, other), "choice %d is '%s' #%d, then '%s' #%d",
                      (int)i, one.label, (int)one.ordinal, other.label, (int)other.ordinal);
    }
    EXPECT_EQ_STR(sim_fault_choice(x, sim_fault_choice_count(x)).label, "");
}

static void equal_seeds_give_equal_lists_of_faults(arena *a)
{
    arena *second = arena_open(arena_backend_of(a), NULL);
    sim_fault_options options = without_would_block_on_accept(77);
    fault_pair one = install(a, &options), other = install(second, &options);
    step_by_step(a);
    step_by_step(second);
    expect_same_list(one.a, other.a);
    expect_same_list(one.b, other.b);
    uninstall(one);
    uninstall(other);
    arena_close(second);
}

static void other_seed_gives_another_list_of_faults(arena *a)
{
    arena *second;
    uint64_t seed;
    sim_fault_options options = without_would_block_on_accept(77);
    fault_pair one = install(a, &options);
    step_by_step(a);
    second = open_seeded(arena_backend_of(a), NULL, 78, &seed);
    options.seed = 78;
    fault_pair other = install(second, &options);
    step_by_step(second);
    bool same = sim_fault_choice_count(one.b) == sim_fault_choice_count(other.b);
    for (size_t i = 0; same && i < sim_fault_choice_count(one.b); i++)
        same = is_same_choice(sim_fault_choice(one.b, i), sim_fault_choice(other.b, i));
    EXPECT_FALSE(same);
    uninstall(one);
    uninstall(other);
    arena_close(second);
}

static void fingerprint_of_echo(const sim_fault_options *options, char text[33])
{
    static echo_run run;
    arena *a = arena_open(ARENA_SIM, NULL);
    fault_pair p = {NULL, NULL};
    if (options != NULL)
        p = install(a, options);
    echo_run_over(&run, a, TOTAL, (echo_program){.patient = true});
    sim_world_fingerprint_text(arena_world(a), text);
    if (options != NULL)
        uninstall(p);
    arena_close(a);
}

static void fingerprints_of_equal_seeds_are_equal(void)
{
    char first[33], second[33], quiet[33], none[33];
    sim_fault_options options = everything(5), nothing = {0};
    fingerprint_of_echo(&options, first);
    fingerprint_of_echo(&options, second);
    fingerprint_of_echo(&nothing, quiet);
    fingerprint_of_echo(NULL, none);
    EXPECT_EQ_STR(first, second);
    EXPECT_EQ_STR(quiet, none);
    EXPECT_TRUE(strcmp(first, none) != 0);
}

static void late_datagram_socket(cas_thread *thread, const sim_fault_options *options, recorder *r)
{
    sim_fault *fault = NULL;
    EXPECT_CODE_FATAL(sim_fault_install(thread, options, &fault, NULL), 0);
    cas_thread_enter(thread);
    recorder_construct(r);
    EXPECT_OK(CAsyncSocket_Create(&r->socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
}

/* A second wrapper on the same host has labels of its own.  The world takes them away when it goes. */
static void choices_of_a_world_name_host_and_wrapper(void)
{
    world_pair pair = fixture_world_pair(NULL);
    sim_fault_options options = {.late_ppm = SIM_PERCENT(100)};
    recorder on_main, on_second;
    cas_thread *second = NULL;
    EXPECT_CODE_FATAL(sim_host_add_thread(pair.b, &second), 0);
    late_datagram_socket(sim_host_thread(pair.b), &options, &on_main);
    late_datagram_socket(second, &options, &on_second);
    EXPECT_TRUE(sim_host_of(second) == pair.b);
    EXPECT_EQ_INT(sim_world_choice_count(pair.world), 2);
    EXPECT_EQ_STR(sim_world_choice(pair.world, 0).label, "fault b notification late");
    EXPECT_EQ_STR(sim_world_choice(pair.world, 1).label, "fault b#2 notification late");
}

const test_case test_fault_echo[] = {
    TEST_EVERYWHERE(echo_under_all_faults_returns_every_byte),
    TEST_EVERYWHERE(echo_with_every_receive_shortened_returns_every_byte),
    TEST_EVERYWHERE(fatal_would_block_in_on_receive_is_found_within_few_seeds),
    TEST_EVERYWHERE(equal_seeds_give_equal_lists_of_faults),
    TEST_EVERYWHERE(other_seed_gives_another_list_of_faults),
    TEST(fingerprints_of_equal_seeds_are_equal),
    TEST(choices_of_a_world_name_host_and_wrapper),
    TEST_END};
