/* SPDX-License-Identifier: MIT
 *
 * Groups and broadcast: who hears what, on which interface, how far, and the options about it.
 *
 * Hosts "ha", "hb", "hc" on the switch 10.9.0.0/24, fd09::/64; "hc" is on a second one, 10.8.0.0/24, with
 * "hd", and passes packets on.
 */
#include <string.h>

#include <arpa/inet.h>

#include "castanet/sim_observer.h"
#include "simnet/packet/packet.h"
#include "tests/expect.h"
#include "tests/routed.h"
#include "tests/test_list.h"

#define S UINT64_C(1000000000)

enum { PORT = 40000, A = 0, B, C, D, HOSTS };

typedef struct lan {
    sim_world *world;
    sim_host *host[HOSTS];
    recorder r[HOSTS];
} lan;

static void build(lan *t, const sim_world_options *options, const char *local)
{
    static const char *const names[HOSTS] = {"ha", "hb", "hc", "hd"};
    static const char *const addresses[HOSTS] = {"10.9.0.1/24 fd09::1/64", "10.9.0.2/24 fd09::2/64",
                                                 "10.9.0.3/24 fd09::3/64", "10.8.0.4/24 fd08::4/64"};
    sim_link *one, *two;
    memset(t, 0, sizeof *t);
    t->world = fixture_world_pair(options).world;
    EXPECT_CODE_FATAL(sim_segment_create(t->world, "one", NULL, &one), 0);
    EXPECT_CODE_FATAL(sim_segment_create(t->world, "two", NULL, &two), 0);
    for (unsigned i = 0; i < HOSTS; i++) {
        EXPECT_CODE_FATAL(sim_host_create(t->world, names[i], &t->host[i]), 0);
        EXPECT_CODE_FATAL(sim_host_attach(t->host[i], i == D ? two : one, addresses[i]), 0);
        if (i == C)
            EXPECT_CODE_FATAL(sim_host_attach(t->host[i], two, "10.8.0.3/24 fd08::3/64"), 0);
        routed_open(t->host[i], &t->r[i], PORT, local);
    }
    sim_host_set_forwarding(t->host[C], true);
}

static bool change(lan *t, unsigned who, int option, const char *group, const char *interface)
{
    struct ip_mreq mreq;
    inet_pton(AF_INET, group, &mreq.imr_multiaddr);
    inet_pton(AF_INET, interface, &mreq.imr_interface);
    sim_host_enter(t->host[who]);
    return CAsyncSocket_SetSockOpt(&t->r[who].socket, option, &mreq, sizeof mreq, IPPROTO_IP);
}

static bool join(lan *t, unsigned who, const char *group, const char *interface)
{
    return change(t, who, IP_ADD_MEMBERSHIP, group, interface);
}

static bool change6(lan *t, unsigned who, int option, const char *group, unsigned interface)
{
    struct ipv6_mreq mreq = {.ipv6mr_interface = interface};
    inet_pton(AF_INET6, group, &mreq.ipv6mr_multiaddr);
    sim_host_enter(t->host[who]);
    return CAsyncSocket_SetSockOpt(&t->r[who].socket, option, &mreq, sizeof mreq, IPPROTO_IPV6);
}

/* Datagrams that wait at a socket; they are taken. */
static unsigned take(lan *t, unsigned who)
{
    char c;
    unsigned count = 0;
    sim_host_enter(t->host[who]);
    while (CAsyncSocket_Receive(&t->r[who].socket, &c, 1, 0) == 1)
        count++;
    return count;
}

/* One octet from a host to the address, and who hears it, as "ab..". */
static const char *heard(lan *t, unsigned from, const char *to)
{
    static char text[HOSTS + 1];
    sim_host_enter(t->host[from]);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&t->r[from].socket, "x", 1, PORT, to, 0), 1);
    routed_run(t->world, S);
    for (unsigned i = 0; i < HOSTS; i++) {
        unsigned count = take(t, i);
        EXPECT_TRUE(count <= 1);
        text[i] = count == 1 ? (char)('a' + i) : '.';
    }
    return text;
}

