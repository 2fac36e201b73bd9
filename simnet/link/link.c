/* SPDX-License-Identifier: MIT
 *
 * See link.h.
 */
#include "simnet/link/link.h"

#include <stdio.h>
#include <string.h>

#include "core/cold.h"
#include "simnet/ip/ip.h"
#include "simnet/link/link_options.h"
#include "simnet/link/pipeline.h"

/* ---- making ---- */

static int create(sim_world *world, const char *name, const sim_link_options *options, bool segment,
                  sim_link **out)
{
    sim_link_options chosen = options == NULL ? (sim_link_options){0} : *options;
    if (name == NULL || *name == '\0' || out == NULL)
        return simp_refuse(world, WSAEINVAL, "a link needs a name and a place for the result",
                           "the name is part of the labels of its decisions",
                           "give a short name, as \"client-server\"");
    for (const sim_link *at = world->links; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0)
            return simp_refuse_named(world, WSAEADDRINUSE, "there is a link %s already", name,
                                     "labels of decisions must be unambiguous", "choose another name");
    }
    int error = simp_link_check_options(world, name, &chosen);
    if (error != 0)
        return error;
    size_t name_size = strlen(name) + 1;
    sim_link *link = simp_alloc(&world->arena, sizeof *link + name_size);
    if (link == NULL)
        return simp_no_memory(world);
    *link = (sim_link){.world = world,
                       .next = world->links,
                       .name = memcpy(link + 1, name, name_size),
                       .segment = segment,
                       .options = chosen,
                       .interfaces_end = &link->interfaces};
    world->links = link;
    *out = link;
    return 0;
}

int sim_link_create(sim_world *world, const char *name, const sim_link_options *options, sim_link **out)
{
    return create(world, name, options, false, out);
}

int sim_segment_create(sim_world *world, const char *name, const sim_link_options *options, sim_link **out)
{
    return create(world, name, options, true, out);
}

/* ---- attaching hosts ---- */

simp_interface *simp_link_neighbour(const sim_link *link, simp_ip ip)
{
    simp_ip bare = simp_ip_in_zone(ip, 0);
    simp_hash_node *at = simp_hash_first(&link->neighbours, simp_hash_ip(bare));
    while (at != NULL && !simp_ip_equal(simp_ip_in_zone(((simp_interface_address *)at)->ip, 0), bare))
        at = at->next;
    return at == NULL ? NULL : ((simp_interface_address *)at)->interface;
}

static int enlist_address(simp_interface *interface, simp_ip ip, unsigned bits)
{
    sim_link *link = interface->link;
    sim_world *world = link->world;
    simp_interface_address *address = simp_alloc(&world->arena, sizeof *address);
    if (address == NULL || !simp_hash_add(&link->neighbours, &world->arena, &address->node,
                                          simp_hash_ip(simp_ip_in_zone(ip, 0)))) {
        simp_free(&world->arena, address, sizeof *address);
        return simp_no_memory(world);
    }
    address->ip = simp_ip_in_zone(ip, interface->index);
    address->node.note = bits;
    address->interface = interface;
    address->next = NULL;
    simp_interface_address **end = &interface->addresses;
    while (*end != NULL)
        end = &(*end)->next;
    *end = address;
    return 0;
}

static int refuse_address(sim_world *world, int code, const char *what, const char *text, size_t len,
                          const char *why, const char *fix)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", (int)(len < sizeof copy ? len : sizeof copy - 1), text);
    return simp_refuse_named(world, code, what, copy, why, fix);
}

static int add_address(simp_interface *interface, const char *text, size_t len)
{
    sim_link *link = interface->link;
    sim_world *world = link->world;
    simp_ip ip;
    unsigned bits;
    if (!simp_ip_parse_prefix(text, len, &ip, &bits) || (bits == 128 && memchr(text, '/', len) == NULL) ||
        simp_ip_is_any(ip) || simp_ip_is_multicast(ip))
        return refuse_address(world, WSAEINVAL, "'%s' is not the address of an interface", text, len,
                              "an address is numeric, with the length of its network's prefix",
                              "write it as \"10.0.0.1/24\" or \"fd00::1/64\"");
    if (simp_link_neighbour(link, ip) != NULL)
        return refuse_address(world, WSAEADDRINUSE, "the address %s is on this link already", text, len,
                              "two interfaces of one link cannot share an address", "give each host its own");
    return enlist_address(interface, ip, bits);
}

