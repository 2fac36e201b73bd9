/* SPDX-License-Identifier: MIT
 *
 * See segment_log.h.
 */
#include "tests/segment_log.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    segment_log *log = (segment_log *)observer;
    if (log->count == SEGMENT_LOG_MAX || packet->protocol != IPPROTO_TCP)
        return;
    bool lost = fate == SIM_FATE_LOST || fate == SIM_FATE_SCRIPTED || fate == SIM_FATE_OVERFLOWED;
    log->segment[log->count++] = (logged_segment){.at_ns = sim_world_now(world),
                                                  .from = from,
                                                  .tcp = packet->tcp,
                                                  .length = packet->length,
                                                  .traffic_class = packet->traffic_class,
                                                  .lost = lost};
}

void segment_log_start(segment_log *log, sim_world *world)
{
    memset(log, 0, sizeof *log);
    log->observer.on_sent = on_sent;
    sim_world_add_observer(world, &log->observer);
}

void segment_log_clear(segment_log *log) { log->count = 0; }

static const logged_segment *find(const segment_log *log, const sim_host *from, unsigned n, bool text)
{
    for (unsigned i = 0; i < log->count; i++) {
        const logged_segment *segment = &log->segment[i];
        if (segment->from != from || (text && segment->length == 0))
            continue;
        if (n-- == 0)
            return segment;
    }
    return NULL;
}

const logged_segment *segment_log_from(const segment_log *log, const sim_host *from, unsigned n)
{
    return find(log, from, n, false);
}

const logged_segment *segment_log_text_from(const segment_log *log, const sim_host *from, unsigned n)
{
    return find(log, from, n, true);
}

const logged_segment *segment_log_last(const segment_log *log, const sim_host *from)
{
    const logged_segment *last = NULL;
    for (unsigned i = 0; i < log->count; i++)
        last = log->segment[i].from == from ? &log->segment[i] : last;
    return last;
}

const char *segment_log_sack(const logged_segment *segment, uint32_t base)
{
    static char text[128];
    size_t len = 0;
    if (segment == NULL)
        return "no segment";
    len = (size_t)snprintf(text, sizeof text, "%u", segment->tcp.sack_count);
    for (unsigned i = 0; i < segment->tcp.sack_count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, " %u-%u", segment->tcp.sack[i].left - base,
                                segment->tcp.sack[i].right - base);
    return text;
}
