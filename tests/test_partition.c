/* SPDX-License-Identifier: MIT
 *
 * Partitions and actions: who hears whom, what becomes of packets under way, and what is refused.
 *
 * Hosts "a" to "e" on one switch; each sends every other one a datagram that holds its own letter.
 */
#include <string.h>

#include "castanet/sim_observer.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { HOSTS = 5, PORT = 7 };

typedef struct party {
    sim_world *world;
    sim_host *host[HOSTS];
    CAsyncSocket socket[HOSTS];
    char heard[HOSTS][16]; /* by receiver: the senders' letters, in order of arrival */
} party;

static party *party_now(void) { return cas_thread_context(cas_thread_current()); }

static void on_receive(CAsyncSocket *self, int error)
{
    party *p = party_now();
    (void)error;
    char letter;
    size_t i = (size_t)(self - p->socket);
    while (CAsyncSocket_Receive(self, &letter, 1, 0) == 1)
        p->heard[i][strlen(p->heard[i])] = letter;
}

static const CAsyncSocketVtbl listening = {.OnReceive = on_receive};

static void open_socket(party *p, size_t i)
{
    cas_thread *before = sim_host_enter(p->host[i]);
    cas_thread_set_context(cas_thread_current(), p);
    CAsyncSocket_Construct(&p->socket[i], &listening);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&p->socket[i], PORT, SOCK_DGRAM, FD_READ, NULL));
    cas_thread_enter(before);
}

static void build(party *p)
{
    sim_link *segment;
    memset(p, 0, sizeof *p);
    p->world = fixture_world_pair(NULL).world; /* whose own hosts are left alone */
    EXPECT_CODE_FATAL(
        sim_segment_create(p->world, "lan", &(sim_link_options){.latency_ns = SIM_MS(1)}, &segment), 0);
    for (size_t i = 0; i < HOSTS; i++) {
        char name[] = "ha", address[] = "10.9.0.1/24";
        name[1] = (char)('a' + i);
        address[7] = (char)('1' + i);
        EXPECT_CODE_FATAL(sim_host_create(p->world, name, &p->host[i]), 0);
        EXPECT_CODE_FATAL(sim_host_attach(p->host[i], segment, address), 0);
        open_socket(p, i);
    }
}

static void send_to(party *p, size_t from, size_t to)
{
    char name[] = "ha", letter = (char)('a' + from);
    name[1] = (char)('a' + to);
    cas_thread *before = sim_host_enter(p->host[from]);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&p->socket[from], &letter, 1, PORT, name, 0), 1);
    cas_thread_enter(before);
}

static void everyone_to_everyone(party *p)
{
    memset(p->heard, 0, sizeof p->heard);
    for (size_t from = 0; from < HOSTS; from++) {
        for (size_t to = 0; to < HOSTS; to++) {
            if (from != to)
                send_to(p, from, to);
        }
    }
}

/* wanted: what a, b, c, d, e hear. */
static void expect_heard(party *p, const char *const wanted[HOSTS])
{
    sim_world_run(p->world, SIM_FOREVER);
    for (size_t i = 0; i < HOSTS; i++)
        EXPECT_EQ_STR(p->heard[i], wanted[i]);
}

#define HEARD(...) ((const char *const[HOSTS]){__VA_ARGS__})

static const char *const everything[HOSTS] = {"bcde", "acde", "abde", "abce", "abcd"};

static void groups_hear_only_themselves_until_healed(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "cut", "ha hb | hc hd", NULL, &cut), 0);
    everyone_to_everyone(&p);
    expect_heard(&p, HEARD("be", "ae", "de", "ce", "abcd")); /* e is not concerned */
    EXPECT_EQ_INT(sim_partition_blocked(cut), 8);
    sim_partition_heal(cut);
    everyone_to_everyone(&p);
    expect_heard(&p, everything);
}

static void host_in_two_groups_is_a_bridge(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "bridge", "ha hb hc | hc hd he", NULL, &cut), 0);
    everyone_to_everyone(&p);
    expect_heard(&p, HEARD("bc", "ac", "abde", "ce", "cd"));
}

