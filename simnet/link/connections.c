/* SPDX-License-Identifier: MIT
 *
 * See connections.h.
 */
#include "simnet/link/connections.h"

#include <string.h>

#include "core/limits.h"
#include "simnet/link/link.h"
#include "simnet/link/pipeline.h"

typedef struct end_key {
    simp_ip ip[2];
    uint16_t port[2];
    uint32_t zero; /* no padding in what is hashed */
} end_key;

typedef struct entry {
    simp_hash_node node; /* first */
    end_key key;
    simp_seen_connection connection;
} entry;

struct simp_connections {
    simp_hash_table entries;
    entry **by_ordinal; /* by_ordinal[n - 1] has had the number n */
    uint32_t count, capacity;
};

static bool is_lower(simp_ip a, uint16_t a_port, simp_ip b, uint16_t b_port)
{
    if (a.high != b.high)
        return a.high < b.high;
    return a.low != b.low ? a.low < b.low : a_port < b_port;
}

/* The same for both directions. */
static end_key key_of(const sim_packet *p)
{
    bool swap = is_lower(p->destination, p->destination_port, p->source, p->source_port);
    end_key key;
    memset(&key, 0, sizeof key);
    key.ip[swap] = p->source;
    key.ip[!swap] = p->destination;
    key.port[swap] = p->source_port;
    key.port[!swap] = p->destination_port;
    return key;
}

static uint32_t hash_of(const end_key *key) { return (uint32_t)simp_hash_bytes(0, key, sizeof *key); }

static entry *find(const sim_link *link, const sim_packet *packet)
{
    end_key key = key_of(packet);
    simp_hash_node *at = simp_hash_first(&link->connections->entries, hash_of(&key));
    while (at != NULL && memcmp(&((entry *)at)->key, &key, sizeof key) != 0)
        at = at->next;
    return (entry *)at;
}

static simp_seen_end *sender(entry *e, const sim_packet *p)
{
    simp_seen_end *ends = e->connection.ends;
    return &ends[simp_ip_equal(ends[0].ip, p->source) && ends[0].port == p->source_port ? 0 : 1];
}

static bool is_first_syn(const sim_packet *p)
{
    return (p->tcp.flags & (SIMP_SYN | SIMP_ACK | SIMP_RST)) == SIMP_SYN;
}

static bool has_room(simp_connections *all, simp_arena *arena)
{
    if (all->count < all->capacity)
        return true;
    uint32_t capacity = all->capacity == 0 ? CASP_LIMIT(16, 1) : all->capacity * 2;
    entry **grown = simp_resize(arena, all->by_ordinal, all->capacity * sizeof *grown,
                                capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    all->by_ordinal = grown;
    all->capacity = capacity;
    return true;
}

static entry *create(sim_link *link, const sim_packet *packet)
{
    sim_world *world = link->world;
    entry *fresh = simp_alloc_zero(&world->arena, sizeof *fresh);
    if (fresh == NULL)
        return NULL;
    fresh->key = key_of(packet);
    if (simp_hash_add(&link->connections->entries, &world->arena, &fresh->node, hash_of(&fresh->key)))
        return fresh;
    simp_free(&world->arena, fresh, sizeof *fresh);
    return NULL;
}

/* A connection begins, at an entry that is new or was another one's. */
static entry *begin(sim_link *link, entry *e, const sim_packet *packet)
{
    simp_connections *all = link->connections;
    if (e == NULL && has_room(all, &link->world->arena))
        e = create(link, packet);
    if (e == NULL || !has_room(all, &link->world->arena)) {
        simp_out_of_memory(link->world);
        return NULL;
    }
    all->by_ordinal[all->count++] = e;
    e->connection = (simp_seen_connection){
        .ordinal = all->count,
        .ends = {{.ip = packet->source, .port = packet->source_port},
                 {.ip = packet->destination, .port = packet->destination_port}}};
    return e;
}

static uint32_t length_of(const sim_packet *p)
{
    return p->length + ((p->tcp.flags & SIMP_SYN) != 0 ? 1 : 0) + ((p->tcp.flags & SIMP_FIN) != 0 ? 1 : 0);
}

static void note_numbers(simp_seen_end *end, const sim_packet *p)
{
    uint32_t next = p->tcp.seq + length_of(p);
    if ((p->tcp.flags & SIMP_SYN) != 0) {
        end->has_syn = true;
        end->syn_seq = p->tcp.seq;
        end->next_seq = next;
    } else if ((int32_t)(next - end->next_seq) > 0) {
        end->next_seq = next;
    }
    if ((p->tcp.flags & SIMP_ACK) != 0)
        end->ack = p->tcp.ack;
}

uint32_t simp_connections_note(simp_interface *from, const sim_packet *packet)
{
    sim_link *link = from->link;
    if (!simp_packet_has_tcp(packet))
        return 0;
    entry *e = find(link, packet);
    if (is_first_syn(packet)) {
        const simp_seen_end *end = e == NULL ? NULL : sender(e, packet);
        if (end == NULL || (end->has_syn && end->syn_seq != packet->tcp.seq))
            e = begin(link, e, packet);
    }
    if (e == NULL)
        return 0;
    sender(e, packet)->interface = from;
    note_numbers(sender(e, packet), packet);
    return e->connection.ordinal;
}

uint32_t simp_connections_find(const sim_link *link, const sim_packet *packet)
{
    const entry *e = simp_packet_has_tcp(packet) ? find(link, packet) : NULL;
    return e == NULL ? 0 : e->connection.ordinal;
}

const simp_seen_connection *simp_connections_at(const sim_link *link, uint32_t ordinal)
{
    const simp_connections *all = link->connections;
    if (all == NULL || ordinal == 0 || ordinal > all->count)
        return NULL;
    const simp_seen_connection *connection = &all->by_ordinal[ordinal - 1]->connection;
    return connection->ordinal == ordinal ? connection : NULL;
}

uint32_t simp_connections_count(const sim_link *link)
{
    return link->connections == NULL ? 0 : link->connections->count;
}

int simp_connections_start(sim_link *link)
{
    for (simp_interface *at = link->interfaces; at != NULL; at = at->link_next) {
        if (simp_pipeline_ensure(&at->path) != 0)
            return WSAENOBUFS;
    }
    if (link->connections == NULL)
        link->connections = simp_alloc_zero(&link->world->arena, sizeof *link->connections);
    return link->connections == NULL ? WSAENOBUFS : 0;
}