static void set_int(lan *t, unsigned who, int level, int option, int value)
{
    sim_host_enter(t->host[who]);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&t->r[who].socket, option, &value, sizeof value, level));
}

static int get_int(lan *t, unsigned who, int level, int option)
{
    int value = -7, len = sizeof value;
    sim_host_enter(t->host[who]);
    EXPECT_OK(CAsyncSocket_GetSockOpt(&t->r[who].socket, option, &value, &len, level));
    return value;
}

/* ---- membership ---- */

/* RFC 1112 4: who joined hears it, the sender needs not to have joined; routers do not pass it on. */
static void group_is_heard_by_those_who_joined(void)
{
    lan t;
    build(&t, NULL, NULL);
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), "....");
    EXPECT_OK(join(&t, B, "239.1.2.3", "0.0.0.0"));
    EXPECT_OK(join(&t, C, "239.1.2.3", "10.9.0.3"));
    EXPECT_OK(join(&t, D, "239.1.2.3", "0.0.0.0"));
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), ".bc.");
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.4"), "....");
    EXPECT_OK(change(&t, B, IP_DROP_MEMBERSHIP, "239.1.2.3", "0.0.0.0"));
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), "..c.");
}

static void ipv6_group_is_heard_by_those_who_joined(void)
{
    lan t;
    build(&t, NULL, "::");
    EXPECT_OK(change6(&t, B, IPV6_JOIN_GROUP, "ff05::1:3", 0));
    EXPECT_OK(change6(&t, C, IPV6_ADD_MEMBERSHIP, "ff05::1:3", 2));
    EXPECT_EQ_STR(heard(&t, A, "ff05::1:3"), ".bc.");
    EXPECT_OK(change6(&t, B, IPV6_LEAVE_GROUP, "ff05::1:3", 0));
    EXPECT_EQ_STR(heard(&t, A, "ff05::1:3"), "..c.");
}

/* RFC 1112 7.2, RFC 4291 2.8. */
static void every_host_belongs_to_the_group_of_all(void)
{
    lan t;
    build(&t, NULL, NULL);
    EXPECT_EQ_STR(heard(&t, A, "224.0.0.1"), "abc.");
    build(&t, NULL, "::");
    EXPECT_EQ_STR(heard(&t, A, "ff02::1"), "abc.");
}

/* A membership counts on one interface only. */
static void membership_is_of_one_interface(void)
{
    lan t;
    build(&t, NULL, NULL);
    EXPECT_OK(join(&t, C, "239.1.2.3", "0.0.0.3")); /* Winsock: the index; the second switch */
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), "....");
    EXPECT_EQ_STR(heard(&t, D, "239.1.2.3"), "..c.");
    EXPECT_OK(join(&t, C, "239.1.2.3", "10.9.0.3"));
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), "..c.");
}

static void membership_ends_with_its_socket(void)
{
    lan t;
    build(&t, NULL, NULL);
    EXPECT_OK(join(&t, B, "239.1.2.3", "0.0.0.0"));
    sim_host_enter(t.host[B]);
    CAsyncSocket_Close(&t.r[B].socket);
    routed_open(t.host[B], &t.r[B], PORT, NULL);
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), "....");
    EXPECT_OK(join(&t, B, "239.1.2.3", "0.0.0.0"));
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), ".b..");
}

