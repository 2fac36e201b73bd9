/* SPDX-License-Identifier: MIT
 *
 * How transfers may end.
 *
 *  1. Both ends DONE, or one of them has LEFT as planned or crashed, or there is evidence for what failed.
 *  2. Evidence of a failure at an end: a reset or an ICMP error arrived there; or the way lost, in rounds,
 *     what it sent or the answers for as long as its stack tries; or its host could not send.  That a world
 *     loses packets somewhere is none, and where little is lost nothing times out.
 *  3. Who sends a reset had a reason, which swarm_watch.c looks at when it is sent.
 *  4. Who has read the end of a stream has a peer that ended it.
 *  5. Who waits for ever must be unable to know: its peer is gone, what told so was lost on the way of this
 *     connection, it has nothing in flight and does not keep the connection alive.
 */
#include <inttypes.h>

#include "simnet/transport/tcp.h"
#include "tests/swarm.h"

enum { ROUNDS = 5, SYN_ROUNDS = 3, TAME_LOSS_PPM = 50000 };

sim_link_counters swarm_link_counters(const swarm_world *w)
{
    sim_link_counters sum = {0}, one;
    for (unsigned i = 0; i < w->plan->link_count; i++) {
        sim_link_counters_read(w->links[i], NULL, &one);
        sum.packets += one.packets;
        sum.scripted += one.scripted;
#define ADD(name) sum.name += one.name;
        SWARM_LINK_COUNTS(ADD)
#undef ADD
    }
    return sum;
}

/* ---- causes ---- */

/* What the judge knows of one end. */
typedef struct view {
    const swarm_world *w;
    const swarm_connection *c;
    const swarm_connection_plan *plan;
    const transfer_end *e, *peer;
    const swarm_flow *flow; /* NULL: nothing was ever sent */
    unsigned connection, end, host, other_host;
} view;

static view view_of(const swarm_world *w, unsigned connection, unsigned end)
{
    const swarm_connection *c = &w->connections[connection];
    const swarm_connection_plan *plan = &w->plan->connections[connection];
    return (view){.w = w,
                  .c = c,
                  .plan = plan,
                  .e = &c->ends[end],
                  .peer = &c->ends[1 - end],
                  .flow = swarm_watch_flow(w, connection),
                  .connection = connection,
                  .end = end,
                  .host = end == 0 ? plan->client : plan->server,
                  .other_host = end == 0 ? plan->server : plan->client};
}

static bool has_gone(const transfer_end *e) { return transfer_is_over(e) && e->state != TRANSFER_DONE; }

/* Was the end's host unable to send for some of this time? */
static bool was_mute(const view *v, unsigned host, uint64_t from_ns, uint64_t until_ns)
{
    for (unsigned i = 0; i < v->w->plan->fault_count; i++) {
        const swarm_fault_plan *f = &v->w->plan->faults[i];
        bool mutes = f->kind == SWARM_FAULT_ADDRESS || f->kind == SWARM_FAULT_INTERFACE ||
                     f->kind == SWARM_FAULT_NO_BUFFERS;
        if (mutes && f->host == host && f->begin_ns <= until_ns && f->end_ns >= from_ns)
            return true;
    }
    return false;
}

uint64_t swarm_wild_features(void)
{
    static const swarm_feature wild[] = {
        SWARM_FAR,        SWARM_RATE,       SWARM_PARTITIONS, SWARM_BACKLOG,    SWARM_LIES,
        SWARM_RESETS,     SWARM_DROPS,      SWARM_GILBERT,    SWARM_FOUR_STATE, SWARM_GILBERT_ELLIOTT,
        SWARM_BIT_ERRORS, SWARM_BOTTLENECK, SWARM_CORRUPT,    SWARM_QUEUE,      SWARM_BLOCK,
        SWARM_HOLD,       SWARM_DOWN,       SWARM_FLAP,       SWARM_DELAY};
    uint64_t bits = 0;
    for (unsigned i = 0; i < sizeof wild / sizeof wild[0]; i++)
        bits |= UINT64_C(1) << wild[i];
    for (unsigned i = 0; i < SWARM_FAULT_KINDS; i++)
        bits |= UINT64_C(1) << (SWARM_CRASH + i);
    return bits;
}

