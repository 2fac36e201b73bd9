/* SPDX-License-Identifier: MIT
 *
 * Random transfers over random links, one world a seed.  After every event the connections keep the
 * invariants of simnet/transport/tcp.h, whatever was lost, doubled or overtaken; in the end:
 *
 *  1. Each end received what the other sent, once and in order; urgent bytes came in line or out of line.
 *  2. Nobody waited for ever: a writer that goes on in OnSend and a reader that drains come to the end.
 *  3. No callback came after Close, OnClose at most once, and the world became idle with nothing left in it.
 *  4. The same seed gave the same fingerprint.
 *
 * To repeat what failed with seed N alone, run the test with --seed N: that seed is its first.
 */
#include <inttypes.h>
#include <string.h>

#include "castanet/error.h"
#include "simnet/transport/tcp.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { SEEDS = 300, SEEDS_TWICE = 30, BYTES_MAX = 6000, EVENTS_MAX = 200000, URGENT = 0x80 };

/* One end of the transfer, and what it has done so far. */
typedef struct party {
    CAsyncSocket socket; /* first: a party is a CAsyncSocket */
    struct party *peer;
    uint8_t bytes[BYTES_MAX];     /* to send; urgent ones have the high bit, the others have not */
    uint32_t total, sent, passed; /* passed: how much of the peer's bytes arrived or were taken out of line */
    bool open, ended;
    unsigned closes;
} party;

typedef struct transfer {
    uint64_t seed, random;
    sim_world *world;
    sim_host *a, *b;
    CAsyncSocket listener;
    party client, server;
    sim_link_options link;
    uint32_t send_max, receive_max, urgent_percent;
    int send_buffer, receive_buffer; /* 0: the default */
    bool nodelay, inline_urgent, ipv6, failed;
} transfer;

/* Callbacks get no context; one transfer runs at a time. */
static transfer now;

/* ---- what is drawn ---- */

/* splitmix64: the tests' own, so that the library's streams may change. */
static uint32_t draw(uint32_t bound)
{
    uint64_t z = now.random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) % bound);
}

static bool draw_percent(uint32_t percent) { return draw(100) < percent; }

/* Every order of magnitude is as likely as every other. */
static uint32_t draw_size(uint32_t max) { return 1 + draw(1 + (max >> draw(14))) % max; }

static void draw_link(sim_link_options *link)
{
    link->latency_ns = SIM_US(draw(draw_percent(30) ? 2000000 : 50000));
    link->mtu = draw_percent(50) ? 0 : 1280 + draw(7721);
    if (draw_percent(40)) {
        link->jitter_ns = draw((uint32_t)(link->latency_ns / 1000) + 1) * INT64_C(1000);
        link->jitter_reorders = draw_percent(50);
    }
    if (draw_percent(50))
        link->loss_ppm = SIM_PERCENT(draw(10));
    if (draw_percent(30))
        link->duplicate_ppm = SIM_PERCENT(draw(30));
    if (draw_percent(30)) {
        link->reorder_ppm = SIM_PERCENT(draw(40));
        link->reorder_delay_ns = SIM_MS(1 + draw(200));
    }
    if (draw_percent(30)) {
        link->rate_bps = 64000 * (1 + draw(1000));
        link->queue_bytes = 9000 + draw(20000);
    }
}

static void draw_party(party *p, party *peer)
{
    CAsyncSocket_Construct(&p->socket, NULL);
    p->peer = peer;
    p->total = draw_size(BYTES_MAX);
    for (uint32_t i = 0; i < p->total; i++)
        p->bytes[i] = (uint8_t)(draw(URGENT) | (draw_percent(now.urgent_percent) ? URGENT : 0));
}

static void draw_transfer(uint64_t seed)
{
    memset(&now, 0, sizeof now);
    now.seed = now.random = seed;
    now.random = (uint64_t)draw(UINT32_MAX) << 32 | draw(UINT32_MAX); /* neighbours have nothing in common */
    draw_link(&now.link);
    now.send_max = draw_size(BYTES_MAX);
    now.receive_max = draw_size(BYTES_MAX);
    now.urgent_percent = draw_percent(30) ? draw(30) : 0;
    now.send_buffer = draw_percent(50) ? (int)draw_size(100000) : 0;
    now.receive_buffer = draw_percent(50) ? 1000 + (int)draw_size(100000) : 0;
    now.nodelay = draw_percent(50);
    now.inline_urgent = draw_percent(50);
    now.ipv6 = draw_percent(30);
    draw_party(&now.client, &now.server);
    draw_party(&now.server, &now.client);
}

