/* SPDX-License-Identifier: MIT
 *
 * A queue before a line or a token bucket.  Packets wait in it one by one, so that one may be taken out.
 *
 * The bucket is told by the time when it will be full again: with a rate r, a size b and a cost c, there are
 * enough tokens from full_ns - b/r + c/r on, and taking them moves full_ns by c/r.  Without a burst the line
 * is busy for c/r with each packet.
 *
 * Invariants:
 *  1. The first of the list is on its way out: its event is queued at the time when it leaves.
 *  2. bytes is the sum of what the packets in the list cost.
 */
#include "simnet/link/keeper.h"
#include "simnet/link/pipeline.h"

typedef struct queue {
    simp_keeper keeper; /* first: its event leads to the queue; due: the cost */
    uint64_t bytes;
    uint64_t full_ns;                   /* bucket */
    uint64_t free_ns;                   /* line: when the last one left */
    uint64_t remainder, peak_remainder; /* fractions of a nanosecond that were left over, in bit/rate */
} queue;

/* ---- mistakes ---- */

static bool has_negative(const sim_queue *q)
{
    return q->rate_bps < 0 || q->burst_bytes < 0 || q->peak_bps < 0 || q->cost_min_bytes < 0 ||
           q->packets_max < 0 || q->bytes_max < 0 || q->wait_max_ns < 0 || q->mark_packets < 0 ||
           q->mark_bytes < 0;
}

static int check_bounds(const sim_link *link, const sim_queue *q, int64_t cost)
{
    if (q->bytes_max != 0 && q->bytes_max < cost)
        return simp_link_refuse(link, "link %s: the queue of bytes_max cannot hold one packet",
                                "a queue shorter than the mtu and its overhead would drop every full packet",
                                "set bytes_max to at least the mtu, better 64 KiB");
    if (q->burst_bytes != 0 && q->burst_bytes < cost)
        return simp_link_refuse(link, "link %s: the token bucket is smaller than a packet",
                                "a full packet would never find enough tokens",
                                "set burst_bytes to at least the mtu and the overhead");
    if (q->victim == SIM_QUEUE_RANDOM && q->packets_max == 0 && q->bytes_max == 0 && q->wait_max_ns == 0)
        return simp_link_refuse(link, "link %s: a queue with a random victim has no bound",
                                "it never overflows, so that nobody is dropped",
                                "set packets_max or bytes_max");
    if (q->mark_drops_others && q->mark_packets == 0 && q->mark_bytes == 0)
        return simp_link_refuse(link, "link %s: mark_drops_others without a threshold",
                                "nothing is ever marked", "set mark_packets or mark_bytes");
    if ((q->bytes_max != 0 && q->mark_bytes >= q->bytes_max) ||
        (q->packets_max != 0 && q->mark_packets >= q->packets_max))
        return simp_link_refuse(link, "link %s: a queue marks only when it is full",
                                "what does not fit is dropped before it could be marked",
                                "lower mark_bytes or mark_packets below the bound");
    return 0;
}

static int check_queue(const sim_link *link, const sim_impairment *what)
{
    const sim_queue *q = &what->queue;
    if (has_negative(q))
        return simp_link_refuse(link, "link %s: an amount of a queue is negative",
                                "only overhead_bytes may be, where a header is taken off",
                                "give amounts from 0 on");
    if (q->rate_bps == 0)
        return simp_link_refuse(link, "link %s: a queue without rate_bps",
                                "without a rate nothing ever waits", "set rate_bps, as SIM_MBIT(10)");
    if (q->peak_bps != 0 && (q->burst_bytes == 0 || q->peak_bps <= q->rate_bps))
        return simp_link_refuse(link, "link %s: a queue with a peak rate that has no effect",
                                "the peak holds within a burst, and must lie above rate_bps",
                                "set burst_bytes, and peak_bps above rate_bps");
    int64_t cost = link->options.mtu + q->overhead_bytes;
    return check_bounds(link, q, cost < q->cost_min_bytes ? q->cost_min_bytes : cost);
}

/* ---- the line ---- */

/* The time that bytes take, with the remainder of the last time. */
static uint64_t duration(uint64_t bytes, int64_t rate_bps, uint64_t *remainder)
{
    uint64_t scaled = bytes * UINT64_C(8000000000) + *remainder, rate = (uint64_t)rate_bps;
    *remainder = scaled % rate;
    return scaled / rate;
}

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* When a packet leaves that comes to the head now. */
static uint64_t leave_line(queue *q, const sim_queue *o, uint64_t cost, uint64_t now)
{
    if (q->free_ns < now)
        q->remainder = 0;
    return q->free_ns = later(now, q->free_ns) + duration(cost, o->rate_bps, &q->remainder);
}

static uint64_t leave_bucket(queue *q, const sim_queue *o, uint64_t cost, uint64_t now)
{
    uint64_t none = 0, whole = duration((uint64_t)o->burst_bytes, o->rate_bps, &none);
    if (q->full_ns < now)
        q->remainder = 0;
    uint64_t time = duration(cost, o->rate_bps, &q->remainder);
    uint64_t ready = q->full_ns + time > whole ? q->full_ns + time - whole : 0;
    uint64_t start = later(later(now, q->free_ns), ready);
    if (q->free_ns < start)
        q->peak_remainder = 0;
    q->full_ns = later(q->full_ns, start) + time;
    return q->free_ns = start + (o->peak_bps == 0 ? 0 : duration(cost, o->peak_bps, &q->peak_remainder));
}