/* A world in which so many packets in a row are not lost by chance, and nothing else takes any. */
static bool is_tame(const swarm_world *w)
{
    for (unsigned i = 0; i < w->plan->link_count; i++) {
        const swarm_link_plan *link = &w->plan->links[i];
        if (link->there.loss_ppm > TAME_LOSS_PPM || link->back.loss_ppm > TAME_LOSS_PPM ||
            link->later.loss_ppm > TAME_LOSS_PPM)
            return false;
    }
    return (w->plan->features & swarm_wild_features()) == 0;
}

/* So many rounds without an answer end a connection or an attempt at the least. */
static unsigned patience(const view *v)
{
    const swarm_plan *plan = v->w->plan;
    const sim_stack *own = plan->hosts[v->host].stack, *stack = own == NULL ? plan->stack : own;
    unsigned rounds = !v->e->never_opened && stack->keepalive_probes < stack->retransmissions_max
                          ? stack->keepalive_probes
                      : v->e->never_opened ? stack->syn_retries
                                           : stack->retransmissions_max;
    unsigned most = v->e->never_opened ? SYN_ROUNDS : ROUNDS;
    rounds = rounds < most ? rounds : most;
    /* A clock that jumps lets one of them pass at once. */
    return swarm_has(plan, SWARM_CLOCK) ? rounds - 1 : rounds;
}

/* Did the way fail this end for as long as it had to try? */
static bool may_have_timed_out(const view *v)
{
    uint64_t since_ns;
    if (v->flow == NULL)
        return was_mute(v, v->host, 0, v->e->failed_ns);
    unsigned rounds = swarm_watch_silence(v->w, v->flow, v->end, v->e->failed_ns, &since_ns);
    return (rounds >= patience(v) && !is_tame(v->w)) || was_mute(v, v->host, since_ns, v->e->failed_ns) ||
           was_mute(v, v->other_host, since_ns, v->e->failed_ns);
}

/* A full queue drops who comes. */
static bool may_be_refused(const view *v)
{
    const swarm_plan *plan = v->w->plan;
    bool lost_listener = swarm_host_has(plan, v->other_host, SWARM_FAULT_CRASH) ||
                         swarm_host_has(plan, v->other_host, SWARM_FAULT_POWER);
    bool forged = v->flow != NULL && v->flow->forged > 0;
    return swarm_has(plan, SWARM_BACKLOG) || lost_listener || forged || v->c->killed;
}

/* Why a connection may end with an error. */
static bool has_cause(const view *v)
{
    const swarm_flow *flow = v->flow;
    bool reset = flow != NULL && flow->resets_arrived[v->end] > 0;
    bool told = flow != NULL && flow->errors_arrived[v->end] > 0;
    if (v->c->killed || v->c->forgotten[v->end] || v->c->lies > 0)
        return true;
    if (v->e->error == WSAECONNREFUSED)
        return reset && (may_be_refused(v) || v->peer->state != TRANSFER_UNBORN ||
                         swarm_watch_lost(v->w, flow, 0) || swarm_watch_lost(v->w, flow, 1));
    bool dropped = v->e->never_opened && swarm_has(v->w->plan, SWARM_BACKLOG);
    return reset || told || dropped || may_have_timed_out(v);
}

/* ---- waiting ---- */

/* Did the peer give up, without a word, because it heard nothing for as long as it tries? */
static bool may_have_given_up(const view *peer)
{
    uint64_t since_ns;
    const sim_stack *own = peer->w->plan->hosts[peer->host].stack;
    unsigned half_open = own == NULL ? peer->w->plan->stack->syn_ack_retries : own->syn_ack_retries;
    unsigned rounds = swarm_watch_silence(peer->w, peer->flow, peer->end, SIM_FOREVER - 1, &since_ns);
    return rounds >= (peer->e->state == TRANSFER_UNBORN && half_open < ROUNDS ? half_open : patience(peer));
}

