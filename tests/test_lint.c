/* SPDX-License-Identifier: MIT
 *
 * The linter: each rule speaks where a program breaks it, and is silent where one only seems to.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/lint_stage.h"
#include "tests/test_list.h"

/* ---- helpers ---- */

/* The server's callbacks were made, and the linter tells this rule and no other. */
static void tells_only(sim_lint_rule rule, lint_act *act, lint_play *play)
{
    lint_stage stage;
    lint_stage_run(&stage, act, play);
    EXPECT_TRUE(lint_stage_tells(&stage, rule, "b/conn#1"));
    EXPECT_EQ_INT(sim_lint_count(stage.lint), 1);
    lint_stage_end(&stage);
}

static void fail_with_line(void *context, const char *line)
{
    (void)context;
    expect_report(EXPECT_SITE(false), false, "not silent: %s", line);
}

static void is_silent(long event, lint_act *act, lint_play *play)
{
    lint_stage stage;
    lint_stage_run(&stage, act, play);
    unsigned number = 0;
    while ((event >> number & 1) == 0)
        number++;
    EXPECT_TRUE(stage.server.calls[number] > 0);
    sim_lint_list(stage.lint, fail_with_line, NULL);
    lint_stage_end(&stage);
}

static int read_some(lint_actor *actor)
{
    return CAsyncSocket_Receive(&actor->socket, actor->kept, sizeof actor->kept, 0);
}

static void read_to_the_end(lint_actor *actor)
{
    while (read_some(actor) > 0) {
    }
}

/* ---- what the client does ---- */

static void hello(lint_stage *stage) { lint_client_says(stage, "hello"); }

static void hello_and_close(lint_stage *stage)
{
    lint_client_says(stage, "hello");
    lint_settle(stage);
    lint_client_closes(stage);
}

static void hello_twice(lint_stage *stage)
{
    lint_client_says(stage, "hello");
    lint_settle(stage);
    lint_client_says(stage, "hello");
}

/* ---- close-without-drain ---- */

static void reads_and_closes_at_once(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_READ)
        read_some(actor);
    else if (event == FD_CLOSE)
        CAsyncSocket_Close(&actor->socket);
}

static void reads_and_drains(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_READ)
        read_some(actor);
    if (event == FD_CLOSE) {
        read_to_the_end(actor);
        CAsyncSocket_Close(&actor->socket);
    }
}

static void only_reads(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_READ)
        read_some(actor);
}

/* As by a timer that OnClose started. */
static void hello_and_close_and_later_close(lint_stage *stage)
{
    hello_and_close(stage);
    lint_settle(stage);
    sim_host_enter(stage->pair.b);
    CAsyncSocket_Close(&stage->server.socket);
}

static void close_in_on_close_must_read_first(void)
{
    tells_only(SIM_LINT_CLOSE_WITHOUT_DRAIN, reads_and_closes_at_once, hello_and_close);
    is_silent(FD_CLOSE, reads_and_drains, hello_and_close);
}

static void close_after_on_close_must_read_first(void)
{
    tells_only(SIM_LINT_CLOSE_WITHOUT_DRAIN, only_reads, hello_and_close_and_later_close);
    is_silent(FD_CLOSE, reads_and_drains, hello_and_close_and_later_close);
}

/* In no order can there be something to read. */
static void who_never_heard_a_byte_has_nothing_to_drain(void)
{
    is_silent(FD_CLOSE, reads_and_closes_at_once, lint_client_closes);
}

/* ---- deaf-latch ---- */

static void looks_on(lint_actor *actor, long event, int error)
{
    (void)actor, (void)event, (void)error;
}

static void takes_it_out_of_the_mask(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_READ)
        CAsyncSocket_AsyncSelect(&actor->socket, FD_CLOSE);
}

static void selects_nothing(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_READ)
        CAsyncSocket_AsyncSelect(&actor->socket, 0);
}

static void reads_later(lint_stage *stage)
{
    hello(stage);
    lint_settle(stage);
    sim_host_enter(stage->pair.b);
    EXPECT_EQ_INT(read_some(&stage->server), 5);
}

static void on_receive_must_receive(void)
{
    tells_only(SIM_LINT_DEAF, looks_on, hello);
    tells_only(SIM_LINT_DEAF, looks_on, hello_twice);
}

