/* SPDX-License-Identifier: MIT
 *
 * The invariants of a connection that tcp.h, tcp_sack.h and tcp_receive_buffer.c number, verified: what tests
 * run after every event.
 *
 * Costs: proportional to what is queued.  A run without tests never comes here.
 */
#include <stdio.h>

#include "simnet/transport/tcp_sack.h"

typedef struct finding {
    const simp_tcp *tcp;
    char *what;
    size_t size;
} finding;

/* Returns holds; writes which invariant does not. */
static bool require(const finding *f, bool holds, const char *invariant)
{
    if (!holds)
        snprintf(f->what, f->size, "%s: %s:%u in state %d: una %u nxt %u max %u read %u rcv_nxt %u edge %u",
                 invariant, f->tcp->host->name, f->tcp->key.local_port, (int)f->tcp->state,
                 f->tcp->una - f->tcp->iss, f->tcp->nxt - f->tcp->iss, f->tcp->max - f->tcp->iss,
                 f->tcp->read - f->tcp->irs, f->tcp->rcv_nxt - f->tcp->irs, f->tcp->rcv_edge - f->tcp->irs);
    return holds;
}

/* ---- 1: what is sent ---- */

static bool check_send_buffer(const finding *f)
{
    const simp_tcp *t = f->tcp;
    const simp_block *last = NULL;
    uint32_t at = t->active->send.first == NULL ? t->send_end : t->active->send.first->seq;
    bool ok = require(f, simp_seq_upto(at, t->una) || t->state < SIMP_TCP_ESTABLISHED || at == t->send_end,
                      "1: the send buffer begins behind una");
    for (const simp_block *b = t->active->send.first; ok && b != NULL; b = b->next) {
        ok = require(f, b->seq == at && b->used <= b->capacity && b->references > 0,
                     "1: the blocks of the send buffer are not in a row");
        at += b->used;
        last = b;
    }
    return ok && require(f, at == t->send_end, "1: the send buffer does not reach its end") &&
           require(f, last == t->active->send.last, "1: the last block is not the last");
}

static bool check_send(const finding *f)
{
    const simp_tcp *t = f->tcp;
    uint32_t fin = t->fin_queued ? 1 : 0;
    return require(f, simp_seq_upto(t->una, t->nxt) && simp_seq_upto(t->nxt, t->max),
                   "1: una <= nxt <= max") &&
           require(f, simp_seq_upto(t->max, t->send_end + fin), "1: max lies behind all there is to send") &&
           check_send_buffer(f);
}

/* ---- 2, 3: what is received ---- */

static bool check_in_order(const finding *f)
{
    const simp_tcp *t = f->tcp;
    uint32_t at = t->read;
    bool ok = true;
    for (const sim_packet *p = t->active->receive.first; ok && p != NULL; p = p->next) {
        ok = require(f, p->tcp.seq == at && p->length > 0, "2: a gap between read and rcv_nxt");
        at += p->length;
    }
    bool reached = at == t->rcv_nxt || (t->fin_received && at + 1 == t->rcv_nxt); /* a FIN has no byte */
    return ok && require(f, reached, "2: the packets in order do not reach rcv_nxt");
}

static bool check_early(const finding *f)
{
    const simp_tcp *t = f->tcp;
    bool opens = t->state == SIMP_TCP_SYN_RECEIVED; /* text of a SYN waits there */
    uint32_t at = t->rcv_nxt + (opens ? 0 : 1);     /* there is a gap before the first */
    bool ok = true;
    for (const sim_packet *p = t->active->receive.early; ok && p != NULL; p = p->next) {
        ok = require(f, simp_seq_upto(at, p->tcp.seq) && p->length > 0,
                     "receive buffer 2: early is sorted, without overlap, behind a gap");
        at = p->tcp.seq + p->length;
    }
    return ok;
}

static bool check_receive(const finding *f)
{
    const simp_tcp *t = f->tcp;
    bool ok = require(f, simp_seq_upto(t->read, t->rcv_nxt), "2: read <= rcv_nxt") && check_in_order(f) &&
              check_early(f);
    for (unsigned i = 1; ok && i < t->mark_count; i++)
        ok = require(f, simp_seq_before(t->extras->marks[i - 1].seq, t->extras->marks[i].seq),
                     "receive buffer 4: marks are sorted");
    return ok;
}

/* ---- what is missing: tcp_sack.h ---- */

