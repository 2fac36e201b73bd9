/* SPDX-License-Identifier: MIT
 *
 * See tcp_opening.h.
 */
#include "tests/tcp_opening.h"

#include <string.h>

#include "simnet/ip/ip.h"
#include "tests/expect.h"

void tcp_opening_begin(tcp_opening *o, const sim_stack *b, int backlog, int64_t latency_ns)
{
    memset(o, 0, sizeof *o);
    o->pair = fixture_world_pair(NULL);
    sim_link_options link = {.latency_ns = latency_ns};
    EXPECT_CODE_FATAL(sim_link_set_options(o->pair.link, NULL, &link), 0);
    EXPECT_CODE_FATAL(sim_host_set_stack(o->pair.b, b), 0);
    recorder_construct(&o->listener);
    sim_host_enter(o->pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&o->listener.socket, OPENING_PORT, SOCK_STREAM,
                                        CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&o->listener.socket, backlog));
    wire_log_start(&o->log, o->pair.world);
    segment_log_start(&o->segments, o->pair.world);
}

void tcp_opening_begin_alone(tcp_opening *o, const sim_stack *b, int backlog)
{
    tcp_opening_begin(o, b, backlog, SIM_MS(1));
    tcp_opening_drop(o, UINT64_MAX, UINT64_MAX);
}

const forged_segment opening_syn = {.from = "10.0.0.1",
                                    .to = "10.0.0.2",
                                    .from_port = 5000,
                                    .to_port = OPENING_PORT,
                                    .seq = 100,
                                    .window = 8000,
                                    .flags = SIMP_SYN};

void tcp_opening_run(tcp_opening *o, uint64_t ns)
{
    char what[256] = "";
    sim_world *world = o->pair.world;
    uint64_t until = sim_world_now(world) + ns;
    while (what[0] == '\0' && simp_events_next_at(&world->events) <= until &&
           sim_world_step(world) == SIM_STOP_TIME)
        simp_world_check(world, what, sizeof what);
    EXPECT_EQ_STR(what, "");
    sim_world_run(world, until);
}

void tcp_opening_clear(tcp_opening *o)
{
    wire_log_clear(&o->log);
    segment_log_clear(&o->segments);
}

void tcp_opening_connect(tcp_opening *o, recorder *client)
{
    recorder_construct(client);
    sim_host_enter(o->pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client->socket, "10.0.0.2", OPENING_PORT), WSAEWOULDBLOCK);
}

bool tcp_opening_accept(tcp_opening *o, recorder *server)
{
    recorder_construct(server);
    sim_host_enter(o->pair.b);
    if (!CAsyncSocket_Accept(&o->listener.socket, &server->socket, NULL, NULL))
        return false;
    EXPECT_OK(CAsyncSocket_AsyncSelect(&server->socket, CASYNCSOCKET_DEFAULT_EVENTS));
    return true;
}

void tcp_opening_drop(tcp_opening *o, uint64_t from_a, uint64_t from_b)
{
    o->from_a = (drop_mask){.mask = from_a};
    o->from_b = (drop_mask){.mask = from_b};
    EXPECT_CODE(sim_link_set_script(o->pair.link, o->pair.a, drop_by_mask, &o->from_a), 0);
    EXPECT_CODE(sim_link_set_script(o->pair.link, o->pair.b, drop_by_mask, &o->from_b), 0);
}

simp_tcp *tcp_of(const sim_host *host, const recorder *r)
{
    SOCKET handle = r->socket.m_hSocket;
    if (handle >= host->socket_capacity || host->sockets[handle] == NULL)
        return NULL;
    return host->sockets[handle]->tcp;
}

simp_tcp *any_tcp_of(const sim_host *host)
{
    const simp_hash_table *all = &host->world->connections;
    for (simp_hash_node *at = simp_hash_after(all, NULL); at != NULL; at = simp_hash_after(all, at)) {
        simp_tcp *t = (simp_tcp *)at;
        if (t->host == host)
            return t;
    }
    return NULL;
}

void packet_set_text(sim_world *world, sim_packet *packet, const char *text)
{
    uint32_t len = (uint32_t)strlen(text);
    packet->block = simp_block_create(&world->arena, len);
    EXPECT_TRUE_FATAL(packet->block != NULL);
    memcpy(packet->block->bytes, text, len);
    packet->block->used = packet->length = len;
    packet->offset = 0;
}

void forged_segment_arrive(sim_host *host, const forged_segment *f)
{
    sim_packet *packet = simp_packet_create(&host->world->arena);
    EXPECT_TRUE_FATAL(packet != NULL);
    EXPECT_TRUE(simp_ip_parse(f->from, &packet->source) && simp_ip_parse(f->to, &packet->destination));
    packet->source_port = f->from_port;
    packet->destination_port = f->to_port;
    packet->protocol = IPPROTO_TCP;
    packet->ttl = 64;
    packet->tcp = (simp_tcp_header){.seq = f->seq,
                                    .ack = f->ack,
                                    .window = f->window,
                                    .urgent = f->urgent,
                                    .mss = f->mss,
                                    .flags = f->flags,
                                    .has_timestamps = f->stamp != 0,
                                    .ts_value = f->stamp,
                                    .scale = SIMP_NO_SCALE};
    if (f->text != NULL)
        packet_set_text(host->world, packet, f->text);
    packet->ip_payload_len = 20 + simp_tcp_options_len(&packet->tcp) + packet->length;
    simp_ip_input(host, packet);
}
