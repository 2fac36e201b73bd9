/* SPDX-License-Identifier: MIT
 *
 * Fragments: split once and again, put together in any order, lost, doubled, lying, overlapping.
 *
 * Pieces made by hand come from 10.1.0.1 or fd01::1 to port 7 of "right"; each octet of the datagram says
 * where it stands, so that a wrong joint shows.
 */
#include <string.h>

#include "simnet/ip/fragment.h"
#include "tests/expect.h"
#include "tests/routed.h"
#include "tests/test_list.h"

#define S UINT64_C(1000000000)

enum { PORT = 7, LEN_MAX = 70000 };

typedef struct bench {
    routed n;
    recorder r;
    sim_packet whole; /* a datagram of len octets of payload; block is the bench's */
    bool v4;
} bench;

static uint8_t octet_at(uint32_t at) { return (uint8_t)(at * 7 + at / 251); }

static void begin(bench *t, bool v4, uint32_t payload_len)
{
    memset(t, 0, sizeof *t);
    t->n = routed_build(fixture_world_pair(NULL).world);
    t->v4 = v4;
    routed_open(t->n.b, &t->r, PORT, v4 ? NULL : "::");
    int room = 200000;
    EXPECT_OK(CAsyncSocket_SetSockOpt(&t->r.socket, SO_RCVBUF, &room, sizeof room, SOL_SOCKET));
    t->whole = routed_datagram(v4 ? "10.1.0.1" : "fd01::1", 1000, v4 ? "10.2.0.2" : "fd02::2", PORT);
    t->whole.ip_id = 77;
    t->whole.block = simp_block_create(&t->n.b->world->arena, payload_len);
    for (uint32_t i = 0; i < payload_len; i++)
        t->whole.block->bytes[i] = octet_at(i);
    t->whole.length = payload_len;
    t->whole.ip_payload_len = 8 + payload_len;
}

static void end(bench *t) { simp_block_release(&t->n.b->world->arena, t->whole.block); }

/* Octets [at, at + len) of the IP payload arrive. */
static void piece(bench *t, uint32_t at, uint32_t len)
{
    sim_packet *slice = simp_fragment_slice(t->n.world, &t->whole, at, len);
    routed_arrive(t->n.b, slice, 0);
    simp_packet_free(&t->n.b->world->arena, slice);
}

/* The same as bytes, with these altered: the first one, and whether it claims to be the last piece. */
static void piece_of_bytes(bench *t, uint32_t at, uint32_t len, bool spoilt, bool more)
{
    sim_packet *slice = simp_fragment_slice(t->n.world, &t->whole, at, len);
    sim_packet *bytes = simp_fragment_as_bytes(t->n.world, slice);
    bytes->block->bytes[bytes->offset] ^= spoilt;
    bytes->more_fragments = more;
    routed_arrive(t->n.b, bytes, 0);
    simp_packet_free(&t->n.b->world->arena, slice);
    simp_packet_free(&t->n.b->world->arena, bytes);
}

/* The datagram is there, whole and right; or there is none. */
static void expect_received(bench *t, uint32_t wanted)
{
    static uint8_t buf[LEN_MAX];
    sim_host_enter(t->n.b);
    if (wanted == 0) {
        EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&t->r.socket, buf, sizeof buf, 0), WSAEWOULDBLOCK);
        return;
    }
    EXPECT_EQ_INT(CAsyncSocket_Receive(&t->r.socket, buf, sizeof buf, 0), wanted);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < wanted; i++)
        wrong += buf[i] != octet_at(i);
    EXPECT_EQ_INT(wrong, 0);
}

static void pieces_join_in_any_order(void)
{
    static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned v4 = 0; v4 < 2; v4++) {
        for (unsigned i = 0; i < 6; i++) {
            bench t;
            begin(&t, v4, 40);
            for (unsigned k = 0; k < 3; k++) {
                expect_received(&t, 0);
                piece(&t, orders[i][k] * 16, 16);
            }
            expect_received(&t, 40);
            EXPECT_TRUE(t.n.b->reassemblies == NULL);
            end(&t);
        }
    }
}

