/* SPDX-License-Identifier: MIT
 *
 * See multicast.h.
 */
#include "simnet/ip/multicast.h"

#include <string.h>

#include <arpa/inet.h>

#include "simnet/ip/ip_state.h"
#include "simnet/ip/way.h"

enum { TTL_DEFAULT = 1, TTL_MAX = 255 };

/* ---- interfaces ---- */

simp_interface *simp_host_interface(const sim_host *host, unsigned index)
{
    if (index == SIMP_LOOPBACK_INDEX)
        return simp_loopback_of(host);
    simp_interface *at = host->interfaces;
    while (at != NULL && at->index != index)
        at = at->next;
    return at;
}

/* The index is one of the host's (0: none is meant); who names the loopback is going to use it. */
static int take_index(sim_host *host, unsigned number, uint16_t *index)
{
    if (number == SIMP_LOOPBACK_INDEX && !simp_outlets_ensure(host))
        return WSAENOBUFS;
    if (number != 0 && simp_host_interface(host, number) == NULL)
        return WSAEADDRNOTAVAIL;
    *index = (uint16_t)number;
    return 0;
}

/* Winsock: an address of the host, or an index where an address 0.x.x.x would be. */
static int take_v4(sim_host *host, struct in_addr address, uint16_t *index)
{
    uint32_t number = ntohl(address.s_addr);
    simp_ip ip = simp_ip_v4(number);
    if (number >> 24 == 0)
        return take_index(host, number, index);
    if (simp_ip_is_loopback(ip))
        return take_index(host, SIMP_LOOPBACK_INDEX, index);
    const simp_interface *interface = simp_host_interface_of(host, ip);
    if (interface == NULL)
        return WSAEADDRNOTAVAIL;
    *index = interface->index;
    return 0;
}

/* ---- lists of memberships ---- */

/* The place of the membership, or the end of the list. */
static simp_membership **place_of(simp_membership **list, simp_ip group, unsigned interface)
{
    while (*list != NULL && ((*list)->interface != interface || !simp_ip_equal((*list)->group, group)))
        list = &(*list)->next;
    return list;
}

static bool add(sim_world *world, simp_membership **list, simp_ip group, uint16_t interface)
{
    simp_membership **place = place_of(list, group, interface);
    if (*place == NULL) {
        *place = simp_alloc_zero(&world->arena, sizeof **place);
        if (*place == NULL)
            return false;
        (*place)->group = group;
        (*place)->interface = interface;
    }
    (*place)->count++;
    return true;
}

static void take_off(sim_world *world, simp_membership **place)
{
    simp_membership *at = *place;
    if (--at->count > 0)
        return;
    *place = at->next;
    simp_free(&world->arena, at, sizeof *at);
}

/* ---- joining and leaving ---- */

static simp_multicast *state_of(cas_port_socket *s)
{
    if (s->udp->multicast == NULL) {
        s->udp->multicast = simp_alloc_zero(&s->host->world->arena, sizeof *s->udp->multicast);
        if (s->udp->multicast != NULL)
            *s->udp->multicast = (simp_multicast){.ttl = TTL_DEFAULT, .loop = true};
    }
    return s->udp->multicast;
}

/* Which group, and on which interface: the one that the routes choose if none is named. */
static int read_group(cas_port_socket *s, const cas_group *given, simp_ip *group, uint16_t *interface)
{
    sim_host *host = s->host;
    simp_next_hop next;
    SOCKADDR_IN6 v6 = {.sin6_family = AF_INET6, .sin6_addr = given->v6.ipv6mr_multiaddr};
    uint16_t port;
    if (s->ipv6)
        simp_ip_from_sockaddr((const SOCKADDR *)&v6, sizeof v6, group, &port);
    else
        *group = simp_ip_v4(ntohl(given->v4.imr_multiaddr.s_addr));
    *group = simp_ip_in_zone(*group, 0);
    if (!simp_ip_is_multicast(*group))
        return WSAEINVAL;
    int error = s->ipv6 ? take_index(host, given->v6.ipv6mr_interface, interface)
                        : take_v4(host, given->v4.imr_interface, interface);
    if (error != 0 || *interface != 0)
        return error;
    if (simp_ip_route(host, *group, &next) != 0)
        return WSAEADDRNOTAVAIL;
    *interface = next.interface->index;
    return 0;
}

