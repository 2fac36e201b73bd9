/* SPDX-License-Identifier: MIT
 *
 * The linter's rules about sending, accepting, errors, pumps, and objects without sockets.
 */
#include <string.h>

#include "castanet/thread.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/lint_stage.h"
#include "tests/test_list.h"

/* ---- helpers ---- */

/* wanted SIM_LINT_RULE_COUNT: nothing is told. */
static void judge(lint_stage *stage, sim_lint_rule wanted, const char *where)
{
    size_t count = wanted == SIM_LINT_RULE_COUNT ? 0 : 1;
    for (size_t i = 0; i < sim_lint_count(stage->lint); i++) {
        const sim_finding *finding = sim_lint_finding(stage->lint, i);
        expect_report(EXPECT_SITE(false), finding->rule == wanted, "%s at %s is not wanted",
                      sim_lint_rule_text(finding->rule)->id, finding->where);
    }
    EXPECT_EQ_INT(sim_lint_count(stage->lint), count);
    if (count == 1)
        EXPECT_TRUE(lint_stage_tells(stage, wanted, where));
    lint_stage_end(stage);
}

static void server(sim_lint_rule wanted, lint_act *act, lint_play *play)
{
    lint_stage stage;
    lint_stage_run(&stage, act, play);
    judge(&stage, wanted, wanted == SIM_LINT_USE_AFTER_CLOSE ? "b" : "b/conn#1");
}

static void listener(sim_lint_rule wanted, lint_act *act, lint_play *play)
{
    lint_stage stage;
    lint_stage_run_listener(&stage, act, play);
    EXPECT_TRUE(stage.listener.calls[3] > 0);
    judge(&stage, wanted, "b/listen:80");
}

static void nothing(lint_actor *actor, long event, int error) { (void)actor, (void)event, (void)error; }
static void no_play(lint_stage *stage) { (void)stage; }
static void hello(lint_stage *stage) { lint_client_says(stage, "hello"); }

enum { SILENT = SIM_LINT_RULE_COUNT };

/* ---- error-ignored, would-block-is-fatal: connecting ---- */

static void sends_on_connect(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_CONNECT)
        CAsyncSocket_Send(&actor->socket, "first", 5, 0);
}

static void closes_on_failure(lint_actor *actor, long event, int error)
{
    if (event == FD_CONNECT && error != 0)
        CAsyncSocket_Close(&actor->socket);
}

static void dial_closed_port(lint_stage *stage)
{
    CAsyncSocket_Create(&stage->other.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Connect(&stage->other.socket, "10.0.0.2", 81);
}

static void dial_and_send(lint_stage *stage)
{
    stage->other.act = sends_on_connect;
    dial_closed_port(stage);
}

static void dial_and_look(lint_stage *stage)
{
    stage->other.act = closes_on_failure;
    dial_closed_port(stage);
}

static void dial_and_despair(lint_stage *stage)
{
    dial_closed_port(stage);
    CAsyncSocket_Close(&stage->other.socket);
}

static void connecting(sim_lint_rule wanted, lint_play *play)
{
    lint_stage stage;
    lint_stage_run(&stage, nothing, play);
    judge(&stage, wanted, "a/socket#2");
}

static void the_error_of_on_connect_counts(void)
{
    connecting(SIM_LINT_ERROR_IGNORED, dial_and_send);
    connecting(SIM_LINT_ERROR_IGNORED, dial_closed_port);
    connecting((sim_lint_rule)SILENT, dial_and_look);
}

static void would_block_of_connect_is_no_failure(void)
{
    connecting(SIM_LINT_WOULD_BLOCK_FATAL, dial_and_despair);
}

/* ---- sending ---- */

enum { BULK = 300000, PERIOD = 251 };

/* Sends on where it was, in pieces: 0 when all is sent, or the error. */
static int send_on(lint_actor *actor, int piece)
{
    static char pattern[200000 + PERIOD];
    for (size_t i = 0; pattern[1] == 0 && i < sizeof pattern; i++)
        pattern[i] = (char)(i % PERIOD);
    int count = 0;
    while (actor->sent < BULK && count >= 0) {
        count = CAsyncSocket_Send(&actor->socket, pattern + actor->sent % PERIOD, piece, 0);
        actor->sent += count > 0 ? (unsigned)count : 0;
    }
    return count >= 0 ? 0 : CAsyncSocket_GetLastError();
}

static void sends_on(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_WRITE)
        send_on(actor, 2000);
}

