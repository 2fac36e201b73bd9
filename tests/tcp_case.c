/* SPDX-License-Identifier: MIT
 *
 * See tcp_case.h.
 */
#include "tests/tcp_case.h"

#include <string.h>

#include "simnet/ip/ip.h"
#include "tests/expect.h"

void tcp_case_begin_with(tcp_case *c, const sim_stack *a, const sim_stack *b, const sim_link_options *link)
{
    memset(c, 0, sizeof *c);
    c->pair = fixture_world_pair(NULL);
    if (link != NULL)
        EXPECT_CODE_FATAL(sim_link_set_options(c->pair.link, NULL, link), 0);
    EXPECT_CODE_FATAL(sim_host_set_stack(c->pair.a, a), 0);
    EXPECT_CODE_FATAL(sim_host_set_stack(c->pair.b, b), 0);
    world_pair_connect(&c->pair, &c->client, &c->server);
    sim_host_enter(c->pair.a);
    CAsyncSocket_AsyncSelect(&c->client.socket, CASYNCSOCKET_DEFAULT_EVENTS);
    sim_host_enter(c->pair.b);
    CAsyncSocket_AsyncSelect(&c->server.socket, CASYNCSOCKET_DEFAULT_EVENTS);
    world_pair_settle(&c->pair);
    wire_log_start(&c->log, c->pair.world);
    segment_log_start(&c->segments, c->pair.world);
}

void tcp_case_begin(tcp_case *c) { tcp_case_begin_with(c, NULL, NULL, NULL); }

void tcp_case_run(tcp_case *c, uint64_t ns)
{
    sim_world *world = c->pair.world;
    uint64_t until = sim_world_now(world) + ns;
    char what[256] = "";
    while (what[0] == '\0' && simp_events_next_at(&world->events) <= until &&
           sim_world_step(world) == SIM_STOP_TIME)
        simp_world_check(world, what, sizeof what);
    EXPECT_EQ_STR(what, "");
    sim_world_run(world, until);
}

void tcp_case_clear(tcp_case *c)
{
    wire_log_clear(&c->log);
    segment_log_clear(&c->segments);
}

/* ---- calls ---- */

static CAsyncSocket *enter(tcp_case *c, bool client)
{
    sim_host_enter(client ? c->pair.a : c->pair.b);
    return client ? &c->client.socket : &c->server.socket;
}

int tcp_case_send_text(tcp_case *c, bool from_client, const char *text)
{
    return CAsyncSocket_Send(enter(c, from_client), text, (int)strlen(text), 0);
}

/* Not periodic in any power of two, nor in a segment. */
char tcp_case_byte(int i) { return (char)(unsigned char)(i * 7 + i / 251); }

int tcp_case_send(tcp_case *c, bool from_client, int offset, int len)
{
    static char bytes[1 << 20];
    EXPECT_TRUE_FATAL(len <= (int)sizeof bytes);
    for (int i = 0; i < len; i++)
        bytes[i] = tcp_case_byte(offset + i);
    return CAsyncSocket_Send(enter(c, from_client), bytes, len, 0);
}

const char *tcp_case_receive_text(tcp_case *c, bool at_client)
{
    static char text[4096];
    CAsyncSocket *socket = enter(c, at_client);
    int len = 0, n;
    while ((n = CAsyncSocket_Receive(socket, text + len, (int)sizeof text - 1 - len, 0)) > 0)
        len += n;
    text[len] = '\0';
    return text;
}

int tcp_case_receive(tcp_case *c, bool at_client, int offset)
{
    static char bytes[1 << 16];
    CAsyncSocket *socket = enter(c, at_client);
    int total = 0, n;
    while ((n = CAsyncSocket_Receive(socket, bytes, (int)sizeof bytes, 0)) > 0) {
        for (int i = 0; i < n; i++) {
            if (bytes[i] != tcp_case_byte(offset + total + i)) {
                EXPECT_EQ_INT(bytes[i], tcp_case_byte(offset + total + i));
                return -1;
            }
        }
        total += n;
    }
    return total;
}

void tcp_case_close_client(tcp_case *c) { CAsyncSocket_Close(enter(c, true)); }
void tcp_case_close_server(tcp_case *c) { CAsyncSocket_Close(enter(c, false)); }

void tcp_case_set_option(tcp_case *c, bool at_client, int level, int option, int value)
{
    EXPECT_OK(CAsyncSocket_SetSockOpt(enter(c, at_client), option, &value, sizeof value, level));
}

/* ---- the wire ---- */

void tcp_case_drop(tcp_case *c, bool from_client, uint64_t mask, drop_mask *storage)
{
    *storage = (drop_mask){.mask = mask};
    sim_link_set_script(c->pair.link, from_client ? c->pair.a : c->pair.b, drop_by_mask, storage);
}

simp_tcp *tcp_case_connection(tcp_case *c, bool client)
{
    const sim_host *host = client ? c->pair.a : c->pair.b;
    SOCKET handle = client ? c->client.socket.m_hSocket : c->server.socket.m_hSocket;
    if (handle >= host->socket_capacity || host->sockets[handle] == NULL)
        return NULL;
    return host->sockets[handle]->tcp;
}

sim_packet *tcp_case_forge(tcp_case *c, bool to_client, uint8_t flags)
{
    const simp_tcp *t = tcp_case_connection(c, to_client);
    sim_packet *packet = simp_packet_create(&c->pair.world->arena);
    EXPECT_TRUE_FATAL(t != NULL && packet != NULL);
    packet->source = t->key.remote;
    packet->destination = t->key.local;
    packet->source_port = t->key.remote_port;
    packet->destination_port = t->key.local_port;
    packet->protocol = IPPROTO_TCP;
    packet->ttl = 64;
    packet->tcp = (simp_tcp_header){.seq = t->rcv_nxt,
                                    .ack = t->max,
                                    .window = (uint16_t)(t->wnd >> t->snd_scale),
                                    .flags = flags,
                                    .scale = SIMP_NO_SCALE};
    packet->tcp.has_timestamps = t->stamps;
    packet->tcp.ts_value = t->stamps ? t->extras->stamp_recent : 0;
    return packet;
}

void tcp_case_fill(tcp_case *c, sim_packet *packet, int offset, int len)
{
    packet->block = simp_block_create(&c->pair.world->arena, (uint32_t)len);
    EXPECT_TRUE_FATAL(packet->block != NULL);
    for (int i = 0; i < len; i++)
        packet->block->bytes[i] = (uint8_t)tcp_case_byte(offset + i);
    packet->block->used = packet->length = (uint32_t)len;
}

void tcp_case_arrive(tcp_case *c, bool at_client, sim_packet *packet)
{
    packet->ip_payload_len = 20 + simp_tcp_options_len(&packet->tcp) + packet->length;
    simp_tcp_input(at_client ? c->pair.a : c->pair.b, packet);
}