int simp_interface_add_address(simp_interface *interface, const char *text)
{
    int error = 0;
    bool any = false;
    while (error == 0 && *text != '\0') {
        const char *space = strchr(text, ' ');
        size_t len = space != NULL ? (size_t)(space - text) : strlen(text);
        if (len != 0)
            error = add_address(interface, text, len);
        any = any || len != 0;
        text += len + (space != NULL);
    }
    return error == 0 && !any ? add_address(interface, "", 0) : error;
}

/* One that is on no list yet: its addresses leave the link with it. */
static void discard_interface(simp_interface *interface)
{
    sim_link *link = interface->link;
    sim_world *world = link->world;
    while (interface->addresses != NULL) {
        simp_interface_address *address = interface->addresses;
        interface->addresses = address->next;
        simp_hash_remove(&link->neighbours, &address->node);
        simp_free(&world->arena, address, sizeof *address);
    }
    simp_free(&world->arena, interface, sizeof *interface);
}

static int init_path(simp_interface *interface)
{
    const sim_link *link = interface->link;
    int error = simp_path_init(&interface->path, interface, &link->options);
    if (error != 0 || link->connections == NULL || simp_pipeline_ensure(&interface->path) == 0)
        return error;
    simp_path_fini(&interface->path);
    return WSAENOBUFS;
}

int sim_host_attach(sim_host *host, sim_link *link, const char *addresses)
{
    sim_world *world = host->world;
    if (link == NULL || link->world != world || addresses == NULL)
        return simp_refuse_named(world, WSAEINVAL, "host %s cannot be attached", host->name,
                                 "the link is missing or belongs to another world, or there are no addresses",
                                 "create the link in the same world first");
    if (!link->segment && link->interface_count == 2)
        return simp_refuse_named(world, WSAEINVAL, "link %s has its two ends already", link->name,
                                 "a link is point to point", "make it with sim_segment_create");
    simp_interface *interface = simp_alloc(&world->arena, sizeof *interface);
    if (interface == NULL)
        return simp_no_memory(world);
    *interface = (simp_interface){
        .host = host, .link = link, .index = (uint16_t)(host->interface_count + 1u)};
    int error = simp_interface_add_address(interface, addresses);
    if (error == 0 && init_path(interface) != 0)
        error = simp_no_memory(world);
    if (error != 0) {
        discard_interface(interface);
        return error;
    }
    host->interface_count++;
    link->interface_count++;
    *link->interfaces_end = interface;
    link->interfaces_end = &interface->link_next;
    simp_topology_changed(world);
    simp_interface **end = &host->interfaces;
    while (*end != NULL)
        end = &(*end)->next;
    *end = interface;
    return 0;
}

/* ---- changing and reading ---- */

static bool leaves_from(const simp_interface *interface, const sim_host *from)
{
    return from == NULL || interface->host == from;
}

static int refuse_unattached(sim_link *link)
{
    return simp_refuse_named(link->world, WSAEINVAL, "link %s has no such end", link->name,
                             "the host is not attached to it", "attach the host first");
}

int sim_link_set_options(sim_link *link, const sim_host *from, const sim_link_options *options)
{
    sim_link_options chosen = options == NULL ? (sim_link_options){0} : *options;
    int error = simp_link_check_options(link->world, link->name, &chosen);
    if (error != 0)
        return error;
    unsigned changed = 0;
    for (simp_interface *at = link->interfaces; at != NULL; at = at->link_next) {
        if (leaves_from(at, from) && simp_path_prepare(&at->path, &chosen) != 0)
            return simp_no_memory(link->world);
    }
    for (simp_interface *at = link->interfaces; at != NULL; at = at->link_next) {
        if (!leaves_from(at, from))
            continue;
        simp_path_set_options(&at->path, &chosen);
        changed++;
    }
    if (from == NULL)
        link->options = chosen;
    return from != NULL && changed == 0 ? refuse_unattached(link) : 0;
}