static void one_way_partition_cuts_one_direction(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    EXPECT_CODE_FATAL(sim_partition_one_way(p.world, "mute", "ha", "hb hc", NULL, &cut), 0);
    everyone_to_everyone(&p);
    expect_heard(&p, HEARD("bcde", "cde", "bde", "abce", "abcd"));
    EXPECT_TRUE(sim_partition_separates(cut, p.host[0], p.host[1]));
    EXPECT_FALSE(sim_partition_separates(cut, p.host[1], p.host[0]));
}

/* Five hosts: a majority is three, so one neighbour on either side. */
static void ring_shows_everyone_a_majority_and_no_two_the_same(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    EXPECT_CODE_FATAL(sim_partition_ring(p.world, "ring", "ha hb hc hd he", NULL, &cut), 0);
    everyone_to_everyone(&p);
    expect_heard(&p, HEARD("be", "ac", "bd", "ce", "ad"));
}

static void two_partitions_add_up(void)
{
    party p;
    sim_partition *first, *second;
    build(&p);
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "first", "ha | hb hc hd he", NULL, &first), 0);
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "second", "ha hb | hc hd he", NULL, &second), 0);
    everyone_to_everyone(&p);
    expect_heard(&p, HEARD("", "", "de", "ce", "cd"));
    sim_partition_heal(first);
    everyone_to_everyone(&p);
    expect_heard(&p, HEARD("b", "a", "de", "ce", "cd"));
}

static void packet_under_way_is_lost_when_the_partition_begins(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    send_to(&p, 0, 1);
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "cut", "ha | hb", NULL, &cut), 0);
    expect_heard(&p, HEARD("", "", "", "", ""));
}

typedef struct obituary {
    sim_observer observer;
    unsigned lost;
    sim_fate fate;
} obituary;

static void on_lost(sim_observer *observer, const sim_world *world, const sim_packet *packet, sim_fate fate)
{
    obituary *o = (obituary *)observer;
    (void)world;
    (void)packet;
    o->lost++;
    o->fate = fate;
}

static void observers_learn_what_a_partition_cut_off(void)
{
    party p;
    sim_partition *cut;
    obituary seen = {.observer = {.on_lost = on_lost}};
    build(&p);
    sim_world_add_observer(p.world, &seen.observer);
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "cut", "ha | hb", NULL, &cut), 0);
    send_to(&p, 0, 1);
    send_to(&p, 0, 2);
    expect_heard(&p, HEARD("", "", "a", "", ""));
    EXPECT_EQ_INT(seen.lost, 1);
    EXPECT_EQ_INT(seen.fate, SIM_FATE_PARTITIONED);
    sim_world_remove_observer(p.world, &seen.observer);
}

static void packet_under_way_is_spared_where_it_was_asked(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    sim_partition_options spares = {.spares_in_flight = true};
    send_to(&p, 0, 1);
    sim_world_run(p.world, SIM_US(500));
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "cut", "ha | hb", &spares, &cut), 0);
    send_to(&p, 0, 1);
    expect_heard(&p, HEARD("", "a", "", "", ""));
    EXPECT_EQ_INT(sim_partition_blocked(cut), 1);
}

static void held_packets_arrive_in_order_when_it_heals(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    sim_partition_options holds = {.hold = true};
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "hold", "ha hb | hc", &holds, &cut), 0);
    send_to(&p, 0, 2);
    sim_world_run(p.world, SIM_US(1));
    send_to(&p, 1, 2);
    sim_world_run(p.world, SIM_US(2));
    send_to(&p, 0, 2);
    expect_heard(&p, HEARD("", "", "", "", ""));
    sim_partition_heal(cut);
    sim_partition_heal(cut); /* once is enough */
    expect_heard(&p, HEARD("", "", "aba", "", ""));
}

/* The world may end while packets are held: nothing leaks. */
static void held_packets_go_with_their_world(void)
{
    party p;
    sim_partition *cut;
    build(&p);
    EXPECT_CODE_FATAL(
        sim_partition_groups(p.world, "hold", "ha | hb", &(sim_partition_options){.hold = true}, &cut), 0);
    everyone_to_everyone(&p);
    sim_world_run(p.world, SIM_FOREVER);
    fixture_world_destroy(p.world);
}