/* ---- what is expected ---- */

/* The first failure ends the transfer; what follows it would say nothing. */
static bool holds(int line, bool ok, const char *what)
{
    if (ok || now.failed)
        return ok;
    now.failed = true;
    sim_world_stop(now.world);
    expect_report((expect_site){__FILE__, line, false}, false,
                  "seed %" PRIu64 ": %s (client sent %" PRIu32 " of %" PRIu32 ", server %" PRIu32
                  " of %" PRIu32 "; last error %s); repeat: castanet_tests --run 'random/*' --seed %" PRIu64,
                  now.seed, what, now.client.sent, now.client.total, now.server.sent, now.server.total,
                  cas_error_name(CAsyncSocket_GetLastError()), now.seed);
    return false;
}
#define HOLDS(condition) holds(__LINE__, (condition), #condition)

/* ---- the program ---- */

static void finish(party *p)
{
    char byte;
    if (!p->open || !p->ended || p->sent < p->total)
        return;
    while (CAsyncSocket_Receive(&p->socket, &byte, 1, MSG_OOB) == 1) /* what is unread would reset the peer */
        continue;
    CAsyncSocket_Close(&p->socket);
    p->open = false;
}

/* An urgent byte goes alone, others up to the next urgent one. */
static int send_some(party *p)
{
    uint32_t len = draw_size(now.send_max), left = p->total - p->sent;
    uint32_t limit = len < left ? len : left;
    const uint8_t *bytes = p->bytes + p->sent;
    if (bytes[0] >= URGENT)
        return CAsyncSocket_Send(&p->socket, bytes, 1, MSG_OOB);
    for (len = 1; len < limit && bytes[len] < URGENT;)
        len++;
    return CAsyncSocket_Send(&p->socket, bytes, (int)len, 0);
}

static void write_on(party *p)
{
    if (!p->open || p->sent == p->total)
        return;
    while (p->sent < p->total) {
        int count = send_some(p);
        if (count == SOCKET_ERROR) {
            HOLDS(CAsyncSocket_GetLastError() == WSAEWOULDBLOCK);
            return;
        }
        p->sent += (uint32_t)count;
    }
    HOLDS(CAsyncSocket_ShutDown(&p->socket, CAsyncSocket_sends));
    finish(p);
}

/* In line, the peer's bytes follow one another; urgent ones may be missing, because they went out of line. */
static void check_bytes(party *p, const uint8_t *bytes, int count)
{
    const party *peer = p->peer;
    for (int i = 0; i < count && !now.failed; i++, p->passed++) {
        while (p->passed < peer->sent && peer->bytes[p->passed] != bytes[i] &&
               peer->bytes[p->passed] >= URGENT)
            p->passed++;
        HOLDS(p->passed < peer->sent && peer->bytes[p->passed] == bytes[i]);
    }
}

static void read_on(party *p)
{
    static uint8_t buf[BYTES_MAX], peeked[BYTES_MAX];
    while (p->open && !p->ended && !now.failed) {
        int size = (int)draw_size(now.receive_max);
        int seen = draw_percent(10) ? CAsyncSocket_Receive(&p->socket, peeked, size, MSG_PEEK) : SOCKET_ERROR;
        int count = CAsyncSocket_Receive(&p->socket, buf, size, 0);
        if (count == SOCKET_ERROR) {
            HOLDS(CAsyncSocket_GetLastError() == WSAEWOULDBLOCK);
            return;
        }
        if (seen != SOCKET_ERROR)
            HOLDS(seen == count && memcmp(buf, peeked, (size_t)count) == 0);
        check_bytes(p, buf, count);
        p->ended = count == 0;
    }
    finish(p);
}

static void on_receive(CAsyncSocket *self, int error)
{
    HOLDS(((party *)self)->open && error == 0);
    read_on((party *)self);
}

static void on_send(CAsyncSocket *self, int error)
{
    HOLDS(((party *)self)->open && error == 0);
    write_on((party *)self);
}