static void wrong_memberships_are_refused(void)
{
    lan t;
    build(&t, NULL, NULL);
    EXPECT_ERROR(join(&t, A, "10.9.0.2", "0.0.0.0"), WSAEINVAL);
    EXPECT_ERROR(join(&t, A, "239.1.2.3", "10.9.0.2"), WSAEADDRNOTAVAIL);
    EXPECT_ERROR(join(&t, A, "239.1.2.3", "0.0.0.9"), WSAEADDRNOTAVAIL);
    EXPECT_ERROR(change(&t, A, IP_DROP_MEMBERSHIP, "239.1.2.3", "0.0.0.0"), WSAEADDRNOTAVAIL);
    EXPECT_OK(join(&t, A, "239.1.2.3", "0.0.0.0"));
    EXPECT_ERROR(join(&t, A, "239.1.2.3", "10.9.0.1"), WSAEADDRINUSE);
    EXPECT_ERROR(change6(&t, A, IPV6_JOIN_GROUP, "ff05::3", 0), WSAENOPROTOOPT); /* another family's */
    struct ip_mreq mreq = {0};
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&t.r[A].socket, IP_ADD_MEMBERSHIP, &mreq, 4, IPPROTO_IP), WSAEFAULT);
    recorder stream;
    recorder_construct(&stream);
    EXPECT_OK(CAsyncSocket_Create(&stream.socket, 0, SOCK_STREAM, 0, NULL));
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&stream.socket, IP_ADD_MEMBERSHIP, &mreq, sizeof mreq, IPPROTO_IP),
                 WSAENOPROTOOPT);
}

/* ---- sending ---- */

static void sender_that_joined_hears_itself_unless_it_does_not_want_to(void)
{
    lan t;
    build(&t, NULL, NULL);
    EXPECT_OK(join(&t, A, "239.1.2.3", "0.0.0.0"));
    EXPECT_OK(join(&t, B, "239.1.2.3", "0.0.0.0"));
    EXPECT_EQ_INT(get_int(&t, A, IPPROTO_IP, IP_MULTICAST_LOOP), 1);
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), "ab..");
    set_int(&t, A, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    EXPECT_EQ_INT(get_int(&t, A, IPPROTO_IP, IP_MULTICAST_LOOP), 0);
    EXPECT_EQ_STR(heard(&t, A, "239.1.2.3"), ".b..");
}

/* Two sockets of one host: Windows asks the one that hears, Unix the one that sends. */
static void loop_option_is_the_hearers_on_windows_and_the_senders_on_unix(void)
{
    for (int on_unix = 0; on_unix < 2; on_unix++) {
        sim_world_options options = {.memory = &fixture_memory()->base, .profile.unix_datagrams = on_unix};
        lan t;
        recorder sender;
        build(&t, &options, NULL);
        EXPECT_OK(join(&t, A, "239.1.2.3", "0.0.0.0"));
        routed_open(t.host[A], &sender, 0, NULL);
        int off = 0;
        EXPECT_OK(CAsyncSocket_SetSockOpt(&sender.socket, IP_MULTICAST_LOOP, &off, sizeof off, IPPROTO_IP));
        EXPECT_EQ_INT(CAsyncSocket_SendTo(&sender.socket, "x", 1, PORT, "239.1.2.3", 0), 1);
        routed_run(t.world, S);
        EXPECT_EQ_INT(take(&t, A), !on_unix);
    }
}

static void chosen_interface_sends_to_the_group(void)
{
    lan t;
    build(&t, NULL, NULL);
    EXPECT_OK(join(&t, A, "239.1.2.3", "0.0.0.0"));
    EXPECT_OK(join(&t, D, "239.1.2.3", "0.0.0.0"));
    EXPECT_EQ_INT(get_int(&t, C, IPPROTO_IP, IP_MULTICAST_IF), 0);
    EXPECT_EQ_STR(heard(&t, C, "239.1.2.3"), "a...");
    set_int(&t, C, IPPROTO_IP, IP_MULTICAST_IF, (int)inet_addr("10.8.0.3"));
    EXPECT_EQ_INT(get_int(&t, C, IPPROTO_IP, IP_MULTICAST_IF), (int)inet_addr("10.8.0.3"));
    EXPECT_EQ_STR(heard(&t, C, "239.1.2.3"), "...d");
    set_int(&t, C, IPPROTO_IP, IP_MULTICAST_IF, (int)htonl(2));
    EXPECT_EQ_STR(heard(&t, C, "239.1.2.3"), "a...");
    int stranger = (int)inet_addr("10.8.0.4");
    sim_host_enter(t.host[C]);
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&t.r[C].socket, IP_MULTICAST_IF, &stranger, 4, IPPROTO_IP),
                 WSAEADDRNOTAVAIL);
}

