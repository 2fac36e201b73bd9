/* SPDX-License-Identifier: MIT
 *
 * Plans and connections in words.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "simnet/transport/tcp.h"
#include "tests/swarm.h"

/* ---- plans ---- */

void swarm_print_less(FILE *out, const swarm_less *less)
{
    const char *before = " --without ";
    for (unsigned i = 0; i < SWARM_FEATURE_COUNT; i++) {
        if ((less->off >> i & 1) == 0)
            continue;
        fprintf(out, "%s%s", before, swarm_feature_name((swarm_feature)i));
        before = ",";
    }
    before = " --without-connections ";
    for (unsigned i = 0; i < SWARM_CONNECTIONS_MAX; i++) {
        if ((less->connections >> i & 1) == 0)
            continue;
        fprintf(out, "%s%u", before, i);
        before = ",";
    }
    if (less->size_shift != 0)
        fprintf(out, " --size-shift %u", less->size_shift);
}

static void print_direction(FILE *out, const char *name, const sim_link_options *o)
{
    fprintf(out, " %s %.3f ms", name, (double)o->latency_ns / 1e6);
    if (o->jitter_ns != 0)
        fprintf(out, " +- %.3f%s", (double)o->jitter_ns / 1e6, o->jitter_reorders ? " overtaking" : "");
    if (o->rate_bps != 0)
        fprintf(out, ", %.3f Mbit/s queue %" PRId64, (double)o->rate_bps / 1e6, o->queue_bytes);
    if (o->loss_ppm != 0)
        fprintf(out, ", loss %.2f %%", (double)o->loss_ppm / 1e4);
    if (o->duplicate_ppm != 0)
        fprintf(out, ", duplicate %.2f %%", (double)o->duplicate_ppm / 1e4);
    if (o->reorder_ppm != 0)
        fprintf(out, ", reorder %.2f %% by %.3f ms", (double)o->reorder_ppm / 1e4,
                (double)o->reorder_delay_ns / 1e6);
    fprintf(out, ";");
}

static void print_end(FILE *out, const transfer_plan *t)
{
    static const char *const endings[] = {"half-close", "patient", "close", "abort"};
    fprintf(out, "%" PRIu32 " bytes by %" PRIu32 "/%" PRIu32 " %s", t->bytes, t->send_max, t->receive_max,
            endings[t->ending]);
    if (t->ending == TRANSFER_ABORT)
        fprintf(out, " after %" PRIu32, t->abort_after);
    if (t->send_buffer != 0 || t->receive_buffer != 0)
        fprintf(out, " buffers %d/%d", t->send_buffer, t->receive_buffer);
    if (t->send_pause_ns != 0 || t->receive_pause_ns != 0)
        fprintf(out, " pauses %.3f/%.3f ms", (double)t->send_pause_ns / 1e6,
                (double)t->receive_pause_ns / 1e6);
    if (t->urgent_every != 0)
        fprintf(out, " urgent 1/%u", t->urgent_every);
    fprintf(out, "%s%s%s", t->nodelay ? " nodelay" : "", t->keepalive ? " keepalive" : "",
            t->inline_urgent ? " inline" : "");
}

static void print_connections(FILE *out, const swarm_plan *plan)
{
    for (unsigned i = 0; i < plan->connection_count; i++) {
        const swarm_connection_plan *c = &plan->connections[i];
        if ((plan->less.connections >> i & 1) != 0)
            continue;
        fprintf(out, "  connection %u: h%u > h%u %s at %.3f ms: ", i, c->client, c->server,
                c->ipv6 ? "IPv6" : "IPv4", (double)c->start_ns / 1e6);
        print_end(out, &c->ends[0]);
        fprintf(out, " | ");
        print_end(out, &c->ends[1]);
        fprintf(out, "\n");
    }
}

void swarm_print_plan(FILE *out, const swarm_plan *plan)
{
    static const char *const topologies[] = {"line", "segment", "star", "chain"};
    char profile[CAS_PROFILE_TEXT];
    fprintf(out, "  %s of %u hosts, stack %s, profile %s, features", topologies[plan->topology],
            plan->host_count, plan->stack->name, cas_profile_text(&plan->profile, profile, sizeof profile));
    for (unsigned i = 0; i < SWARM_FEATURE_COUNT; i++) {
        if (swarm_has(plan, (swarm_feature)i))
            fprintf(out, " %s", swarm_feature_name((swarm_feature)i));
    }
    fprintf(out, "\n");
    for (unsigned i = 0; i < plan->link_count; i++) {
        const swarm_link_plan *link = &plan->links[i];
        fprintf(out, "  link l%u: mtu %" PRId64 ",", i, link->there.mtu);
        print_direction(out, "there", &link->there);
        print_direction(out, "back", &link->back);
        if (link->later_ns != 0) {
            fprintf(out, " from %.3f ms on", (double)link->later_ns / 1e6);
            print_direction(out, "both", &link->later);
        }
        fprintf(out, "\n");
    }
    for (unsigned i = 0; i < plan->partition_count; i++)
        fprintf(out, "  partition p%u: shape %d, %.3f to %.3f ms%s%s\n", i, (int)plan->partitions[i].shape,
                (double)plan->partitions[i].begin_ns / 1e6, (double)plan->partitions[i].end_ns / 1e6,
                plan->partitions[i].options.hold ? ", holds" : "",
                plan->partitions[i].options.spares_in_flight ? ", spares" : "");
    for (unsigned i = 0; i < plan->host_count; i++)
        fprintf(out, "  host h%u: stack %s, backlog %d, listener's buffers %d/%d%s\n", i,
                plan->hosts[i].stack == NULL ? "of the world" : plan->hosts[i].stack->name,
                plan->hosts[i].backlog, plan->hosts[i].listener.send_buffer,
                plan->hosts[i].listener.receive_buffer,
                plan->hosts[i].listener.inline_urgent ? " inline" : "");
    swarm_print_impairments(out, plan);
    swarm_print_faults(out, plan);
    print_connections(out, plan);
    swarm_print_datagrams(out, plan);
}