/* Data may stay where it is for a while. */
static void on_receive_may_leave_data_on_purpose(void)
{
    is_silent(FD_READ, looks_on, reads_later);
    is_silent(FD_READ, takes_it_out_of_the_mask, hello);
    is_silent(FD_READ, selects_nothing, hello_twice);
    is_silent(FD_READ, reads_and_drains, hello_twice);
}

/* ---- several-receives ---- */

static void reads_two_and_three(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    if (CAsyncSocket_Receive(&actor->socket, actor->kept, 2, 0) == 2)
        CAsyncSocket_Receive(&actor->socket, actor->kept, 3, 0);
}

static void reads_until_nothing_is_left(lint_actor *actor, long event, int error)
{
    (void)error;
    while (event == FD_READ && CAsyncSocket_Receive(&actor->socket, actor->kept, 2, 0) > 0) {
    }
}

/* The surplus OnReceive is dropped where the profile looks before it calls. */
static void several_receives_make_a_surplus_callback(void)
{
    tells_only(SIM_LINT_SEVERAL_RECEIVES, reads_two_and_three, hello);
    is_silent(FD_READ, reads_until_nothing_is_left, hello);
}

/* ---- close-unread ---- */

static void closes_after_two_bytes(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    CAsyncSocket_Receive(&actor->socket, actor->kept, 2, 0);
    CAsyncSocket_Close(&actor->socket);
}

static void closes_after_all_bytes(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    CAsyncSocket_Receive(&actor->socket, actor->kept, 5, 0);
    CAsyncSocket_Close(&actor->socket);
}

static void close_must_leave_nothing_unread(void)
{
    tells_only(SIM_LINT_CLOSE_UNREAD, closes_after_two_bytes, hello);
    is_silent(FD_READ, closes_after_all_bytes, hello);
}

/* ---- silences ---- */

static void count_reason(void *context, const char *line)
{
    *(unsigned *)context += strstr(line, "silenced: the other side is a test") != NULL;
}

static void a_silence_needs_a_reason_and_shows_it(void)
{
    lint_stage stage;
    unsigned shown = 0;
    lint_stage_run(&stage, looks_on, hello);
    EXPECT_EQ_INT(sim_lint_speaking(stage.lint), 1);
    EXPECT_CODE(sim_lint_silence(stage.lint, "deaf-latch", NULL, NULL), WSAEINVAL);
    EXPECT_CODE(sim_lint_silence(stage.lint, "deaf-latch", NULL, ""), WSAEINVAL);
    EXPECT_CODE(sim_lint_silence(stage.lint, "deaf", NULL, "why not"), WSAEINVAL);
    EXPECT_CODE(sim_lint_silence(stage.lint, "deaf-latch", "a/", "another host"), 0);
    EXPECT_EQ_INT(sim_lint_speaking(stage.lint), 1);
    EXPECT_CODE(sim_lint_silence(stage.lint, "deaf-latch", "b/conn#", "the other side is a test"), 0);
    EXPECT_EQ_INT(sim_lint_speaking(stage.lint), 0);
    EXPECT_EQ_INT(sim_lint_count(stage.lint), 1);
    sim_lint_list(stage.lint, count_reason, &shown);
    EXPECT_EQ_INT(shown, 1);
    lint_stage_end(&stage);
}

/* ---- a thread ---- */

/* The same machine on a thread of any backend, without a world to ask. */
static void a_thread_is_watched_on_every_backend(arena *a)
{
    recorder client, server;
    sim_lint *lint = NULL;
    EXPECT_CODE_FATAL(sim_lint_create(&fixture_memory()->base, &lint), 0);
    arena_connect(a, &client, &server);
    cas_thread *thread = arena_thread_of(a, ARENA_B);
    cas_thread_set_observer(thread, sim_lint_thread_observer(lint));
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&server.socket, FD_READ));
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "hello", 5, 0), 5);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    sim_lint_finish(lint);
    EXPECT_EQ_INT(sim_lint_count(lint), 1);
    EXPECT_TRUE(sim_lint_count(lint) == 1 && sim_lint_finding(lint, 0)->rule == SIM_LINT_DEAF);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Close(&server.socket);
    EXPECT_EQ_INT(sim_lint_count(lint), 2);
    EXPECT_TRUE(sim_lint_count(lint) == 2 && sim_lint_finding(lint, 1)->rule == SIM_LINT_CLOSE_UNREAD);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Close(&client.socket);
    cas_thread_set_observer(thread, NULL);
    sim_lint_destroy(lint);
}

