/* SPDX-License-Identifier: MIT
 *
 * See candidate.h.  What an event is, is told by the function that runs it; the rest by what that function
 * would find.
 */
#include "simnet/explore/candidate.h"

#include <stdio.h>
#include <string.h>

#include "core/engine.h"
#include "simnet/explore/order.h"
#include "simnet/transport/tcp.h"

enum { TEXT_MAX = 192 };

/* Where something happens, as a label tells it. */
typedef enum form {
    AT_SCENARIO,
    AT_HOST,     /* "server" */
    AT_FLOW,     /* "client->server": from, to */
    AT_LISTENER, /* "server/listen:80" */
    AT_ACCEPTED, /* "server/conn#2" */
    AT_SOCKET    /* "server/socket#1" */
} form;

/* What happens, by the words of its label. */
typedef enum kind {
    KIND_ACTION,
    KIND_TIMER,
    KIND_WAKE,
    KIND_START,
    KIND_LINK,
    KIND_SYN,
    KIND_SYN_ACK,
    KIND_ACK,
    KIND_DATA,
    KIND_URGENT,
    KIND_FIN,
    KIND_RST,
    KIND_DATAGRAM,
    KIND_ICMP,
    KIND_OTHER,
    KIND_READ,
    KIND_WRITE,
    KIND_OOB,
    KIND_ACCEPT,
    KIND_CONNECT,
    KIND_CLOSE
} kind;

typedef struct place {
    form form;
    uint32_t number;
    const sim_host *host, *to; /* NULL: outside, all */
} place;

static const char *const kind_words[] = {
    [KIND_ACTION] = "action",     [KIND_TIMER] = "timer",       [KIND_WAKE] = "wake",
    [KIND_START] = "start",       [KIND_LINK] = "link",         [KIND_SYN] = "SYN",
    [KIND_SYN_ACK] = "SYN-ACK",   [KIND_ACK] = "ACK",           [KIND_DATA] = "data",
    [KIND_URGENT] = "urgent",     [KIND_FIN] = "FIN",           [KIND_RST] = "RST",
    [KIND_DATAGRAM] = "datagram", [KIND_ICMP] = "ICMP",         [KIND_OTHER] = "packet",
    [KIND_READ] = "OnReceive",    [KIND_WRITE] = "OnSend",      [KIND_OOB] = "OnOutOfBandData",
    [KIND_ACCEPT] = "OnAccept",   [KIND_CONNECT] = "OnConnect", [KIND_CLOSE] = "OnClose",
};

static uint64_t join(uint64_t a, uint64_t b) { return simp_mix(a * 0x9E3779B97F4A7C15u + b); }

/* ---- objects ---- */

static uint64_t listener_object(uint16_t port) { return join(1, port) | 1; }
static uint64_t datagram_object(uint16_t port) { return join(2, port) | 1; }

/* What stacks choose; a service there is only known less exactly. */
static uint16_t lasting(uint16_t port) { return port < 32768 ? port : 0; }

static void set_object(simp_candidate *c, uint64_t object) { c->object = c->kin = object; }

static void set_datagram(simp_candidate *c, uint16_t port)
{
    c->object = datagram_object(port);
    c->kin = datagram_object(lasting(port));
}

static void set_stream(simp_candidate *c, uint16_t local_port, simp_ip remote, uint16_t remote_port)
{
    uint64_t peer = join(remote.high, remote.low);
    c->object = join(peer, (uint64_t)local_port << 16 | remote_port) | 1;
    c->kin = join(peer, (uint64_t)lasting(local_port) << 16 | lasting(remote_port)) | 1;
}

/* ---- packets ---- */

static kind kind_of_segment(const sim_packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    if (flags & SIMP_RST)
        return KIND_RST;
    if (flags & SIMP_SYN)
        return flags & SIMP_ACK ? KIND_SYN_ACK : KIND_SYN;
    if (flags & SIMP_FIN)
        return KIND_FIN;
    if (packet->length == 0)
        return KIND_ACK;
    return flags & SIMP_URG ? KIND_URGENT : KIND_DATA;
}