/* ---- what happened ---- */

void swarm_print_counts(FILE *out, const uint64_t counts[SWARM_COUNT_COUNT])
{
    static const char *const names[] = {
#define NAME(name) #name,
        SWARM_COUNTS(NAME)
#undef NAME
    };
    for (unsigned i = 0; i < SWARM_COUNT_COUNT; i++) {
        if (counts[i] != 0)
            fprintf(out, " %s %" PRIu64, names[i], counts[i]);
    }
}

/* ---- connections ---- */

static size_t append(char *text, size_t size, size_t used, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;

static size_t append(char *text, size_t size, size_t used, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = used < size ? vsnprintf(text + used, size - used, format, arguments) : 0;
    va_end(arguments);
    return used + (len > 0 ? (size_t)len : 0);
}

static size_t explain_tcp(const simp_tcp *t, char *text, size_t size, size_t used)
{
    static const char *const timers[] = {"retransmit", "persist", "delayed-ack", "keepalive", "wait"};
    static const char *const states[] = {"CLOSED",     "SYN-SENT",   "SYN-RECEIVED", "ESTABLISHED",
                                         "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",   "CLOSING",
                                         "LAST-ACK",   "TIME-WAIT"};
    used = append(text, size, used,
                  "\n    %s una %u nxt %u max %u end %u%s, wnd %u (edge %u) cwnd %u mss %u, read %u "
                  "rcv_nxt %u edge %u%s",
                  states[t->state], t->una - t->iss, t->nxt - t->iss, t->max - t->iss, t->send_end - t->iss,
                  t->fin_queued ? "+FIN" : "", t->wnd, t->wnd_edge - t->iss, t->cwnd, t->mss,
                  t->read - t->irs, t->rcv_nxt - t->irs, t->rcv_edge - t->irs, t->fin_received ? " FIN" : "");
    const simp_activity *a = t->active;
    if (a == NULL)
        return append(text, size, used, ", quiet");
    used = append(text, size, used, "%s, retries %u backoff %u probes %u, timers",
                  a->receive.early != NULL ? " gap" : "", a->retries, t->backoff, a->probes);
    for (unsigned i = 0; i < SIMP_TIMER_COUNT; i++) {
        if (a->deadline[i] != SIMP_TIMER_OFF)
            used = append(text, size, used, " %s at %.3f ms", timers[i], (double)a->deadline[i] / 1e6);
    }
    return used;
}

const simp_tcp *swarm_tcp_of(const swarm_world *w, unsigned connection, unsigned end)
{
    const swarm_connection_plan *plan = &w->plan->connections[connection];
    UINT client = w->connections[connection].client_port;
    const sim_host *host = w->hosts[end == 0 ? plan->client : plan->server];
    const sim_host *other = w->hosts[end == 0 ? plan->server : plan->client];
    const simp_hash_table *table = &w->world->connections;
    for (const simp_hash_node *at = simp_hash_after(table, NULL); at != NULL;
         at = simp_hash_after(table, at)) {
        const simp_tcp *t = (const simp_tcp *)at; /* its node is its first member */
        UINT local = end == 0 ? t->key.local_port : t->key.remote_port;
        if (t->host == host && local == client && simp_host_owns(other, t->key.remote))
            return t;
    }
    return NULL;
}

static size_t explain_end(const swarm_world *w, unsigned connection, unsigned end, char *text, size_t size,
                          size_t used)
{
    const swarm_connection *c = &w->connections[connection];
    const transfer_end *e = &c->ends[end];
    used = append(text, size, used,
                  "\n  %s: %s, error %d, sent %" PRIu32 " of %" PRIu32 ", received %" PRIu32 " of %" PRIu32
                  "%s%s%s%s%s, call error %d",
                  e->name, transfer_state_name(e->state), e->error, e->sent, e->plan.bytes, e->received,
                  e->peer->plan.bytes, e->shut ? ", shut" : "", e->eof ? ", read the end" : "",
                  e->saw_close ? ", OnClose" : "", e->sends_owed > 0 ? ", OnSend owed" : "",
                  e->receive_waits ? ", will receive" : "", e->call_error);
    const simp_tcp *t = swarm_tcp_of(w, connection, end);
    return t == NULL ? append(text, size, used, "\n    no connection") : explain_tcp(t, text, size, used);
}

void swarm_explain(const swarm_world *w, unsigned connection, char *text, size_t size)
{
    size_t used = explain_end(w, connection, 0, text, size, 0);
    explain_end(w, connection, 1, text, size, used);
}
