/* SPDX-License-Identifier: MIT
 *
 * See swarm_datagram.h.  A datagram is its stream, its number, and a pattern of both as long as it may be.
 */
#include "tests/swarm_datagram.h"

#include <inttypes.h>
#include <string.h>

#include "tests/event_vtbl.h"
#include "tests/swarm.h"

enum { HEAD_LEN = 2 };

/* ---- drawing ---- */

void swarm_draw_datagrams(swarm_plan *plan)
{
    simp_stream d = swarm_dice(plan, swarm_feature_name(SWARM_DATAGRAMS), 1);
    swarm_datagram_plan *p = &plan->datagrams;
    unsigned count = 1 + (unsigned)simp_stream_below(&d, SWARM_STREAMS_MAX);
    p->count = swarm_has(plan, SWARM_DATAGRAMS) ? count : 0;
    for (unsigned i = 0; i < p->count; i++) {
        swarm_stream_plan *stream = &p->streams[i];
        stream->from = (unsigned)simp_stream_below(&d, plan->host_count);
        stream->to = (unsigned)simp_stream_below(&d, plan->host_count);
        stream->ipv6 = swarm_chance(&d, 40);
        stream->count = (unsigned)swarm_magnitude(&d, 1, SWARM_DATAGRAMS_MAX);
        stream->len_max = (unsigned)swarm_magnitude(&d, HEAD_LEN, SWARM_DATAGRAM_LEN_MAX);
        stream->start_ns = swarm_magnitude(&d, 1000, (uint64_t)SIM_S(3));
        stream->pause_ns = swarm_magnitude(&d, 1000, (uint64_t)SIM_MS(500));
    }
}

void swarm_print_datagrams(FILE *out, const swarm_plan *plan)
{
    for (unsigned i = 0; i < plan->datagrams.count; i++) {
        const swarm_stream_plan *p = &plan->datagrams.streams[i];
        fprintf(out, "  datagrams %u: h%u > h%u %s, %u of up to %u bytes from %.3f ms on, every %.3f ms\n", i,
                p->from, p->to, p->ipv6 ? "IPv6" : "IPv4", p->count, p->len_max, (double)p->start_ns / 1e6,
                (double)p->pause_ns / 1e6);
    }
}

/* ---- what is sent ---- */

static unsigned make(const swarm_plan *plan, unsigned stream, unsigned number, uint8_t *bytes)
{
    simp_stream draws = swarm_dice(plan, "datagram", 1000 * stream + number);
    unsigned most = plan->datagrams.streams[stream].len_max;
    unsigned len = HEAD_LEN + (unsigned)simp_stream_below(&draws, most - HEAD_LEN + 1);
    bytes[0] = (uint8_t)stream;
    bytes[1] = (uint8_t)number;
    for (unsigned i = HEAD_LEN; i < len; i++)
        bytes[i] = (uint8_t)simp_stream_next(&draws);
    return len;
}

static void send_next(swarm_stream *s)
{
    const swarm_plan *plan = s->world->plan;
    const swarm_stream_plan *p = &plan->datagrams.streams[s->number];
    uint8_t bytes[SWARM_DATAGRAM_LEN_MAX];
    char address[46];
    unsigned number = s->tried++, len = make(plan, s->number, number, bytes);
    swarm_address(plan, p->to, p->ipv6, address);
    s->sent[number] = true; /* it may be received before this call returns */
    int count = CAsyncSocket_SendTo(&s->socket, bytes, (int)len, SWARM_DATAGRAM_PORT, address, 0);
    if (count >= 0 && count != (int)len)
        sim_world_fail(s->world->world, "count of SendTo: %d of %u", count, len);
    if (count < 0)
        s->sent[number] = false;
    if (s->tried < p->count)
        cas_timer_start(&s->timer, p->pause_ns);
}

static void on_timer(cas_timer *timer, void *context)
{
    (void)timer;
    send_next(context);
}

/* A sender learns of ports that nobody hears. */
static void on_sender_event(CAsyncSocket *self, long event, int error)
{
    uint8_t bytes[16];
    if (event == FD_READ && error == 0)
        CAsyncSocket_Receive(self, bytes, sizeof bytes, 0);
}

static void begin_stream(void *argument)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_sender_event);
    const struct swarm_action *action = argument;
    swarm_stream *s = &action->world->datagrams.streams[action->index];
    const swarm_stream_plan *p = &action->world->plan->datagrams.streams[action->index];
    *s = (swarm_stream){.world = action->world, .number = action->index, .began = true};
    s->timer = (cas_timer){.on_timer = on_timer, .context = s};
    CAsyncSocket_Construct(&s->socket, &vtbl.callbacks);
    if (CAsyncSocket_Create(&s->socket, 0, SOCK_DGRAM, CASYNCSOCKET_DEFAULT_EVENTS,
                            p->ipv6 ? "::" : "0.0.0.0"))
        send_next(s);
    else if (!swarm_host_has(s->world->plan, p->from, SWARM_FAULT_NO_BUFFERS))
        sim_world_fail(s->world->world, "Create: a datagram socket fails with %d",
                       CAsyncSocket_GetLastError());
}

int swarm_datagrams_schedule(swarm_world *w)
{
    int error = 0;
    for (unsigned i = 0; i < w->plan->datagrams.count && error == 0; i++) {
        const swarm_stream_plan *p = &w->plan->datagrams.streams[i];
        error = sim_host_run(w->hosts[p->from], p->start_ns, begin_stream, swarm_action_of(w, i));
    }
    return error;
}

