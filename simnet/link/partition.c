/* SPDX-License-Identifier: MIT
 *
 * See castanet/sim_partition.h.
 *
 * Each host of a partition says something to, and hears, some of up to 64 groups: two 64-bit masks.  A packet
 * passes if its sender says it to a group that its receiver hears.  Groups, one-way cuts, bridges and rings
 * are all of this form.
 *
 * Invariants:
 *  1. members has an entry for every host that the world had when the partition was made; later hosts are
 *     not concerned.
 *  2. A packet is looked at where it arrives, since only there it is known whose it is; what was sent before
 *     the partition began is told by its time.
 *  3. Held packets leave in the order in which they came, as one event at the time of healing.
 */
#include "simnet/link/partition.h"

#include <stdio.h>
#include <string.h>

#include "simnet/ip/ip.h"
#include "simnet/world/news.h"

enum { GROUPS_MAX = 64, NAME_LEN_MAX = 63, RING_MIN = 4, BRIDGE_MIN = 3 };

typedef struct member {
    uint64_t says, hears;
    bool concerned;
} member;

typedef struct held {
    struct held *next;
    sim_host *at;
    sim_packet *packet;
} held;

struct sim_partition {
    sim_partition *next; /* of the world, newest first */
    sim_world *world;
    char name[NAME_LEN_MAX + 1];
    sim_partition_options options;
    uint64_t since_ns, blocked;
    uint32_t member_count;
    member *members;   /* by host index */
    simp_event healed; /* what is held arrives */
    held *first, **end;
};

/* ---- the gate ---- */

static bool separates(const sim_partition *p, uint32_t from, uint32_t to)
{
    if (from >= p->member_count || to >= p->member_count || from == to)
        return false;
    const member *sender = &p->members[from], *receiver = &p->members[to];
    return sender->concerned && receiver->concerned && (sender->says & receiver->hears) == 0;
}

static void keep(sim_partition *p, sim_host *at, sim_packet *packet)
{
    sim_world *world = p->world;
    held *node = simp_alloc(&world->arena, sizeof *node);
    if (node == NULL) {
        simp_packet_free(&world->arena, packet);
        simp_out_of_memory(world);
        return;
    }
    *node = (held){.at = at, .packet = packet};
    *p->end = node;
    p->end = &node->next;
}

bool simp_partition_takes(sim_world *world, sim_host *at, sim_packet *packet)
{
    for (sim_partition *p = world->partitions; p != NULL; p = p->next) {
        bool spared = p->options.spares_in_flight && packet->sent_ns < p->since_ns;
        if (spared || !separates(p, packet->origin, at->index))
            continue;
        p->blocked++;
        if (p->options.hold) {
            simp_record_event(world, SIMP_RECORD_FATE, SIM_FATE_HELD, packet->id);
            keep(p, at, packet);
        } else {
            simp_report_lost(world, packet, SIM_FATE_PARTITIONED);
            simp_packet_free(&world->arena, packet);
        }
        return true;
    }
    return false;
}

bool sim_partition_separates(const sim_partition *p, const sim_host *from, const sim_host *to)
{
    return separates(p, from->index, to->index);
}

bool simp_partition_is_between(const sim_world *world, const sim_host *from, const sim_host *to)
{
    const sim_partition *p = world->partitions;
    while (p != NULL && !separates(p, from->index, to->index))
        p = p->next;
    return p != NULL;
}

uint64_t sim_partition_blocked(const sim_partition *p) { return p->blocked; }

/* ---- healing ---- */

static void tell(const sim_partition *p, const char *what)
{
    simp_tell(p->world,
              &(sim_news){.kind = SIM_NEWS_FAULT, .what = what, .about = p->name, .handle = INVALID_SOCKET});
}

static void discard(sim_partition *p)
{
    sim_world *world = p->world;
    simp_events_release(&world->events);
    simp_free(&world->arena, p->members, p->member_count * sizeof *p->members);
    simp_free(&world->arena, p, sizeof *p);
}

/* Another partition may still be in the way. */
static void on_healed(sim_world *world, simp_event *event)
{
    sim_partition *p = (sim_partition *)((char *)event - offsetof(sim_partition, healed));
    while (p->first != NULL) {
        held node = *p->first;
        simp_free(&world->arena, p->first, sizeof node);
        p->first = node.next;
        simp_record_event(world, SIMP_RECORD_ARRIVAL, node.at->name_hash >> 8, node.packet->id);
        simp_ip_input(node.at, node.packet);
    }
    discard(p);
}