/* May something that the peer's end of it said, or would have said, not have come? */
static bool may_have_missed(const view *v)
{
    view peer = view_of(v->w, v->connection, 1 - v->end);
    /* A reset that came early is asked about once more (RFC 5961 3.2), and that was lost. */
    bool asked_in_vain = v->flow != NULL && v->flow->resets_arrived[v->end] > 0 &&
                         swarm_watch_lost(v->w, v->flow, 1 - v->end);
    bool vanished = swarm_host_has(v->w->plan, v->other_host, SWARM_FAULT_POWER) ||
                    v->c->forgotten[1 - v->end];
    return vanished || v->flow == NULL || v->flow->forged > 0 || swarm_watch_lost(v->w, v->flow, v->end) ||
           asked_in_vain || may_have_given_up(&peer) || was_mute(v, v->other_host, 0, SIM_FOREVER) ||
           was_mute(v, v->host, 0, SIM_FOREVER);
}

static bool cannot_know(const view *v)
{
    const simp_tcp *t = swarm_tcp_of(v->w, v->connection, v->end);
    bool silent = t != NULL && t->una == t->max && t->max == t->send_end + (t->fin_queued ? 1 : 0);
    bool ended = transfer_is_over(v->peer) || v->peer->state == TRANSFER_UNBORN ||
                 v->c->forgotten[1 - v->end];
    bool gone = ended && swarm_tcp_of(v->w, v->connection, 1 - v->end) == NULL;
    return silent && gone && may_have_missed(v) && !v->e->plan.keepalive;
}

/* ---- verdicts ---- */

static const char *objection_to_waiting(const view *v)
{
    if (v->c->forgotten[v->end] || v->c->lies > 0 || cannot_know(v))
        return NULL;
    return "stall: it waits for ever";
}

static const char *objection_to_unborn(const view *v)
{
    bool was_down = swarm_host_has(v->w->plan, v->host, SWARM_FAULT_POWER);
    if (v->end == 0)
        return was_down ? NULL : "never began";
    if (has_gone(v->peer) || v->peer->state == TRANSFER_UNBORN || v->c->lies > 0)
        return NULL;
    view client = view_of(v->w, v->connection, 0);
    return cannot_know(&client) || v->c->forgotten[0] ? NULL : "stall: its connection was never accepted";
}

/* It has read the peer's end, so the peer made one, in order. */
static const char *objection_to_done(const view *v)
{
    const transfer_end *peer = v->peer;
    if (v->c->lies > 0)
        return NULL;
    if (peer->state == TRANSFER_UNBORN || peer->state == TRANSFER_CONNECTING)
        return "done alone: its peer never opened";
    bool ended = peer->shut || (peer->state == TRANSFER_LEFT && peer->plan.ending == TRANSFER_CLOSE);
    if (peer->sent != peer->plan.bytes || !ended)
        return "done alone: its peer never ended the stream";
    return NULL;
}

static const char *objection(const view *v)
{
    switch (v->e->state) {
    case TRANSFER_UNBORN: return objection_to_unborn(v);
    case TRANSFER_CONNECTING: return "stall: Connect has no outcome";
    case TRANSFER_OPEN: return objection_to_waiting(v);
    case TRANSFER_FAILED: return has_cause(v) ? NULL : "failed without a cause";
    case TRANSFER_LEFT:
    case TRANSFER_CRASHED: return NULL;
    case TRANSFER_DONE: return objection_to_done(v);
    }
    return "impossible state";
}

static bool judge(const swarm_world *w, unsigned connection, char *failure, size_t size)
{
    for (unsigned end = 0; end < 2; end++) {
        view v = view_of(w, connection, end);
        const char *wrong = objection(&v);
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
    return swarm_datagrams_judge(w, failure, size);
}
