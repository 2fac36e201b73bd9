/* SPDX-License-Identifier: MIT
 *
 * Worlds: the same run twice is the same, time and events have limits, and memory may run out anywhere.
 */
#include <string.h>

#include "castanet/sim_observer.h"
#include "simnet/world/event_queue.h"
#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

#define S UINT64_C(1000000000)

/* ---- a small world with some of everything ---- */

typedef struct chat {
    CAsyncSocket listener, accepted, client;
    int echoed;
} chat;

static chat *current_chat(void) { return cas_thread_context(cas_thread_current()); }

static void echo_back(CAsyncSocket *self, int error)
{
    char buf[256];
    int n = CAsyncSocket_Receive(self, buf, sizeof buf, 0);
    (void)error;
    if (n > 0)
        CAsyncSocket_Send(self, buf, n, 0);
}

static void close_self(CAsyncSocket *self, int error)
{
    (void)error;
    CAsyncSocket_Close(self);
}

static void take_client(CAsyncSocket *self, int error)
{
    static const CAsyncSocketVtbl echo = {.OnReceive = echo_back, .OnClose = close_self};
    chat *c = current_chat();
    (void)error;
    CAsyncSocket_Construct(&c->accepted, &echo);
    CAsyncSocket_Accept(self, &c->accepted, NULL, NULL);
}

static void say_hello(CAsyncSocket *self, int error)
{
    if (error == 0)
        CAsyncSocket_Send(self, "hello", 5, 0);
}

static void hear_echo(CAsyncSocket *self, int error)
{
    char buf[256];
    (void)error;
    int n = CAsyncSocket_Receive(self, buf, sizeof buf, 0);
    current_chat()->echoed += n > 0 ? n : 0;
    CAsyncSocket_Close(self);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl listening = {.OnAccept = take_client};
    chat *c = argument;
    CAsyncSocket_Construct(&c->listener, &listening);
    CAsyncSocket_Create(&c->listener, 80, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(&c->listener, 5);
}

static void call(void *argument)
{
    static const CAsyncSocketVtbl calling = {.OnConnect = say_hello, .OnReceive = hear_echo};
    chat *c = argument;
    CAsyncSocket_Construct(&c->client, &calling);
    CAsyncSocket_Create(&c->client, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Connect(&c->client, "server", 80);
}

static int build_chat(sim_world *world, chat *c, bool with_stranger)
{
    static const sim_link_options options = {
        .latency_ns = SIM_MS(5), .jitter_ns = SIM_MS(3), .loss_ppm = 100000};
    sim_host *server, *client, *stranger;
    sim_link *link;
    int error = 0;
    if (with_stranger)
        error = sim_host_create(world, "stranger", &stranger);
    if (error == 0)
        error = sim_host_create(world, "server", &server);
    if (error == 0)
        error = sim_host_create(world, "client", &client);
    if (error == 0)
        error = sim_link_create(world, "lan", &options, &link);
    if (error == 0)
        error = sim_host_attach(server, link, "10.0.0.1/24");
    if (error == 0)
        error = sim_host_attach(client, link, "10.0.0.2/24");
    if (error != 0)
        return error;
    cas_thread *threads[] = {sim_host_thread(server), sim_host_thread(client)};
    for (unsigned i = 0; i < 2; i++) {
        if (threads[i] == NULL)
            return WSAENOBUFS;
        cas_thread_set_context(threads[i], c);
    }
    error = sim_host_run(server, 0, serve, c);
    return error == 0 ? sim_host_run(client, 1000, call, c) : error;
}

static void fingerprint_of(uint64_t seed, char text[33])
{
    chat c = {0};
    sim_world *world;
    sim_world_options options = {.seed = seed, .memory = &fixture_memory()->base};
    EXPECT_CODE_FATAL(sim_world_create(&options, &world), 0);
    EXPECT_CODE(build_chat(world, &c, false), 0);
    EXPECT_EQ_INT(sim_world_run(world, SIM_FOREVER), SIM_STOP_IDLE);
    EXPECT_EQ_INT(c.echoed, 5);
    sim_world_fingerprint_text(world, text);
    sim_world_destroy(world);
}

static void same_seed_gives_the_same_fingerprint(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        char first[33], second[33], other[33];
        fingerprint_of(seed, first);
        fingerprint_of(seed, second);
        fingerprint_of(seed + 100, other);
        EXPECT_EQ_STR(second, first);
        EXPECT_TRUE(strcmp(other, first) != 0);
    }
}

/* Streams and ties are keyed by names and by hosts' own counters. */
static void another_host_moves_nobody_elses_numbers(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t ended[2];
        for (unsigned i = 0; i < 2; i++) {
            chat c = {0};
            sim_world *world;
            sim_world_options options = {.seed = seed, .memory = &fixture_memory()->base};
            EXPECT_CODE_FATAL(sim_world_create(&options, &world), 0);
            EXPECT_CODE(build_chat(world, &c, i == 1), 0);
            sim_world_run(world, SIM_FOREVER);
            ended[i] = sim_world_now(world);
            sim_world_destroy(world);
        }
        EXPECT_EQ_INT(ended[1], ended[0]);
    }
}