static void on_urgent(CAsyncSocket *self, int error)
{
    uint8_t byte;
    HOLDS(((party *)self)->open && error == 0);
    if (CAsyncSocket_Receive(self, &byte, 1, MSG_OOB) == 1)
        HOLDS(byte >= URGENT);
}

static void on_connect(CAsyncSocket *self, int error)
{
    (void)self;
    HOLDS(error == 0);
}

static void on_close(CAsyncSocket *self, int error)
{
    party *p = (party *)self;
    HOLDS(p->open && error == 0 && ++p->closes == 1);
    read_on(p);
}

static const CAsyncSocketVtbl party_vtbl = {.OnConnect = on_connect,
                                            .OnReceive = on_receive,
                                            .OnSend = on_send,
                                            .OnOutOfBandData = on_urgent,
                                            .OnClose = on_close};

static void on_accept(CAsyncSocket *self, int error)
{
    HOLDS(error == 0);
    CAsyncSocket_Construct(&now.server.socket, &party_vtbl);
    now.server.open = CAsyncSocket_Accept(self, &now.server.socket, NULL, NULL) != 0;
    HOLDS(now.server.open);
    CAsyncSocket_Close(self);
}

static void set_options(CAsyncSocket *socket)
{
    int on = 1;
    if (now.send_buffer != 0)
        CAsyncSocket_SetSockOpt(socket, SO_SNDBUF, &now.send_buffer, sizeof(int), SOL_SOCKET);
    if (now.receive_buffer != 0)
        CAsyncSocket_SetSockOpt(socket, SO_RCVBUF, &now.receive_buffer, sizeof(int), SOL_SOCKET);
    if (now.inline_urgent)
        CAsyncSocket_SetSockOpt(socket, SO_OOBINLINE, &on, sizeof on, SOL_SOCKET);
    if (now.nodelay)
        CAsyncSocket_SetSockOpt(socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
}

static void start_server(void *unused)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    (void)unused;
    CAsyncSocket_Construct(&now.listener, &vtbl);
    HOLDS(CAsyncSocket_Create(&now.listener, 80, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS,
                              now.ipv6 ? "::" : NULL));
    set_options(&now.listener);
    HOLDS(CAsyncSocket_Listen(&now.listener, 1));
}

static void start_client(void *unused)
{
    CAsyncSocket *socket = &now.client.socket;
    (void)unused;
    CAsyncSocket_Construct(socket, &party_vtbl);
    now.client.open = CAsyncSocket_Create(socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS,
                                          now.ipv6 ? "::" : NULL) != 0;
    HOLDS(now.client.open);
    set_options(socket);
    HOLDS(!CAsyncSocket_Connect(socket, now.ipv6 ? "fd00::2" : "10.0.0.2", 80) &&
          CAsyncSocket_GetLastError() == WSAEWOULDBLOCK);
}

/* ---- the invariants of a connection ---- */

static void check_sequence_space(const simp_tcp *t)
{
    HOLDS(simp_seq_upto(t->una, t->nxt) && simp_seq_upto(t->nxt, t->max));
    HOLDS(simp_seq_upto(t->max, t->send_end + (t->fin_queued ? 1 : 0)));
    HOLDS(simp_seq_upto(t->read, t->rcv_nxt));
    HOLDS(simp_seq_upto(t->rcv_nxt, t->rcv_edge + (t->fin_received ? 1 : 0)));
}

static void check_received(const simp_tcp *t)
{
    const simp_receive_buffer none = {0}, *b = t->active != NULL ? &t->active->receive : &none;
    uint32_t at = t->read;
    for (const sim_packet *p = b->first; p != NULL; p = p->next) {
        HOLDS(p->length > 0 && p->tcp.seq == at);
        at += p->length;
    }
    HOLDS(at == t->rcv_nxt || (t->fin_received && at + 1 == t->rcv_nxt));
    at = t->rcv_nxt + 1;
    for (const sim_packet *p = b->early; p != NULL; p = p->next) {
        HOLDS(p->length > 0 && simp_seq_upto(at, p->tcp.seq));
        at = p->tcp.seq + p->length;
        HOLDS(simp_seq_upto(at, t->rcv_edge));
    }
}