/* ident distinguishes datagrams of one pair of hosts (RFC 791 3.2). */
static void datagrams_of_other_ids_do_not_mix(void)
{
    bench t;
    begin(&t, true, 40);
    piece(&t, 0, 24);
    t.whole.ip_id = 78;
    piece(&t, 24, 24);
    expect_received(&t, 0);
    t.whole.ip_id = 77;
    piece(&t, 24, 24);
    expect_received(&t, 40);
    end(&t);
}

static void duplicate_pieces_do_no_harm(void)
{
    for (unsigned v4 = 0; v4 < 2; v4++) {
        bench t;
        begin(&t, v4, 40);
        piece(&t, 0, 16);
        piece(&t, 0, 16);
        piece(&t, 32, 16);
        piece(&t, 32, 16);
        piece(&t, 16, 16);
        expect_received(&t, 40);
        EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_OVERLAP), 0);
        end(&t);
    }
}

/* RFC 815: pieces that were cut otherwise fill what holes there are; what came first stays. */
static void v4_overlap_keeps_what_came_first(void)
{
    bench t;
    begin(&t, true, 88);
    piece(&t, 16, 16);
    piece(&t, 64, 16);
    piece(&t, 8, 64); /* both, and the hole between them */
    piece(&t, 0, 8);
    expect_received(&t, 0);
    piece(&t, 72, 24);
    expect_received(&t, 88);
    end(&t);
}

/* RFC 5722 4: the datagram is gone, with the pieces that are still to come. */
static void v6_overlap_drops_the_datagram(void)
{
    bench t;
    begin(&t, false, 88);
    piece(&t, 0, 32);
    piece(&t, 24, 32);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_OVERLAP), 1);
    piece(&t, 0, 24);
    piece(&t, 24, 40);
    piece(&t, 64, 32);
    expect_received(&t, 0);
    routed_run(t.n.world, 61 * S);
    piece(&t, 0, 64); /* a later datagram of the same number is not concerned */
    piece(&t, 64, 32);
    expect_received(&t, 88);
    end(&t);
}

/* The same place with other octets is no duplicate. */
static void v6_duplicate_with_other_octets_is_an_overlap(void)
{
    bench t;
    begin(&t, false, 40);
    piece_of_bytes(&t, 16, 16, false, true);
    piece_of_bytes(&t, 16, 16, false, true);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_OVERLAP), 0);
    piece_of_bytes(&t, 16, 16, true, true);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_OVERLAP), 1);
    end(&t);
}

/* ---- lies ---- */

static void piece_behind_the_end_is_refused(void)
{
    bench t;
    begin(&t, true, 40);
    piece_of_bytes(&t, 16, 8, false, false); /* says that the datagram ends at 24 ... */
    piece_of_bytes(&t, 24, 24, false, false);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_OVERLAP), 1);
    end(&t);
}

static void second_end_is_refused(void)
{
    bench t;
    begin(&t, true, 88);
    piece_of_bytes(&t, 64, 16, false, false);
    piece_of_bytes(&t, 64, 8, false, false);
    piece_of_bytes(&t, 8, 8, false, false);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_OVERLAP), 2);
    end(&t);
}

/* RFC 791 3.2, RFC 8200 4.5: in units of 8 octets, but for the last. */
static void odd_length_before_the_end_is_malformed(void)
{
    for (unsigned v4 = 0; v4 < 2; v4++) {
        bench t;
        begin(&t, v4, 40);
        piece(&t, 8, 13);
        EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_MALFORMED), 1);
        EXPECT_TRUE(t.n.b->reassemblies == NULL);
        end(&t);
    }
}

static void datagram_beyond_65535_octets_is_malformed(void)
{
    bench t;
    begin(&t, true, LEN_MAX);
    piece(&t, 65528, 16);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_MALFORMED), 1);
    piece(&t, 65528, 0);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_MALFORMED), 2);
    EXPECT_TRUE(t.n.b->reassemblies == NULL);
    end(&t);
}

/* ---- time and room ---- */

/* RFC 1122 3.3.2, RFC 8200 4.5: given up after the time from the first piece; told if the first octets came.
 * */
