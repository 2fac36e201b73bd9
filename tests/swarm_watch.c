/* SPDX-License-Identifier: MIT
 *
 * See swarm_watch.h.
 */
#include "tests/swarm_watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simnet/transport/tcp.h"
#include "simnet/packet/wire.h"
#include "tests/swarm.h"

#define ROUND_NS                                                                                             \
    (uint64_t) SIM_MS(100) /* shorter than any time-out, also by a clock that runs fast by half */

enum { CLIENT, SERVER };

static void object(swarm_watch *watch, const char *what, const sim_packet *packet)
{
    char text[160];
    if (watch->failure[0] == '\0')
        snprintf(watch->failure, sizeof watch->failure, "%s: packet %" PRIu64 ", %s", what,
                 sim_packet_id(packet), sim_packet_describe(packet, text, sizeof text));
}

/* ---- digests ---- */

static uint64_t stir(uint64_t digest, uint64_t value) { return simp_mix(digest * 31 + value + 1); }

static uint64_t stir_bytes(uint64_t digest, const uint8_t *bytes, uint32_t len)
{
    for (; len >= sizeof digest; len -= (uint32_t)sizeof digest, bytes += sizeof digest) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        digest = stir(digest, word);
    }
    for (; len > 0; len--)
        digest = stir(digest, *bytes++);
    return digest;
}

static uint64_t stir_tcp(uint64_t digest, const simp_tcp_header *h, bool urgent_too)
{
    digest = stir(digest, (uint64_t)h->seq << 32 | h->ack);
    digest = stir(digest, (uint64_t)h->window << 32 | (urgent_too ? h->urgent : 0u));
    digest = stir(digest, urgent_too ? h->flags : (uint8_t)(h->flags & ~SIMP_URG));
    digest = stir(digest, (uint64_t)h->mss << 16 | (uint64_t)h->scale << 8 | h->sack_permitted);
    if (h->has_timestamps)
        digest = stir(digest, (uint64_t)h->ts_value << 32 | h->ts_echo);
    for (unsigned i = 0; i < h->sack_count; i++)
        digest = stir(digest, (uint64_t)h->sack[i].left << 32 | h->sack[i].right);
    return digest;
}

/* Of all that links must not change; never 0. */
static uint64_t digest_of(const swarm_watch *watch, const sim_packet *p)
{
    bool clears = swarm_has(watch->world->plan, SWARM_CLEAR_URGENT);
    uint64_t digest = stir(p->protocol, (uint64_t)p->source_port << 16 | p->destination_port);
    digest = stir(stir(digest, p->source.high), p->source.low);
    digest = stir(stir(digest, p->destination.high), p->destination.low);
    if (p->protocol == IPPROTO_TCP)
        digest = stir_tcp(digest, &p->tcp, !clears);
    digest = stir_bytes(stir(digest, p->length), p->block == NULL ? NULL : simp_packet_payload(p), p->length);
    return digest | 1;
}

static bool is_whole(const sim_packet *p)
{
    bool known = p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP;
    return known && !p->from_bytes && !p->more_fragments && p->fragment_offset == 0;
}

/* ---- flows ---- */

static unsigned end_it_goes_to(const sim_packet *p)
{
    return p->destination_port == SWARM_PORT ? SERVER : CLIENT;
}

static unsigned find_flow(const swarm_watch *watch, simp_ip client, uint16_t port, simp_ip server)
{
    for (unsigned i = watch->flow_count; i-- > 0;) {
        const swarm_flow *flow = &watch->flows[i];
        if (flow->client_port == port && simp_ip_equal(flow->client, client) &&
            simp_ip_equal(flow->server, server))
            return i;
    }
    return SWARM_NO_FLOW;
}

static unsigned flow_of(const swarm_watch *watch, const sim_packet *p)
{
    if (p->protocol != IPPROTO_TCP || (p->destination_port != SWARM_PORT && p->source_port != SWARM_PORT))
        return SWARM_NO_FLOW;
    return end_it_goes_to(p) == SERVER ? find_flow(watch, p->source, p->source_port, p->destination)
                                       : find_flow(watch, p->destination, p->destination_port, p->source);
}

static unsigned begin_flow(swarm_watch *watch, const sim_packet *p, uint64_t now)
{
    if (watch->flow_count == SWARM_FLOWS_MAX)
        return SWARM_NO_FLOW;
    watch->flows[watch->flow_count] = (swarm_flow){.client = p->source,
                                                   .server = p->destination,
                                                   .client_port = p->source_port,
                                                   .client_isn = p->tcp.seq,
                                                   .began_ns = now,
                                                   .first_reset_sent_ns = {SIM_FOREVER, SIM_FOREVER}};
    return watch->flow_count++;
}

/* Of something that is sent: a SYN with another number begins a new one, and so does what was one before the
 * link made a reset of it. */
