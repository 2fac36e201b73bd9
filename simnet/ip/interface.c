/* SPDX-License-Identifier: MIT
 *
 * Interfaces at run time: addresses that come and go, up and down, and which of them an address belongs to.
 *
 * Sockets stay bound to an address that is gone, and connections stay connected: what they send fails or is
 * lost until the address is back, as when a lease ends or a cable is pulled.
 */
#include <string.h>

#include "simnet/ip/ip_state.h"
#include "simnet/link/link.h"
#include "simnet/world/news.h"

/* ---- finding ---- */

static simp_interface *on_link(const sim_host *host, const sim_link *link)
{
    simp_interface *at = host->interfaces;
    while (at != NULL && at->link != link)
        at = at->next;
    return at;
}

simp_interface *simp_host_interface_of(const sim_host *host, simp_ip ip)
{
    for (simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (!i->down && simp_ip_equal(a->ip, ip))
                return i;
        }
    }
    return NULL;
}

bool simp_host_takes(const sim_host *host, const simp_interface *arrived, simp_ip ip)
{
    if (!simp_host_owns(host, ip))
        return false;
    bool strong = host->ip != NULL && host->ip->is_strong;
    return !strong || arrived == NULL || arrived->link == NULL || simp_host_interface_of(host, ip) == arrived;
}

static int refuse_unattached(const sim_host *host)
{
    return simp_refuse_named(host->world, WSAEINVAL, "host %s has no interface on this link", host->name,
                             "it was never attached to it", "attach it with sim_host_attach");
}

unsigned sim_host_interface_index(const sim_host *host, const sim_link *link)
{
    const simp_interface *interface = on_link(host, link);
    return interface == NULL ? 0 : interface->index;
}

/* ---- changing ---- */

/* From now on a source address may be one that is not the host's. */
static int note_change(sim_host *host)
{
    simp_ip_state *ip = simp_ip_state_of(host);
    if (ip == NULL)
        return simp_no_memory(host->world);
    ip->addresses_changed = true;
    simp_topology_changed(host->world);
    return 0;
}

int sim_host_add_address(sim_host *host, sim_link *link, const char *address)
{
    simp_interface *interface = on_link(host, link);
    if (interface == NULL)
        return refuse_unattached(host);
    int error = simp_interface_add_address(interface, address == NULL ? "" : address);
    if (error != 0)
        return error;
    simp_topology_changed(host->world);
    if (host->world->event_count > 0) /* else it belongs to the plan */
        simp_tell_host(host, "address added", address);
    return 0;
}

static simp_interface_address **place_of(const sim_host *host, simp_ip ip)
{
    for (simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (simp_interface_address **place = &i->addresses; *place != NULL; place = &(*place)->next) {
            if (simp_ip_equal(simp_ip_in_zone((*place)->ip, 0), ip))
                return place;
        }
    }
    return NULL;
}

int sim_host_remove_address(sim_host *host, const char *text)
{
    sim_world *world = host->world;
    simp_ip ip;
    bool is_address = text != NULL && simp_ip_parse(text, &ip);
    simp_interface_address **place = is_address ? place_of(host, ip) : NULL;
    if (place == NULL)
        return simp_refuse_named(world, WSAEADDRNOTAVAIL, "'%s' is no address of the host",
                                 text == NULL ? "(null)" : text,
                                 "only an address that was given can be taken",
                                 "write it without the length of its prefix, as \"10.0.0.1\"");
    int error = note_change(host);
    if (error != 0)
        return error;
    simp_interface_address *address = *place;
    *place = address->next;
    simp_hash_remove(&address->interface->link->neighbours, &address->node);
    simp_free(&world->arena, address, sizeof *address);
    simp_tell_host(host, "address removed", text);
    return 0;
}

int sim_host_set_interface_up(sim_host *host, sim_link *link, bool up)
{
    simp_interface *interface = on_link(host, link);
    if (interface == NULL)
        return refuse_unattached(host);
    int error = note_change(host);
    if (error != 0)
        return error;
    interface->down = !up;
    simp_tell_host(host, up ? "interface up" : "interface down", link->name);
    return 0;
}

int sim_host_set_strong(sim_host *host, bool on)
{
    simp_ip_state *ip = simp_ip_state_of(host);
    if (ip == NULL)
        return simp_no_memory(host->world);
    ip->is_strong = on;
    simp_topology_changed(host->world);
    return 0;
}