static void missing_piece_is_given_up_in_time(void)
{
    for (unsigned v4 = 0; v4 < 2; v4++) {
        for (unsigned with_first = 0; with_first < 2; with_first++) {
            bench t;
            recorder sender;
            begin(&t, v4, 40);
            routed_open(t.n.a, &sender, 1000, v4 ? NULL : "::");
            piece(&t, with_first ? 0 : 16, 16);
            routed_run(t.n.world, 59 * S);
            piece(&t, 32, 16); /* puts nothing off */
            EXPECT_TRUE(t.n.b->reassemblies != NULL);
            routed_run(t.n.world, 1 * S + SIM_MS(10));
            EXPECT_TRUE(t.n.b->reassemblies == NULL);
            EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_REASSEMBLY_TIME), 1);
            EXPECT_EQ_INT(recorder_count(&sender, FD_READ), with_first);
            end(&t);
        }
    }
}

/* 4 MiB in all: the oldest make room. */
static void too_many_pieces_push_out_the_oldest(void)
{
    bench t;
    begin(&t, true, 65000);
    for (uint32_t i = 0; i < 100; i++) {
        t.whole.ip_id = i;
        piece(&t, 0, 64000);
    }
    uint64_t pushed = sim_host_drops(t.n.b, SIM_DROP_REASSEMBLY_FULL);
    EXPECT_TRUE(pushed >= 100 - (4 << 20) / 64000 && pushed < 45);
    t.whole.ip_id = 99;
    piece(&t, 64000, 1008);
    expect_received(&t, 65000);
    t.whole.ip_id = 0;
    piece(&t, 64000, 1008);
    expect_received(&t, 0);
    end(&t);
}

/* ---- splitting ---- */

static void send_from_left(bench *t, uint32_t len, bool v4)
{
    static uint8_t buf[LEN_MAX];
    recorder sender;
    for (uint32_t i = 0; i < len; i++)
        buf[i] = octet_at(i);
    routed_open(t->n.a, &sender, 0, v4 ? NULL : "::");
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&sender.socket, buf, (int)len, PORT, v4 ? "10.2.0.2" : "fd02::2", 0),
                  len);
    routed_run(t->n.world, S);
    sim_host_enter(t->n.a);
    CAsyncSocket_Close(&sender.socket);
}

/* The near link carries 4000 octets, the far one 1500 and then 1280: pieces are cut again. */
static void router_cuts_pieces_again(void)
{
    bench t;
    begin(&t, true, 8);
    EXPECT_CODE(sim_link_set_options(t.n.near, NULL, &(sim_link_options){.mtu = 4000}), 0);
    EXPECT_CODE(sim_link_set_options(t.n.far, NULL, &(sim_link_options){.mtu = 1280}), 0);
    send_from_left(&t, 30000, true);
    expect_received(&t, 30000);
    sim_link_counters near, far;
    sim_link_counters_read(t.n.near, t.n.a, &near);
    sim_link_counters_read(t.n.far, t.n.r, &far);
    EXPECT_EQ_INT(near.packets, 8);        /* 30008 octets, 3976 at a time */
    EXPECT_EQ_INT(far.packets, 7 * 4 + 2); /* 1256 at a time: 3976 are four, the last 2176 two */
    end(&t);
}

static void largest_datagrams_arrive(void)
{
    bench t;
    begin(&t, true, 8);
    send_from_left(&t, 65507, true);
    expect_received(&t, 65507);
    end(&t);
    begin(&t, false, 8);
    send_from_left(&t, 65527, false);
    expect_received(&t, 65527);
    end(&t);
}

const test_case test_ip_fragment[] = {
    TEST(pieces_join_in_any_order),
    TEST(datagrams_of_other_ids_do_not_mix),
    TEST(duplicate_pieces_do_no_harm),
    TEST(v4_overlap_keeps_what_came_first),
    TEST(v6_overlap_drops_the_datagram),
    TEST(v6_duplicate_with_other_octets_is_an_overlap),
    TEST(piece_behind_the_end_is_refused),
    TEST(second_end_is_refused),
    TEST(odd_length_before_the_end_is_malformed),
    TEST(datagram_beyond_65535_octets_is_malformed),
    TEST(missing_piece_is_given_up_in_time),
    TEST(too_many_pieces_push_out_the_oldest),
    TEST(router_cuts_pieces_again),
    TEST(largest_datagrams_arrive),
    TEST_END,
};
