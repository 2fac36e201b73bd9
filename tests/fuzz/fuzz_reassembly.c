/* SPDX-License-Identifier: MIT
 *
 * Fragments.  Each record begins with an octet of flags: bit 0 IPv6, bit 1 more fragments, bits 2 and 3 the
 * protocol, bits 4 and 5 the id, bit 6 that some time passes, bit 7 that offset and length are in odd octets.
 */
#include <string.h>

#include "castanet/casyncsocket.h"
#include "simnet/ip/ip.h"
#include "simnet/transport/tcp.h"
#include "simnet/packet/wire.h"
#include "tests/fuzz/fuzz_world.h"

enum {
    RECORDS_MAX = 200,
    PIECE_MAX = 2048,
    PORT = 4000,
    HEADERS_MAX = SIMP_V6_HEADER_LEN + SIMP_FRAGMENT_HEADER_LEN
};

typedef struct piece {
    bool v6, more;
    uint8_t protocol, id;
    uint32_t offset, len; /* octets */
} piece;

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static size_t write_v4(const piece *p, uint8_t *bytes)
{
    memcpy(bytes, (uint8_t[]){0x45, 0, 0, 0, 0, p->id, 0, 0, 64, p->protocol, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2},
           20);
    put16(bytes + 2, SIMP_V4_HEADER_LEN + p->len);
    put16(bytes + 6, (p->more ? 0x2000u : 0) | p->offset / 8);
    return SIMP_V4_HEADER_LEN;
}

static size_t write_v6(const piece *p, uint8_t *bytes)
{
    memset(bytes, 0, HEADERS_MAX);
    bytes[0] = 0x60;
    put16(bytes + 4, SIMP_FRAGMENT_HEADER_LEN + p->len);
    bytes[6] = IPPROTO_FRAGMENT;
    bytes[7] = 64;
    memcpy(bytes + 8, (uint8_t[]){0xFD, 0x09}, 2);
    memcpy(bytes + 24, (uint8_t[]){0xFD, 0x09}, 2);
    bytes[23] = 1;
    bytes[39] = 2;
    bytes[40] = p->protocol;
    put16(bytes + 42, (p->offset & 0xFFF8u) | p->more);
    bytes[47] = p->id;
    return HEADERS_MAX;
}

/* A datagram without checksum, or an echo request, of whatever length; the rest is the input's. */
static void write_payload(const piece *p, uint8_t *at, fuzz_input *in)
{
    for (uint32_t i = 0; i < p->len; i++)
        at[i] = in->at < in->end && i < 16 ? *in->at++ : (uint8_t)(p->offset + i);
    if (p->offset != 0 || p->len < SIMP_UDP_HEADER_LEN || p->protocol != IPPROTO_UDP)
        return;
    put16(at + 2, PORT);
    memset(at + 6, 0, 2);
}

static void take_piece(fuzz_world *w, uint8_t flags, fuzz_input *in)
{
    uint8_t bytes[HEADERS_MAX + PIECE_MAX];
    static const uint8_t v4_protocols[] = {IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_TCP, 200};
    static const uint8_t v6_protocols[] = {IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_DSTOPTS};
    piece p = {.v6 = (flags & 1) != 0, .more = (flags & 2) != 0, .id = flags >> 4 & 3};
    p.protocol = (p.v6 ? v6_protocols : v4_protocols)[flags >> 2 & 3];
    uint32_t unit = (flags & 0x80) != 0 ? 1 : 8;
    p.offset = fuzz_take16(in) * unit % 65536 / 8 * 8;
    p.len = fuzz_take8(in) * unit % PIECE_MAX;
    size_t header_len = p.v6 ? write_v6(&p, bytes) : write_v4(&p, bytes);
    write_payload(&p, bytes + header_len, in);
    fuzz_world_bring(w, bytes, header_len + p.len, true);
    if ((flags & 0x40) != 0)
        fuzz_world_run(w, SIMP_S_NS);
}

/* Everything that is queued for the socket. */
static void drain(CAsyncSocket *socket)
{
    char buf[256];
    for (unsigned i = 0; i < RECORDS_MAX; i++) {
        if (CAsyncSocket_ReceiveFrom(socket, buf, sizeof buf, NULL, 0, NULL, 0) == SOCKET_ERROR &&
            CAsyncSocket_GetLastError() == WSAEWOULDBLOCK)
            return;
    }
}

void fuzz_reassembly(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    fuzz_world w;
    CAsyncSocket v4, v6;
    fuzz_world_open(&w);
    sim_host_enter(w.inside);
    CAsyncSocket_Construct(&v4, NULL);
    CAsyncSocket_Construct(&v6, NULL);
    fuzz_demand(CAsyncSocket_Create(&v4, PORT, SOCK_DGRAM, 0, NULL) &&
                    CAsyncSocket_Create(&v6, PORT, SOCK_DGRAM, 0, "::"),
                "there are sockets");
    for (unsigned i = 0; i < RECORDS_MAX && in.at < in.end; i++)
        take_piece(&w, fuzz_take8(&in), &in);
    drain(&v4);
    drain(&v6);
    fuzz_world_run(&w, 300 * SIMP_S_NS);
    fuzz_demand(w.inside->reassemblies == NULL, "nothing is kept for ever");
    CAsyncSocket_Destruct(&v4);
    CAsyncSocket_Destruct(&v6);
    fuzz_world_close(&w);
}
