/* SPDX-License-Identifier: MIT
 *
 * Named sets of link options: what lines of a kind are like, one way.
 */
#include <string.h>

#include "castanet/sim_link.h"

enum { PACKETS_MIN = 20, FULL_PACKET = 1500, LOOPBACK_MTU = 65535, QUEUE_MAX = 1000000, QUEUES_PER_S = 10 };

typedef struct profile {
    const char *name;
    int64_t latency_us, rate_kbps, loss_ppm;
} profile;

/* Latency, rate and loss of the mobile and fixed lines as the README of tylertreat/comcast has them. */
static const profile profiles[] = {
    {"gprs", 500000, 50, SIM_PERCENT(2)},
    {"edge", 300000, 250, 15000},
    {"3g", 250000, 750, 15000},
    {"dial-up", 185000, 40, SIM_PERCENT(2)},
    {"dsl-poor", 70000, 2000, SIM_PERCENT(2)},
    {"dsl", 40000, 8000, 5000},
    {"wifi", 40000, 30000, 2000},
    {"satellite", 20000, 0, 25000},
    {"lan", 100, 1000000, 0},
    {"loopback", 0, 0, 0},
};

enum { PROFILES = sizeof profiles / sizeof profiles[0] };

const char *sim_link_profile_name(unsigned index) { return index < PROFILES ? profiles[index].name : NULL; }

/* A tenth of a second, but some full packets, and not without end. */
static int64_t queue_for(int64_t rate_bps)
{
    int64_t bytes = rate_bps / 8 / QUEUES_PER_S;
    if (rate_bps == 0)
        return 0;
    bytes = bytes < PACKETS_MIN * FULL_PACKET ? PACKETS_MIN * FULL_PACKET : bytes;
    return bytes > QUEUE_MAX ? QUEUE_MAX : bytes;
}

int sim_link_profile(const char *name, sim_link_options *out)
{
    for (unsigned i = 0; i < PROFILES && name != NULL; i++) {
        const profile *p = &profiles[i];
        if (strcmp(p->name, name) != 0)
            continue;
        *out = (sim_link_options){.latency_ns = SIM_US(p->latency_us),
                                  .rate_bps = p->rate_kbps * 1000,
                                  .queue_bytes = queue_for(p->rate_kbps * 1000),
                                  .loss_ppm = p->loss_ppm,
                                  .mtu = strcmp(name, "loopback") == 0 ? LOOPBACK_MTU : 0};
        return 0;
    }
    return WSAEINVAL;
}