static void sends_something_else(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_WRITE)
        CAsyncSocket_Send(&actor->socket, "\xFF\xFF", 2, 0);
}

static void fill(lint_stage *stage)
{
    sim_host_enter(stage->pair.b);
    EXPECT_EQ_INT(send_on(&stage->server, 2000), WSAEWOULDBLOCK);
}

static void refused_bytes_are_sent_again(void)
{
    server((sim_lint_rule)SILENT, sends_on, fill);
    server(SIM_LINT_WOULD_BLOCK_FATAL, sends_something_else, fill);
    server(SIM_LINT_WOULD_BLOCK_FATAL, nothing, fill);
}

static int send_much(lint_stage *stage)
{
    static char much[200000];
    memset(much, 'm', sizeof much);
    sim_host_enter(stage->pair.b);
    int count = CAsyncSocket_Send(&stage->server.socket, much, sizeof much, 0);
    EXPECT_TRUE(count > 0 && count < (int)sizeof much);
    return count;
}

static void part_and_other(lint_stage *stage)
{
    send_much(stage);
    lint_settle(stage);
    sim_host_enter(stage->pair.b);
    CAsyncSocket_Send(&stage->server.socket, "other", 5, 0);
}

static void part_and_wait(lint_stage *stage) { send_much(stage); }

static void part_and_rest(lint_stage *stage)
{
    sim_host_enter(stage->pair.b);
    EXPECT_EQ_INT(send_on(&stage->server, 200000), WSAEWOULDBLOCK);
}

static void rest_of_a_partial_send_comes_next(void)
{
    server(SIM_LINT_PARTIAL_SEND, nothing, part_and_other);
    server(SIM_LINT_UNARMED_SEND, nothing, part_and_wait);
    server((sim_lint_rule)SILENT, sends_on, part_and_rest);
}

/* ---- short-receive ---- */

static void reads_head_and_body(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    CAsyncSocket_Receive(&actor->socket, actor->kept, 4, 0);
    CAsyncSocket_Receive(&actor->socket, actor->kept + 20, 10, 0);
}

static void reads_head_over_and_over(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    int count = CAsyncSocket_Receive(&actor->socket, actor->kept, 4, 0);
    if (count > 0 && count < 4)
        CAsyncSocket_Receive(&actor->socket, actor->kept + count, 4 - count, 0);
}

static void half_a_head(lint_stage *stage) { lint_client_says(stage, "he"); }
static void a_head(lint_stage *stage) { lint_client_says(stage, "head"); }

static void a_short_receive_is_not_the_whole(void)
{
    server(SIM_LINT_SHORT_RECEIVE, reads_head_and_body, half_a_head);
    server((sim_lint_rule)SILENT, reads_head_and_body, a_head);
    server((sim_lint_rule)SILENT, reads_head_over_and_over, half_a_head);
}

/* ---- nested-pump ---- */

static void reads_two_and_pumps(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    CAsyncSocket_Receive(&actor->socket, actor->kept, 3, 0);
    cas_pump_one();
}

static void reads_all_and_pumps(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    CAsyncSocket_Receive(&actor->socket, actor->kept, 5, 0);
    EXPECT_FALSE(cas_pump_one());
}

static void callbacks_do_not_nest(void)
{
    server(SIM_LINT_NESTED_PUMP, reads_two_and_pumps, hello);
    server((sim_lint_rule)SILENT, reads_all_and_pumps, hello);
}

/* ---- accepting ---- */

static void accepts_and_detaches(lint_actor *actor, long event, int error)
{
    CAsyncSocket local;
    (void)event, (void)error;
    CAsyncSocket_Construct(&local, NULL);
    EXPECT_OK(CAsyncSocket_Accept(&actor->socket, &local, NULL, NULL));
    EXPECT_TRUE(CAsyncSocket_Detach(&local) != INVALID_SOCKET);
}

