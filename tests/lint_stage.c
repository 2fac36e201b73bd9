/* SPDX-License-Identifier: MIT
 *
 * See lint_stage.h.
 */
#include "tests/lint_stage.h"

#include <string.h>

#include "tests/event_vtbl.h"
#include "tests/expect.h"
#include "tests/fixture.h"

static void on_event(CAsyncSocket *self, long event, int error)
{
    lint_actor *actor = (lint_actor *)(void *)self;
    actor->calls[event_number(event)]++;
    if (actor->act != NULL)
        actor->act(actor, event, error);
}

static void construct(lint_actor *actor, lint_stage *stage, lint_act *act)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_event);
    *actor = (lint_actor){.stage = stage, .act = act};
    CAsyncSocket_Construct(&actor->socket, &vtbl.callbacks);
}

/* What a client has to do, and no more. */
static void act_as_client(lint_actor *actor, long event, int error)
{
    (void)error;
    while ((event == FD_CLOSE || event == FD_READ) &&
           CAsyncSocket_Receive(&actor->socket, actor->kept, sizeof actor->kept, 0) > 0) {
    }
    if (event == FD_CLOSE)
        CAsyncSocket_Close(&actor->socket);
}

static void begin(lint_stage *stage)
{
    *stage = (lint_stage){.pair = fixture_world_pair(NULL)};
    EXPECT_CODE_FATAL(sim_lint_create(&fixture_memory()->base, &stage->lint), 0);
    sim_world_add_observer(stage->pair.world, sim_lint_observer(stage->lint));
    construct(&stage->client, stage, act_as_client);
    construct(&stage->server, stage, NULL);
    construct(&stage->listener, stage, NULL);
    construct(&stage->other, stage, NULL);
    sim_host_enter(stage->pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&stage->listener.socket, 80, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&stage->listener.socket, 5));
}

static void dial(lint_stage *stage)
{
    sim_host_enter(stage->pair.a);
    EXPECT_OK_FATAL(
        CAsyncSocket_Create(&stage->client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    CAsyncSocket_Connect(&stage->client.socket, "10.0.0.2", 80);
    lint_settle(stage);
}

static void play_and_judge(lint_stage *stage, lint_play *play)
{
    sim_host_enter(stage->pair.a);
    play(stage);
    lint_settle(stage);
    sim_lint_finish(stage->lint);
    sim_world_remove_observer(stage->pair.world, sim_lint_observer(stage->lint));
}

void lint_stage_run(lint_stage *stage, lint_act *act, lint_play *play)
{
    begin(stage);
    dial(stage);
    sim_host_enter(stage->pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&stage->listener.socket, &stage->server.socket, NULL, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_AsyncSelect(&stage->server.socket, CASYNCSOCKET_DEFAULT_EVENTS));
    lint_settle(stage);
    stage->server.act = act;
    play_and_judge(stage, play);
}

void lint_stage_run_listener(lint_stage *stage, lint_act *act, lint_play *play)
{
    begin(stage);
    stage->listener.act = act;
    EXPECT_OK_FATAL(CAsyncSocket_AsyncSelect(&stage->listener.socket, FD_ACCEPT));
    dial(stage);
    play_and_judge(stage, play);
}

void lint_stage_end(lint_stage *stage)
{
    fixture_world_destroy(stage->pair.world);
    sim_lint_destroy(stage->lint);
}

void lint_settle(lint_stage *stage) { world_pair_settle(&stage->pair); }

void lint_client_says(lint_stage *stage, const char *text)
{
    sim_host_enter(stage->pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&stage->client.socket, text, (int)strlen(text), 0), strlen(text));
}

void lint_client_closes(lint_stage *stage)
{
    sim_host_enter(stage->pair.a);
    CAsyncSocket_Close(&stage->client.socket);
}

bool lint_stage_tells(const lint_stage *stage, sim_lint_rule rule, const char *where)
{
    for (size_t i = 0; i < sim_lint_count(stage->lint); i++) {
        const sim_finding *finding = sim_lint_finding(stage->lint, i);
        if (finding->rule == rule && (where == NULL || strcmp(finding->where, where) == 0))
            return true;
    }
    return false;
}