/* The head has come to its place. */
static void serve(queue *q)
{
    const sim_queue *o = &q->keeper.stage->what.queue;
    uint64_t now = simp_stage_world(q->keeper.stage)->now_ns, cost = q->keeper.first->due;
    simp_keeper_wake_at(&q->keeper,
                        o->burst_bytes == 0 ? leave_line(q, o, cost, now) : leave_bucket(q, o, cost, now));
}

static void on_left(sim_world *world, simp_event *event)
{
    simp_keeper *keeper = simp_keeper_of(event);
    queue *q = (queue *)keeper;
    simp_kept kept;
    (void)world;
    simp_keeper_take(keeper, &keeper->first, &kept);
    q->bytes -= kept.due;
    if (keeper->first != NULL)
        serve(q);
    simp_keeper_resume(keeper, &kept);
}

/* ---- coming in ---- */

static uint64_t cost_of(const sim_queue *o, uint32_t size)
{
    int64_t cost = (int64_t)size + o->overhead_bytes;
    cost = cost < o->cost_min_bytes ? o->cost_min_bytes : cost;
    return cost < 1 ? 1 : (uint64_t)cost;
}

/* How long one that comes now would wait for those before it to be gone. */
static uint64_t wait_of(const queue *q, const sim_queue *o, uint64_t now)
{
    if (q->keeper.first == NULL)
        return 0;
    uint64_t none = 0, rest = q->bytes - q->keeper.first->due;
    return q->keeper.wakes_ns - now + duration(rest, o->rate_bps, &none);
}

static bool is_full(const queue *q, const sim_queue *o, uint64_t cost, uint64_t now)
{
    return (o->packets_max != 0 && q->keeper.count >= (uint64_t)o->packets_max) ||
           (o->bytes_max != 0 && q->bytes + cost > (uint64_t)o->bytes_max) ||
           (o->wait_max_ns != 0 && wait_of(q, o, now) > (uint64_t)o->wait_max_ns);
}

/* One behind the head, which is on the line already, or the newcomer: then true. */
static bool drops_newcomer(queue *q, simp_stage *stage, const simp_transit *transit)
{
    sim_world *world = simp_stage_world(stage);
    uint32_t waiting = q->keeper.count < 2 ? 0 : (uint32_t)(q->keeper.count - 1);
    uint32_t victim = stage->what.queue.victim == SIM_QUEUE_TAIL || waiting == 0
                          ? 0
                          : simp_choose_at(world, &stage->chances->site, transit->ordinal, waiting + 1);
    if (victim == 0)
        return true;
    simp_kept **place = &q->keeper.first, kept;
    for (uint32_t i = 0; i < victim; i++)
        place = &(*place)->next;
    simp_keeper_take(&q->keeper, place, &kept);
    q->bytes -= kept.due;
    stage->hit++;
    stage->path->pipeline->fates[SIM_FATE_OVERFLOWED]++;
    simp_pipeline_lose(stage->path, kept.transit.packet, SIM_FATE_OVERFLOWED);
    return false;
}

static simp_stage_result overflow(simp_transit *transit)
{
    transit->fate = SIM_FATE_OVERFLOWED;
    return SIMP_DROP;
}

/* False: it is to be dropped instead. */
static bool mark(const queue *q, const sim_queue *o, simp_transit *transit, uint64_t cost)
{
    bool is_long = (o->mark_packets != 0 && q->keeper.count + 1 > (uint64_t)o->mark_packets) ||
                   (o->mark_bytes != 0 && q->bytes + cost > (uint64_t)o->mark_bytes);
    sim_packet *packet = transit->packet;
    if (!is_long)
        return true;
    if (packet->raw != NULL || (packet->traffic_class & SIMP_ECN_MASK) == SIMP_NOT_ECT)
        return !o->mark_drops_others;
    packet->traffic_class |= SIMP_CE;
    transit->fate = SIM_FATE_MARKED;
    return true;
}

static simp_stage_result run_queue(simp_stage *stage, simp_transit *transit)
{
    const sim_queue *o = &stage->what.queue;
    queue *q = stage->state;
    uint64_t now = simp_stage_world(stage)->now_ns, cost = cost_of(o, transit->size);
    while (is_full(q, o, cost, now)) {
        if (drops_newcomer(q, stage, transit))
            return overflow(transit);
    }
    if (!mark(q, o, transit, cost))
        return overflow(transit);
    q->bytes += cost;
    simp_stage_result result = simp_keeper_add(&q->keeper, transit, cost);
    if (q->keeper.count == 1)
        serve(q);
    return result;
}

static int begin_queue(simp_stage *stage)
{
    return simp_keeper_init(&((queue *)stage->state)->keeper, stage, on_left);
}

static void end_queue(simp_stage *stage) { simp_keeper_fini(stage->state); }

const simp_stage_kind simp_stage_queue = {.name = "queue",
                                          .position = SIMP_AT_QUEUE,
                                          .has_model = true,
                                          .state_size = sizeof(queue),
                                          .check = check_queue,
                                          .begin = begin_queue,
                                          .end = end_queue,
                                          .run = run_queue};
