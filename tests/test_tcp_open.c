/* SPDX-License-Identifier: MIT
 *
 * Opening a connection: RFC 9293 3.5, 3.10.7.2, 3.10.7.3.  The queues of a listener are in
 * test_tcp_listen.c.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_opening.h"
#include "tests/test_list.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)
enum { NEAR_NS = 1000000 };

/* ---- from both sides ---- */

typedef struct crossing {
    world_pair pair;
    recorder end[2];
    drop_mask drop[2];
} crossing;

static void cross(crossing *x, const char *stack, uint64_t from_a, uint64_t from_b)
{
    memset(x, 0, sizeof *x);
    x->pair = fixture_world_pair(NULL);
    x->drop[0].mask = from_a;
    x->drop[1].mask = from_b;
    sim_host *hosts[2] = {x->pair.a, x->pair.b};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_CODE(sim_host_set_stack(hosts[i], sim_stack_named(stack)), 0);
        EXPECT_CODE(sim_link_set_script(x->pair.link, hosts[i], drop_by_mask, &x->drop[i]), 0);
        recorder_construct(&x->end[i]);
        sim_host_enter(hosts[i]);
        EXPECT_OK_FATAL(
            CAsyncSocket_Create(&x->end[i].socket, 4000, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    }
    for (unsigned i = 0; i < 2; i++) {
        sim_host_enter(hosts[i]);
        EXPECT_ERROR(CAsyncSocket_Connect(&x->end[i].socket, i == 0 ? "10.0.0.2" : "10.0.0.1", 4000),
                     WSAEWOULDBLOCK);
    }
}

static void expect_one_crossing(crossing *x)
{
    sim_host *hosts[2] = {x->pair.a, x->pair.b};
    for (unsigned i = 0; i < 2; i++) {
        sim_host_enter(hosts[i]);
        EXPECT_EQ_INT(CAsyncSocket_Send(&x->end[i].socket, "hello", 5, 0), 5);
    }
    sim_world_run(x->pair.world, sim_world_now(x->pair.world) + 60 * S);
    for (unsigned i = 0; i < 2; i++) {
        char buf[8];
        sim_host_enter(hosts[i]);
        EXPECT_EQ_INT(CAsyncSocket_Receive(&x->end[i].socket, buf, sizeof buf, 0), 5);
        EXPECT_EQ_INT(recorder_count(&x->end[i], FD_CONNECT), 1);
        EXPECT_EQ_INT(recorder_error(&x->end[i], FD_CONNECT), 0);
        EXPECT_EQ_INT(recorder_count(&x->end[i], FD_WRITE), 1);
        EXPECT_EQ_INT(recorder_count(&x->end[i], FD_ACCEPT), 0);
        EXPECT_EQ_INT(recorder_count(&x->end[i], FD_CLOSE), 0);
    }
}

/* MUST-10, figure 7, and all that loss makes of it: any of the first three packets of either side. */
static void connect_from_both_sides_in_every_order_gives_one_connection(void)
{
    static const char *const stacks[] = {"rfc", "linux", "freebsd"};
    for (uint64_t i = 0; i < 3 * 64; i++) {
        crossing x;
        cross(&x, stacks[i / 64], i & 7, i >> 3 & 7);
        sim_world_run(x.pair.world, 60 * S);
        expect_one_crossing(&x);
        fixture_world_destroy(x.pair.world);
    }
}

/* MUST-11: SYN-RECEIVED remembers that it came from SYN-SENT, so a RST refuses the attempt. */
static void reset_in_syn_received_refuses_an_active_open(void)
{
    crossing x;
    cross(&x, "rfc", 2, 2); /* the SYN,ACKs are lost */
    sim_world_run(x.pair.world, 500 * MS);
    const simp_tcp *t = tcp_of(x.pair.a, &x.end[0]);
    EXPECT_TRUE_FATAL(t != NULL && t->state == SIMP_TCP_SYN_RECEIVED);
    forged_segment reset = {.from = "10.0.0.2",
                            .to = "10.0.0.1",
                            .from_port = 4000,
                            .to_port = 4000,
                            .seq = t->rcv_nxt,
                            .flags = SIMP_RST};
    forged_segment_arrive(x.pair.a, &reset);
    sim_world_run(x.pair.world, 501 * MS);
    EXPECT_EQ_INT(recorder_count(&x.end[0], FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&x.end[0], FD_CONNECT), WSAECONNREFUSED);
    EXPECT_EQ_INT(x.end[0].total, 1);
}

/* ---- SYN-SENT ---- */

static forged_segment answer_to(const simp_tcp *t, uint8_t flags)
{
    return (forged_segment){.from = "10.0.0.2",
                            .to = "10.0.0.1",
                            .from_port = OPENING_PORT,
                            .to_port = t->key.local_port,
                            .ack = t->iss + 1,
                            .window = 8000,
                            .flags = flags};
}

/* In SYN-SENT, with nothing but forged answers. */
static const simp_tcp *begin_syn_sent(tcp_opening *o, recorder *client)
{
    tcp_opening_begin(o, NULL, 5, NEAR_NS);
    tcp_opening_drop(o, UINT64_MAX, UINT64_MAX);
    tcp_opening_connect(o, client);
    tcp_opening_run(o, 10 * MS);
    tcp_opening_clear(o);
    return tcp_of(o->pair.a, client);
}

/* 3.10.7.3, first: SEG.ACK =< ISS or SEG.ACK > SND.NXT. */
static void unacceptable_ack_in_syn_sent_is_reset(void)
{
    tcp_opening o;
    recorder client;
    const simp_tcp *t = begin_syn_sent(&o, &client);
    forged_segment answer = answer_to(t, SIMP_SYN | SIMP_ACK);
    for (unsigned i = 0; i < 2; i++) {
        answer.ack = i == 0 ? t->iss : t->iss + 2;
        forged_segment_arrive(o.pair.a, &answer);
        tcp_opening_run(&o, 1 * MS);
        const logged_segment *reset = segment_log_last(&o.segments, o.pair.a);
        EXPECT_EQ_INT(reset->tcp.flags, SIMP_RST);
        EXPECT_EQ_INT(reset->tcp.seq, answer.ack);
    }
    EXPECT_EQ_INT(t->state, SIMP_TCP_SYN_SENT);
    EXPECT_EQ_INT(client.total, 0);
}

/* Second: a RST counts only with an acceptable ACK, and by RFC 5961 with the sequence number 0 of a RST that
 * answers a SYN. */
static void reset_in_syn_sent_needs_its_ack_and_its_sequence_number(void)
{
    tcp_opening o;
    recorder client;
    const simp_tcp *t = begin_syn_sent(&o, &client);
    forged_segment reset = answer_to(t, SIMP_RST);
    forged_segment_arrive(o.pair.a, &reset);
    reset.flags |= SIMP_ACK;
    reset.ack = t->iss;
    forged_segment_arrive(o.pair.a, &reset);
    reset.ack = t->iss + 1;
    reset.seq = 77;
    forged_segment_arrive(o.pair.a, &reset);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "");
    EXPECT_EQ_INT(client.total, 0);
    reset.seq = 0;
    forged_segment_arrive(o.pair.a, &reset);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAECONNREFUSED);
    EXPECT_EQ_INT(client.total, 1);
}

