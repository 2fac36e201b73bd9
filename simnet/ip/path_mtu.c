/* SPDX-License-Identifier: MIT
 *
 * The path MTU of what is no connection: RFC 1191, RFC 8201.  An ICMP error lowers it for its destination;
 * ten minutes later it is forgotten, and the link's MTU is tried again (RFC 1191 6.3, RFC 8201 4).
 *
 * Datagrams that may be cut are cut to it, those that may not fail with WSAEMSGSIZE.  Connections keep their
 * own.
 */
#include "simnet/ip/ip_state.h"

enum { V4_LEAST = 68, V6_LEAST = 1280 };
#define FORGOTTEN_NS (UINT64_C(600) * 1000000000)

/* Those whose time is over go. */
static void forget(sim_host *host)
{
    sim_world *world = host->world;
    simp_path_mtu **place = &host->ip->path_mtus;
    while (*place != NULL) {
        simp_path_mtu *at = *place;
        if (world->now_ns < at->until_ns) {
            place = &at->next;
            continue;
        }
        *place = at->next;
        simp_free(&world->arena, at, sizeof *at);
    }
}

static simp_path_mtu *find(const sim_host *host, simp_ip destination)
{
    simp_path_mtu *at = host->ip == NULL ? NULL : host->ip->path_mtus;
    while (at != NULL && !simp_ip_equal(at->destination, destination))
        at = at->next;
    return at;
}

void simp_path_mtu_learn(sim_host *host, simp_ip destination, uint32_t mtu)
{
    sim_world *world = host->world;
    if (mtu < (simp_ip_is_v4(destination) ? (uint32_t)V4_LEAST : (uint32_t)V6_LEAST))
        return;
    simp_ip_state *ip = simp_ip_state_of(host);
    simp_path_mtu *at = find(host, destination);
    if (ip != NULL && at == NULL) {
        forget(host);
        at = simp_alloc_zero(&world->arena, sizeof *at);
        if (at != NULL) {
            *at = (simp_path_mtu){.next = ip->path_mtus, .destination = destination, .mtu = mtu};
            ip->path_mtus = at;
        }
    }
    if (at == NULL) {
        simp_out_of_memory(world);
        return;
    }
    at->mtu = at->mtu < mtu ? at->mtu : mtu;
    at->until_ns = world->now_ns + FORGOTTEN_NS;
}

uint32_t simp_path_mtu_of(const sim_host *host, simp_ip destination, uint32_t link_mtu)
{
    const simp_path_mtu *at = find(host, destination);
    bool holds = at != NULL && host->world->now_ns < at->until_ns && at->mtu < link_mtu;
    return holds ? at->mtu : link_mtu;
}
