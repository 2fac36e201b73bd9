/* SPDX-License-Identifier: MIT
 *
 * The timers of a connection, and the retransmission time-out of RFC 6298.
 *
 * A connection has one event for all its timers.  Moving a deadline back leaves the event where it is: it
 * finds nothing due, and goes to sleep again.  So an ACK that restarts the timer costs one store.
 */
#include "simnet/host/host_fault.h"
#include "simnet/transport/tcp.h"

#define CLOCK_GRANULARITY_NS (1 * SIMP_MS_NS)

enum { BACKOFF_MAX = 16 }; /* more doublings than any stack's rto_max_ns lets happen */

static uint64_t earliest(const simp_activity *a)
{
    uint64_t first = SIMP_TIMER_OFF;
    for (unsigned i = 0; i < SIMP_TIMER_COUNT; i++)
        first = a->deadline[i] < first ? a->deadline[i] : first;
    return first;
}

static APART void move_event(simp_tcp *t, uint64_t at_ns)
{
    simp_schedule(t->host->world, &t->active->event, SIMP_CLASS_TIMER, t->host, at_ns);
}

static inline void wake_at(simp_tcp *t, uint64_t at_ns)
{
    if (simp_events_is_late(&t->host->world->events, &t->active->event, at_ns))
        move_event(t, at_ns);
}

void simp_tcp_timer_set(simp_tcp *t, simp_timer timer, uint64_t delay_ns)
{
    uint64_t deadline = t->host->world->now_ns + simp_host_span(t->host, delay_ns);
    t->active->deadline[timer] = deadline;
    wake_at(t, deadline);
}

/* ---- the estimator ---- */

static uint64_t base_timeout(const simp_tcp *t)
{
    if (t->srtt_ns == 0) /* 2.1, 5.7 */
        return t->syn_repeated ? 3 * SIMP_S_NS : (uint64_t)t->stack->rto_initial_ns;
    uint64_t spread = 4 * t->rttvar_ns, min = (uint64_t)t->stack->rto_min_ns;
    uint64_t rto = t->srtt_ns + (spread > CLOCK_GRANULARITY_NS ? spread : CLOCK_GRANULARITY_NS);
    return rto < min ? min : rto;
}

uint64_t simp_tcp_timeout(const simp_tcp *t)
{
    uint64_t max = (uint64_t)t->stack->rto_max_ns, rto = base_timeout(t);
    rto = (rto < max ? rto : max) << t->backoff; /* 5.5 */
    return rto < max ? rto : max;
}

static void back_off(simp_tcp *t)
{
    if (t->backoff < BACKOFF_MAX)
        t->backoff++;
}

void simp_tcp_rtt_sample(simp_tcp *t, uint64_t rtt_ns, unsigned samples)
{
    uint64_t n = samples == 0 ? 1 : samples;
    if (t->srtt_ns == 0) {
        t->srtt_ns = rtt_ns == 0 ? 1 : rtt_ns;
        t->rttvar_ns = rtt_ns / 2;
    } else {
        uint64_t delta = t->srtt_ns > rtt_ns ? t->srtt_ns - rtt_ns : rtt_ns - t->srtt_ns;
        t->rttvar_ns = t->rttvar_ns - t->rttvar_ns / (4 * n) + delta / (4 * n);
        t->srtt_ns = t->srtt_ns - t->srtt_ns / (8 * n) + rtt_ns / (8 * n);
    }
    t->backoff = 0; /* Karn, RFC 9293 MUST-18: not before */
}

/* ---- time-outs; each returns false when the connection is gone ---- */

static bool has_tried_enough(const simp_tcp *t)
{
    const sim_stack *stack = t->stack;
    uint64_t limit = (uint64_t)stack->syn_timeout_ns;
    if (t->state == SIMP_TCP_SYN_RECEIVED && t->active->listener != NULL)
        return t->active->retries >= stack->syn_ack_retries;
    return t->active->retries >= stack->syn_retries ||
           (limit != 0 && t->host->world->now_ns - t->active->opened_ns >= limit);
}

/* RFC 9293 3.8.3 (c), SHLD-9: from R1 on the path is doubted.  There is no other one to try here, since
 * routes are fixed; who watches is told. */
