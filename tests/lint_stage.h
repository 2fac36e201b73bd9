/* SPDX-License-Identifier: MIT
 *
 * Where the linter is tried: a client on host a, and a server on host b whose callbacks are a test's
 * function; the linter watches both.
 */
#ifndef TESTS_LINT_STAGE_H
#define TESTS_LINT_STAGE_H

#include "castanet/casyncsocket.h"
#include "castanet/sim_lint.h"
#include "tests/world_pair.h"

typedef struct lint_stage lint_stage;

typedef struct lint_actor {
    CAsyncSocket socket; /* first */
    lint_stage *stage;
    void (*act)(struct lint_actor *, long event, int error); /* NULL: does nothing */
    unsigned calls[6];                                       /* by event */
    char kept[64];
    unsigned sent;
} lint_actor;

struct lint_stage {
    world_pair pair;
    sim_lint *lint;
    lint_actor client, server, listener, other;
};

typedef void lint_act(lint_actor *, long event, int error);
typedef void lint_play(lint_stage *);

/* The server's callbacks act on what play makes happen; then nothing is left to happen, and the run is
 * judged.  The connection stands when play begins, with host a's thread current; the server, "b/conn#1", has
 * selected all events.  The findings are in stage->lint until the end of the test. */
void lint_stage_run(lint_stage *, lint_act *, lint_play *);
/* The same with a listener on port 80 of host b, "b/listen:80", that acts instead of the server. */
void lint_stage_run_listener(lint_stage *, lint_act *, lint_play *);
void lint_stage_end(lint_stage *);

/* For play. */
void lint_client_says(lint_stage *, const char *text);
void lint_client_closes(lint_stage *);
void lint_settle(lint_stage *);

/* Is there a finding of the rule at this place?  NULL: anywhere. */
bool lint_stage_tells(const lint_stage *, sim_lint_rule, const char *where);

#endif
