/* SPDX-License-Identifier: MIT
 *
 * See candidate.h.  What an event is, is told by the function that runs it; the rest by what that function
 * would find.
 */
#include "simnet/explore/candidate.h"

#include "core/engine.h"
#include "simnet/explore/order.h"
#include "simnet/transport/tcp.h"

/* ---- packets ---- */

static simp_kind kind_of_segment(const sim_packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    if (flags & SIMP_RST)
        return SIMP_KIND_RST;
    if (flags & SIMP_SYN)
        return flags & SIMP_ACK ? SIMP_KIND_SYN_ACK : SIMP_KIND_SYN;
    if (flags & SIMP_FIN)
        return SIMP_KIND_FIN;
    if (packet->length == 0)
        return SIMP_KIND_ACK;
    return flags & SIMP_URG ? SIMP_KIND_URGENT : SIMP_KIND_DATA;
}

static simp_kind kind_of_packet(const sim_packet *packet)
{
    if (simp_packet_has_tcp(packet))
        return kind_of_segment(packet);
    if (packet->protocol == IPPROTO_UDP)
        return SIMP_KIND_DATAGRAM;
    bool is_icmp = packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
    return is_icmp ? SIMP_KIND_ICMP : SIMP_KIND_OTHER;
}

/* The connection at the receiver is being made: what comes is about the listener's queue. */
static bool is_handshake(const sim_host *at, const sim_packet *packet, simp_kind what)
{
    if (what != SIMP_KIND_SYN && what != SIMP_KIND_ACK)
        return false;
    simp_tcp_key key = simp_tcp_key_at(at, packet);
    const simp_tcp *tcp = simp_tcp_find(at->world, &key);
    return tcp == NULL ? what == SIMP_KIND_SYN : tcp->state == SIMP_TCP_SYN_RECEIVED;
}

static void describe_arrival_at(simp_candidate *c, const sim_host *at, const sim_packet *packet,
                                simp_kind what, simp_place *where)
{
    c->host = at->index;
    if (!simp_packet_has_tcp(packet)) {
        if (packet->protocol == IPPROTO_UDP) {
            where->topic = SIMP_A_PORT;
            where->local = packet->destination_port;
        }
        return;
    }
    bool opens = is_handshake(at, packet, what);
    where->topic = opens ? SIMP_A_LISTENER : SIMP_A_STREAM;
    where->local = packet->destination_port;
    if (!opens) {
        where->remote = packet->source;
        where->remote_port = packet->source_port;
    }
    c->is_quiet = what == SIMP_KIND_SYN || (what == SIMP_KIND_ACK && !opens);
}

static const sim_host *host_at(const sim_world *world, uint32_t index)
{
    return index < world->host_count ? world->hosts[index] : NULL;
}

static simp_kind describe_arrival(simp_candidate *c, const sim_world *world, const simp_path *path,
                                  simp_place *where)
{
    const sim_packet *packet = path->flight;
    const sim_host *at = packet->to == NULL ? NULL : packet->to->host;
    simp_kind what = kind_of_packet(packet);
    c->source = SIMP_SOURCE_ARRIVAL;
    c->packet = packet->id;
    *where = (simp_place){.form = SIMP_AT_FLOW,
                          .host = host_at(world, packet->origin),
                          .to = at,
                          .chain_of = path->from->host,
                          .chain_part = path->from->index};
    if (at != NULL)
        describe_arrival_at(c, at, packet, what, where);
    return what;
}

/* ---- notifications ---- */

static simp_kind kind_of_event(long event)
{
    switch (event) {
    case FD_READ: return SIMP_KIND_READ;
    case FD_WRITE: return SIMP_KIND_WRITE;
    case FD_OOB: return SIMP_KIND_OOB;
    case FD_ACCEPT: return SIMP_KIND_ACCEPT;
    case FD_CONNECT: return SIMP_KIND_CONNECT;
    default: return SIMP_KIND_CLOSE;
    }
}

static void place_stream(simp_place *where, uint16_t local, simp_ip remote, uint16_t remote_port)
{
    where->topic = SIMP_A_STREAM;
    where->local = local;
    where->remote = remote;
    where->remote_port = remote_port;
}