/* The last packet to a group, as it was sent. */
typedef struct group_log {
    sim_observer observer;
    uint8_t frame[256];
    unsigned count, ttl;
} group_log;

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    group_log *log = (group_log *)observer;
    (void)world, (void)from, (void)fate;
    log->count++;
    log->ttl = packet->ttl;
    sim_packet_frame(packet, log->frame, sizeof log->frame);
}

/* RFC 1112 6.1 and 6.4, RFC 2464 7. */
static void group_packets_live_one_hop_and_have_group_macs(void)
{
    lan t;
    group_log log = {.observer.on_sent = on_sent};
    build(&t, NULL, NULL);
    sim_world_add_observer(t.world, &log.observer);
    EXPECT_OK(join(&t, A, "239.129.2.3", "0.0.0.0"));
    EXPECT_EQ_STR(heard(&t, A, "239.129.2.3"), "a...");
    EXPECT_EQ_INT(log.count, 1); /* what the host hears of itself is not seen twice */
    EXPECT_EQ_INT(log.ttl, 1);
    EXPECT_EQ_MEM(log.frame, ((uint8_t[]){0x01, 0x00, 0x5E, 0x01, 0x02, 0x03}), 6);
    set_int(&t, A, IPPROTO_IP, IP_MULTICAST_TTL, 7);
    EXPECT_EQ_INT(get_int(&t, A, IPPROTO_IP, IP_MULTICAST_TTL), 7);
    heard(&t, A, "239.129.2.3");
    EXPECT_EQ_INT(log.ttl, 7);
    unsigned char small = 9;
    sim_host_enter(t.host[A]);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&t.r[A].socket, IP_MULTICAST_TTL, &small, 1, IPPROTO_IP));
    EXPECT_EQ_INT(get_int(&t, A, IPPROTO_IP, IP_MULTICAST_TTL), 9);
    int large = 256;
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&t.r[A].socket, IP_MULTICAST_TTL, &large, 4, IPPROTO_IP), WSAEINVAL);
}

static void ipv6_group_packets_have_group_macs(void)
{
    lan t;
    group_log log = {.observer.on_sent = on_sent};
    build(&t, NULL, "::");
    sim_world_add_observer(t.world, &log.observer);
    set_int(&t, A, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 3);
    heard(&t, A, "ff05::12:3456");
    EXPECT_EQ_INT(log.ttl, 3);
    EXPECT_EQ_MEM(log.frame, ((uint8_t[]){0x33, 0x33, 0x00, 0x12, 0x34, 0x56}), 6);
    EXPECT_EQ_INT(get_int(&t, A, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 1);
    EXPECT_EQ_INT(get_int(&t, A, IPPROTO_IPV6, IPV6_MULTICAST_IF), 0);
    set_int(&t, C, IPPROTO_IPV6, IPV6_MULTICAST_IF, 3);
    EXPECT_EQ_INT(get_int(&t, C, IPPROTO_IPV6, IPV6_MULTICAST_IF), 3);
    EXPECT_OK(change6(&t, D, IPV6_JOIN_GROUP, "ff05::7", 0));
    EXPECT_EQ_STR(heard(&t, C, "ff05::7"), "...d");
}

/* ---- broadcast ---- */

/* RFC 919, RFC 922; the sender hears it too. */
static void broadcast_is_heard_on_its_network(void)
{
    lan t;
    build(&t, NULL, NULL);
    for (unsigned i = 0; i < HOSTS; i++)
        set_int(&t, i, SOL_SOCKET, SO_BROADCAST, 1);
    EXPECT_EQ_STR(heard(&t, A, "255.255.255.255"), "abc.");
    EXPECT_EQ_STR(heard(&t, A, "10.9.0.255"), "abc.");
    EXPECT_EQ_STR(heard(&t, D, "10.8.0.255"), "..cd");
}

/* RFC 919 7: on every network the host is on, from its address on each. */
static void limited_broadcast_leaves_by_every_interface(void)
{
    lan t;
    build(&t, NULL, NULL);
    set_int(&t, C, SOL_SOCKET, SO_BROADCAST, 1);
    sim_host_enter(t.host[C]);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&t.r[C].socket, "x", 1, PORT, "255.255.255.255", 0), 1);
    routed_run(t.world, S);
    char c, text[46];
    UINT port;
    sim_host_enter(t.host[A]);
    EXPECT_EQ_INT(CAsyncSocket_ReceiveFrom(&t.r[A].socket, &c, 1, text, sizeof text, &port, 0), 1);
    EXPECT_EQ_STR(text, "10.9.0.3");
    sim_host_enter(t.host[D]);
    EXPECT_EQ_INT(CAsyncSocket_ReceiveFrom(&t.r[D].socket, &c, 1, text, sizeof text, &port, 0), 1);
    EXPECT_EQ_STR(text, "10.8.0.3");
}