void sim_partition_heal(sim_partition *p)
{
    if (p == NULL)
        return;
    sim_world *world = p->world;
    sim_partition **place = &world->partitions;
    while (*place != NULL && *place != p)
        place = &(*place)->next;
    if (*place == NULL)
        return; /* healed already, in this instant */
    *place = p->next;
    tell(p, "heal");
    simp_events_schedule(&world->events, &p->healed, world->now_ns,
                         simp_tie(SIMP_CLASS_ACTION, 0, ++world->action_count));
}

/* ---- making ---- */

static int check_name(sim_world *world, const char *name)
{
    if (name == NULL || *name == '\0' || strlen(name) > NAME_LEN_MAX)
        return simp_refuse(world, WSAEINVAL, "a partition needs a name of 1 to 63 characters",
                           "the name is part of the labels of its decisions", "name it, as \"split\"");
    for (const sim_partition *at = world->partitions; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0)
            return simp_refuse_named(world, WSAEADDRINUSE, "there is a partition %s already", name,
                                     "two that hold at a time need different names",
                                     "heal the first one, or choose another name");
    }
    return 0;
}

static int create(sim_world *world, const char *name, const sim_partition_options *options,
                  sim_partition **out)
{
    int error = check_name(world, name);
    if (error == 0 && out == NULL)
        error = simp_refuse_named(world, WSAEINVAL, "partition %s needs a place for the result", name,
                                  "the pointer is NULL", "pass the address of a sim_partition *");
    if (error != 0)
        return error;
    sim_partition *p = simp_alloc_zero(&world->arena, sizeof *p);
    size_t size = world->host_count * sizeof(member);
    member *members = p == NULL ? NULL : simp_alloc_zero(&world->arena, size);
    if (members == NULL || !simp_events_reserve(&world->events, &world->arena)) {
        simp_free(&world->arena, members, size);
        simp_free(&world->arena, p, sizeof *p);
        return simp_no_memory(world);
    }
    memcpy(p->name, name, strlen(name) + 1);
    p->world = world;
    p->options = options == NULL ? (sim_partition_options){0} : *options;
    p->since_ns = world->now_ns;
    p->member_count = world->host_count;
    p->members = members;
    p->healed = (simp_event){.run = on_healed};
    p->end = &p->first;
    *out = p;
    return 0;
}

static void hold_from_now_on(sim_partition *p)
{
    p->next = p->world->partitions;
    p->world->partitions = p;
    tell(p, "partition");
}

/* ---- lists of hosts ---- */

static int refuse_host(sim_world *world, const char *word)
{
    return simp_refuse_named(world, WSAEINVAL, "a partition names '%s', and there is no such host", word,
                             "hosts are named as they were created, with spaces between them",
                             "create the host first, or mend the name");
}

/* The next word of *text, and the host it names; *host NULL: the list, or with bars the group, is at its
 * end. */
static int next_host(sim_world *world, const char **text, sim_host **host)
{
    char word[NAME_LEN_MAX + 1];
    *text += strspn(*text, " ");
    size_t len = strcspn(*text, " |");
    *host = NULL;
    if (len == 0)
        return 0;
    size_t part = len < sizeof word ? len : sizeof word - 1;
    memcpy(word, *text, part);
    word[part] = '\0';
    *host = len == part ? sim_world_host(world, word) : NULL;
    *text += len;
    return *host == NULL ? refuse_host(world, word) : 0;
}

/* Hosts without bars, in their order. */
static int read_hosts(sim_world *world, const char *text, sim_host *hosts[GROUPS_MAX], unsigned *count)
{
    *count = 0;
    while (text != NULL) {
        sim_host *host;
        int error = next_host(world, &text, &host);
        if (error != 0)
            return error;
        if (host == NULL)
            break;
        for (unsigned i = 0; i < *count; i++) {
            if (hosts[i] == host)
                return simp_refuse_named(world, WSAEINVAL, "a partition names host %s twice", host->name,
                                         "a host is on one side of it", "name it once");
        }
        if (*count == GROUPS_MAX)
            return simp_refuse(world, WSAEINVAL, "a partition names more than 64 hosts",
                               "it has 64 places for them",
                               "put hosts into groups with sim_partition_groups, which has no such limit");
        hosts[(*count)++] = host;
    }
    return text != NULL && *text == '|'
               ? simp_refuse(world, WSAEINVAL, "a list of hosts has a bar in it",
                             "only sim_partition_groups divides hosts by bars", "take out the bar")
               : 0;
}

