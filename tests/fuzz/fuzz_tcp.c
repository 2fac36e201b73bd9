/* SPDX-License-Identifier: MIT
 *
 * Segments to a connection.  The first octet chooses the state, the second the options of the socket; then
 * come records: an octet below 0xC0 begins a segment, the others are steps of the program or time that
 * passes. Sequence and acknowledgment numbers are relative to what the connection expects, so that zeros
 * make the next segment in order.
 */
#include <string.h>

#include "castanet/casyncsocket.h"
#include "simnet/transport/tcp.h"
#include "simnet/packet/wire.h"
#include "tests/fuzz/fuzz_world.h"

enum {
    RECORDS_MAX = 64,
    PAYLOAD_UNIT = 24,
    OPTIONS_MAX = 40,
    BYTES_MAX = SIMP_V4_HEADER_LEN + SIMP_TCP_HEADER_LEN + OPTIONS_MAX + 255 * PAYLOAD_UNIT + 15,
    PEER_PORT = 4000,
    LOCAL_PORT = 80,
    PEER_ISS = 1000000,
    STEP = 0xC0,
    STATES = 11
};

#define LOCAL_IP 0x0A090002u
#define PEER_IP 0x0A090001u

typedef struct scene {
    fuzz_world w;
    CAsyncSocket listener, socket;
    uint16_t local_port;
    uint32_t peer_seq; /* where the peer goes on if there is no connection that knows better */
} scene;

static void keep_quiet(CAsyncSocket *socket, int error) { (void)socket, (void)error; }

static const CAsyncSocketVtbl quiet = {.OnReceive = keep_quiet,
                                       .OnSend = keep_quiet,
                                       .OnOutOfBandData = keep_quiet,
                                       .OnAccept = keep_quiet,
                                       .OnConnect = keep_quiet,
                                       .OnClose = keep_quiet};

/* ---- segments ---- */

typedef struct segment {
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window, urgent;
    const uint8_t *options;
    uint8_t options_len; /* a multiple of 4 */
    uint16_t payload_len;
} segment;

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static size_t write_segment(const scene *s, const segment *g, uint8_t bytes[BYTES_MAX])
{
    uint8_t *tcp = bytes + SIMP_V4_HEADER_LEN;
    size_t header_len = SIMP_TCP_HEADER_LEN + (size_t)g->options_len;
    size_t len = SIMP_V4_HEADER_LEN + header_len + g->payload_len;
    memset(bytes, 0, SIMP_V4_HEADER_LEN + SIMP_TCP_HEADER_LEN);
    bytes[0] = 0x45;
    put16(bytes + 2, (uint32_t)len);
    bytes[8] = 64;
    bytes[9] = IPPROTO_TCP;
    put32(bytes + 12, PEER_IP);
    put32(bytes + 16, LOCAL_IP);
    put16(tcp, PEER_PORT);
    put16(tcp + 2, s->local_port);
    put32(tcp + 4, g->seq);
    put32(tcp + 8, g->ack);
    tcp[12] = (uint8_t)(header_len / 4 << 4);
    tcp[13] = g->flags;
    put16(tcp + 14, g->window);
    put16(tcp + 18, g->urgent);
    if (g->options_len != 0)
        memcpy(tcp + SIMP_TCP_HEADER_LEN, g->options, g->options_len);
    for (uint32_t i = 0; i < g->payload_len; i++)
        tcp[header_len + i] = (uint8_t)(g->seq + i);
    return len;
}

static void bring(scene *s, const segment *g)
{
    uint8_t bytes[BYTES_MAX];
    size_t len = write_segment(s, g, bytes);
    fuzz_world_run(&s->w, 0); /* what went out before was no answer to this */
    unsigned resets = s->w.port.resets;
    fuzz_world_bring(&s->w, bytes, len, true);
    fuzz_world_run(&s->w, 0);
    fuzz_demand((g->flags & SIMP_RST) == 0 || s->w.port.resets == resets,
                "a reset is not answered by a reset");
}

static simp_tcp *connection_of(const scene *s)
{
    const simp_tcp_key key = {simp_ip_v4(LOCAL_IP), simp_ip_v4(PEER_IP), PEER_PORT, s->local_port,
                              s->w.inside->index};
    return simp_tcp_find(s->w.inside->world, &key);
}