/* ---- what is received ---- */

static void check(swarm_receiver *r, const uint8_t *bytes, int len)
{
    swarm_world *w = r->world;
    const swarm_plan *plan = w->plan;
    uint8_t wanted[SWARM_DATAGRAM_LEN_MAX];
    bool known = len >= HEAD_LEN && bytes[0] < plan->datagrams.count &&
                 bytes[1] < plan->datagrams.streams[bytes[0]].count;
    w->datagrams.received++;
    swarm_stream *s = known ? &w->datagrams.streams[bytes[0]] : NULL;
    bool right = known && plan->datagrams.streams[bytes[0]].to == r->host && s->sent[bytes[1]] &&
                 make(plan, bytes[0], bytes[1], wanted) == (unsigned)len &&
                 memcmp(wanted, bytes, (size_t)len) == 0;
    if (right && s->received[bytes[1]] < UINT8_MAX - 1)
        s->received[bytes[1]] = (uint8_t)(s->received[bytes[1]] + (w->datagrams.counts_twice ? 2 : 1));
    if (right)
        return;
    w->datagrams.altered++;
    if (!swarm_has(plan, SWARM_LIES))
        sim_world_fail(w->world, "wrong datagram: h%u receives %d bytes that nobody sent to it", r->host,
                       len);
}

static void on_receiver_event(CAsyncSocket *self, long event, int error)
{
    swarm_receiver *r = (swarm_receiver *)self;
    uint8_t bytes[SWARM_DATAGRAM_LEN_MAX + 1];
    char address[46];
    UINT port;
    if (event != FD_READ || error != 0)
        return;
    int count = CAsyncSocket_ReceiveFrom(self, bytes, sizeof bytes, address, sizeof address, &port, 0);
    if (count >= 0)
        check(r, bytes, count);
}

void swarm_datagrams_listen(swarm_world *w, unsigned host)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_receiver_event);
    for (unsigned ipv6 = 0; ipv6 < 2 && w->plan->datagrams.count > 0; ipv6++) {
        swarm_receiver *r = &w->datagrams.receivers[host][ipv6];
        *r = (swarm_receiver){.world = w, .host = host};
        CAsyncSocket_Construct(&r->socket, &vtbl.callbacks);
        if (!CAsyncSocket_Create(&r->socket, SWARM_DATAGRAM_PORT, SOCK_DGRAM, CASYNCSOCKET_DEFAULT_EVENTS,
                                 ipv6 == 1 ? "::" : "0.0.0.0") &&
            !swarm_host_has(w->plan, host, SWARM_FAULT_NO_BUFFERS))
            sim_world_fail(w->world, "Create: the receiver of h%u fails with %d", host,
                           CAsyncSocket_GetLastError());
    }
}

/* ---- ending ---- */

void swarm_datagrams_crash(swarm_world *w, unsigned host)
{
    for (unsigned i = 0; i < w->plan->datagrams.count; i++) {
        if (w->plan->datagrams.streams[i].from == host && w->datagrams.streams[i].began)
            cas_timer_stop(&w->datagrams.streams[i].timer);
    }
}

void swarm_datagrams_close(swarm_world *w, unsigned host)
{
    for (unsigned i = 0; i < w->plan->datagrams.count; i++) {
        swarm_stream *s = &w->datagrams.streams[i];
        if (w->plan->datagrams.streams[i].from != host || !s->began)
            continue;
        cas_timer_stop(&s->timer);
        CAsyncSocket_Destruct(&s->socket);
    }
    for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
        if (w->datagrams.receivers[host][ipv6].world != NULL)
            CAsyncSocket_Destruct(&w->datagrams.receivers[host][ipv6].socket);
    }
}

/* ---- judging ---- */

/* Did nothing happen that could take a datagram away? */
static bool is_safe(const swarm_world *w)
{
    sim_link_counters c = swarm_link_counters(w);
    bool lost = c.lost + c.overflowed + c.scripted + c.blocked + c.down + c.too_big + c.corrupted > 0;
    uint64_t dropped = 0;
    for (unsigned i = 0; i < w->plan->host_count + w->plan->router_count; i++) {
        for (unsigned reason = 0; reason < SIM_DROP_REASONS; reason++)
            dropped += sim_host_drops(w->hosts[i], (sim_drop)reason);
    }
    return !lost && dropped == 0 && w->plan->fault_count == 0 && w->plan->partition_count == 0 &&
           !swarm_has(w->plan, SWARM_CALLS);
}

bool swarm_datagrams_judge(const swarm_world *w, char *failure, size_t size)
{
    const swarm_plan *plan = w->plan;
    sim_link_counters links = swarm_link_counters(w);
    uint64_t spare = SWARM_COPIES_EACH * links.duplicated + links.replayed, again = 0;
    bool safe = is_safe(w);
    for (unsigned i = 0; i < plan->datagrams.count; i++) {
        const swarm_stream *s = &w->datagrams.streams[i];
        for (unsigned k = 0; k < plan->datagrams.streams[i].count; k++) {
            again += s->received[k] > 1 ? s->received[k] - 1u : 0u;
            if (again > spare) {
                snprintf(failure, size,
                         "datagram twice: number %u of stream %u arrives %u times; links made %" PRIu64
                         " copies of anything",
                         k, i, s->received[k], spare);
                return false;
            }
            if (safe && s->sent[k] && s->received[k] == 0) {
                snprintf(failure, size, "datagram missing: number %u of stream %u, and nothing is lost", k,
                         i);
                return false;
            }
        }
    }
    return true;
}
