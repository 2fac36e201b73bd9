/* SPDX-License-Identifier: MIT
 *
 * The parts of a connection that exist on demand: what it needs while something goes on, and what most
 * connections never need.
 *
 * Invariants:
 *  1. A connection is active while a timer is on, a buffer holds something, something is in flight, a
 *     handshake goes on, or a listener has it in a queue.
 *  2. A connection that is not active has una == nxt == max; what of simp_activity counts from una begins
 *     there again.
 *
 * Activity is given back by the event that finds no timer on, or by the receive that empties the buffer,
 * and not by each ACK that leaves nothing to do: who talks now and then does not make it again each time.
 */
#include "simnet/transport/tcp_sack.h"

bool simp_tcp_activate(simp_tcp *t)
{
    sim_world *world = t->host->world;
    if (!simp_events_reserve(&world->events, &world->arena))
        return false;
    simp_activity *a = simp_alloc(&world->arena, sizeof *a);
    if (a == NULL) {
        simp_events_release(&world->events);
        return false;
    }
    *a = (simp_activity){.event = {.run = simp_tcp_on_timer},
                         .tcp = t,
                         .opened_ns = world->now_ns,
                         .small_end = t->una,
                         .ecn_recover = t->una};
    for (unsigned i = 0; i < SIMP_TIMER_COUNT; i++)
        a->deadline[i] = SIMP_TIMER_OFF;
    t->active = a;
    return true;
}

static void release(simp_tcp *t)
{
    sim_world *world = t->host->world;
    simp_events_cancel(&world->events, &t->active->event);
    simp_events_release(&world->events);
    simp_free(&world->arena, t->active, sizeof *t->active);
    t->active = NULL;
}

void simp_tcp_rest(simp_tcp *t)
{
    const simp_activity *a = t->active;
    if (a == NULL || simp_event_is_queued(&a->event) || a->send.first != NULL || a->receive.first != NULL ||
        a->receive.early != NULL || a->listener != NULL)
        return;
    if (t->una == t->max && t->gaps == NULL && t->recovery == NULL && simp_tcp_is_synchronised(t))
        release(t);
}

simp_extras *simp_tcp_extras(simp_tcp *t)
{
    if (t->extras == NULL)
        t->extras = simp_alloc_zero(&t->host->world->arena, sizeof *t->extras);
    return t->extras;
}

void simp_tcp_free_parts(simp_tcp *t)
{
    if (t->active != NULL)
        release(t);
    simp_free(&t->host->world->arena, t->extras, sizeof *t->extras);
    t->extras = NULL;
}