/* In order, with len octets of text and a window. */
static void bring_next(scene *s, uint8_t flags, uint16_t len)
{
    const simp_tcp *t = connection_of(s);
    uint32_t seq = t != NULL && t->state != SIMP_TCP_SYN_SENT ? t->rcv_nxt : s->peer_seq;
    segment g = {.seq = seq, .ack = s->w.port.seq, .flags = flags, .window = 8192, .payload_len = len};
    bring(s, &g);
    s->peer_seq = seq + len + ((flags & SIMP_SYN) != 0) + ((flags & SIMP_FIN) != 0);
}

/* ---- states ---- */

static void listen_on(scene *s)
{
    bool listens = CAsyncSocket_Create(&s->listener, LOCAL_PORT, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS,
                                       NULL) &&
                   CAsyncSocket_Listen(&s->listener, 2);
    fuzz_demand(listens, "there is a listener");
    s->local_port = LOCAL_PORT;
}

static void open_actively(scene *s)
{
    char text[64];
    UINT port = 0;
    CAsyncSocket_Create(&s->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Connect(&s->socket, "10.9.0.1", PEER_PORT);
    CAsyncSocket_GetSockName(&s->socket, text, sizeof text, &port);
    s->local_port = (uint16_t)port;
    fuzz_world_run(&s->w, 0);
}

static void establish(scene *s)
{
    bring_next(s, SIMP_SYN, 0);
    fuzz_world_run(&s->w, 0);
    bring_next(s, SIMP_ACK, 0);
    CAsyncSocket_Accept(&s->listener, &s->socket, NULL, NULL);
}

static void finish(scene *s)
{
    CAsyncSocket_ShutDown(&s->socket, CAsyncSocket_sends);
    fuzz_world_run(&s->w, 0);
}

/* From LISTEN on; 0 has no socket at all, 1 listens. */
static void reach(scene *s, unsigned state)
{
    static const simp_tcp_state reached[STATES] = {
        SIMP_TCP_CLOSED,      SIMP_TCP_CLOSED,     SIMP_TCP_SYN_SENT,   SIMP_TCP_SYN_RECEIVED,
        SIMP_TCP_ESTABLISHED, SIMP_TCP_FIN_WAIT_1, SIMP_TCP_FIN_WAIT_2, SIMP_TCP_CLOSE_WAIT,
        SIMP_TCP_CLOSING,     SIMP_TCP_LAST_ACK,   SIMP_TCP_TIME_WAIT};
    if (state == 2)
        open_actively(s);
    else if (state != 0)
        listen_on(s);
    if (state == 3)
        bring_next(s, SIMP_SYN, 0);
    if (state >= 4)
        establish(s);
    if (state == 7 || state == 9)
        bring_next(s, SIMP_FIN | SIMP_ACK, 0);
    if (state == 5 || state == 6 || state >= 8)
        finish(s);
    if (state == 8) { /* a FIN that does not acknowledge ours */
        s->w.port.seq--;
        bring_next(s, SIMP_FIN | SIMP_ACK, 0);
    }
    if (state == 6)
        bring_next(s, SIMP_ACK, 0);
    if (state == 10)
        bring_next(s, SIMP_FIN | SIMP_ACK, 0);
    const simp_tcp *t = connection_of(s);
    fuzz_demand((t != NULL ? t->state : SIMP_TCP_CLOSED) == reached[state], "the state is reached");
}

/* ---- records ---- */

/* 16 bits with a sign. */
static uint32_t take_distance(fuzz_input *in)
{
    uint32_t value = fuzz_take16(in);
    return value < 0x8000u ? value : value - 0x10000u;
}

static void take_segment(scene *s, uint8_t flags_extra, fuzz_input *in)
{
    const simp_tcp *t = connection_of(s);
    bool knows = t != NULL && t->state != SIMP_TCP_SYN_SENT;
    segment g = {.flags = fuzz_take8(in)};
    g.seq = (knows ? t->rcv_nxt : s->peer_seq) + take_distance(in);
    g.ack = (t != NULL ? t->nxt : s->w.port.seq) + take_distance(in);
    g.window = fuzz_take16(in);
    g.urgent = fuzz_take16(in);
    g.payload_len = (uint16_t)(fuzz_take8(in) * PAYLOAD_UNIT + (flags_extra & 15));
    g.options_len = (uint8_t)(flags_extra >> 4) * 4; /* at most 11 words */
    if (g.options_len > OPTIONS_MAX)
        g.options_len = OPTIONS_MAX;
    if (g.options_len > in->end - in->at)
        g.options_len = 0;
    g.options = in->at;
    in->at += g.options_len;
    if (!knows)
        s->peer_seq = g.seq + g.payload_len + ((g.flags & SIMP_SYN) != 0);
    bring(s, &g);
}

static void take_step(scene *s, uint8_t step)
{
    static const uint64_t spans[] = {SIMP_MS_NS, 40 * SIMP_MS_NS, SIMP_S_NS, 30 * SIMP_S_NS, 300 * SIMP_S_NS};
    static const char text[4000];
    char buf[1000];
    switch (step & 15) {
    case 0: CAsyncSocket_Send(&s->socket, text, 1 + (step >> 4 & 3) * 1200, 0); break;
    case 1: CAsyncSocket_Send(&s->socket, "u", 1, MSG_OOB); break;
    case 2: CAsyncSocket_ShutDown(&s->socket, CAsyncSocket_sends); break;
    case 3: CAsyncSocket_ShutDown(&s->socket, CAsyncSocket_receives); break;
    case 4: CAsyncSocket_Close(&s->socket); break;
    case 5: CAsyncSocket_Receive(&s->socket, buf, 1 + (step >> 4 & 3) * 300, 0); break;
    case 6: CAsyncSocket_Receive(&s->socket, buf, 1, MSG_OOB); break;
    case 7: CAsyncSocket_Receive(&s->socket, buf, 100, MSG_PEEK); break;
    case 8: CAsyncSocket_Accept(&s->listener, &s->socket, NULL, NULL); break;
    case 9: CAsyncSocket_Close(&s->listener); break;
    case 10: CAsyncSocket_IOCtl(&s->socket, SIOCATMARK, &(DWORD){0}); break;
    default: fuzz_world_run(&s->w, spans[(step & 15) - 11]); break;
    }
}

static void set_options(scene *s, uint8_t chosen)
{
    const int on = 1, small = 2000, linger_off[2] = {0};
    (void)linger_off;
    if ((chosen & 1) != 0)
        CAsyncSocket_SetSockOpt(&s->socket, SO_OOBINLINE, &on, sizeof on, SOL_SOCKET);
    if ((chosen & 2) != 0)
        CAsyncSocket_SetSockOpt(&s->socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
    if ((chosen & 4) != 0)
        CAsyncSocket_SetSockOpt(&s->socket, SO_RCVBUF, &small, sizeof small, SOL_SOCKET);
    if ((chosen & 8) != 0)
        CAsyncSocket_SetSockOpt(&s->socket, SO_KEEPALIVE, &on, sizeof on, SOL_SOCKET);
}

void fuzz_tcp(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    scene s = {.peer_seq = PEER_ISS, .local_port = LOCAL_PORT};
    fuzz_world_open(&s.w);
    CAsyncSocket_Construct(&s.listener, &quiet);
    CAsyncSocket_Construct(&s.socket, &quiet);
    sim_host_enter(s.w.inside);
    reach(&s, fuzz_take8(&in) % STATES);
    set_options(&s, fuzz_take8(&in));
    for (unsigned i = 0; i < RECORDS_MAX && in.at < in.end; i++) {
        uint8_t kind = fuzz_take8(&in);
        if (kind < STEP)
            take_segment(&s, kind, &in);
        else
            take_step(&s, kind);
    }
    fuzz_world_run(&s.w, 1000 * SIMP_S_NS);
    CAsyncSocket_Destruct(&s.socket);
    CAsyncSocket_Destruct(&s.listener);
    fuzz_world_run(&s.w, 1000 * SIMP_S_NS);
    fuzz_world_close(&s.w);
}
