/* SPDX-License-Identifier: MIT
 *
 * See way.h.
 */
#include "simnet/way.h"

#include "simnet/link.h"

enum { WAYS = 4 };

static bool takes_as_own(const sim_host *host, const simp_interface *arrived, simp_ip ip)
{
    return simp_host_takes(host, arrived, ip) && !simp_host_is_broadcast(host, ip) &&
           !simp_ip_is_multicast(ip);
}

static bool find(const sim_host *host, simp_ip destination, simp_way *way)
{
    simp_next_hop next;
    if (simp_ip_route(host, destination, &next) != 0)
        return false;
    const sim_host *receiver = host;
    *way = (simp_way){.destination = destination, .topology = host->world->topology, .next = next};
    if (next.interface->link != NULL) {
        way->everybody = simp_ip_is_multicast(next.hop) || simp_host_is_broadcast(host, next.hop);
        way->to = way->everybody ? NULL : simp_link_neighbour(next.interface->link, next.hop);
        receiver = way->to == NULL ? NULL : way->to->host;
    }
    way->is_direct = receiver != NULL && takes_as_own(receiver, way->to, destination);
    return true;
}

bool simp_ways_ensure(sim_host *host)
{
    if (host->ways == NULL)
        host->ways = simp_alloc_zero(&host->world->arena, sizeof(simp_way[WAYS]));
    return host->ways != NULL && simp_host_ensure_loopback(host);
}

const simp_way *simp_way_to(sim_host *host, simp_ip destination)
{
    sim_world *world = host->world;
    if (!simp_ways_ensure(host)) {
        simp_out_of_memory(world);
        return NULL;
    }
    simp_way *way = &host->ways[(destination.low ^ destination.low >> 8) % WAYS];
    bool known = way->topology == world->topology && simp_ip_equal(way->destination, destination);
    if (!known && !find(host, destination, way))
        return NULL;
    way->next.mtu = way->next.interface->path.mtu;
    return way;
}