/* ---- memory ---- */

#ifdef CASTANET_DIRECT_ALLOC
enum { IS_DIRECT = true };
#else
enum { IS_DIRECT = false };
#endif

static void a_hundred_callbacks(lint_stage *stage)
{
    lint_client_says(stage, "hello");
    lint_settle(stage);
    uint64_t before = fixture_memory()->calls;
    int64_t blocks = (int64_t)fixture_memory()->blocks_live;
    for (unsigned i = 0; i < 100; i++) {
        sim_host_enter(stage->pair.b);
        EXPECT_EQ_INT(read_some(&stage->server), 5);
        lint_client_says(stage, "hello");
        lint_settle(stage);
    }
    EXPECT_EQ_INT(fixture_memory()->blocks_live, blocks);
    if (!IS_DIRECT) /* see CASTANET_DIRECT_ALLOC of simnet/world/arena.h */
        EXPECT_EQ_INT(fixture_memory()->calls, before);
    EXPECT_EQ_INT(stage->server.calls[0], 101);
}

/* Neither the world nor the linter asks for any once what goes on has gone on before. */
static void steps_need_no_memory(void) { tells_only(SIM_LINT_DEAF, looks_on, a_hundred_callbacks); }

/* Refused memory anywhere: no crash, no leak, and the linter says that it may have missed something. */
static void refused_memory_is_told(void)
{
    cas_counting_allocator *memory = fixture_memory();
    for (uint64_t n = 1;; n++) {
        world_pair pair = fixture_world_pair(NULL);
        cas_counting_allocator small;
        sim_lint *lint = NULL;
        cas_counting_allocator_init(&small, &memory->base);
        small.refuse_at = n;
        int error = sim_lint_create(&small.base, &lint);
        EXPECT_TRUE(error == (n == 1 ? WSAENOBUFS : 0));
        if (error == 0) {
            recorder client, server;
            sim_world_add_observer(pair.world, sim_lint_observer(lint));
            world_pair_connect(&pair, &client, &server);
            sim_host_enter(pair.b);
            CAsyncSocket_AsyncSelect(&server.socket, FD_READ);
            sim_host_enter(pair.a);
            CAsyncSocket_Send(&client.socket, "hello", 5, 0);
            world_pair_settle(&pair);
            sim_lint_finish(lint);
            EXPECT_EQ_INT(sim_lint_is_incomplete(lint), small.refused > 0);
            EXPECT_TRUE(small.refused > 0 || sim_lint_count(lint) == 1);
        }
        fixture_world_destroy(pair.world);
        sim_lint_destroy(lint);
        EXPECT_EQ_INT(small.blocks_live, 0);
        if (small.refused == 0)
            break;
    }
}

static void each_rule_has_its_words(void)
{
    for (unsigned rule = 0; rule < SIM_LINT_RULE_COUNT; rule++) {
        const sim_lint_text *text = sim_lint_rule_text((sim_lint_rule)rule);
        EXPECT_TRUE(strlen(text->sentence) > 20 && strlen(text->mend) > 20);
        EXPECT_EQ_INT(sim_lint_rule_named(text->id), rule);
    }
    EXPECT_TRUE(sim_lint_rule_text(SIM_LINT_RULE_COUNT) == NULL);
    EXPECT_EQ_INT(sim_lint_rule_named("no-such-rule"), SIM_LINT_RULE_COUNT);
    EXPECT_EQ_INT(sim_lint_rule_named(NULL), SIM_LINT_RULE_COUNT);
}

const test_case test_lint[] = {TEST(close_in_on_close_must_read_first),
                               TEST(close_after_on_close_must_read_first),
                               TEST(who_never_heard_a_byte_has_nothing_to_drain),
                               TEST(on_receive_must_receive),
                               TEST(on_receive_may_leave_data_on_purpose),
                               TEST(several_receives_make_a_surplus_callback),
                               TEST(close_must_leave_nothing_unread),
                               TEST(a_silence_needs_a_reason_and_shows_it),
                               TEST_EVERYWHERE(a_thread_is_watched_on_every_backend),
                               TEST(steps_need_no_memory),
                               TEST(refused_memory_is_told),
                               TEST(each_rule_has_its_words),
                               TEST_END};
