/* SPDX-License-Identifier: MIT
 *
 * How transfers may end.
 *
 *  1. Both ends DONE, or one of them has LEFT as planned, or there is a cause for what failed.
 *  2. Causes: the other end has LEFT or FAILED; packets were lost, or came so late that a connection may be
 *     given up; a short backlog refuses.
 *  3. Who waits for ever must be unable to know: its peer is gone, something was lost on the way, it has
 *     nothing in flight and does not keep the connection alive.
 */
#include <inttypes.h>

#include "simnet/tcp.h"
#include "tests/swarm.h"

sim_link_counters swarm_link_counters(const swarm_world *w)
{
    sim_link_counters sum = {0}, one;
    for (unsigned i = 0; i < w->plan->link_count; i++) {
        sim_link_counters_read(w->links[i], NULL, &one);
        sum.packets += one.packets;
        sum.bytes += one.bytes;
        sum.delivered += one.delivered;
        sum.lost += one.lost;
        sum.overflowed += one.overflowed;
        sum.duplicated += one.duplicated;
        sum.reordered += one.reordered;
        sum.scripted += one.scripted;
    }
    return sum;
}

/* ---- causes ---- */

static bool may_lose(const swarm_world *w)
{
    sim_link_counters c = swarm_link_counters(w);
    return c.lost + c.overflowed + c.scripted > 0 || swarm_has(w->plan, SWARM_PARTITIONS);
}

/* Longer than some stack waits for the answer to a SYN. */
static bool may_be_late(const swarm_world *w)
{
    int64_t late_ns = 0;
    for (unsigned i = 0; i < w->plan->link_count; i++) {
        const swarm_link_plan *link = &w->plan->links[i];
        const sim_link_options *all[] = {&link->there, &link->back, &link->later};
        for (unsigned k = 0; k < 3; k++) {
            int64_t queued = all[k]->rate_bps == 0
                                 ? 0
                                 : all[k]->queue_bytes * 8000 / (all[k]->rate_bps / 1000000 + 1);
            late_ns += all[k]->latency_ns + all[k]->jitter_ns + all[k]->reorder_delay_ns + queued;
        }
    }
    return late_ns >= SIM_S(2);
}

static bool has_gone(const transfer_end *e)
{
    return e->state == TRANSFER_FAILED || e->state == TRANSFER_LEFT;
}

static bool has_cause(const swarm_world *w, const transfer_end *e)
{
    bool refused = e->error == WSAECONNREFUSED && swarm_has(w->plan, SWARM_BACKLOG);
    return refused || may_lose(w) || may_be_late(w) || e->peer->state == TRANSFER_LEFT;
}

/* ---- waiting ---- */

static bool cannot_know(const swarm_world *w, unsigned connection, unsigned end)
{
    const transfer_end *e = &w->connections[connection].ends[end];
    const simp_tcp *t = swarm_tcp_of(w, connection, end);
    bool silent = t != NULL && t->una == t->max && t->max == t->send.end + (t->fin_queued ? 1 : 0);
    bool ended = transfer_is_over(e->peer) || e->peer->state == TRANSFER_UNBORN;
    bool gone = ended && swarm_tcp_of(w, connection, 1 - end) == NULL;
    return silent && gone && may_lose(w) && !e->plan.keepalive;
}

static const char *objection(const swarm_world *w, unsigned connection, unsigned end)
{
    const transfer_end *e = &w->connections[connection].ends[end], *peer = e->peer;
    switch (e->state) {
    case TRANSFER_UNBORN:
        if (end == 0)
            return "never began";
        return has_gone(peer) || cannot_know(w, connection, 0) ? NULL
                                                               : "stall: its connection was never accepted";
    case TRANSFER_CONNECTING: return "stall: Connect has no outcome";
    case TRANSFER_OPEN: return cannot_know(w, connection, end) ? NULL : "stall: it waits for ever";
    case TRANSFER_FAILED: return has_cause(w, e) ? NULL : "reset without a cause";
    case TRANSFER_LEFT: return NULL;
    case TRANSFER_DONE:
        return peer->state == TRANSFER_UNBORN || peer->state == TRANSFER_CONNECTING
                   ? "done alone: its peer never opened"
                   : NULL;
    }
    return "impossible state";
}

static bool judge(const swarm_world *w, unsigned connection, char *failure, size_t size)
{
    for (unsigned end = 0; end < 2; end++) {
        const char *wrong = objection(w, connection, end);
        if (wrong == NULL)
            continue;
        int len = snprintf(failure, size, "%s (%s)", wrong, w->connections[connection].ends[end].name);
        if (len > 0 && (size_t)len < size)
            swarm_explain(w, connection, failure + len, size - (size_t)len);
        return false;
    }
    return true;
}

bool swarm_judge(const swarm_world *w, char *failure, size_t size)
{
    for (unsigned i = 0; i < w->plan->connection_count; i++) {
        if ((w->plan->less.connections >> i & 1) == 0 && !judge(w, i, failure, size))
            return false;
    }
    return true;
}