static int check_count(sim_world *world, const char *name, unsigned count, unsigned least)
{
    if (count >= least)
        return 0;
    return simp_refuse_named(world, WSAEINVAL, "partition %s has too few hosts", name,
                             "two sides need 2 hosts, a bridge 3, a ring of majorities 4",
                             "name more hosts, or choose another shape");
}

/* ---- shapes ---- */

static void join(sim_partition *p, const sim_host *host, uint64_t says, uint64_t hears)
{
    member *m = &p->members[host->index];
    m->concerned = true;
    m->says |= says;
    m->hears |= hears;
}

static int read_groups(sim_partition *p, const char *text)
{
    sim_world *world = p->world;
    for (unsigned group = 0; group < GROUPS_MAX; group++) {
        sim_host *host = NULL;
        bool is_empty = true;
        for (;;) {
            int error = next_host(world, &text, &host);
            if (error != 0)
                return error;
            if (host == NULL)
                break;
            join(p, host, UINT64_C(1) << group, UINT64_C(1) << group);
            is_empty = false;
        }
        if (is_empty)
            return simp_refuse_named(world, WSAEINVAL, "partition %s has a group without hosts", p->name,
                                     "each side of a bar needs a host", "write it as \"a b | c d\"");
        if (*text == '\0')
            return group > 0 ? 0
                             : simp_refuse_named(world, WSAEINVAL, "partition %s has one group only", p->name,
                                                 "one group separates nobody",
                                                 "divide the hosts by a bar: \"a b | c d\"");
        text++;
    }
    return simp_refuse_named(world, WSAEINVAL, "partition %s has more than 64 groups", p->name,
                             "a host has 64 bits for them", "use several partitions");
}

/* Lets the partition hold, unless there was an error: then it is gone. */
static int finish(sim_partition *p, int error, sim_partition **out)
{
    if (error != 0) {
        discard(p);
        return error;
    }
    hold_from_now_on(p);
    *out = p;
    return 0;
}

int sim_partition_groups(sim_world *world, const char *name, const char *groups,
                         const sim_partition_options *options, sim_partition **out)
{
    sim_partition *p;
    int error = create(world, name, options, out == NULL ? NULL : &p);
    return error != 0 ? error : finish(p, read_groups(p, groups == NULL ? "" : groups), out);
}

enum { BIT_FROM = 1, BIT_TO = 2 };

static void cut_one_way(sim_partition *p, sim_host *const *from, unsigned from_count, sim_host *const *to,
                        unsigned to_count)
{
    for (unsigned i = 0; i < from_count; i++)
        join(p, from[i], BIT_FROM, BIT_FROM | BIT_TO);
    for (unsigned i = 0; i < to_count; i++)
        join(p, to[i], BIT_TO, BIT_TO);
}

static int read_one_way(sim_partition *p, const char *from, const char *to)
{
    sim_host *speakers[GROUPS_MAX], *hearers[GROUPS_MAX];
    unsigned speaker_count, hearer_count;
    int error = read_hosts(p->world, from, speakers, &speaker_count);
    if (error == 0)
        error = read_hosts(p->world, to, hearers, &hearer_count);
    if (error == 0)
        error = check_count(p->world, p->name, speaker_count < hearer_count ? speaker_count : hearer_count,
                            1);
    for (unsigned i = 0; error == 0 && i < speaker_count; i++) {
        for (unsigned k = 0; k < hearer_count; k++) {
            if (speakers[i] == hearers[k])
                return simp_refuse_named(p->world, WSAEINVAL, "a partition has host %s on both of its sides",
                                         speakers[i]->name, "no host is cut off from itself",
                                         "take it out of one side");
        }
    }
    if (error == 0)
        cut_one_way(p, speakers, speaker_count, hearers, hearer_count);
    return error;
}