/* Fifth: neither SYN nor RST; and a FIN means nothing here. */
static void other_segments_in_syn_sent_are_dropped(void)
{
    tcp_opening o;
    recorder client;
    const simp_tcp *t = begin_syn_sent(&o, &client);
    forged_segment other = answer_to(t, SIMP_ACK | SIMP_FIN);
    other.text = "text";
    forged_segment_arrive(o.pair.a, &other);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "");
    EXPECT_EQ_INT(t->state, SIMP_TCP_SYN_SENT);
}

/* Fourth: "If there are other controls or text in the segment, then continue at the sixth step". */
static void text_on_syn_ack_is_received(void)
{
    tcp_opening o;
    recorder client;
    const simp_tcp *t = begin_syn_sent(&o, &client);
    forged_segment answer = answer_to(t, SIMP_SYN | SIMP_ACK);
    answer.seq = 9;
    answer.text = "banner";
    forged_segment_arrive(o.pair.a, &answer);
    tcp_opening_run(&o, 300 * MS);
    char buf[8] = "";
    sim_host_enter(o.pair.a);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_count(&client, FD_READ), 1);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&client.socket, buf, sizeof buf, 0), 6);
    EXPECT_EQ_STR(buf, "banner");
    EXPECT_EQ_INT(segment_log_last(&o.segments, o.pair.a)->tcp.ack, 16);
}

