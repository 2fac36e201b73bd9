/* SPDX-License-Identifier: MIT
 *
 * A world in which nothing is left to happen says why, and what it leaves behind.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/lint_stage.h"
#include "tests/test_list.h"

/* ---- helpers ---- */

typedef struct search {
    const char *begin, *middle; /* of the line that is wanted */
    unsigned found, lines;
} search;

static void look(void *context, const char *line)
{
    search *s = context;
    s->lines++;
    s->found += strncmp(line, s->begin, strlen(s->begin)) == 0 && strstr(line, s->middle) != NULL;
}

static void explains(const lint_stage *stage, const char *begin, const char *middle)
{
    search s = {begin, middle, 0, 0};
    EXPECT_EQ_INT(sim_world_explain_stall(stage->pair.world, stage->lint, look, &s), 3);
    expect_report(EXPECT_SITE(false), s.found == 1, "%u of %u lines begin with '%s' and have '%s'", s.found,
                  s.lines, begin, middle);
}

static void nothing(lint_actor *actor, long event, int error) { (void)actor, (void)event, (void)error; }

static void run(lint_act *act, lint_play *play)
{
    lint_stage stage;
    lint_stage_run(&stage, act, play);
    lint_stage_end(&stage);
}

/* ---- stalls ---- */

static void say_hello(lint_stage *stage)
{
    lint_client_says(stage, "hello");
    lint_settle(stage);
}

static void deaf(lint_stage *stage)
{
    say_hello(stage);
    explains(stage, "b/conn#1: OnReceive cannot come: nothing re-armed it after OnReceive#1 at ",
             " ns, while 5 bytes wait; Receive or AsyncSelect would have");
    explains(stage, "a/socket#1: OnReceive and OnClose may come, but the peer has nothing on its way", "");
}

static void masked(lint_stage *stage)
{
    sim_host_enter(stage->pair.b);
    CAsyncSocket_AsyncSelect(&stage->server.socket, FD_CLOSE);
    say_hello(stage);
    explains(stage, "b/conn#1: OnReceive cannot come: FD_READ is not selected,", "while 5 bytes wait");
}

static void not_armed(lint_stage *stage)
{
    explains(stage, "b/conn#1: OnSend is not armed: no Send has failed with WSAEWOULDBLOCK",
             "since OnSend#1 at ");
}

static void peer_gone(lint_stage *stage)
{
    lint_client_closes(stage);
    lint_settle(stage);
    search s = {"b/conn#1: the connection has ended, as OnClose#1 at ", "Close is all", 0, 0};
    EXPECT_EQ_INT(sim_world_explain_stall(stage->pair.world, stage->lint, look, &s), 2);
    EXPECT_EQ_INT(s.found, 1);
}

static void unread_and_shut_is_told_with_its_callback(void) { run(nothing, deaf); }
static void a_mask_without_the_bit_is_told(void) { run(nothing, masked); }
static void an_on_send_that_nothing_armed_is_told(void) { run(nothing, not_armed); }
static void an_ended_connection_is_told(void) { run(nothing, peer_gone); }

static void without_a_linter_the_reasons_are_the_same(void)
{
    lint_stage stage;
    search s = {"b/conn#1: OnReceive cannot come: nothing re-armed it after the last OnRec", "5 bytes", 0,
                0};
    lint_stage_run(&stage, nothing, say_hello);
    EXPECT_EQ_INT(sim_world_explain_stall(stage.pair.world, NULL, look, &s), 3);
    EXPECT_EQ_INT(s.found, 1);
    lint_stage_end(&stage);
}

/* ---- what is left ---- */

typedef struct left {
    unsigned open, unread_at_server;
    uint64_t unread, unsent;
} left;

static void count(void *context, const sim_resource *resource)
{
    left *l = context;
    l->open += resource->kind == SIM_RESOURCE_OPEN;
    if (resource->kind == SIM_RESOURCE_UNREAD) {
        l->unread += resource->bytes;
        l->unread_at_server += strcmp(resource->where, "b/conn#1") == 0;
    }
    if (resource->kind == SIM_RESOURCE_UNSENT)
        l->unsent += resource->bytes;
}

static void open_sockets_and_unread_bytes_are_told(void)
{
    lint_stage stage;
    left l = {0};
    lint_stage_run(&stage, nothing, say_hello);
    EXPECT_EQ_INT(sim_world_resources(stage.pair.world, count, &l), 4);
    EXPECT_EQ_INT(l.open, 3);
    EXPECT_EQ_INT(l.unread, 5);
    EXPECT_EQ_INT(l.unread_at_server, 1);
    EXPECT_EQ_INT(l.unsent, 0);
    lint_stage_end(&stage);
}

/* Closed at once: the bytes are the host's, until they have arrived. */
static void say_and_close(lint_stage *stage)
{
    left l = {0};
    lint_client_says(stage, "hello");
    lint_client_closes(stage);
    sim_world_resources(stage->pair.world, count, &l);
    EXPECT_EQ_INT(l.unsent, 5);
    lint_settle(stage);
    l = (left){0};
    sim_world_resources(stage->pair.world, count, &l);
    EXPECT_EQ_INT(l.unsent, 0);
    EXPECT_EQ_INT(l.open, 2);
}

static void unsent_bytes_of_closed_sockets_are_told(void) { run(nothing, say_and_close); }

const test_case test_lint_stall[] = {TEST(unread_and_shut_is_told_with_its_callback),
                                     TEST(a_mask_without_the_bit_is_told),
                                     TEST(an_on_send_that_nothing_armed_is_told),
                                     TEST(an_ended_connection_is_told),
                                     TEST(without_a_linter_the_reasons_are_the_same),
                                     TEST(open_sockets_and_unread_bytes_are_told),
                                     TEST(unsent_bytes_of_closed_sockets_are_told),
                                     TEST_END};
