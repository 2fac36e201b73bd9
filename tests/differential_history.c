/* SPDX-License-Identifier: MIT
 *
 * What the steps before one have made of its socket, so that a rule of the list can say exactly when it
 * holds.
 */
#include "tests/differential_allowed.h"

/* What the socket's peers or the network may have done to it. */
static void note_others(diff_past pasts[DIFF_SLOTS], const diff_step *step)
{
    bool goes = step->verb == DIFF_CLOSE || step->verb == DIFF_ABORT || step->verb == DIFF_DELETE ||
                step->verb == DIFF_SHUTDOWN;
    for (int slot = 0; slot < DIFF_SLOTS; slot++)
        pasts[slot].left_alone = pasts[slot].left_alone || (goes && slot != step->slot);
}

static void begin(diff_past *past, bool datagram) { *past = (diff_past){.datagram = datagram}; }

static void apply(diff_past pasts[DIFF_SLOTS], diff_past detached[DIFF_SLOTS], const diff_step *step)
{
    diff_past *mine = &pasts[step->slot];
    switch (step->verb) {
    case DIFF_SOCKET:
    case DIFF_CREATE: begin(mine, step->datagram); break;
    case DIFF_ACCEPT:
        begin(&pasts[step->other], false);
        pasts[step->other].left_alone = mine->left_alone; /* by a client that did not wait */
        break;
    case DIFF_CONNECT: mine->connected = true; break;
    case DIFF_SHUTDOWN: mine->shut = true; break;
    case DIFF_SEND:
    case DIFF_SENDTO: mine->sent = true; break;
    case DIFF_DETACH: detached[step->slot] = *mine; break;
    case DIFF_ATTACH:
        *mine = detached[step->other];
        mine->adopted = true;
        break;
    case DIFF_CLOSE:
    case DIFF_ABORT:
    case DIFF_DELETE: begin(mine, false); break;
    default: break;
    }
}

diff_past differential_past(const diff_comparison *all, unsigned step, int slot)
{
    diff_past pasts[DIFF_SLOTS] = {0}, detached[DIFF_SLOTS] = {0};
    for (unsigned i = 0; i < step; i++) {
        const diff_step *s = &all->program->steps[i];
        const diff_result *result = &all->sim->results[i];
        bool ok = !result->failed && result->value != DIFF_NONE;
        bool tries = s->verb == DIFF_CONNECT || s->verb == DIFF_SEND || s->verb == DIFF_SENDTO;
        if (ok || tries)
            apply(pasts, detached, s);
        note_others(pasts, s);
        note_others(detached, s);
    }
    return pasts[slot];
}
