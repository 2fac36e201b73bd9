/* SPDX-License-Identifier: MIT
 *
 * Where a program has to settle before its next step, so that no call races with what another one sent.
 *
 * In a world nothing arrives between two calls; over loopback it has arrived before the call returns.  So
 * once a step has sent something, only steps may follow unsettled that neither side's arrival can reach:
 * those that look at or set up the same socket; and more bytes of the same sender, while nobody has gone yet
 * who could answer the first ones with a reset.  And before something is sent, the messages that wait are
 * dispatched: whether they pass the pre-check would depend on what has arrived.
 */
#include "tests/differential.h"

/* Steps that send packets, or can. */
static bool sends(const diff_program *program, const diff_step *step)
{
    switch (step->verb) {
    case DIFF_CONNECT:
    case DIFF_CLOSE:
    case DIFF_ABORT:
    case DIFF_DELETE:
    case DIFF_SEND:
    case DIFF_SENDTO:
    case DIFF_FILL:
    case DIFF_DRAIN: return true;
    /* Real backends find out in the next wait what is true of a handle that is new to them. */
    case DIFF_ACCEPT:
    case DIFF_ATTACH: return true;
    case DIFF_SHUTDOWN: return step->number != SD_RECEIVE;
    case DIFF_RECV:
    case DIFF_RECVFROM: /* the window opens, and what waits for it follows */
        return differential_is_bulk(program);
    case DIFF_SETOPT: return differential_is_bulk(program) && step->option == DIFF_RCVBUF;
    default: return false;
    }
}

static bool is_apart_from_the_network(const diff_step *step)
{
    switch (step->verb) {
    case DIFF_SELECT:
    case DIFF_GETOPT:
    case DIFF_SOCKNAME:
    case DIFF_PEERNAME:
    case DIFF_LINGER: return true;
    case DIFF_SETOPT: return step->option != DIFF_OOBINLINE;
    default: return false;
    }
}

static bool continues_stream(const diff_step *step)
{
    return step->verb == DIFF_SEND || (step->verb == DIFF_SHUTDOWN && step->number == SD_SEND);
}

static bool is_calm(const diff_program *program, unsigned end)
{
    for (unsigned i = 0; i < end; i++) {
        diff_verb verb = program->steps[i].verb;
        if (verb == DIFF_CLOSE || verb == DIFF_ABORT || verb == DIFF_DELETE)
            return false;
    }
    return true;
}

static bool talks_to_itself(const diff_program *program, int slot)
{
    for (unsigned i = 0; i < program->count; i++) {
        const diff_step *step = &program->steps[i];
        bool names = step->verb == DIFF_CONNECT || step->verb == DIFF_SENDTO;
        if (names && step->slot == slot && step->other == slot)
            return true;
    }
    return false;
}

static bool may_follow(const diff_program *program, unsigned sender, unsigned next)
{
    const diff_step *a = &program->steps[sender], *b = &program->steps[next];
    if (a->slot != b->slot || talks_to_itself(program, a->slot))
        return false;
    if (a->verb == DIFF_ACCEPT || a->verb == DIFF_ATTACH)
        return false;
    if (is_apart_from_the_network(b))
        return true;
    if (a->verb == DIFF_CONNECT && b->verb == DIFF_CONNECT)
        return true;
    return continues_stream(a) && continues_stream(b) && !differential_is_bulk(program) &&
           is_calm(program, next);
}

/* Steps that can leave a message in the queue. */
static bool posts(const diff_step *step)
{
    return step->verb == DIFF_SELECT || step->verb == DIFF_RECV || step->verb == DIFF_RECVFROM ||
           step->verb == DIFF_SETOPT;
}

static bool may_race(const diff_program *program, unsigned before, unsigned step)
{
    const diff_step *a = &program->steps[before], *b = &program->steps[step];
    if (sends(program, a))
        return !may_follow(program, before, step);
    return posts(a) && sends(program, b);
}

void differential_plan(const diff_program *program, bool settles[DIFF_STEPS_MAX])
{
    unsigned since = 0; /* the first step after the last settling */
    for (unsigned step = 0; step < program->count; step++) {
        settles[step] = program->steps[step].verb == DIFF_SETTLE;
        for (unsigned i = since; i < step && !settles[step]; i++)
            settles[step] = may_race(program, i, step);
        if (settles[step])
            since = step;
    }
}

bool differential_is_bulk(const diff_program *program)
{
    for (unsigned i = 0; i < program->count; i++) {
        const diff_step *step = &program->steps[i];
        if (step->verb == DIFF_FILL)
            return true;
        if (step->verb == DIFF_SETOPT && step->number < 32768 &&
            (step->option == DIFF_RCVBUF || step->option == DIFF_SNDBUF))
            return true;
    }
    return false;
}