static unsigned note_flow(swarm_watch *watch, const sim_packet *p, uint64_t now)
{
    unsigned flow = flow_of(watch, p);
    bool syn = p->protocol == IPPROTO_TCP && p->destination_port == SWARM_PORT &&
               (p->tcp.flags & (SIMP_SYN | SIMP_ACK | SIMP_RST)) == SIMP_SYN;
    bool was_syn = flow == SWARM_NO_FLOW && p->protocol == IPPROTO_TCP && p->destination_port == SWARM_PORT &&
                   (p->tcp.flags & (SIMP_ACK | SIMP_RST)) == SIMP_RST;
    bool fresh = was_syn || (syn && (flow == SWARM_NO_FLOW || watch->flows[flow].client_isn != p->tcp.seq));
    return fresh ? begin_flow(watch, p, now) : flow;
}

static bool is_flow_of(const swarm_world *w, const swarm_flow *flow, unsigned connection)
{
    const swarm_connection_plan *plan = &w->plan->connections[connection];
    return flow->client_port == w->connections[connection].client_port && flow->began_ns >= plan->start_ns &&
           simp_ip_is_v4(flow->client) != plan->ipv6 &&
           simp_host_owns(w->hosts[plan->client], flow->client) &&
           simp_host_owns(w->hosts[plan->server], flow->server);
}

/* ---- records ---- */

static swarm_record *record_of(swarm_watch *watch, uint64_t id)
{
    if (id >= watch->record_capacity) {
        uint64_t capacity = 2 * id + 1024;
        swarm_record *grown = realloc(watch->records, capacity * sizeof *grown);
        if (grown == NULL)
            abort();
        memset(grown + watch->record_capacity, 0, (capacity - watch->record_capacity) * sizeof *grown);
        watch->records = grown;
        watch->record_capacity = capacity;
    }
    return &watch->records[id];
}

static void enlist(swarm_watch *watch, unsigned number, const sim_packet *p, uint64_t now)
{
    swarm_record *record = record_of(watch, p->id);
    bool is_tcp = p->protocol == IPPROTO_TCP;
    *record = (swarm_record){.digest = digest_of(watch, p),
                             .sent_ns = now,
                             .arrived_ns = SIM_FOREVER,
                             .ack = is_tcp ? p->tcp.ack : 0,
                             .to = (uint8_t)end_it_goes_to(p),
                             .has_ack = is_tcp && (p->tcp.flags & SIMP_ACK) != 0,
                             .has_text = is_tcp &&
                                         (p->length > 0 || (p->tcp.flags & (SIMP_SYN | SIMP_FIN)) != 0),
                             .is_reset = is_tcp && (p->tcp.flags & SIMP_RST) != 0};
    if (number == SWARM_NO_FLOW)
        return;
    swarm_flow *flow = &watch->flows[number];
    if (flow->last == 0)
        flow->first = (uint32_t)p->id;
    else
        watch->records[flow->last].next = (uint32_t)p->id;
    flow->last = (uint32_t)p->id;
}

/* ---- resets ---- */

/* The connection of whose end a segment comes from a host; connection_count: of none. */
static unsigned sender_of(const swarm_world *w, const sim_packet *p, unsigned end, const sim_host *from)
{
    UINT port = end == CLIENT ? p->source_port : p->destination_port;
    unsigned newest = w->plan->connection_count;
    for (unsigned i = 0; i < w->plan->connection_count; i++) {
        const swarm_connection *c = &w->connections[i];
        const swarm_connection_plan *plan = &w->plan->connections[i];
        const sim_host *own = w->hosts[end == CLIENT ? plan->client : plan->server];
        const sim_host *other = w->hosts[end == CLIENT ? plan->server : plan->client];
        bool fits = c->client_port == port && own == from && simp_host_owns(other, p->destination);
        if (fits && !c->killed)
            newest = i;
    }
    return newest;
}

/* A connection that stands, whose program did not leave, has no reason to send one. */
static void check_reset(swarm_watch *watch, const sim_packet *p, const sim_host *from, sim_fate fate)
{
    const swarm_world *w = watch->world;
    unsigned end = 1 - end_it_goes_to(p), connection = sender_of(w, p, end, from);
    bool may_be_forged = fate == SIM_FATE_FORGED || swarm_has(w->plan, SWARM_RESETS);
    if (watch->is_over || may_be_forged || connection == w->plan->connection_count)
        return;
    const swarm_connection *c = &w->connections[connection];
    const simp_tcp *t = swarm_tcp_of(w, connection, end);
    bool stands = t != NULL && t->state >= SIMP_TCP_ESTABLISHED && t->state < SIMP_TCP_TIME_WAIT;
    if (stands && c->ends[end].state == TRANSFER_OPEN && c->lies == 0)
        object(watch, "reset by a connection that stands", p);
}