static bool check_gaps(const finding *f)
{
    const simp_tcp *t = f->tcp;
    const struct simp_gaps *g = t->gaps;
    const sim_packet *last = NULL;
    uint32_t bytes = 0;
    if (g == NULL)
        return require(f, t->active->receive.early == NULL || t->state == SIMP_TCP_SYN_RECEIVED,
                       "sack 1: no gaps, but early packets");
    bool ok = require(f, simp_ranges_are_sound(&g->held), "sack 1: held is not sound") &&
              require(f, g->held.count > 0 || g->has_duplicate, "sack 1: gaps are kept for nothing");
    const sim_packet *early = t->state == SIMP_TCP_SYN_RECEIVED ? NULL /* text of a SYN */
                                                                : t->active->receive.early;
    for (const sim_packet *p = early; ok && p != NULL; p = p->next) {
        ok = require(f, simp_ranges_hold(&g->held, p->tcp.seq, p->tcp.seq + p->length),
                     "sack 1: an early packet is not held");
        bytes += p->length;
        last = p;
    }
    ok = ok && require(f, bytes == g->held.bytes, "sack 1: held is more than early") &&
         require(f, last == g->last, "sack 1: last is not the last early packet");
    for (unsigned i = 0; ok && i < g->recent_count; i++)
        ok = require(f, simp_ranges_hold(&g->held, g->recent[i], g->recent[i] + 1),
                     "sack 1: what is told is not held");
    return ok;
}

static bool check_recovery(const finding *f)
{
    const simp_tcp *t = f->tcp;
    const struct simp_recovery *r = t->recovery;
    if (r == NULL)
        return require(f, !t->recovering || !t->sacks, "sack 2: SACK recovery without a scoreboard");
    const simp_ranges *sacked = &r->sacked;
    uint32_t first = sacked->count > 0 ? sacked->at[0].left : t->una;
    uint32_t last = sacked->count > 0 ? sacked->at[sacked->count - 1].right : t->una;
    uint32_t missing = r->high_rxt - t->una - simp_ranges_covered(sacked, t->una, r->high_rxt);
    return require(f, simp_ranges_are_sound(sacked), "sack 3: the scoreboard is not sound") &&
           require(f, sacked->count > 0 || t->recovering, "sack 2: a scoreboard is kept for nothing") &&
           require(f, first - t->una <= last - t->una && last - t->una <= t->max - t->una,
                   "sack 3: SACKed lies within una .. max") &&
           require(f, simp_seq_upto(t->una, r->high_rxt) && simp_seq_upto(r->high_rxt, t->max),
                   "sack 4: high_rxt lies within una .. max") &&
           require(f, r->retransmitted == missing, "sack 4: retransmitted is counted wrongly") &&
           require(f, simp_sack_pipe(t) <= 2 * (t->max - t->una), "sack 4: pipe is more than was sent");
}

/* ---- timers ---- */

static bool check_timers(const finding *f)
{
    const simp_tcp *t = f->tcp;
    const simp_activity *a = t->active;
    bool ok = true;
    for (unsigned i = 0; ok && i < SIMP_TIMER_COUNT; i++)
        ok = require(f,
                     a->deadline[i] == SIMP_TIMER_OFF ||
                         !simp_events_is_late(&t->host->world->events, &a->event, a->deadline[i]),
                     "timers: the event comes after a deadline");
    bool in_flight = t->una != t->max && t->state != SIMP_TCP_CLOSED && t->state != SIMP_TCP_TIME_WAIT;
    bool watched = simp_tcp_timer_is_on(t, SIMP_TIMER_RETRANSMIT) ||
                   simp_tcp_timer_is_on(t, SIMP_TIMER_PERSIST);
    return ok && require(f, !in_flight || watched, "RFC 6298 5.1: in flight, and no timer is on");
}

/* ---- what there is while nothing goes on: tcp_parts.c ---- */

static bool check_parts(const finding *f)
{
    const simp_tcp *t = f->tcp;
    if (t->active != NULL)
        return check_send(f) && check_receive(f) && check_gaps(f) && check_recovery(f) && check_timers(f);
    return require(f, t->una == t->nxt && t->nxt == t->max,
                   "parts 2: something is in flight, but not active") &&
           require(f, t->una == t->send_end + (t->fin_queued ? 1 : 0), "parts 1: something is to be sent") &&
           require(f, t->rcv_nxt - t->read <= (t->fin_received ? 1u : 0u), "parts 1: something is unread") &&
           require(f, t->gaps == NULL && t->recovery == NULL, "parts 1: something is missing");
}

int simp_tcp_check(const simp_tcp *t, char *what, size_t size)
{
    finding f = {t, what, size};
    const simp_tcp *found = simp_tcp_find(t->host->world, &t->key);
    bool ok = require(&f, !t->listed || found == t, "4: a listed connection is not found under its key") &&
              check_parts(&f);
    return ok ? 0 : 1;
}

int simp_world_check(const sim_world *world, char *what, size_t size)
{
    for (const simp_hash_node *at = simp_hash_after(&world->connections, NULL); at != NULL;
         at = simp_hash_after(&world->connections, at)) {
        const simp_tcp *t = (const simp_tcp *)at;
        if (simp_tcp_check(t, what, size) != 0)
            return 1;
    }
    return 0;
}