static void text_on_syn_from_both_sides_waits_until_established(void)
{
    tcp_opening o;
    recorder client;
    const simp_tcp *t = begin_syn_sent(&o, &client);
    forged_segment syn = answer_to(t, SIMP_SYN);
    syn.seq = 9;
    syn.text = "early";
    forged_segment_arrive(o.pair.a, &syn);
    tcp_opening_run(&o, 10 * MS);
    EXPECT_EQ_INT(t->state, SIMP_TCP_SYN_RECEIVED);
    EXPECT_EQ_INT(segment_log_last(&o.segments, o.pair.a)->tcp.ack, 10); /* of the SYN alone */
    EXPECT_EQ_INT(client.total, 0);
    forged_segment ack = answer_to(t, SIMP_ACK);
    ack.seq = 10;
    forged_segment_arrive(o.pair.a, &ack);
    tcp_opening_run(&o, 10 * MS);
    char buf[8] = "";
    sim_host_enter(o.pair.a);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&client.socket, buf, sizeof buf, 0), 5);
    EXPECT_EQ_STR(buf, "early");
}

/* ---- LISTEN and SYN-RECEIVED ---- */

static simp_tcp *begin_syn_received(tcp_opening *o, const char *text)
{
    tcp_opening_begin_alone(o, NULL, 5);
    forged_segment syn = opening_syn;
    syn.text = text;
    forged_segment_arrive(o->pair.b, &syn);
    tcp_opening_run(o, 1 * MS);
    EXPECT_TRUE_FATAL(any_tcp_of(o->pair.b) != NULL);
    return any_tcp_of(o->pair.b);
}

/* 3.10.7.2: text comes with the SYN, again with the ACK, and is there once. */
static void text_on_syn_waits_until_established(void)
{
    for (unsigned again = 0; again < 2; again++) {
        tcp_opening o;
        recorder server;
        const simp_tcp *t = begin_syn_received(&o, "abc");
        EXPECT_EQ_INT(segment_log_last(&o.segments, o.pair.b)->tcp.ack, 101);
        EXPECT_EQ_INT(recorder_count(&o.listener, FD_ACCEPT), 0);
        forged_segment ack = opening_syn;
        ack.flags = SIMP_ACK;
        ack.seq = 101;
        ack.ack = t->iss + 1;
        ack.text = again != 0 ? "abcdef" : NULL;
        forged_segment_arrive(o.pair.b, &ack);
        tcp_opening_run(&o, 300 * MS);
        EXPECT_EQ_INT(recorder_count(&o.listener, FD_ACCEPT), 1);
        EXPECT_TRUE_FATAL(tcp_opening_accept(&o, &server));
        char buf[16] = "";
        CAsyncSocket_Receive(&server.socket, buf, sizeof buf, 0);
        EXPECT_EQ_STR(buf, again != 0 ? "abcdef" : "abc");
        EXPECT_EQ_INT(segment_log_last(&o.segments, o.pair.b)->tcp.ack, again != 0 ? 107 : 104);
    }
}

/* Back to LISTEN, without a word, and the place in the queue is free. */
static void reset_in_syn_received_frees_the_place_in_the_queue(void)
{
    tcp_opening o;
    tcp_opening_begin_alone(&o, NULL, 1);
    for (unsigned i = 0; i < 3; i++) {
        forged_segment_arrive(o.pair.b, &opening_syn);
        tcp_opening_run(&o, 1 * MS);
        EXPECT_EQ_STR(wire_log_text(&o.log), "b SYN ACK lost");
        forged_segment reset = opening_syn;
        reset.flags = SIMP_RST;
        reset.seq = 101;
        forged_segment_arrive(o.pair.b, &reset);
        tcp_opening_run(&o, 1 * MS);
        EXPECT_TRUE(any_tcp_of(o.pair.b) == NULL);
        tcp_opening_clear(&o);
    }
    EXPECT_EQ_INT(o.listener.total, 0);
}

/* 3.10.7.4, fourth: a new SYN in the window leads back to LISTEN, one outside of it is challenged. */
static void new_syn_in_syn_received_begins_anew(void)
{
    tcp_opening o;
    const simp_tcp *t = begin_syn_received(&o, NULL);
    tcp_opening_clear(&o);
    forged_segment syn = opening_syn;
    syn.seq = t->rcv_nxt - 5000;
    forged_segment_arrive(o.pair.b, &syn);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b ACK lost");
    syn.seq = t->rcv_nxt + 5000;
    forged_segment_arrive(o.pair.b, &syn);
    EXPECT_TRUE(any_tcp_of(o.pair.b) == NULL);
    forged_segment_arrive(o.pair.b, &syn);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_INT(segment_log_last(&o.segments, o.pair.b)->tcp.ack, syn.seq + 1);
}