static void two_worlds_side_by_side_do_not_touch(void)
{
    chat c[2] = {{.echoed = 0}};
    sim_world *world[2];
    char alone[33], together[33];
    fingerprint_of(7, alone);
    sim_world_options options = {.seed = 7, .memory = &fixture_memory()->base};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_CODE_FATAL(sim_world_create(&options, &world[i]), 0);
        EXPECT_CODE(build_chat(world[i], &c[i], false), 0);
    }
    bool busy = true;
    while (busy) {
        busy = false;
        for (unsigned i = 0; i < 2; i++)
            busy = sim_world_step(world[i]) == SIM_STOP_TIME || busy;
    }
    for (unsigned i = 0; i < 2; i++) {
        sim_world_fingerprint_text(world[i], together);
        EXPECT_EQ_STR(together, alone);
        sim_world_destroy(world[i]);
    }
}

/* ---- limits ---- */

static void events_end_at_their_limit(void)
{
    chat c = {0};
    sim_world *world;
    sim_world_options options = {.seed = 1, .memory = &fixture_memory()->base, .events_max = 5};
    EXPECT_CODE_FATAL(sim_world_create(&options, &world), 0);
    EXPECT_CODE(build_chat(world, &c, false), 0);
    EXPECT_EQ_INT(sim_world_run(world, SIM_FOREVER), SIM_STOP_EVENTS);
    EXPECT_EQ_INT(sim_world_event_count(world), 5);
    sim_world_destroy(world);
}

static void time_stands_where_the_run_was_told_to_stop(void)
{
    world_pair pair = fixture_world_pair(NULL);
    EXPECT_EQ_INT(sim_world_run(pair.world, 5 * S), SIM_STOP_IDLE);
    EXPECT_EQ_INT(sim_world_now(pair.world), 5 * S);
}

static void first_failure_stays(void)
{
    world_pair pair = fixture_world_pair(NULL);
    EXPECT_TRUE(sim_world_failure(pair.world) == NULL);
    sim_world_fail(pair.world, "got %d of %d", 3, 7);
    sim_world_fail(pair.world, "and this too");
    EXPECT_EQ_STR(sim_world_failure(pair.world), "got 3 of 7");
}

static void own_choices_are_recorded_when_not_the_default(void)
{
    world_pair pair = fixture_world_pair(NULL);
    unsigned counted = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint32_t value = sim_world_choose(pair.world, "coin", 2);
        EXPECT_TRUE(value < 2);
        counted += value;
    }
    EXPECT_TRUE(counted > 20 && counted < 80);
    EXPECT_EQ_INT(sim_world_choice_count(pair.world), counted);
    EXPECT_EQ_STR(sim_world_choice(pair.world, 0).label, "user coin");
}

static void names_without_sense_are_refused(void)
{
    world_pair pair = fixture_world_pair(NULL);
    static const char *const names[] = {"", "two words", "a/b", "a",
                                        "0123456789012345678901234567890123456789012345678901234567890123"};
    sim_host *host = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int code = sim_host_create(pair.world, names[i], &host);
        expect_report(EXPECT_SITE(false), code == WSAEINVAL || code == WSAEADDRINUSE, "'%s': got %d",
                      names[i], code);
    }
    EXPECT_CODE(sim_host_create(pair.world, NULL, &host), WSAEINVAL);
    EXPECT_CODE(sim_host_add_route(pair.a, "10.0.0.0/40", "10.0.0.2"), WSAEINVAL);
    EXPECT_CODE(sim_host_add_route(pair.a, "::/0", "10.0.0.2"), WSAEINVAL);
}

/* ---- memory ---- */

/* Sees whether any call of a program was told of the refusal. */
typedef struct refusal_watch {
    sim_observer observer;
    bool told;
} refusal_watch;