static void accepts_and_looks(lint_actor *actor, long event, int error)
{
    (void)event, (void)error;
    EXPECT_OK(CAsyncSocket_Accept(&actor->socket, &actor->stage->server.socket, NULL, NULL));
    if (CAsyncSocket_Accept(&actor->socket, &actor->stage->other.socket, NULL, NULL))
        CAsyncSocket_Close(&actor->stage->other.socket);
}

static void accepts_and_trusts(lint_actor *actor, long event, int error)
{
    (void)event, (void)error;
    CAsyncSocket_Accept(&actor->socket, &actor->stage->server.socket, NULL, NULL);
    CAsyncSocket_Accept(&actor->socket, &actor->stage->other.socket, NULL, NULL);
    CAsyncSocket_Send(&actor->stage->other.socket, "welcome", 7, 0);
}

static void on_accept_must_accept(void)
{
    listener(SIM_LINT_ACCEPT_SKIPPED, nothing, no_play);
    listener((sim_lint_rule)SILENT, accepts_and_detaches, no_play);
}

static void what_accept_returns_counts(void)
{
    listener(SIM_LINT_ACCEPT_IGNORED, accepts_and_trusts, no_play);
    listener((sim_lint_rule)SILENT, accepts_and_looks, no_play);
}

/* ---- use-after-close ---- */

static void closes_and_sends(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    CAsyncSocket_Receive(&actor->socket, actor->kept, 5, 0);
    CAsyncSocket_Close(&actor->socket);
    CAsyncSocket_Send(&actor->socket, "bye", 3, 0);
}

static void closes_twice(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event != FD_READ)
        return;
    CAsyncSocket_Receive(&actor->socket, actor->kept, 5, 0);
    CAsyncSocket_Close(&actor->socket);
    CAsyncSocket_Close(&actor->socket);
}

static void a_closed_object_is_left_alone(void)
{
    server(SIM_LINT_USE_AFTER_CLOSE, closes_and_sends, hello);
    server((sim_lint_rule)SILENT, closes_twice, hello);
}

/* ---- urgent-lost ---- */

static void reads_urgent(lint_actor *actor, long event, int error)
{
    (void)error;
    if (event == FD_OOB)
        EXPECT_EQ_INT(CAsyncSocket_Receive(&actor->socket, actor->kept, 1, MSG_OOB), 1);
}

static void hurry(lint_stage *stage)
{
    EXPECT_EQ_INT(CAsyncSocket_Send(&stage->client.socket, "!", 1, MSG_OOB), 1);
    lint_settle(stage);
    EXPECT_EQ_INT(stage->server.calls[2], 1);
}

static void an_urgent_byte_is_read(void)
{
    server(SIM_LINT_URGENT_LOST, nothing, hurry);
    server((sim_lint_rule)SILENT, reads_urgent, hurry);
}

/* ---- close-idle ---- */

static void client_leaves(lint_stage *stage)
{
    lint_client_closes(stage);
    lint_settle(stage);
    EXPECT_EQ_INT(stage->server.calls[5], 1);
}

static void server_leaves_later(lint_stage *stage)
{
    client_leaves(stage);
    sim_host_enter(stage->pair.b);
    CAsyncSocket_Close(&stage->server.socket);
}

static void on_close_must_lead_to_close(void)
{
    server(SIM_LINT_CLOSE_IDLE, nothing, client_leaves);
    server((sim_lint_rule)SILENT, nothing, server_leaves_later);
}

const test_case test_lint_rules[] = {TEST(the_error_of_on_connect_counts),
                                     TEST(would_block_of_connect_is_no_failure),
                                     TEST(refused_bytes_are_sent_again),
                                     TEST(rest_of_a_partial_send_comes_next),
                                     TEST(a_short_receive_is_not_the_whole),
                                     TEST(callbacks_do_not_nest),
                                     TEST(on_accept_must_accept),
                                     TEST(what_accept_returns_counts),
                                     TEST(a_closed_object_is_left_alone),
                                     TEST(an_urgent_byte_is_read),
                                     TEST(on_close_must_lead_to_close),
                                     TEST_END};
