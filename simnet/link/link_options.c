/* SPDX-License-Identifier: MIT
 *
 * The plain options of a link: which of them make sense, and named sets of them.
 */
#include "simnet/link/link_options.h"

enum { MTU_DEFAULT = 1500, MTU_MIN = 1280, MTU_MAX = 65535, PPM = 1000000 };

static int check_ppm(sim_world *world, const char *link, int64_t ppm, const char *what)
{
    if (ppm >= 0 && ppm <= PPM)
        return 0;
    return simp_refuse_named(world, WSAEINVAL, what, link,
                             "a share is given in parts per million, 0 to 1000000",
                             "SIM_PERCENT(5) is five percent");
}

static int check_times(sim_world *world, const char *link, const sim_link_options *o)
{
    if (o->latency_ns < 0 || o->jitter_ns < 0 || o->reorder_delay_ns < 0)
        return simp_refuse_named(world, WSAEINVAL, "link %s: a latency, jitter or reorder delay is negative",
                                 link, "nothing arrives before it was sent",
                                 "give nanoseconds from 0 on, as SIM_MS(10)");
    if (o->jitter_ns > o->latency_ns)
        return simp_refuse_named(world, WSAEINVAL, "link %s: jitter_ns is larger than latency_ns", link,
                                 "the delay lies in latency +- jitter and may not become negative",
                                 "raise latency_ns, or lower jitter_ns");
    if (o->reorder_ppm > 0 && o->reorder_delay_ns == 0)
        return simp_refuse_named(world, WSAEINVAL, "link %s: reorder_ppm without reorder_delay_ns", link,
                                 "a displaced packet needs to be delayed to be overtaken",
                                 "set reorder_delay_ns, as SIM_MS(5)");
    return 0;
}

static int check_rate(sim_world *world, const char *link, const sim_link_options *o, int64_t mtu)
{
    if (o->rate_bps < 0 || o->queue_bytes < 0)
        return simp_refuse_named(world, WSAEINVAL, "link %s: rate_bps or queue_bytes is negative", link,
                                 "a rate is bit/s and a queue is bytes",
                                 "give both, or 0 for both: no limit");
    if (o->queue_bytes != 0 && o->rate_bps == 0)
        return simp_refuse_named(world, WSAEINVAL, "link %s: queue_bytes without rate_bps", link,
                                 "without a rate nothing ever waits", "set rate_bps, as SIM_MBIT(10)");
    if (o->rate_bps != 0 && o->queue_bytes < mtu)
        return simp_refuse_named(world, WSAEINVAL, "link %s: the queue of queue_bytes cannot hold one packet",
                                 link, "a queue shorter than the mtu would drop every full packet",
                                 "set queue_bytes to at least the mtu, better 64 KiB");
    return 0;
}

int simp_link_check_options(sim_world *world, const char *link, sim_link_options *o)
{
    if (o->mtu == 0)
        o->mtu = MTU_DEFAULT;
    if (o->mtu < MTU_MIN || o->mtu > MTU_MAX)
        return simp_refuse_named(world, WSAEINVAL, "link %s: the mtu is out of range", link,
                                 "IPv6 needs 1280 bytes, and an IP packet has at most 65535",
                                 "give 0 for 1500");
    int error = check_times(world, link, o);
    if (error == 0)
        error = check_rate(world, link, o, o->mtu);
    if (error == 0)
        error = check_ppm(world, link, o->loss_ppm, "link %s: loss_ppm is out of range");
    if (error == 0)
        error = check_ppm(world, link, o->duplicate_ppm, "link %s: duplicate_ppm is out of range");
    if (error == 0)
        error = check_ppm(world, link, o->reorder_ppm, "link %s: reorder_ppm is out of range");
    return error;
}