static void stream_survives_a_partition_shorter_than_its_patience(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    sim_partition *cut;
    char got[8] = "";
    world_pair_connect(&pair, &client, &server);
    EXPECT_CODE_FATAL(sim_partition_groups(pair.world, "cut", "a | b", NULL, &cut), 0);
    sim_host_enter(pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "through", 7, 0), 7);
    sim_world_run(pair.world, sim_world_now(pair.world) + (uint64_t)SIM_S(20));
    sim_host_enter(pair.b);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&server.socket, got, 7, 0), WSAEWOULDBLOCK);
    sim_partition_heal(cut);
    sim_world_run(pair.world, sim_world_now(pair.world) + (uint64_t)SIM_S(60));
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, got, 7, 0), 7);
    EXPECT_EQ_STR(got, "through");
}

/* ---- shapes that are drawn ---- */

static unsigned separated_pairs(const party *p, const sim_partition *cut)
{
    unsigned count = 0;
    for (size_t from = 0; from < HOSTS; from++) {
        for (size_t to = 0; to < HOSTS; to++)
            count += sim_partition_separates(cut, p->host[from], p->host[to]);
    }
    return count;
}

/* The number of ordered pairs that are cut off follows from the shape alone. */
static void drawn_shapes_cut_as_many_pairs_as_they_should(void)
{
    static const struct {
        sim_partition_shape shape;
        unsigned least, most;
    } rows[] = {{SIM_PARTITION_HALVES, 12, 12}, {SIM_PARTITION_SPLIT, 8, 12}, {SIM_PARTITION_ISOLATE, 8, 8},
                {SIM_PARTITION_ONE_WAY, 6, 6},  {SIM_PARTITION_BRIDGE, 8, 8}, {SIM_PARTITION_RING, 10, 10}};
    party p;
    build(&p);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned turn = 0; turn < 20; turn++) {
            sim_partition *cut;
            EXPECT_CODE_FATAL(
                sim_partition_draw(p.world, "drawn", "ha hb hc hd he", rows[i].shape, NULL, &cut), 0);
            unsigned pairs = separated_pairs(&p, cut);
            expect_report(EXPECT_SITE(false), pairs >= rows[i].least && pairs <= rows[i].most,
                          "shape %zu: %u pairs, expected %u to %u", i, pairs, rows[i].least, rows[i].most);
            sim_partition_heal(cut);
        }
    }
    EXPECT_TRUE(sim_world_choice_count(p.world) > 0);
    EXPECT_EQ_STR(sim_world_choice(p.world, 0).label, "user partition drawn side");
}

/* ---- refusals ---- */

