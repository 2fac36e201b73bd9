/* SPDX-License-Identifier: MIT
 *
 * Where packets go: which addresses are a host's own, which mean everybody, and the next hop for the rest.
 */
#include "simnet/ip/multicast.h"
#include "simnet/ip/way.h"

/* ---- addresses ---- */

static bool is_broadcast_of(const simp_interface_address *address, simp_ip ip)
{
    if (!simp_ip_is_v4(address->ip) || address->node.note >= 127)
        return false;
    uint32_t host_bits = UINT32_MAX >> (address->node.note - 96);
    return (simp_ip_v4_of(ip) & host_bits) == host_bits && simp_ip_match(address->ip, ip, address->node.note);
}

bool simp_host_owns(const sim_host *host, simp_ip ip)
{
    if (simp_ip_is_loopback(ip))
        return true;
    return simp_host_interface_of(host, ip) != NULL;
}

/* A network with a broadcast address has at least two bits for hosts, and all of them are set in it. */
static bool may_be_broadcast(simp_ip ip) { return (ip.low & 3) == 3 && simp_ip_is_v4(ip); }

bool simp_host_is_broadcast(const sim_host *host, simp_ip ip)
{
    if (!may_be_broadcast(ip))
        return false;
    if (simp_ip_is_limited_broadcast(ip) || simp_ip_is_loopback_broadcast(ip))
        return true;
    for (const simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (!i->down && is_broadcast_of(a, ip))
                return true;
        }
    }
    return false;
}

/* ---- routing ---- */

static const simp_interface_address *source_on(const simp_interface *interface, bool v4)
{
    for (const simp_interface_address *a = interface->addresses; a != NULL; a = a->next) {
        if (simp_ip_is_v4(a->ip) == v4)
            return a;
    }
    return NULL;
}

static bool is_usable(const simp_interface *interface, const simp_interface *only)
{
    return !interface->down && (only == NULL || interface == only);
}

/* The interface whose own network holds ip, by the longest prefix. */
static const simp_interface_address *connected(const sim_host *host, simp_ip ip, const simp_interface *only,
                                               simp_interface **interface)
{
    const simp_interface_address *best = NULL;
    for (simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        if (!is_usable(i, only))
            continue;
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (simp_ip_is_v4(a->ip) != simp_ip_is_v4(ip) || !simp_ip_match(a->ip, ip, a->node.note))
                continue;
            if (best == NULL || a->node.note > best->node.note) {
                best = a;
                *interface = i;
            }
        }
    }
    return best;
}

static const simp_route *find_route(const sim_host *host, simp_ip ip)
{
    const simp_route *best = NULL;
    for (const simp_route *r = host->routes; r != NULL; r = r->next) {
        bool fits = simp_ip_is_v4(r->gateway) == simp_ip_is_v4(ip) && simp_ip_match(r->prefix, ip, r->bits);
        if (fits && (best == NULL || r->bits > best->bits))
            best = r;
    }
    return best;
}

/* ---- the source ---- */

static unsigned common_bits(simp_ip a, simp_ip b)
{
    unsigned bits = 0;
    while (bits < 128 && simp_ip_match(a, b, bits + 1))
        bits++;
    return bits;
}

/* RFC 6724 5, as far as one interface goes: rule 2, a link-local source for link-local destinations only, and
 * rule 8, the longest prefix in common. */
static bool is_better(simp_ip a, simp_ip b, simp_ip destination)
{
    bool wanted = simp_ip_has_zone(destination);
    bool a_local = simp_ip_is_link_local(a), b_local = simp_ip_is_link_local(b);
    if (a_local != b_local)
        return a_local == wanted;
    return common_bits(a, destination) > common_bits(b, destination);
}

/* IPv4: the address in the network of the next hop. */
static simp_ip source_for(const simp_interface *interface, const simp_interface_address *near,
                          simp_ip destination)
{
    simp_ip best = near->ip;
    if (simp_ip_is_v4(destination))
        return best;
    for (const simp_interface_address *a = interface->addresses; a != NULL; a = a->next) {
        if (!simp_ip_is_v4(a->ip) && is_better(a->ip, best, destination))
            best = a->ip;
    }
    return best;
}

/* ---- the next hop ---- */

static int route_by_loopback(const sim_host *host, simp_ip destination, simp_ip source, simp_next_hop *out)
{
    simp_interface *loopback = simp_loopback_of(host);
    if (loopback == NULL) /* nothing was sent yet: see way.c */
        return WSAENETUNREACH;
    *out = (simp_next_hop){loopback, destination, source, loopback->path.mtu};
    return 0;
}

/* Groups and the limited broadcast address: the first interface of the family, unless one is asked for. */
static int route_to_many(const sim_host *host, simp_ip destination, const simp_interface *only,
                         simp_next_hop *out)
{
    bool v4 = simp_ip_is_v4(destination);
    if (only != NULL && only == simp_loopback_of(host))
        return route_by_loopback(host, destination, v4 ? simp_ip_v4(0x7F000001) : (simp_ip){0, 1}, out);
    for (simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        const simp_interface_address *source = is_usable(i, only) ? source_on(i, v4) : NULL;
        if (source == NULL)
            continue;
        *out = (simp_next_hop){i, destination, source_for(i, source, destination), i->path.mtu};
        return 0;
    }
    return WSAENETUNREACH;
}

simp_ip simp_ip_default_zone(const sim_host *host, simp_ip ip)
{
    if (!simp_ip_is_link_local(ip) || simp_ip_zone(ip) != 0)
        return ip;
    for (const simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (!i->down && simp_ip_is_link_local(a->ip))
                return simp_ip_in_zone(ip, i->index);
        }
    }
    return ip;
}

int simp_ip_route_by(const sim_host *host, simp_ip destination, const simp_interface *only,
                     simp_next_hop *out)
{
    if (simp_host_owns(host, destination))
        return route_by_loopback(host, destination, destination, out);
    if (only == NULL && simp_ip_zone(destination) != 0)
        only = simp_host_interface(host, simp_ip_zone(destination));
    if (simp_ip_is_multicast(destination) || simp_ip_is_limited_broadcast(destination))
        return route_to_many(host, destination, only, out);
    simp_interface *interface = NULL;
    simp_ip hop = destination;
    const simp_interface_address *near = connected(host, destination, only, &interface);
    const simp_route *route = find_route(host, destination);
    if (near == NULL || (route != NULL && route->bits > near->node.note)) {
        if (route == NULL || simp_ip_is_link_local(destination))
            return WSAENETUNREACH;
        hop = simp_ip_default_zone(host, route->gateway);
        near = connected(host, hop, only, &interface);
    }
    if (near == NULL)
        return WSAENETUNREACH;
    *out = (simp_next_hop){interface, hop, source_for(interface, near, destination), interface->path.mtu};
    return 0;
}

int simp_ip_route(const sim_host *host, simp_ip destination, simp_next_hop *out)
{
    return simp_ip_route_by(host, destination, NULL, out);
}