static kind kind_of_packet(const sim_packet *packet)
{
    if (simp_packet_has_tcp(packet))
        return kind_of_segment(packet);
    if (packet->protocol == IPPROTO_UDP)
        return KIND_DATAGRAM;
    return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6 ? KIND_ICMP : KIND_OTHER;
}

/* The connection at the receiver is being made: what comes is about the listener's queue. */
static bool is_handshake(const sim_host *at, const sim_packet *packet, kind what)
{
    if (what != KIND_SYN && what != KIND_ACK)
        return false;
    simp_tcp_key key = simp_tcp_key_at(at, packet);
    const simp_tcp *tcp = simp_tcp_find(at->world, &key);
    return tcp == NULL ? what == KIND_SYN : tcp->state == SIMP_TCP_SYN_RECEIVED;
}

static void describe_arrival_at(simp_candidate *c, const sim_host *at, const sim_packet *packet, kind what)
{
    c->host = at->index;
    if (!simp_packet_has_tcp(packet)) {
        if (packet->protocol == IPPROTO_UDP)
            set_datagram(c, packet->destination_port);
        return;
    }
    bool opens = is_handshake(at, packet, what);
    if (opens)
        set_object(c, listener_object(packet->destination_port));
    else
        set_stream(c, packet->destination_port, packet->source, packet->source_port);
    c->is_quiet = what == KIND_SYN || (what == KIND_ACK && !opens);
}

static const sim_host *host_at(const sim_world *world, uint32_t index)
{
    return index < world->host_count ? world->hosts[index] : NULL;
}

static kind describe_arrival(simp_candidate *c, const sim_world *world, const simp_path *path, place *where)
{
    const sim_packet *packet = path->flight;
    const sim_host *at = packet->to == NULL ? NULL : packet->to->host;
    kind what = kind_of_packet(packet);
    c->source = SIMP_SOURCE_ARRIVAL;
    c->packet = packet->id;
    c->chain = join(path->from->host->name_hash, path->from->index);
    if (at != NULL)
        describe_arrival_at(c, at, packet, what);
    *where = (place){.form = AT_FLOW, .host = host_at(world, packet->origin), .to = at};
    return what;
}

/* ---- notifications ---- */

static kind kind_of_event(long event)
{
    switch (event) {
    case FD_READ: return KIND_READ;
    case FD_WRITE: return KIND_WRITE;
    case FD_OOB: return KIND_OOB;
    case FD_ACCEPT: return KIND_ACCEPT;
    case FD_CONNECT: return KIND_CONNECT;
    default: return KIND_CLOSE;
    }
}

static void set_socket(simp_candidate *c, const cas_port_socket *s)
{
    if (s->listening)
        set_object(c, listener_object(s->local_port));
    else if (s->datagram)
        set_datagram(c, s->local_port);
    else if (s->tcp != NULL)
        set_stream(c, s->tcp->key.local_port, s->tcp->key.remote, s->tcp->key.remote_port);
    else
        set_stream(c, s->local_port, s->remote, s->remote_port);
}