static void count_retry(simp_tcp *t)
{
    t->active->retries++;
    if (t->active->retries == t->stack->retransmissions_soft)
        simp_tcp_report(t, SIM_REPORT_RETRANSMISSIONS, (int)t->active->retries);
}

/* What an ICMP error told tells more than that nobody answered. */
static void give_up(simp_tcp *t)
{
    int told = t->active->soft_error;
    simp_tcp_fail(t, told != 0 ? told : WSAETIMEDOUT);
}

static bool on_syn_timeout(simp_tcp *t)
{
    if (has_tried_enough(t)) {
        give_up(t);
        return false;
    }
    if (t->active->retries >= t->stack->syn_linear)
        back_off(t);
    count_retry(t);
    if (!simp_tcp_send_syn(t))
        simp_out_of_memory(t->host->world);
    return true;
}

static bool on_persist(simp_tcp *t)
{
    if (t->active->probes >= t->stack->retransmissions_max) {
        give_up(t);
        return false;
    }
    t->active
        ->probes++; /* counts those without an answer; it goes on for as long as the peer answers: MUST-37 */
    simp_tcp_send_probe(t);
    back_off(t);
    simp_tcp_timer_set(t, SIMP_TIMER_PERSIST, simp_tcp_timeout(t));
    return true;
}

static bool on_retransmit(simp_tcp *t)
{
    if (!simp_tcp_is_synchronised(t))
        return on_syn_timeout(t);
    if (t->wnd == 0) { /* what is in flight, a FIN too, lies behind a closed window: now it is a probe */
        t->nxt = t->una;
        simp_recovery_timeout(t);
        return on_persist(t);
    }
    if (t->active->retries >= t->stack->retransmissions_max) {
        give_up(t);
        return false;
    }
    simp_tcp_cc_timeout(t);
    simp_recovery_timeout(t);
    count_retry(t);
    back_off(t);
    t->timing = false;
    t->nxt = t->una; /* 5.4: only the first now; the rest as the window opens */
    simp_tcp_retransmit(t);
    return true;
}

void simp_tcp_restart_keepalive(simp_tcp *t)
{
    if (t->keepalive && simp_tcp_is_synchronised(t) && t->state != SIMP_TCP_TIME_WAIT)
        simp_tcp_timer_set(t, SIMP_TIMER_KEEPALIVE, (uint64_t)t->stack->keepalive_idle_ns);
    else
        simp_tcp_timer_stop(t, SIMP_TIMER_KEEPALIVE);
}

static bool on_keepalive(simp_tcp *t)
{
    if (t->una != t->max) { /* MUST-26: the retransmissions are what finds out */
        simp_tcp_restart_keepalive(t);
        return true;
    }
    if (t->active->probes >= t->stack->keepalive_probes) {
        simp_tcp_fail(t, WSAENETRESET);
        return false;
    }
    t->active->probes++;
    simp_tcp_send_keepalive(t);
    simp_tcp_timer_set(t, SIMP_TIMER_KEEPALIVE, (uint64_t)t->stack->keepalive_interval_ns);
    return true;
}

static bool expire(simp_tcp *t, simp_timer timer)
{
    switch (timer) {
    case SIMP_TIMER_RETRANSMIT: return on_retransmit(t);
    case SIMP_TIMER_PERSIST: return on_persist(t);
    case SIMP_TIMER_DELAYED_ACK: simp_tcp_send_ack(t); return true;
    case SIMP_TIMER_KEEPALIVE: return on_keepalive(t);
    default:
        if (t->state == SIMP_TCP_TIME_WAIT)
            simp_tcp_finish(t);
        else
            simp_tcp_destroy(t);
        return false;
    }
}

void simp_tcp_on_timer(sim_world *world, simp_event *event)
{
    simp_tcp *t = ((simp_activity *)event)->tcp;
    for (unsigned i = 0; i < SIMP_TIMER_COUNT; i++) {
        if (t->active->deadline[i] > world->now_ns)
            continue;
        t->active->deadline[i] = SIMP_TIMER_OFF;
        simp_record_event(world, SIMP_RECORD_TIMER, t->host->name_hash >> 8,
                          (uint64_t)t->key.local_port << 8 | i);
        if (!expire(t, (simp_timer)i))
            return;
    }
    uint64_t next = earliest(t->active);
    if (next != SIMP_TIMER_OFF)
        wake_at(t, next);
    else
        simp_tcp_rest(t);
}