static void broadcast_without_the_option_is_refused(void)
{
    lan t;
    build(&t, NULL, NULL);
    sim_host_enter(t.host[A]);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&t.r[A].socket, "x", 1, PORT, "10.9.0.255", 0), WSAEACCES);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&t.r[A].socket, "x", 1, PORT, "255.255.255.255", 0), WSAEACCES);
}

/* RFC 1122 3.2.2, RFC 9293 MUST-57: neither ICMP nor RST, and no connection. */
static void nothing_answers_what_goes_to_many(void)
{
    static const char *const to[] = {"10.9.0.255", "255.255.255.255", "224.0.0.1"};
    lan t;
    group_log log = {.observer.on_sent = on_sent};
    build(&t, NULL, NULL);
    sim_world_add_observer(t.world, &log.observer);
    for (unsigned i = 0; i < 3; i++) {
        sim_packet syn = routed_datagram("10.9.0.1", 5000, to[i], 80);
        syn.protocol = IPPROTO_TCP;
        syn.tcp = (simp_tcp_header){.seq = 1, .flags = SIMP_SYN, .scale = SIMP_NO_SCALE};
        syn.ip_payload_len = 20;
        routed_arrive(t.host[B], &syn, 0);
        sim_packet datagram = routed_datagram("10.9.0.1", 5000, to[i], 81);
        routed_arrive(t.host[B], &datagram, 5);
    }
    routed_run(t.world, S);
    EXPECT_EQ_INT(log.count, 0);
}

/* ---- on every backend ---- */