static bool may_send(const simp_tcp *t)
{
    return t->state != SIMP_TCP_FIN_WAIT_2 && t->state != SIMP_TCP_TIME_WAIT;
}

/* What is in flight, or waits to be, has a timer: otherwise one lost packet would be the end. */
static void check_timers(const simp_tcp *t)
{
    bool waits = t->una != t->send_end + (t->fin_queued ? 1 : 0);
    bool watched = simp_tcp_timer_is_on(t, SIMP_TIMER_RETRANSMIT) ||
                   simp_tcp_timer_is_on(t, SIMP_TIMER_PERSIST);
    HOLDS(!may_send(t) || !waits || watched);
    HOLDS(!t->ack_now);
}

static void check_connections(void)
{
    const simp_hash_table *all = &now.world->connections;
    for (const simp_hash_node *at = simp_hash_after(all, NULL); at != NULL; at = simp_hash_after(all, at)) {
        const simp_tcp *t = (const simp_tcp *)at;
        if (!simp_tcp_is_synchronised(t))
            continue;
        check_sequence_space(t);
        check_received(t);
        check_timers(t);
    }
}

/* ---- a run ---- */

static void build(void)
{
    sim_world_options options = {.seed = now.seed, .memory = &fixture_memory()->base};
    sim_link *link;
    EXPECT_CODE_FATAL(sim_world_create(&options, &now.world), 0);
    expect_set_world(now.world);
    EXPECT_CODE(sim_host_create(now.world, "a", &now.a), 0);
    EXPECT_CODE(sim_host_create(now.world, "b", &now.b), 0);
    EXPECT_CODE(sim_link_create(now.world, "a-b", &now.link, &link), 0);
    EXPECT_CODE(sim_host_attach(now.a, link, now.ipv6 ? "fd00::1/64" : "10.0.0.1/24"), 0);
    EXPECT_CODE(sim_host_attach(now.b, link, now.ipv6 ? "fd00::2/64" : "10.0.0.2/24"), 0);
    EXPECT_CODE(sim_host_run(now.b, 0, start_server, NULL), 0);
    EXPECT_CODE(sim_host_run(now.a, 1, start_client, NULL), 0);
}

static void check_end(sim_stop stop)
{
    HOLDS(stop == SIM_STOP_IDLE);
    HOLDS(!now.client.open && now.client.ended && !now.server.open && now.server.ended);
    HOLDS(now.world->connections.count == 0);
    for (unsigned i = 0; i < 2; i++) {
        party *p = i == 0 ? &now.client : &now.server;
        while (p->passed < p->peer->total && p->peer->bytes[p->passed] >= URGENT)
            p->passed++;
        HOLDS(p->passed == p->peer->total);
    }
}

/* Returns false when it failed. */
static bool run_transfer(uint64_t seed, char fingerprint[33])
{
    sim_stop stop = SIM_STOP_TIME;
    draw_transfer(seed);
    build();
    for (unsigned events = 0; stop == SIM_STOP_TIME && !now.failed; events++) {
        stop = sim_world_step(now.world);
        check_connections();
        HOLDS(events < EVENTS_MAX);
    }
    check_end(stop);
    sim_world_fingerprint_text(now.world, fingerprint);
    expect_set_world(NULL);
    sim_world_destroy(now.world);
    HOLDS(fixture_memory()->blocks_live == 0);
    return !now.failed;
}

static void transfers_over_any_link_arrive_whole(void)
{
    char fingerprint[33];
    for (uint64_t i = 0; i < SEEDS; i++) {
        if (!run_transfer(fixture_seed() + i, fingerprint))
            return;
    }
    expect_report(EXPECT_SITE(false), true, "every seed");
}

static void transfers_of_one_seed_have_one_fingerprint(void)
{
    char first[33], second[33];
    for (uint64_t i = 0; i < SEEDS_TWICE; i++) {
        uint64_t seed = fixture_seed() + i;
        if (!run_transfer(seed, first) || !run_transfer(seed, second))
            return;
        EXPECT_EQ_STR(second, first);
    }
}

const test_case test_random[] = {TEST(transfers_over_any_link_arrive_whole),
                                 TEST(transfers_of_one_seed_have_one_fingerprint), TEST_END};
