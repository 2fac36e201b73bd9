/* SPDX-License-Identifier: MIT
 *
 * See way.h.
 */
#include "simnet/ip/way.h"

#include "simnet/link/link.h"

enum { LOOPBACK_LATENCY_NS = 10000, LOOPBACK_MTU = 65535 };

/* Nothing in the addresses that a link, or the host behind it, would mind or change. */
static bool is_plain(const simp_interface *arrived, simp_ip source, simp_ip destination)
{
    return arrived->link == NULL || (!simp_ip_is_martian(source, destination) && !simp_ip_has_zone(source) &&
                                     !simp_ip_has_zone(destination));
}

static bool takes_as_own(const simp_interface *arrived, simp_ip ip)
{
    const sim_host *host = arrived->host;
    return !arrived->down && !host->outside && simp_host_takes(host, arrived, ip) &&
           !simp_host_is_broadcast(host, ip) && !simp_ip_is_multicast(ip);
}

static void find_neighbour(const sim_host *host, simp_way *way)
{
    simp_ip hop = way->next.hop;
    if (way->next.interface->link == NULL)
        way->to = way->next.interface;
    else if (simp_ip_is_multicast(hop) || simp_host_is_broadcast(host, hop))
        way->next_host = SIMP_EVERYBODY;
    else
        way->to = simp_link_neighbour(way->next.interface->link, hop);
    if (way->to != NULL)
        way->next_host = (uint16_t)way->to->host->index;
}

static bool find(const sim_host *host, simp_ip destination, simp_way *way)
{
    if (simp_ip_route(host, destination, &way->next) != 0)
        return false;
    way->destination = destination;
    way->topology = host->world->topology;
    way->next_host = SIMP_NOBODY;
    way->to = NULL;
    way->header_len = simp_ip_is_v4(destination) ? SIMP_V4_HEADER_LEN : SIMP_V6_HEADER_LEN;
    find_neighbour(host, way);
    way->to_many = way->next_host == SIMP_EVERYBODY || simp_ip_is_loopback_broadcast(destination);
    way->is_direct = way->to != NULL && is_plain(way->to, way->next.source, destination) &&
                     takes_as_own(way->to, destination);
    return true;
}

bool simp_outlets_ensure(sim_host *host)
{
    static const sim_link_options plain = {.latency_ns = LOOPBACK_LATENCY_NS, .mtu = LOOPBACK_MTU};
    simp_arena *arena = &host->world->arena;
    if (host->outlets != NULL)
        return true;
    struct simp_outlets *made = simp_alloc(arena, sizeof *made);
    if (made == NULL)
        return false;
    made->loopback = (simp_interface){.host = host, .index = SIMP_LOOPBACK_INDEX};
    if (simp_path_init(&made->loopback.path, &made->loopback, &plain) != 0) {
        simp_free(arena, made, sizeof *made);
        return false;
    }
    for (unsigned i = 0; i < SIMP_WAYS; i++)
        made->ways[i].topology = 0;
    made->recent = NULL;
    host->outlets = made;
    return true;
}

const simp_way *simp_way_find(sim_host *host, simp_ip destination)
{
    if (!simp_outlets_ensure(host)) {
        simp_out_of_memory(host->world);
        return NULL;
    }
    simp_way *way = &host->outlets->ways[simp_way_slot(destination)];
    return find(host, destination, way) ? way : NULL;
}