int sim_partition_one_way(sim_world *world, const char *name, const char *from, const char *to,
                          const sim_partition_options *options, sim_partition **out)
{
    sim_partition *p;
    int error = create(world, name, options, out == NULL ? NULL : &p);
    return error != 0 ? error : finish(p, read_one_way(p, from, to), out);
}

/* With reach neighbours on either side a host sees 2 * reach + 1; more than half of count is enough. */
static void form_ring(sim_partition *p, sim_host *const *hosts, unsigned count)
{
    unsigned reach = (count / 2 + 1) / 2;
    for (unsigned i = 0; i < count; i++) {
        uint64_t hears = 0;
        for (unsigned k = 0; k <= 2 * reach; k++)
            hears |= UINT64_C(1) << (i + count - reach + k) % count;
        join(p, hosts[i], UINT64_C(1) << i, hears);
    }
}

static int read_ring(sim_partition *p, const char *text)
{
    sim_host *hosts[GROUPS_MAX];
    unsigned count;
    int error = read_hosts(p->world, text, hosts, &count);
    if (error == 0)
        error = check_count(p->world, p->name, count, RING_MIN);
    if (error == 0)
        form_ring(p, hosts, count);
    return error;
}

int sim_partition_ring(sim_world *world, const char *name, const char *hosts,
                       const sim_partition_options *options, sim_partition **out)
{
    sim_partition *p;
    int error = create(world, name, options, out == NULL ? NULL : &p);
    return error != 0 ? error : finish(p, read_ring(p, hosts), out);
}

/* ---- drawing ---- */

/* The site outlives the partition: one of the same name goes on where this one ended. */
static unsigned choose(sim_partition *p, unsigned bound)
{
    char label[sizeof p->name + 32];
    snprintf(label, sizeof label, "partition %s side", p->name);
    return sim_world_choose(p->world, label, bound);
}

/* Fisher and Yates; all choices 0 leave the order as it is. */
static void shuffle(sim_partition *p, sim_host **hosts, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++) {
        unsigned k = i + choose(p, count - i);
        sim_host *swap = hosts[i];
        hosts[i] = hosts[k];
        hosts[k] = swap;
    }
}

static unsigned first_side(sim_partition *p, sim_partition_shape shape, unsigned count)
{
    if (shape == SIM_PARTITION_ISOLATE)
        return 1;
    if (shape == SIM_PARTITION_SPLIT)
        return 1 + choose(p, count - 1);
    return count / 2;
}

static void divide(sim_partition *p, sim_host *const *hosts, unsigned count, sim_partition_shape shape)
{
    bool has_bridge = shape == SIM_PARTITION_BRIDGE;
    if (has_bridge)
        join(p, hosts[--count], BIT_FROM | BIT_TO, BIT_FROM | BIT_TO);
    unsigned first = first_side(p, shape, count);
    if (shape == SIM_PARTITION_ONE_WAY) {
        cut_one_way(p, hosts, first, hosts + first, count - first);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        uint64_t side = i < first ? BIT_FROM : BIT_TO;
        join(p, hosts[i], side, side);
    }
}

static int draw(sim_partition *p, const char *text, sim_partition_shape shape)
{
    sim_world *world = p->world;
    sim_host *hosts[GROUPS_MAX];
    unsigned count;
    int error = read_hosts(world, text, hosts, &count);
    unsigned least = shape == SIM_PARTITION_RING ? RING_MIN : shape == SIM_PARTITION_BRIDGE ? BRIDGE_MIN : 2;
    if (error == 0)
        error = check_count(world, p->name, count, least);
    if (error == 0 && shape > SIM_PARTITION_RING)
        error = simp_refuse_named(world, WSAEINVAL, "partition %s has no shape", p->name,
                                  "the number is none of sim_partition_shape", "choose one of them");
    if (error != 0)
        return error;
    shuffle(p, hosts, count);
    if (shape == SIM_PARTITION_RING)
        form_ring(p, hosts, count);
    else
        divide(p, hosts, count, shape);
    return 0;
}

int sim_partition_draw(sim_world *world, const char *name, const char *hosts, sim_partition_shape shape,
                       const sim_partition_options *options, sim_partition **out)
{
    sim_partition *p;
    int error = create(world, name, options, out == NULL ? NULL : &p);
    return error != 0 ? error : finish(p, draw(p, hosts, shape), out);
}