int simp_multicast_join(cas_port_socket *s, const cas_group *given)
{
    sim_world *world = s->host->world;
    simp_ip group;
    uint16_t interface;
    int error = read_group(s, given, &group, &interface);
    if (error != 0)
        return error;
    simp_multicast *m = state_of(s);
    simp_ip_state *ip = simp_ip_state_of(s->host);
    if (m == NULL || ip == NULL)
        return WSAENOBUFS;
    if (*place_of(&m->memberships, group, interface) != NULL)
        return WSAEADDRINUSE;
    if (!add(world, &m->memberships, group, interface))
        return WSAENOBUFS;
    if (!add(world, &ip->groups, group, interface)) {
        take_off(world, place_of(&m->memberships, group, interface));
        return WSAENOBUFS;
    }
    return 0;
}

static void leave(cas_port_socket *s, simp_membership **place)
{
    sim_world *world = s->host->world;
    take_off(world, place_of(&s->host->ip->groups, (*place)->group, (*place)->interface));
    take_off(world, place);
}

int simp_multicast_leave(cas_port_socket *s, const cas_group *given)
{
    simp_ip group;
    uint16_t interface;
    int error = read_group(s, given, &group, &interface);
    if (error != 0)
        return error;
    simp_membership **place = s->udp->multicast == NULL
                                  ? NULL
                                  : place_of(&s->udp->multicast->memberships, group, interface);
    if (place == NULL || *place == NULL)
        return WSAEADDRNOTAVAIL;
    leave(s, place);
    return 0;
}

void simp_multicast_end(cas_port_socket *s)
{
    if (s->udp->multicast == NULL)
        return;
    while (s->udp->multicast->memberships != NULL)
        leave(s, &s->udp->multicast->memberships);
    simp_free(&s->host->world->arena, s->udp->multicast, sizeof *s->udp->multicast);
    s->udp->multicast = NULL;
}

/* ---- options ---- */

/* IPv4: an address of the interface, in network order; IPv6: its index. */
static int get_interface(const cas_port_socket *s)
{
    unsigned index = s->udp->multicast == NULL ? 0 : s->udp->multicast->interface;
    if (s->ipv6 || index == 0)
        return (int)index;
    if (index == SIMP_LOOPBACK_INDEX)
        return (int)htonl(INADDR_LOOPBACK);
    const simp_interface *interface = simp_host_interface(s->host, index);
    for (const simp_interface_address *a = interface->addresses; a != NULL; a = a->next) {
        if (simp_ip_is_v4(a->ip))
            return (int)htonl(simp_ip_v4_of(a->ip));
    }
    return (int)htonl(index);
}

int simp_multicast_get(const cas_port_socket *s, cas_option option, int *value)
{
    const simp_multicast *m = s->udp->multicast;
    switch (option) {
    case CAS_OPT_MULTICAST_IF: *value = get_interface(s); return 0;
    case CAS_OPT_MULTICAST_TTL: *value = m == NULL ? TTL_DEFAULT : m->ttl; return 0;
    default: *value = m == NULL || m->loop; return 0;
    }
}

int simp_multicast_set(cas_port_socket *s, cas_option option, int value)
{
    uint16_t interface = 0;
    int error = 0;
    if (option == CAS_OPT_MULTICAST_TTL && (value < -1 || value > TTL_MAX))
        return WSAEINVAL;
    if (option == CAS_OPT_MULTICAST_IF)
        error = s->ipv6 ? take_index(s->host, (unsigned)value, &interface)
                        : take_v4(s->host, (struct in_addr){(in_addr_t)value}, &interface);
    if (error != 0)
        return error;
    simp_multicast *m = state_of(s);
    if (m == NULL)
        return WSAENOBUFS;
    if (option == CAS_OPT_MULTICAST_IF)
        m->interface = interface;
    else if (option == CAS_OPT_MULTICAST_TTL)
        m->ttl = (uint8_t)(value < 0 ? TTL_DEFAULT : value);
    else
        m->loop = value != 0;
    return 0;
}

/* ---- hearing ---- */

/* RFC 1112 4: 224.0.0.1.  RFC 4291 2.8: ff01::1 and ff02::1. */
static bool is_all_hosts(simp_ip group)
{
    if (simp_ip_is_v4(group))
        return simp_ip_v4_of(group) == 0xE0000001u;
    return group.low == 1 && (group.high == UINT64_C(0xFF01) << 48 || group.high == UINT64_C(0xFF02) << 48);
}

bool simp_multicast_hears(const cas_port_socket *s, simp_ip zoned, unsigned interface)
{
    simp_ip group = simp_ip_in_zone(zoned, 0);
    if (is_all_hosts(group))
        return true;
    simp_multicast *m = s->udp->multicast;
    return m != NULL && *place_of(&m->memberships, group, interface) != NULL;
}

bool simp_multicast_concerns(const sim_host *host, simp_ip zoned, unsigned interface)
{
    simp_ip group = simp_ip_in_zone(zoned, 0);
    return is_all_hosts(group) ||
           (host->ip != NULL && *place_of(&host->ip->groups, group, interface) != NULL);
}