static place place_of_socket(const cas_port_socket *s)
{
    return s->listening  ? (place){AT_LISTENER, s->local_port, s->host, NULL}
           : s->accepted ? (place){AT_ACCEPTED, s->ordinal, s->host, NULL}
                         : (place){AT_SOCKET, s->ordinal, s->host, NULL};
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

static kind describe_dispatch(simp_candidate *c, const simp_task *task, place *where)
{
    const sim_host *host = task->host;
    const casp_message_queue *queue = &task->thread->queue;
    c->host = host->index;
    c->chain = join(host->name_hash, 0x10000);
    *where = (place){.form = AT_HOST, .host = host};
    if (queue->count == 0) {
        c->source = SIMP_SOURCE_WAKE;
        return KIND_WAKE;
    }
    const casp_message *head = &queue->ring[queue->first];
    const cas_port_socket *s = addressee(task, head);
    c->source = SIMP_SOURCE_DISPATCH;
    if (s != NULL) {
        set_socket(c, s);
        *where = place_of_socket(s);
    }
    return kind_of_event(head->event);
}

/* ---- all ---- */

static kind describe_other(simp_candidate *c, const sim_world *world, place *where)
{
    static const struct {
        simp_source source;
        kind what;
    } by_class[] = {[SIMP_CLASS_ACTION] = {SIMP_SOURCE_ACTION, KIND_ACTION},
                    [SIMP_CLASS_ARRIVAL] = {SIMP_SOURCE_ARRIVAL, KIND_LINK},
                    [SIMP_CLASS_TIMER] = {SIMP_SOURCE_TIMER, KIND_TIMER},
                    [SIMP_CLASS_DISPATCH] = {SIMP_SOURCE_START, KIND_START}};
    simp_class class = simp_class_of(c->tie);
    uint32_t host = simp_host_of(c->tie);
    c->source = (uint8_t)by_class[class].source;
    c->host = class == SIMP_CLASS_TIMER || class == SIMP_CLASS_DISPATCH ? host : SIMP_ALL_HOSTS;
    c->chain = join(class == SIMP_CLASS_ACTION ? 0 : world->hosts[host]->name_hash, 0x20000u + class);
    *where = (place){.form = class == SIMP_CLASS_ACTION ? AT_SCENARIO : AT_HOST,
                     .host = host_at(world, host)};
    return by_class[class].what;
}

static kind describe(simp_candidate *c, const sim_world *world, const simp_event *event, place *where)
{
    const simp_path *path = simp_path_of(event);
    const simp_task *task = path != NULL ? NULL : simp_task_of(event);
    if (path != NULL)
        return describe_arrival(c, world, path, where);
    return task != NULL ? describe_dispatch(c, task, where) : describe_other(c, world, where);
}

/* ---- the label ---- */

static uint64_t hash_of_host(const sim_host *host) { return host == NULL ? 0 : host->name_hash; }

static uint64_t hash_of(const place *where, kind what)
{
    uint64_t hosts = join(hash_of_host(where->host), hash_of_host(where->to));
    return join(hosts, (uint64_t)where->number << 16 | (uint64_t)where->form << 8 | (uint64_t)what);
}

static void write_label(const place *where, kind what, char text[TEXT_MAX])
{
    const char *host = where->host == NULL ? "outside" : where->host->name;
    const char *word = kind_words[what];
    switch (where->form) {
    case AT_SCENARIO: snprintf(text, TEXT_MAX, "scenario %s", word); break;
    case AT_HOST: snprintf(text, TEXT_MAX, "%s %s", host, word); break;
    case AT_FLOW:
        snprintf(text, TEXT_MAX, "%s->%s %s", host, where->to == NULL ? "all" : where->to->name, word);
        break;
    case AT_LISTENER: snprintf(text, TEXT_MAX, "%s/listen:%u %s", host, where->number, word); break;
    case AT_ACCEPTED: snprintf(text, TEXT_MAX, "%s/conn#%u %s", host, where->number, word); break;
    case AT_SOCKET: snprintf(text, TEXT_MAX, "%s/socket#%u %s", host, where->number, word); break;
    }
}

bool simp_candidate_describe(simp_candidate *c, const sim_world *world, const simp_queued *queued,
                             simp_label_table *labels)
{
    place where;
    *c = (simp_candidate){.event = queued->event, .tie = queued->tie, .host = SIMP_ALL_HOSTS};
    kind what = describe(c, world, queued->event, &where);
    uint64_t hash = hash_of(&where, what);
    c->label = simp_labels_find(labels, hash);
    if (c->label == 0) {
        char text[TEXT_MAX];
        write_label(&where, what, text);
        c->label = simp_labels_add(labels, hash, text);
    }
    return c->label != 0;
}

/* ---- races ---- */

bool simp_is_racy(const simp_candidate *const *enabled, size_t count, const simp_candidate *p, bool by_object)
{
    for (size_t i = 0; i < count; i++) {
        const simp_candidate *c = enabled[i];
        if (c != p && simp_is_dependent(p->host, p->object, c->host, c->object, by_object))
            return true;
    }
    return false;
}

bool simp_is_racy_there(const simp_candidate *const *enabled, size_t count, const simp_candidate *p)
{
    for (size_t i = 0; p->kin != 0 && i < count; i++) {
        const simp_candidate *c = enabled[i];
        if (c != p && c->host == p->host && c->kin == p->kin)
            return true;
    }
    return false;
}