/* Figure 9: an old SYN comes first; the RST of the client corrects it, and its new SYN is accepted. */
static void old_duplicate_syn_is_recovered_from(void)
{
    tcp_opening o;
    recorder client;
    tcp_opening_begin(&o, NULL, 5, NEAR_NS);
    tcp_opening_connect(&o, &client);
    const simp_tcp *t = tcp_of(o.pair.a, &client);
    forged_segment old = opening_syn;
    old.from_port = t->key.local_port;
    old.seq = t->iss - 40000;
    forged_segment_arrive(o.pair.b, &old);
    tcp_opening_run(&o, 30 * S);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), 0);
    EXPECT_TRUE(wire_log_matching(&o.log, "a RST") >= 1);
    EXPECT_EQ_INT(recorder_count(&o.listener, FD_ACCEPT), 1);
}

/* SEG.ACK must acknowledge our SYN: else <SEQ=SEG.ACK><CTL=RST>. */
static void wrong_ack_in_syn_received_is_reset(void)
{
    tcp_opening o;
    const simp_tcp *t = begin_syn_received(&o, NULL);
    forged_segment ack = opening_syn;
    ack.flags = SIMP_ACK;
    ack.seq = 101;
    ack.ack = t->iss + 2;
    forged_segment_arrive(o.pair.b, &ack);
    tcp_opening_run(&o, 1 * MS);
    const logged_segment *reset = segment_log_last(&o.segments, o.pair.b);
    EXPECT_EQ_INT(reset->tcp.flags, SIMP_RST);
    EXPECT_EQ_INT(reset->tcp.seq, ack.ack);
    EXPECT_EQ_INT(t->state, SIMP_TCP_SYN_RECEIVED);
}

static void ack_for_a_listener_is_reset(void)
{
    tcp_opening o;
    tcp_opening_begin_alone(&o, NULL, 5);
    forged_segment ack = opening_syn;
    ack.flags = SIMP_ACK | SIMP_SYN;
    ack.ack = 4711;
    forged_segment_arrive(o.pair.b, &ack);
    tcp_opening_run(&o, 1 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b RST lost");
    EXPECT_EQ_INT(segment_log_last(&o.segments, o.pair.b)->tcp.seq, 4711);
}

/* MUST-57, MUST-63, RFC 1122 3.2.1.3: no answer, not even a RST. */
static void segments_of_groups_are_dropped_in_silence(void)
{
    static const struct {
        const char *from, *to;
    } cases[] = {{"10.0.0.1", "10.0.0.255"}, {"10.0.0.1", "255.255.255.255"}, {"10.0.0.1", "224.0.0.1"},
                 {"10.0.0.255", "10.0.0.2"}, {"224.0.0.5", "10.0.0.2"},       {"255.255.255.255", "10.0.0.2"},
                 {"0.0.0.0", "10.0.0.2"},    {"fd00::1", "ff02::1"},          {"ff02::1", "fd00::2"}};
    tcp_opening o;
    tcp_opening_begin_alone(&o, NULL, 5);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned k = 0; k < 2; k++) {
            forged_segment bad = opening_syn;
            bad.from = cases[i].from;
            bad.to = cases[i].to;
            bad.to_port = k == 0 ? OPENING_PORT : 9;
            forged_segment_arrive(o.pair.b, &bad);
        }
    }
    tcp_opening_run(&o, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&o.log), "");
    EXPECT_TRUE(any_tcp_of(o.pair.b) == NULL);
}

/* MUST-15: 536 where the peer says nothing; MUST-16: what it says, when that is less than the path takes. */
static void segments_are_as_long_as_the_peer_takes(void)
{
    static const struct {
        uint16_t offered, used;
    } cases[] = {{0, 536}, {700, 700}, {1460, 1460}, {9000, 1460}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcp_opening o;
        tcp_opening_begin_alone(&o, NULL, 5);
        forged_segment syn = opening_syn;
        syn.mss = cases[i].offered;
        forged_segment_arrive(o.pair.b, &syn);
        EXPECT_EQ_INT(any_tcp_of(o.pair.b)->mss, cases[i].used);
    }
}

static void segments_over_ipv6_are_1220_without_an_option(void)
{
    tcp_opening o;
    recorder listener;
    tcp_opening_begin(&o, NULL, 5, NEAR_NS);
    recorder_construct(&listener);
    sim_host_enter(o.pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener.socket, 81, SOCK_STREAM, 0, "fd00::2"));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener.socket, 5));
    forged_segment syn = opening_syn;
    syn.from = "fd00::1";
    syn.to = "fd00::2";
    syn.to_port = 81;
    forged_segment_arrive(o.pair.b, &syn);
    EXPECT_TRUE_FATAL(any_tcp_of(o.pair.b) != NULL);
    EXPECT_EQ_INT(any_tcp_of(o.pair.b)->mss, 1220);
}