static void partitions_without_sense_are_refused_with_reasons(void)
{
    static const char *const groups[] = {
        "",
        " ",
        "ha",
        "ha hb",
        "ha | ",
        "| ha",
        "ha | nobody",
        "ha || hb",
        "ha|hb|",
        NULL,
        "ha | hb hc hd he averyveryveryveryveryveryveryveryveryveryveryverylongname"};
    party p;
    sim_partition *cut;
    build(&p);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        int code = sim_partition_groups(p.world, "bad", groups[i], NULL, &cut);
        expect_report(EXPECT_SITE(false), code == WSAEINVAL, "'%s': got %d, expected 10022",
                      groups[i] == NULL ? "(null)" : groups[i], code);
        EXPECT_TRUE(sim_world_error(p.world)->fix[0] != '\0');
    }
    EXPECT_CODE(sim_partition_one_way(p.world, "bad", "ha", "hb ha", NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_one_way(p.world, "bad", "", "hb", NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_one_way(p.world, "bad", "ha", NULL, NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_ring(p.world, "bad", "ha hb hc", NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_ring(p.world, "bad", "ha hb hc ha", NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_ring(p.world, "bad", "ha hb | hc hd", NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_draw(p.world, "bad", "ha", SIM_PARTITION_HALVES, NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_draw(p.world, "bad", "ha hb", SIM_PARTITION_BRIDGE, NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_draw(p.world, "bad", "ha hb", (sim_partition_shape)99, NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_groups(p.world, "", "ha | hb", NULL, &cut), WSAEINVAL);
    EXPECT_CODE(sim_partition_groups(p.world, "bad", "ha | hb", NULL, NULL), WSAEINVAL);
    EXPECT_CODE_FATAL(sim_partition_groups(p.world, "good", "ha | hb", NULL, &cut), 0);
    EXPECT_CODE(sim_partition_groups(p.world, "good", "ha | hb", NULL, &cut), WSAEADDRINUSE);
    everyone_to_everyone(&p);
    expect_heard(&p, HEARD("cde", "cde", "abde", "abce", "abcd")); /* none of the bad ones holds */
}

static void refused_memory_leaves_no_partition_behind(void)
{
    world_pair pair = fixture_world_pair(NULL);
    cas_counting_allocator *memory = fixture_memory();
    for (uint64_t n = 1; n < 50; n++) {
        sim_partition *cut = NULL;
        memory->refuse_at = memory->calls + n;
        int code = sim_partition_groups(pair.world, "cut", "a | b", NULL, &cut);
        memory->refuse_at = 0;
        EXPECT_TRUE(code == 0 || code == WSAENOBUFS);
        if (code == 0)
            sim_partition_heal(cut);
        sim_world_run(pair.world, SIM_FOREVER);
    }
}

/* ---- actions ---- */

typedef struct diary {
    sim_world *world;
    char text[16];
    uint64_t at_ns[16];
} diary;

static void note(diary *d, char letter)
{
    size_t i = strlen(d->text);
    d->text[i] = letter;
    d->at_ns[i] = sim_world_now(d->world);
}

static void act_first(void *argument) { note(argument, '1'); }
static void act_again(void *argument)
{
    note(argument, '2');
    EXPECT_TRUE(cas_thread_current() == NULL);
    EXPECT_CODE(sim_world_at(((diary *)argument)->world, 0, act_first, argument), 0);
}
static void start(void *argument) { note(argument, 's'); }

static void actions_come_in_time_before_what_hosts_do_then(void)
{
    world_pair pair = fixture_world_pair(NULL);
    diary d = {.world = pair.world};
    EXPECT_CODE(sim_host_run(pair.a, SIM_MS(5), start, &d), 0);
    EXPECT_CODE(sim_world_at(pair.world, SIM_MS(9), act_first, &d), 0);
    EXPECT_CODE(sim_world_at(pair.world, SIM_MS(5), act_again, &d), 0);
    EXPECT_CODE(sim_world_at(pair.world, SIM_MS(5), act_first, &d), 0);
    EXPECT_CODE(sim_world_at(pair.world, 1, NULL, &d), WSAEINVAL);
    sim_world_run(pair.world, SIM_FOREVER);
    EXPECT_EQ_STR(d.text, "211s1"); /* the action of an action is last of its instant */
    EXPECT_EQ_INT(d.at_ns[0], SIM_MS(5));
    EXPECT_EQ_INT(d.at_ns[2], SIM_MS(5));
    EXPECT_EQ_INT(d.at_ns[4], SIM_MS(9));
}

const test_case test_partition[] = {TEST(groups_hear_only_themselves_until_healed),
                                    TEST(host_in_two_groups_is_a_bridge),
                                    TEST(one_way_partition_cuts_one_direction),
                                    TEST(ring_shows_everyone_a_majority_and_no_two_the_same),
                                    TEST(two_partitions_add_up),
                                    TEST(packet_under_way_is_lost_when_the_partition_begins),
                                    TEST(observers_learn_what_a_partition_cut_off),
                                    TEST(packet_under_way_is_spared_where_it_was_asked),
                                    TEST(held_packets_arrive_in_order_when_it_heals),
                                    TEST(held_packets_go_with_their_world),
                                    TEST(stream_survives_a_partition_shorter_than_its_patience),
                                    TEST(drawn_shapes_cut_as_many_pairs_as_they_should),
                                    TEST(partitions_without_sense_are_refused_with_reasons),
                                    TEST(refused_memory_leaves_no_partition_behind),
                                    TEST(actions_come_in_time_before_what_hosts_do_then),
                                    TEST_END};