int sim_link_set_script(sim_link *link, const sim_host *from, sim_script script, void *context)
{
    unsigned changed = 0;
    for (simp_interface *at = link->interfaces; at != NULL; at = at->link_next) {
        if (leaves_from(at, from) && simp_pipeline_ensure(&at->path) != 0)
            return simp_no_memory(link->world);
    }
    for (simp_interface *at = link->interfaces; at != NULL; at = at->link_next) {
        if (!leaves_from(at, from))
            continue;
        at->path.pipeline->script = script;
        at->path.pipeline->script_context = context;
        changed++;
    }
    return changed == 0 ? refuse_unattached(link) : 0;
}

static void add_fates(sim_link_counters *sum, const uint64_t fates[SIM_FATE_COUNT])
{
    sum->lost += fates[SIM_FATE_LOST];
    sum->overflowed += fates[SIM_FATE_OVERFLOWED];
    sum->duplicated += fates[SIM_FATE_DUPLICATED];
    sum->reordered += fates[SIM_FATE_REORDERED];
    sum->scripted += fates[SIM_FATE_SCRIPTED];
    sum->blocked += fates[SIM_FATE_PARTITIONED];
    sum->down += fates[SIM_FATE_DOWN];
    sum->too_big += fates[SIM_FATE_TOO_BIG];
    sum->corrupted += fates[SIM_FATE_CORRUPTED];
    sum->changed += fates[SIM_FATE_CHANGED];
    sum->forged += fates[SIM_FATE_FORGED];
    sum->marked += fates[SIM_FATE_MARKED];
    sum->held += fates[SIM_FATE_HELD];
    sum->replayed += fates[SIM_FATE_REPLAYED];
}

int sim_link_counters_read(const sim_link *link, const sim_host *from, sim_link_counters *out)
{
    sim_link_counters sum = {0};
    for (const simp_interface *at = link->interfaces; at != NULL; at = at->link_next) {
        if (!leaves_from(at, from))
            continue;
        const simp_path *path = &at->path;
        sum.packets += path->packets;
        sum.bytes += path->bytes;
        sum.delivered += path->delivered;
        sum.overflowed += path->line != NULL ? path->line->overflowed : 0;
        if (path->pipeline != NULL)
            add_fates(&sum, path->pipeline->fates);
    }
    *out = sum;
    return 0;
}

int simp_link_refuse(const sim_link *link, const char *what, const char *why, const char *fix)
{
    return simp_refuse_named(link->world, WSAEINVAL, what, link->name, why, fix);
}

simp_interface *simp_link_far_end(const simp_interface *from, const sim_packet *packet)
{
    return packet->next_host == SIMP_EVERYBODY ? NULL : simp_link_neighbour(from->link, packet->next_hop);
}

/* ---- delivering ---- */

static void deliver_to_all(simp_interface *from, sim_packet *packet)
{
    sim_world *world = from->host->world;
    for (simp_interface *at = from->link->interfaces; at != NULL; at = at->link_next) {
        if (at == from)
            continue;
        sim_packet *copy = simp_packet_copy(&world->arena, packet);
        if (copy == NULL)
            simp_out_of_memory(world);
        else
            simp_ip_arrive(at, copy);
    }
    simp_packet_free(&world->arena, packet);
}

/* Nobody looked when it left, or what was found then may hold no more. */
static COLD void deliver_by_address(simp_interface *from, sim_packet *packet)
{
    packet->is_direct = false;
    if (packet->next_host == SIMP_EVERYBODY) {
        deliver_to_all(from, packet);
        return;
    }
    simp_interface *to = from->link == NULL ? from : simp_link_neighbour(from->link, packet->next_hop);
    if (to != NULL)
        simp_ip_arrive(to, packet);
    else
        simp_packet_free(&from->host->world->arena, packet);
}

void simp_link_deliver(sim_world *world, simp_interface *from, sim_packet *packet)
{
    if (packet->topology == world->topology && packet->to != NULL)
        simp_ip_arrive(packet->to, packet);
    else
        deliver_by_address(from, packet);
}