/* ---- initial sequence numbers, RFC 6528 ---- */

static uint32_t iss_of(uint64_t seed, uint64_t at_ns, UINT port)
{
    sim_world_options options = {.memory = &fixture_memory()->base, .seed = seed};
    world_pair pair = fixture_world_pair(&options);
    recorder client;
    sim_world_run(pair.world, at_ns);
    recorder_construct(&client);
    sim_host_enter(pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client.socket, port, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client.socket, "10.0.0.2", 9);
    uint32_t iss = tcp_of(pair.a, &client)->iss;
    fixture_world_destroy(pair.world);
    return iss;
}

/* MUST-8: the clock ticks every 4 us; SHLD-1, MUST-9: the rest depends on the four-tuple and a secret. */
static void initial_sequence_number_is_a_clock_and_a_keyed_hash(void)
{
    EXPECT_EQ_INT(iss_of(1, 4000 * 1000, 4000) - iss_of(1, 0, 4000), 1000);
    EXPECT_TRUE(iss_of(1, 0, 4000) != iss_of(1, 0, 4001));
    EXPECT_TRUE(iss_of(1, 0, 4000) != iss_of(2, 0, 4000));
    EXPECT_EQ_INT(iss_of(1, 0, 4000), iss_of(1, 0, 4000));
}

/* The connection is gone before the clock of 4 us has moved: copies of its SYN and of the ACK that followed
 * must not open it once more. */
static void late_copies_of_a_handshake_open_nothing(void)
{
    tcp_opening o;
    const simp_tcp *t = begin_syn_received(&o, NULL);
    forged_segment ack = opening_syn, reset = opening_syn;
    ack.flags = SIMP_ACK;
    reset.flags = SIMP_RST;
    ack.seq = reset.seq = 101;
    ack.ack = t->iss + 1;
    for (unsigned i = 0; i < 3; i++) {
        forged_segment_arrive(o.pair.b, &reset);
        EXPECT_TRUE(any_tcp_of(o.pair.b) == NULL);
        forged_segment_arrive(o.pair.b, &opening_syn); /* at the same instant */
        EXPECT_TRUE_FATAL(any_tcp_of(o.pair.b) != NULL);
        if (i == 0) { /* the clock has moved since the first one */
            ack.ack = any_tcp_of(o.pair.b)->iss + 1;
            continue;
        }
        for (uint32_t more = 0; more < 1000; more++) { /* and those of what was sent in that instant */
            forged_segment copy = ack;
            copy.ack += more;
            forged_segment_arrive(o.pair.b, &copy);
        }
        EXPECT_EQ_INT(any_tcp_of(o.pair.b)->state, SIMP_TCP_SYN_RECEIVED);
    }
    EXPECT_EQ_INT(recorder_count(&o.listener, FD_ACCEPT), 0);
}

const test_case test_tcp_open[] = {TEST(connect_from_both_sides_in_every_order_gives_one_connection),
                                   TEST(reset_in_syn_received_refuses_an_active_open),
                                   TEST(unacceptable_ack_in_syn_sent_is_reset),
                                   TEST(reset_in_syn_sent_needs_its_ack_and_its_sequence_number),
                                   TEST(other_segments_in_syn_sent_are_dropped),
                                   TEST(text_on_syn_ack_is_received),
                                   TEST(text_on_syn_from_both_sides_waits_until_established),
                                   TEST(text_on_syn_waits_until_established),
                                   TEST(reset_in_syn_received_frees_the_place_in_the_queue),
                                   TEST(new_syn_in_syn_received_begins_anew),
                                   TEST(old_duplicate_syn_is_recovered_from),
                                   TEST(wrong_ack_in_syn_received_is_reset),
                                   TEST(ack_for_a_listener_is_reset),
                                   TEST(segments_of_groups_are_dropped_in_silence),
                                   TEST(segments_are_as_long_as_the_peer_takes),
                                   TEST(segments_over_ipv6_are_1220_without_an_option),
                                   TEST(initial_sequence_number_is_a_clock_and_a_keyed_hash),
                                   TEST(late_copies_of_a_handshake_open_nothing),
                                   TEST_END};
