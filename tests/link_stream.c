/* SPDX-License-Identifier: MIT
 *
 * See link_stream.h.
 */
#include "tests/link_stream.h"

#include <stdio.h>
#include <string.h>

#include "simnet/packet/packet.h"
#include "tests/expect.h"

enum { HEADERS = 28, PORT = 4000 };

static void on_arrived(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                       const sim_host *at)
{
    link_stream *s = (link_stream *)observer;
    (void)at;
    if (s->count == LINK_STREAM_MAX || packet->protocol != IPPROTO_UDP)
        return;
    s->at_ns[s->count] = sim_world_now(world);
    s->traffic_class[s->count] = packet->traffic_class;
    memcpy(&s->number[s->count], simp_packet_payload(packet), sizeof s->number[0]);
    s->count++;
}

static void on_lost(sim_observer *observer, const sim_world *world, const sim_packet *packet, sim_fate fate)
{
    (void)world;
    (void)packet;
    EXPECT_TRUE(sim_fate_is_lost(fate));
    ((link_stream *)observer)->lost_late++;
}

void link_stream_open(link_stream *s, const sim_link_options *options)
{
    memset(s, 0, sizeof *s);
    s->pair = fixture_world_pair(NULL);
    s->observer.on_arrived = on_arrived;
    s->observer.on_lost = on_lost;
    sim_world_add_observer(s->pair.world, &s->observer);
    EXPECT_CODE_FATAL(sim_link_set_options(s->pair.link, NULL, options), 0);
    CAsyncSocket_Construct(&s->from, NULL);
    CAsyncSocket_Construct(&s->to, NULL);
    sim_host_enter(s->pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&s->to, PORT, SOCK_DGRAM, 0, NULL));
    sim_host_enter(s->pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&s->from, 0, SOCK_DGRAM, 0, NULL));
}

void link_stream_send(link_stream *s, unsigned count, uint64_t gap_ns)
{
    char payload[LINK_STREAM_PACKET - HEADERS] = {0};
    for (unsigned i = 0; i < count; i++, s->sent++) {
        uint32_t number = s->sent;
        memcpy(payload, &number, sizeof number);
        s->sent_ns[number % LINK_STREAM_MAX] = sim_world_now(s->pair.world);
        EXPECT_EQ_INT(CAsyncSocket_SendTo(&s->from, payload, sizeof payload, PORT, "10.0.0.2", 0),
                      (int)sizeof payload);
        sim_world_run(s->pair.world, sim_world_now(s->pair.world) + gap_ns);
    }
}

void link_stream_finish(link_stream *s)
{
    EXPECT_EQ_INT(sim_world_run(s->pair.world, SIM_FOREVER), SIM_STOP_IDLE);
    sim_link_counters_read(s->pair.link, s->pair.a, &s->counters);
}

sim_stage *link_stream_add(link_stream *s, const sim_impairment *what)
{
    sim_stage *stage = NULL;
    if (sim_link_add(s->pair.link, s->pair.a, what, &stage) != 0) {
        const sim_error *error = sim_world_error(s->pair.world);
        expect_report(EXPECT_SITE(true), false, "%s: %s; %s", error->what, error->why, error->fix);
    }
    return stage;
}

bool link_stream_is_ordered(const link_stream *s)
{
    for (unsigned i = 1; i < s->count; i++) {
        if (s->number[i] < s->number[i - 1])
            return false;
    }
    return true;
}

const char *link_stream_text(const link_stream *s)
{
    static char text[1024];
    size_t len = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < s->count && len < sizeof text - 16; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, i == 0 ? "%u" : " %u", (unsigned)s->number[i]);
    return text;
}

unsigned link_stream_arrivals(const link_stream *s, uint32_t number)
{
    unsigned arrivals = 0;
    for (unsigned i = 0; i < s->count; i++)
        arrivals += s->number[i] == number;
    return arrivals;
}
