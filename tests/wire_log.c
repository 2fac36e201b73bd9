/* SPDX-License-Identifier: MIT
 *
 * See wire_log.h.
 */
#include "tests/wire_log.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "simnet/host/host.h"
#include "simnet/packet/packet.h"

static void describe(const sim_packet *packet, char *out, size_t size)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } flags[] = {
        {SIMP_SYN, " SYN"}, {SIMP_FIN, " FIN"}, {SIMP_RST, " RST"}, {SIMP_ACK, " ACK"}, {SIMP_URG, " URG"}};
    size_t len = 0;
    out[0] = '\0';
    if (packet->protocol == IPPROTO_TCP) {
        for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
            if ((packet->tcp.flags & flags[i].bit) != 0)
                len += (size_t)snprintf(out + len, size - len, "%s", flags[i].name);
        }
    } else {
        len = (size_t)snprintf(out, size, packet->protocol == IPPROTO_UDP ? " UDP" : " ICMP");
    }
    bool quotes = (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) &&
                  !packet->from_bytes && packet->icmp.quoted != NULL;
    if (packet->length > 0 && !quotes)
        snprintf(out + len, size - len, " %u", packet->length);
}

static void add(wire_log *log, const sim_world *world, const sim_packet *packet, const char *from, bool lost)
{
    if (log->count == WIRE_LOG_LINES)
        return;
    char what[WIRE_LOG_LINE / 2];
    describe(packet, what, sizeof what);
    snprintf(log->line[log->count], WIRE_LOG_LINE, "%.8s%s%s", from, what, lost ? " lost" : "");
    log->at_ns[log->count] = sim_world_now(world);
    log->count++;
}

static void on_lost(sim_observer *observer, const sim_world *world, const sim_packet *packet, sim_fate fate)
{
    wire_log *log = (wire_log *)observer;
    (void)fate;
    if (log->tells_late_losses)
        add(log, world, packet, packet->origin < world->host_count ? world->hosts[packet->origin]->name : "?",
            true);
}

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    add((wire_log *)observer, world, packet, sim_host_name(from), sim_fate_is_lost(fate));
}

void wire_log_start(wire_log *log, sim_world *world)
{
    memset(log, 0, sizeof *log);
    log->observer.on_sent = on_sent;
    log->observer.on_lost = on_lost;
    sim_world_add_observer(world, &log->observer);
}

const char *wire_log_text(wire_log *log)
{
    static char text[WIRE_LOG_LINES * WIRE_LOG_LINE];
    size_t len = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < log->count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i == 0 ? "" : ", ", log->line[i]);
    return text;
}

void wire_log_clear(wire_log *log) { log->count = 0; }

unsigned wire_log_matching(const wire_log *log, const char *text)
{
    unsigned count = 0;
    for (unsigned i = 0; i < log->count; i++)
        count += strcmp(log->line[i], text) == 0;
    return count;
}

sim_verdict drop_by_mask(void *context, const sim_packet_view *packet)
{
    drop_mask *drop = context;
    (void)packet;
    uint64_t bit = drop->seen++;
    return bit < 64 && (drop->mask >> bit & 1) != 0 ? SIM_DROP : SIM_PASS;
}