/* ---- the observer ---- */

/* The segment or datagram that its host makes of the bytes; NULL: it drops them. */
static sim_packet *understand(const swarm_watch *watch, const sim_packet *p)
{
    simp_arena *arena = &watch->world->world->arena;
    sim_packet *copy = simp_packet_copy(arena, p);
    bool ok = copy != NULL && (p->raw == NULL || simp_packet_open(arena, &copy) == SIMP_WIRE_OK);
    ok = ok && (!copy->from_bytes || simp_packet_parse_transport(arena, &copy) == SIMP_WIRE_OK);
    if (ok)
        return copy;
    simp_packet_free(arena, copy);
    return NULL;
}

static void note_corrupted(const swarm_watch *watch, const sim_packet *p)
{
    bool is_fragment = p->more_fragments || p->fragment_offset != 0;
    sim_packet *made = is_fragment ? NULL : understand(watch, p);
    fprintf(watch->corrupted, "%" PRIu64 " %s %u %u\n", watch->sent,
            is_fragment    ? "fragment"
            : made == NULL ? "found"
                           : "harmless",
            p->source_port, p->destination_port);
    simp_packet_free(&watch->world->world->arena, made);
}

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *p, const sim_host *from,
                    sim_fate fate)
{
    swarm_watch *watch = (swarm_watch *)observer;
    uint64_t now = sim_world_now(world);
    watch->sent++;
    if (p->raw != NULL && watch->corrupted != NULL)
        note_corrupted(watch, p);
    if (!is_whole(p))
        return;
    unsigned number = note_flow(watch, p, now);
    enlist(watch, number, p, now);
    watch->records[p->id].is_forged = fate == SIM_FATE_FORGED;
    if (p->protocol != IPPROTO_TCP || (p->tcp.flags & SIMP_RST) == 0 || number == SWARM_NO_FLOW)
        return;
    swarm_flow *flow = &watch->flows[number];
    uint64_t *first = &flow->first_reset_sent_ns[1 - end_it_goes_to(p)];
    if (fate != SIM_FATE_FORGED && *first == SIM_FOREVER)
        *first = now;
    check_reset(watch, p, from, fate);
}

/* The segment as its receiver understands it. */
static void on_segment(swarm_watch *watch, const sim_packet *p, uint64_t now)
{
    swarm_record *record = record_of(watch, p->id);
    unsigned number = flow_of(watch, p);
    bool is_reset = p->protocol == IPPROTO_TCP && (p->tcp.flags & SIMP_RST) != 0;
    bool is_forged = is_reset && !record->is_reset && swarm_has(watch->world->plan, SWARM_RESETS);
    bool is_other = record->digest != 0 && record->digest != digest_of(watch, p) && !is_forged;
    if (record->digest != 0 && record->arrived_ns == SIM_FOREVER)
        record->arrived_ns = now;
    watch->lies += is_other;
    if (is_other && !swarm_has(watch->world->plan, SWARM_LIES))
        object(watch, "altered: it arrives other than it was sent", p);
    if (number == SWARM_NO_FLOW)
        return;
    swarm_flow *flow = &watch->flows[number];
    flow->lies += is_other;
    for (unsigned i = 0; i < watch->world->plan->connection_count && is_other; i++)
        watch->world->connections[i].lies += is_flow_of(watch->world, flow, i);
    flow->forged += is_forged || record->is_forged;
    flow->resets_arrived[end_it_goes_to(p)] += is_reset;
}

static void on_error(swarm_watch *watch, const sim_packet *p)
{
    const sim_packet *quoted = p->icmp.kind >= SIMP_ICMP_NET_UNREACHABLE ? p->icmp.quoted : NULL;
    unsigned number = quoted == NULL || p->icmp.kind == SIMP_ICMP_TOO_BIG ? SWARM_NO_FLOW
                                                                          : flow_of(watch, quoted);
    if (number != SWARM_NO_FLOW)
        watch->flows[number].errors_arrived[1 - end_it_goes_to(quoted)]++;
}

static void on_understood(swarm_watch *watch, const sim_packet *p, uint64_t now)
{
    if (is_whole(p))
        on_segment(watch, p, now);
    else if ((p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6) && !p->from_bytes)
        on_error(watch, p);
}

/* What was corrupted has passed the checksum of IP at most: what its host makes of the rest is found out
 * with a copy. */
static void on_arrived(sim_observer *observer, const sim_world *world, const sim_packet *p,
                       const sim_host *at)
{
    swarm_watch *watch = (swarm_watch *)observer;
    bool is_fragment = p->more_fragments || p->fragment_offset != 0;
    (void)at;
    if (!p->from_bytes || is_fragment) {
        on_understood(watch, p, sim_world_now(world));
        return;
    }
    sim_packet *made = understand(watch, p);
    if (made != NULL)
        on_understood(watch, made, sim_world_now(world));
    simp_packet_free(&watch->world->world->arena, made);
}