static void watch_step(sim_observer *observer, const sim_world *world, const cas_observation *what)
{
    (void)world;
    if (what->step == CAS_STEP_CALL && what->error == WSAENOBUFS)
        ((refusal_watch *)observer)->told = true;
}

/* One chat; true if it came to its end, or if somebody said why not. */
static bool ends_or_says_why(chat *c)
{
    sim_world *world = NULL;
    refusal_watch watch = {.observer = {.on_step = watch_step}};
    sim_world_options options = {.seed = 3, .memory = &fixture_memory()->base};
    int error = sim_world_create(&options, &world);
    if (error != 0)
        return error == WSAENOBUFS;
    sim_world_add_observer(world, &watch.observer);
    error = build_chat(world, c, false);
    sim_stop stop = error == 0 ? sim_world_run(world, SIM_FOREVER) : SIM_STOP_NO_MEMORY;
    sim_world_destroy(world);
    return c->echoed == 5 || error == WSAENOBUFS || stop == SIM_STOP_NO_MEMORY || watch.told;
}

/* Refuses the 1st, 2nd, 3rd ... allocation until a run needs no more: no crash, no leak, and what kept a run
 * from its end was said by a call or by the world. */
static void refused_memory_is_reported_wherever_it_happens(void)
{
    cas_counting_allocator *memory = fixture_memory();
    chat c = {0};
    for (uint64_t n = 1; n < 1000; n++) {
        c = (chat){0};
        memory->calls = 0;
        memory->refuse_at = n;
        memory->refused = 0;
        bool good = ends_or_says_why(&c);
        memory->refuse_at = 0;
        expect_report(EXPECT_SITE(false), good,
                      "request %d refused: the chat stood still, and nobody said why", (int)n);
        EXPECT_EQ_INT(memory->blocks_live, 0);
        if (memory->refused == 0)
            break;
    }
    EXPECT_EQ_INT(memory->refused, 0);
    EXPECT_EQ_INT(c.echoed, 5);
}

/* ---- waiting inside ---- */

typedef struct waiter {
    recorder socket;
    int callbacks;
    uint64_t woke_ns;
} waiter;

static void wait_in_program(void *argument)
{
    waiter *w = argument;
    recorder_construct(&w->socket);
    CAsyncSocket_Create(&w->socket.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Connect(&w->socket.socket, "10.0.0.2", 81);
    w->callbacks = cas_pump_run(1000);
    w->woke_ns = cas_now_ns();
}

static void pump_inside_a_program_runs_the_world(void)
{
    world_pair pair = fixture_world_pair(NULL);
    waiter w = {.callbacks = 0};
    EXPECT_CODE(sim_host_run(pair.a, 0, wait_in_program, &w), 0);
    sim_world_run(pair.world, SIM_FOREVER);
    EXPECT_EQ_INT(w.callbacks, 1);
    EXPECT_EQ_INT(recorder_error(&w.socket, FD_CONNECT), WSAECONNREFUSED);
    EXPECT_EQ_INT(w.woke_ns, 2000000);
}

/* ---- parts ---- */

static void no_event(struct sim_world *world, simp_event *event)
{
    (void)world;
    (void)event;
}

/* Against a list that is searched: pushes, moves, cancels and pops in a random order. */
static void event_queue_agrees_with_a_plain_list(void)
{
    enum { COUNT = 200 };
    static simp_event events[COUNT];
    static uint64_t at[COUNT], tie[COUNT];
    simp_arena memory;
    simp_event_queue queue = {0};
    simp_stream random;
    simp_arena_init(&memory, &fixture_memory()->base);
    simp_stream_init(&random, fixture_seed(), "event_queue", "events");
    memset(events, 0, sizeof events);
    for (unsigned i = 0; i < COUNT; i++) {
        EXPECT_TRUE(simp_events_reserve(&queue, &memory));
        events[i].run = no_event;
    }
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = (unsigned)simp_stream_below(&random, COUNT);
        uint64_t what = simp_stream_below(&random, 10);
        if (what < 6) {
            tie[i] = step;
            at[i] = simp_stream_below(&random, 50);
            simp_events_schedule(&queue, &events[i], at[i], tie[i]);
        } else if (what < 8) {
            simp_events_cancel(&queue, &events[i]);
        } else {
            unsigned least = COUNT;
            for (unsigned k = 0; k < COUNT; k++) {
                bool before = simp_event_is_queued(&events[k]) &&
                              (least == COUNT || at[k] < at[least] ||
                               (at[k] == at[least] && tie[k] < tie[least]));
                least = before ? k : least;
            }
            simp_event *expected = least == COUNT ? NULL : &events[least];
            EXPECT_TRUE(least == COUNT || at[least] == 0 ||
                        simp_events_pop(&queue, at[least] - 1).event == NULL);
            EXPECT_TRUE(expected == NULL || simp_events_due(&queue, expected) == at[least]);
            EXPECT_TRUE(simp_events_pop(&queue, UINT64_MAX).event == expected);
        }
    }
    simp_arena_fini(&memory);
}

