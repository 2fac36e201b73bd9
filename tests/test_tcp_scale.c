/* SPDX-License-Identifier: MIT
 *
 * Window scaling, RFC 7323 2: what the SYNs say, and windows beyond 64 KiB.
 */
#include <string.h>

#include "simnet/ip/ip.h"
#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

typedef struct handshake {
    world_pair pair;
    CAsyncSocket listener;
    recorder client;
    segment_log log;
} handshake;

static void set_receive_buffer(CAsyncSocket *socket, int bytes)
{
    EXPECT_OK(CAsyncSocket_SetSockOpt(socket, SO_RCVBUF, &bytes, sizeof bytes, SOL_SOCKET));
}

static void begin(handshake *h, int server_bytes, int client_bytes)
{
    memset(h, 0, sizeof *h);
    h->pair = fixture_world_pair(NULL);
    sim_host_enter(h->pair.b);
    CAsyncSocket_Construct(&h->listener, NULL);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&h->listener, 80, SOCK_STREAM, 0, NULL));
    set_receive_buffer(&h->listener, server_bytes);
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&h->listener, 5));
    recorder_construct(&h->client);
    sim_host_enter(h->pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&h->client.socket, 0, SOCK_STREAM, 0, NULL));
    set_receive_buffer(&h->client.socket, client_bytes);
    segment_log_start(&h->log, h->pair.world);
}

static void connect_both(handshake *h)
{
    CAsyncSocket_Connect(&h->client.socket, "10.0.0.2", 80);
    world_pair_settle(&h->pair);
}

/* 2.2: the shift that the buffer needs; 2.3: no window of a SYN is scaled. */
static void syns_tell_the_shift_and_an_unscaled_window(void)
{
    handshake h;
    begin(&h, 4 << 20, 100000);
    connect_both(&h);
    const logged_segment *syn = segment_log_from(&h.log, h.pair.a, 0);
    const logged_segment *answer = segment_log_from(&h.log, h.pair.b, 0);
    const logged_segment *ack = segment_log_from(&h.log, h.pair.a, 1);
    EXPECT_EQ_INT(syn->tcp.scale, 1);
    EXPECT_EQ_INT(syn->tcp.window, 65535);
    EXPECT_EQ_INT(answer->tcp.scale, 7); /* 4 MiB >> 6 is 65536 */
    EXPECT_EQ_INT(answer->tcp.window, 65535);
    EXPECT_EQ_INT(ack->tcp.window, 100000 >> 1);
    EXPECT_EQ_INT(ack->tcp.scale, SIMP_NO_SCALE);
}

static void small_buffer_needs_no_shift_but_offers_scaling(void)
{
    handshake h;
    begin(&h, 8192, 8192);
    connect_both(&h);
    EXPECT_EQ_INT(segment_log_from(&h.log, h.pair.a, 0)->tcp.scale, 0);
    EXPECT_EQ_INT(segment_log_from(&h.log, h.pair.a, 0)->tcp.window, 8192);
}

/* A SYN of a stranger at the listener. */
static const logged_segment *answer_to_syn(handshake *h, uint8_t scale)
{
    sim_packet *syn = simp_packet_create(&h->pair.world->arena);
    EXPECT_TRUE_FATAL(syn != NULL);
    EXPECT_TRUE(simp_ip_parse("10.0.0.1", &syn->source) && simp_ip_parse("10.0.0.2", &syn->destination));
    syn->source_port = 4000;
    syn->destination_port = 80;
    syn->protocol = IPPROTO_TCP;
    syn->tcp = (simp_tcp_header){.seq = 1, .flags = SIMP_SYN, .window = 1000, .mss = 1460, .scale = scale};
    syn->ip_payload_len = 20 + simp_tcp_options_len(&syn->tcp);
    simp_tcp_input(h->pair.b, syn);
    return segment_log_from(&h->log, h->pair.b, 0);
}

static const simp_tcp *only_connection(const handshake *h)
{
    return (const simp_tcp *)simp_hash_after(&h->pair.world->connections, NULL);
}

/* 1.3, 2.2: both scale, or neither. */
static void peer_that_does_not_scale_is_not_scaled_for(void)
{
    handshake h;
    begin(&h, 4 << 20, 8192);
    EXPECT_EQ_INT(answer_to_syn(&h, SIMP_NO_SCALE)->tcp.scale, SIMP_NO_SCALE);
    EXPECT_EQ_INT(only_connection(&h)->rcv_scale, 0);
    EXPECT_EQ_INT(only_connection(&h)->snd_scale, 0);
}

/* 2.3: a shift above 14 is taken as 14. */
static void shift_beyond_14_counts_as_14(void)
{
    handshake h;
    begin(&h, 8192, 8192);
    EXPECT_EQ_INT(answer_to_syn(&h, 200)->tcp.scale, 0);
    EXPECT_EQ_INT(only_connection(&h)->snd_scale, 14);
}

static void more_than_64_kib_are_in_flight(void)
{
    handshake h;
    static char bytes[1 << 20];
    int size = sizeof bytes;
    begin(&h, 1 << 20, 8192);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&h.client.socket, SO_SNDBUF, &size, sizeof size, SOL_SOCKET));
    EXPECT_CODE(sim_link_set_options(h.pair.link, NULL, &(sim_link_options){.latency_ns = SIM_MS(50)}), 0);
    connect_both(&h);
    sim_host_enter(h.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&h.client.socket, bytes, 900000, 0), 900000);
    const simp_tcp *t = h.pair.a->sockets[h.client.socket.m_hSocket]->tcp;
    uint32_t most = 0;
    for (unsigned i = 0; i < 200; i++) {
        sim_world_run(h.pair.world, sim_world_now(h.pair.world) + 10 * MS);
        most = t->max - t->una > most ? t->max - t->una : most;
    }
    EXPECT_TRUE(most > 200000);
    EXPECT_EQ_INT(t->una, t->max);
}

/* What a scale rounds off is not taken either: else each probe of a full window would bring a byte. */
static void probe_of_a_full_window_is_not_taken(void)
{
    handshake h;
    static char bytes[600001];
    int size = 2 * (int)sizeof bytes;
    begin(&h, 300001, 8192); /* shifts by 3 */
    EXPECT_OK(CAsyncSocket_SetSockOpt(&h.client.socket, SO_SNDBUF, &size, sizeof size, SOL_SOCKET));
    connect_both(&h);
    sim_host_enter(h.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&h.client.socket, bytes, sizeof bytes, 0), sizeof bytes);
    sim_world_run(h.pair.world, sim_world_now(h.pair.world) + (uint64_t)SIM_S(5));
    const simp_tcp *sender = h.pair.a->sockets[h.client.socket.m_hSocket]->tcp;
    uint32_t una = sender->una;
    EXPECT_EQ_INT(sender->wnd, 0);
    EXPECT_EQ_INT(sender->wnd_edge, una); /* all that was offered, and no byte more */
    sim_world_run(h.pair.world, sim_world_now(h.pair.world) + (uint64_t)SIM_S(60));
    EXPECT_TRUE(sender->backoff > 3); /* it has probed */
    EXPECT_EQ_INT(sender->una, una);
}

const test_case test_tcp_scale[] = {TEST(syns_tell_the_shift_and_an_unscaled_window),
                                    TEST(small_buffer_needs_no_shift_but_offers_scaling),
                                    TEST(peer_that_does_not_scale_is_not_scaled_for),
                                    TEST(shift_beyond_14_counts_as_14),
                                    TEST(more_than_64_kib_are_in_flight),
                                    TEST(probe_of_a_full_window_is_not_taken),
                                    TEST_END};