/* One socket, joined on the loopback interface, hears what it sends there; on real sockets too. */
static void loopback_group_is_heard_everywhere(arena *a)
{
    recorder r;
    struct ip_mreq mreq;
    char c = 0, address[46];
    UINT port = 0;
    (void)a;
    recorder_construct(&r);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&r.socket, 0, SOCK_DGRAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_OK(CAsyncSocket_GetSockName(&r.socket, address, sizeof address, &port));
    inet_pton(AF_INET, "239.255.77.7", &mreq.imr_multiaddr);
    inet_pton(AF_INET, "127.0.0.1", &mreq.imr_interface);
    struct in_addr loopback = mreq.imr_interface;
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r.socket, IP_MULTICAST_IF, &loopback, sizeof loopback, IPPROTO_IP));
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r.socket, IP_ADD_MEMBERSHIP, &mreq, sizeof mreq, IPPROTO_IP));
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&r.socket, IP_ADD_MEMBERSHIP, &mreq, sizeof mreq, IPPROTO_IP),
                 WSAEADDRINUSE);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&r.socket, "x", 1, port, "239.255.77.7", 0), 1);
    arena_settle(a);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&r.socket, &c, 1, 0), 1);
    EXPECT_EQ_INT(c, 'x');
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r.socket, IP_DROP_MEMBERSHIP, &mreq, sizeof mreq, IPPROTO_IP));
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&r.socket, IP_DROP_MEMBERSHIP, &mreq, sizeof mreq, IPPROTO_IP),
                 WSAEADDRNOTAVAIL);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&r.socket, "x", 1, port, "239.255.77.7", 0), 1);
    arena_settle(a);
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&r.socket, &c, 1, 0), WSAEWOULDBLOCK);
    inet_pton(AF_INET, "127.0.0.1", &mreq.imr_multiaddr);
    EXPECT_ERROR(CAsyncSocket_SetSockOpt(&r.socket, IP_ADD_MEMBERSHIP, &mreq, sizeof mreq, IPPROTO_IP),
                 WSAEINVAL);
    CAsyncSocket_Close(&r.socket);
}

/* Defaults and what reads back, the same everywhere. */
static void group_options_read_back_everywhere(arena *a)
{
    static const struct {
        int level, option, at_first, then;
        const char *local;
    } rows[] = {
        {IPPROTO_IP, IP_MULTICAST_TTL, 1, 5, NULL},      {IPPROTO_IP, IP_MULTICAST_LOOP, 1, 0, NULL},
        {IPPROTO_IP, IP_DONTFRAGMENT, 0, 1, NULL},       {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, 5, "::"},
        {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1, 0, "::"}, {IPPROTO_IPV6, IPV6_MULTICAST_IF, 0, 1, "::"},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64, 7, "::"}};
    (void)a;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CAsyncSocket s;
        int value = -7, len = sizeof value, then = rows[i].then;
        CAsyncSocket_Construct(&s, NULL);
        EXPECT_OK_FATAL(CAsyncSocket_Create(&s, 0, SOCK_DGRAM, 0, rows[i].local));
        EXPECT_OK(CAsyncSocket_GetSockOpt(&s, rows[i].option, &value, &len, rows[i].level));
        if (rows[i].option != IP_DONTFRAGMENT) /* which Linux has on by its own default */
            EXPECT_EQ_INT(value, rows[i].at_first);
        EXPECT_OK(CAsyncSocket_SetSockOpt(&s, rows[i].option, &then, sizeof then, rows[i].level));
        EXPECT_OK(CAsyncSocket_GetSockOpt(&s, rows[i].option, &value, &len, rows[i].level));
        EXPECT_EQ_INT(value, then);
        CAsyncSocket_Close(&s);
    }
}

const test_case test_multicast[] = {
    TEST(group_is_heard_by_those_who_joined),
    TEST(ipv6_group_is_heard_by_those_who_joined),
    TEST(every_host_belongs_to_the_group_of_all),
    TEST(membership_is_of_one_interface),
    TEST(membership_ends_with_its_socket),
    TEST(wrong_memberships_are_refused),
    TEST(sender_that_joined_hears_itself_unless_it_does_not_want_to),
    TEST(loop_option_is_the_hearers_on_windows_and_the_senders_on_unix),
    TEST(chosen_interface_sends_to_the_group),
    TEST(group_packets_live_one_hop_and_have_group_macs),
    TEST(ipv6_group_packets_have_group_macs),
    TEST(broadcast_is_heard_on_its_network),
    TEST(limited_broadcast_leaves_by_every_interface),
    TEST(broadcast_without_the_option_is_refused),
    TEST(nothing_answers_what_goes_to_many),
    TEST_EVERYWHERE(loopback_group_is_heard_everywhere),
    TEST_EVERYWHERE(group_options_read_back_everywhere),
    TEST_END,
};