typedef struct queue_watch {
    simp_event_watch base; /* first */
    unsigned gone;
} queue_watch;

static void count_gone(simp_event_watch *watch, simp_event *event)
{
    EXPECT_TRUE(simp_event_is_queued(event));
    ((queue_watch *)watch)->gone++;
}

/* Sorted, what is due first being the last, and each event knows its place. */
static bool is_sorted(const simp_event_queue *queue)
{
    bool sorted = queue->first.event == NULL && !queue->has_hole;
    for (size_t i = 0; i < queue->count; i++) {
        const simp_queued *at = &queue->heap[i], *before = i == 0 ? NULL : at - 1;
        sorted = sorted && at->event->position == i + 1 &&
                 (before == NULL || before->at_ns > at->at_ns ||
                  (before->at_ns == at->at_ns && before->tie > at->tie));
    }
    return sorted;
}

static void event_queue_is_sorted_while_somebody_watches(void)
{
    enum { COUNT = 40 };
    static simp_event events[COUNT];
    queue_watch watch = {.base = {.gone = count_gone}};
    unsigned queued = 0, left = 0;
    simp_arena memory;
    simp_event_queue queue = {0};
    simp_stream random;
    simp_arena_init(&memory, &fixture_memory()->base);
    simp_stream_init(&random, fixture_seed(), "event_queue", "watched");
    memset(events, 0, sizeof events);
    for (unsigned i = 0; i < COUNT; i++)
        EXPECT_TRUE(simp_events_reserve(&queue, &memory));
    simp_events_watch(&queue, &watch.base);
    for (unsigned step = 0; step < 5000; step++) {
        simp_event *event = &events[simp_stream_below(&random, COUNT)];
        bool was_queued = simp_event_is_queued(event), cancels = simp_stream_below(&random, 3) == 0;
        watch.base.mark = step;
        left += was_queued;
        if (cancels)
            simp_events_cancel(&queue, event);
        else
            simp_events_schedule(&queue, event, simp_stream_below(&random, 20), step);
        queued = queued - was_queued + !cancels;
        EXPECT_TRUE(is_sorted(&queue));
        EXPECT_EQ_INT(queue.count, queued);
        EXPECT_EQ_INT(watch.gone, left);
        EXPECT_TRUE(cancels || event->candidate == step);
        EXPECT_TRUE(queued == 0 || simp_events_next_at(&queue) == queue.heap[queued - 1].at_ns);
    }
    simp_arena_fini(&memory);
}

/* Known answers, so that no change of the generator goes unnoticed: SplitMix64 from key 0 (published
 * sequence). */
static void random_stream_gives_the_published_numbers(void)
{
    simp_stream stream = {.key = 0};
    EXPECT_TRUE(simp_stream_next(&stream) == UINT64_C(0xE220A8397B1DCDAF));
    EXPECT_TRUE(simp_stream_next(&stream) == UINT64_C(0x6E789E6AA1B965F4));
    EXPECT_TRUE(simp_stream_next(&stream) == UINT64_C(0x06C45D188009454F));
    EXPECT_TRUE(simp_hash_text(0, "") == UINT64_C(0x2D06800538D394C2)); /* XXH3 of nothing */
}

const test_case test_world[] = {TEST(same_seed_gives_the_same_fingerprint),
                                TEST(another_host_moves_nobody_elses_numbers),
                                TEST(two_worlds_side_by_side_do_not_touch),
                                TEST(events_end_at_their_limit),
                                TEST(time_stands_where_the_run_was_told_to_stop),
                                TEST(first_failure_stays),
                                TEST(own_choices_are_recorded_when_not_the_default),
                                TEST(names_without_sense_are_refused),
                                TEST(refused_memory_is_reported_wherever_it_happens),
                                TEST(pump_inside_a_program_runs_the_world),
                                TEST(event_queue_agrees_with_a_plain_list),
                                TEST(event_queue_is_sorted_while_somebody_watches),
                                TEST(random_stream_gives_the_published_numbers),
                                TEST_END};