void swarm_watch_begin(swarm_watch *watch, swarm_world *w)
{
    memset(watch, 0, sizeof *watch);
    watch->observer = (sim_observer){.on_sent = on_sent, .on_arrived = on_arrived};
    watch->world = w;
    sim_world_add_observer(w->world, &watch->observer);
}

void swarm_watch_end(swarm_watch *watch)
{
    free(watch->records);
    watch->records = NULL;
}

/* ---- evidence ---- */

const swarm_flow *swarm_watch_flow(const swarm_world *w, unsigned connection)
{
    const swarm_flow *newest = NULL;
    for (unsigned i = 0; i < w->watch.flow_count; i++) {
        if (is_flow_of(w, &w->watch.flows[i], connection))
            newest = &w->watch.flows[i];
    }
    return newest;
}

/* When the end's peer acknowledged something new for the last time. */
static uint64_t last_progress(const swarm_world *w, const swarm_flow *flow, unsigned end, uint64_t until_ns)
{
    uint64_t last = flow->began_ns;
    uint32_t highest = 0;
    bool any = false;
    for (uint32_t id = flow->first; id != 0; id = w->watch.records[id].next) {
        const swarm_record *r = &w->watch.records[id];
        bool hears = r->to == end && r->has_ack && !r->is_reset && r->arrived_ns < until_ns;
        if (!hears || (any && (int32_t)(r->ack - highest) <= 0))
            continue;
        any = true;
        highest = r->ack;
        last = r->arrived_ns > last ? r->arrived_ns : last;
    }
    return last;
}

/* A packet of between the times that had not arrived at the later one. */
static bool is_missing(const swarm_record *r, uint64_t from_ns, uint64_t until_ns)
{
    return r->sent_ns >= from_ns && r->sent_ns <= until_ns && r->arrived_ns > until_ns;
}

static bool is_text_from(const swarm_record *r, unsigned end, uint64_t from_ns, uint64_t until_ns)
{
    return r->has_text && r->to != end && r->sent_ns >= from_ns && r->sent_ns <= until_ns;
}

typedef struct rounds {
    unsigned count;
    uint64_t last_ns;
} rounds;

static void count_round(rounds *all, uint64_t at_ns)
{
    if (all->count > 0 && at_ns < all->last_ns + ROUND_NS)
        return;
    all->count++;
    all->last_ns = at_ns;
}

static unsigned count_missing(const swarm_world *w, const swarm_flow *flow, unsigned end, uint64_t from_ns,
                              uint64_t until_ns)
{
    rounds missing = {0}, tries = {0};
    for (uint32_t id = flow->first; id != 0; id = w->watch.records[id].next) {
        const swarm_record *r = &w->watch.records[id];
        if (is_missing(r, from_ns, until_ns))
            count_round(&missing, r->sent_ns);
        if (is_text_from(r, end, from_ns, until_ns))
            count_round(&tries, r->sent_ns);
    }
    return tries.count > 0 && tries.count < missing.count ? tries.count : missing.count;
}

/* When the end sent something for the last time before another time. */
static uint64_t last_sending(const swarm_world *w, const swarm_flow *flow, unsigned end, uint64_t until_ns)
{
    uint64_t last = flow->began_ns;
    for (uint32_t id = flow->first; id != 0; id = w->watch.records[id].next) {
        const swarm_record *r = &w->watch.records[id];
        if (r->to != end && !r->is_reset && r->sent_ns <= until_ns)
            last = r->sent_ns;
    }
    return last;
}

/* When exactly the end gave up is not known: after it sent for the last time, and before it was heard of. */
unsigned swarm_watch_silence(const swarm_world *w, const swarm_flow *flow, unsigned end, uint64_t until_ns,
                             uint64_t *since_ns)
{
    uint64_t gone = flow->first_reset_sent_ns[end];
    uint64_t latest = gone < until_ns ? gone : until_ns;
    uint64_t earliest = last_sending(w, flow, end, latest);
    *since_ns = last_progress(w, flow, end, latest);
    uint64_t from = *since_ns < ROUND_NS ? 0 : *since_ns - ROUND_NS;
    unsigned then = count_missing(w, flow, end, from, earliest),
             later = count_missing(w, flow, end, from, latest);
    return then > later ? then : later;
}

bool swarm_watch_lost(const swarm_world *w, const swarm_flow *flow, unsigned end)
{
    for (uint32_t id = flow->first; id != 0; id = w->watch.records[id].next) {
        if (w->watch.records[id].to == end && w->watch.records[id].arrived_ns == SIM_FOREVER)
            return true;
    }
    return false;
}