static void place_socket(simp_place *where, const cas_port_socket *s)
{
    where->form = s->listening ? SIMP_AT_LISTENER : s->accepted ? SIMP_AT_ACCEPTED : SIMP_AT_SOCKET;
    where->number = s->listening ? s->local_port : s->ordinal;
    where->host = s->host;
    if (s->listening || s->datagram) {
        where->topic = s->listening ? SIMP_A_LISTENER : SIMP_A_PORT;
        where->local = s->local_port;
    } else if (s->tcp != NULL) {
        place_stream(where, s->tcp->key.local_port, s->tcp->key.remote, s->tcp->key.remote_port);
    } else {
        place_stream(where, s->local_port, s->remote, s->remote_port);
    }
}

/* Whose message it is, though it may be closed by now. */
static const cas_port_socket *addressee(const simp_task *task, const casp_message *message)
{
    const sim_host *host = task->host;
    const casp_sink *sink = casp_handle_map_get(&task->thread->handles, message->handle);
    const cas_port_socket *former = NULL;
    if (sink == NULL || sink->generation != message->generation)
        former = simp_formers_find(&host->world->order->formers, task, message->generation);
    return former != NULL                            ? former
           : message->handle < host->socket_capacity ? host->sockets[message->handle]
                                                     : NULL;
}

static simp_kind describe_dispatch(simp_candidate *c, const simp_task *task, simp_place *where)
{
    const sim_host *host = task->host;
    const casp_message_queue *queue = &task->thread->queue;
    c->host = host->index;
    *where = (simp_place){.form = SIMP_AT_HOST, .host = host, .chain_of = host, .chain_part = 0x10000};
    if (queue->count == 0) {
        c->source = SIMP_SOURCE_WAKE;
        return SIMP_KIND_WAKE;
    }
    const casp_message *head = &queue->ring[queue->first];
    const cas_port_socket *s = addressee(task, head);
    c->source = SIMP_SOURCE_DISPATCH;
    if (s != NULL)
        place_socket(where, s);
    return kind_of_event(head->event);
}

/* ---- all ---- */

static simp_kind describe_other(simp_candidate *c, const sim_world *world, simp_place *where)
{
    static const struct {
        simp_source source;
        simp_kind what;
    } by_class[] = {[SIMP_CLASS_ACTION] = {SIMP_SOURCE_ACTION, SIMP_KIND_ACTION},
                    [SIMP_CLASS_ARRIVAL] = {SIMP_SOURCE_ARRIVAL, SIMP_KIND_LINK},
                    [SIMP_CLASS_TIMER] = {SIMP_SOURCE_TIMER, SIMP_KIND_TIMER},
                    [SIMP_CLASS_DISPATCH] = {SIMP_SOURCE_START, SIMP_KIND_START}};
    simp_class class = simp_class_of(c->tie);
    uint32_t host = simp_host_of(c->tie);
    c->source = (uint8_t)by_class[class].source;
    c->host = class == SIMP_CLASS_TIMER || class == SIMP_CLASS_DISPATCH ? host : SIMP_ALL_HOSTS;
    *where = (simp_place){.form = class == SIMP_CLASS_ACTION ? SIMP_AT_SCENARIO : SIMP_AT_HOST,
                          .host = host_at(world, host),
                          .chain_of = class == SIMP_CLASS_ACTION ? NULL : world->hosts[host],
                          .chain_part = 0x20000u + class};
    return by_class[class].what;
}

static simp_kind describe(simp_candidate *c, const sim_world *world, const simp_event *event,
                          simp_place *where)
{
    const simp_path *path = simp_path_of(event);
    const simp_task *task = path != NULL ? NULL : simp_task_of(event);
    if (path != NULL)
        return describe_arrival(c, world, path, where);
    return task != NULL ? describe_dispatch(c, task, where) : describe_other(c, world, where);
}

bool simp_candidate_describe(simp_candidate *c, const sim_world *world, const simp_queued *queued,
                             simp_spots *spots)
{
    simp_place where;
    *c = (simp_candidate){.event = queued->event, .tie = queued->tie, .host = SIMP_ALL_HOSTS};
    simp_kind what = describe(c, world, queued->event, &where);
    simp_spot *spot = simp_spot_of(spots, &where);
    c->chain = spot->chain;
    c->object = spot->object;
    c->kin = spot->kin;
    c->label = simp_spot_label(spots, spot, &where, what);
    return c->label != 0;
}
