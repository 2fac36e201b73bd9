/* SPDX-License-Identifier: MIT
 *
 * Addresses: text, prefixes, sockaddrs.
 */
#include <string.h>

#include <arpa/inet.h>

#include "castanet/winsock.h"
#include "simnet/ip/ip_address.h"
#include "tests/expect.h"
#include "tests/test_list.h"

static bool refuses(const char *text)
{
    simp_ip ip = {1, 2};
    return !simp_ip_parse(text, &ip) && ip.high == 1 && ip.low == 2;
}

static bool refuses_prefix(const char *text)
{
    simp_ip ip = {1, 2};
    unsigned bits = 99;
    return !simp_ip_parse_prefix(text, strlen(text), &ip, &bits) && ip.low == 2 && bits == 99;
}

static void parse_v4_gives_mapped_form(void)
{
    simp_ip ip = {0, 0};
    EXPECT_TRUE(simp_ip_parse("10.0.2.255", &ip));
    EXPECT_TRUE(ip.high == 0 && ip.low == 0x0000FFFF0A0002FFu);
    EXPECT_TRUE(simp_ip_is_v4(ip));
}

static void parse_v6_gives_both_halves(void)
{
    simp_ip ip = {0, 0};
    EXPECT_TRUE(simp_ip_parse("fd00:1:2:3:4:5:6:7", &ip));
    EXPECT_TRUE(ip.high == 0xFD00000100020003u && ip.low == 0x0004000500060007u);
    EXPECT_TRUE(simp_ip_parse("::1", &ip));
    EXPECT_TRUE(ip.high == 0 && ip.low == 1);
}

static void parse_mapped_text_equals_v4(void)
{
    simp_ip mapped = {0, 0}, v4 = {0, 0};
    EXPECT_TRUE(simp_ip_parse("::ffff:192.0.2.1", &mapped) && simp_ip_parse("192.0.2.1", &v4));
    EXPECT_TRUE(simp_ip_equal(mapped, v4));
}

static void parse_loose_text_is_refused(void)
{
    EXPECT_TRUE(refuses(""));
    EXPECT_TRUE(refuses("1.2.3"));
    EXPECT_TRUE(refuses("1.2.3.4.5"));
    EXPECT_TRUE(refuses("1.2.3.256"));
    EXPECT_TRUE(refuses("1.2.3.1000"));
    EXPECT_TRUE(refuses("1.2.3.04"));
    EXPECT_TRUE(refuses("1.2.3.00"));
    EXPECT_TRUE(refuses("1..3.4"));
    EXPECT_TRUE(refuses("1.2.3."));
    EXPECT_TRUE(refuses("1.2.3.4."));
    EXPECT_TRUE(refuses(".1.2.3"));
    EXPECT_TRUE(refuses("0x7f.0.0.1"));
    EXPECT_TRUE(refuses(" 1.2.3.4"));
    EXPECT_TRUE(refuses("1.2.3.4 "));
    EXPECT_TRUE(refuses("fe80::1%eth0"));
    EXPECT_TRUE(refuses("1:2:3"));
    EXPECT_TRUE(refuses("localhost"));
}

static void parse_prefix_counts_bits_within_128(void)
{
    simp_ip ip = {0, 0};
    unsigned bits = 0;
    EXPECT_TRUE(simp_ip_parse_prefix("10.0.0.1/24 rest", 11, &ip, &bits));
    EXPECT_EQ_INT(bits, 120);
    EXPECT_TRUE(simp_ip_equal(ip, simp_ip_v4(0x0A000001u)));
    EXPECT_TRUE(simp_ip_parse_prefix("0.0.0.0/0", 9, &ip, &bits));
    EXPECT_EQ_INT(bits, 96);
    EXPECT_TRUE(simp_ip_parse_prefix("fd00::/64", 9, &ip, &bits));
    EXPECT_EQ_INT(bits, 64);
    EXPECT_TRUE(simp_ip_parse_prefix("::/0", 4, &ip, &bits));
    EXPECT_EQ_INT(bits, 0);
    EXPECT_TRUE(simp_ip_parse_prefix("::ffff:10.0.0.0/104", 19, &ip, &bits));
    EXPECT_EQ_INT(bits, 104);
}

static void parse_prefix_without_slash_is_one_address(void)
{
    simp_ip ip = {0, 0};
    unsigned bits = 0;
    EXPECT_TRUE(simp_ip_parse_prefix("10.0.0.1", 8, &ip, &bits));
    EXPECT_EQ_INT(bits, 128);
}

static void parse_prefix_bad_text_is_refused(void)
{
    EXPECT_TRUE(refuses_prefix(""));
    EXPECT_TRUE(refuses_prefix("/24"));
    EXPECT_TRUE(refuses_prefix("10.0.0.1/"));
    EXPECT_TRUE(refuses_prefix("10.0.0.1/33"));
    EXPECT_TRUE(refuses_prefix("10.0.0.1/-1"));
    EXPECT_TRUE(refuses_prefix("10.0.0.1/+8"));
    EXPECT_TRUE(refuses_prefix("10.0.0.1/8/8"));
    EXPECT_TRUE(refuses_prefix("10.0/16"));
    EXPECT_TRUE(refuses_prefix("::/129"));
    EXPECT_TRUE(refuses_prefix("::/0128"));
    EXPECT_TRUE(refuses_prefix("1111111111111111111111111111111111111111111111111111111111111111/8"));
}

static void match_compares_only_the_first_bits(void)
{
    simp_ip a = {0xFD00000000000000u, 0x8000000000000000u}, b = {0xFD00000000000000u, 0}, c = {0, 0};
    EXPECT_TRUE(simp_ip_match(a, b, 64));
    EXPECT_FALSE(simp_ip_match(a, b, 65));
    EXPECT_TRUE(simp_ip_match(a, c, 0));
    EXPECT_FALSE(simp_ip_match(a, c, 1));
    EXPECT_TRUE(simp_ip_match(a, a, 128));
    EXPECT_TRUE(simp_ip_match(simp_ip_v4(0x0A000001u), simp_ip_v4(0x0A0000FEu), 120));
    EXPECT_FALSE(simp_ip_match(simp_ip_v4(0x0A000001u), simp_ip_v4(0x0A000101u), 120));
    EXPECT_TRUE(simp_ip_match(simp_ip_v4(0x0A000001u), simp_ip_v4(0x0A000000u), 127));
    EXPECT_FALSE(simp_ip_match(simp_ip_v4(0x0A000001u), simp_ip_v4(0x0A000000u), 128));
}

static void text_is_what_was_parsed(void)
{
    static const char *const texts[] = {"0.0.0.0", "255.255.255.255",     "10.0.0.1", "::", "::1",
                                        "fd00::1", "2001:db8:1:2:3:4:5:6"};
    char buf[46];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        simp_ip ip = {0, 0};
        EXPECT_TRUE(simp_ip_parse(texts[i], &ip));
        EXPECT_EQ_STR(simp_ip_text(ip, buf, sizeof buf), texts[i]);
    }
}

static void text_in_a_short_buffer_is_empty(void)
{
    char buf[8] = "1234567";
    EXPECT_EQ_STR(simp_ip_text(simp_ip_v4(0x0A000001u), buf, sizeof buf), "");
}

static void sockaddr_v4_goes_there_and_back(void)
{
    struct sockaddr_storage storage;
    simp_ip ip = {0, 0};
    uint16_t port = 0;
    simp_ip_to_sockaddr(simp_ip_v4(0xC0000201u), 0x1234, AF_INET, &storage);
    const uint8_t *bytes = (const uint8_t *)&((struct sockaddr_in *)&storage)->sin_addr;
    EXPECT_EQ_INT(storage.ss_family, AF_INET);
    EXPECT_EQ_MEM(bytes, ((uint8_t[]){192, 0, 2, 1}), 4);
    int size = sizeof(struct sockaddr_in);
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, size, &ip, &port), 0);
    EXPECT_TRUE(simp_ip_equal(ip, simp_ip_v4(0xC0000201u)));
    EXPECT_EQ_INT(port, 0x1234);
}

static void sockaddr_v6_takes_both_families(void)
{
    struct sockaddr_storage storage;
    simp_ip ip = {0, 0}, v6 = {0xFD00000000000000u, 1};
    uint16_t port = 0;
    int size = sizeof(struct sockaddr_in6);
    simp_ip_to_sockaddr(v6, 40000, AF_INET6, &storage);
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, size, &ip, &port), 0);
    EXPECT_TRUE(simp_ip_equal(ip, v6));
    EXPECT_EQ_INT(port, 40000);
    simp_ip_to_sockaddr(simp_ip_v4(0x0A000001u), 1, AF_INET6, &storage);
    EXPECT_TRUE(IN6_IS_ADDR_V4MAPPED(&((struct sockaddr_in6 *)&storage)->sin6_addr));
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, size, &ip, &port), 0);
    EXPECT_TRUE(simp_ip_equal(ip, simp_ip_v4(0x0A000001u)));
}

static void sockaddr_short_or_missing_is_a_fault(void)
{
    struct sockaddr_storage storage;
    simp_ip ip = {0, 0};
    uint16_t port = 0;
    simp_ip_to_sockaddr(simp_ip_v4(1), 1, AF_INET, &storage);
    EXPECT_CODE(simp_ip_from_sockaddr(NULL, 16, &ip, &port), WSAEFAULT);
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, 15, &ip, &port), WSAEFAULT);
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, 1, &ip, &port), WSAEFAULT);
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, -1, &ip, &port), WSAEFAULT);
    simp_ip_to_sockaddr(simp_ip_v4(1), 1, AF_INET6, &storage);
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, 16, &ip, &port), WSAEFAULT);
}

static void sockaddr_of_another_family_is_refused(void)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNIX};
    simp_ip ip = {0, 0};
    uint16_t port = 0;
    int size = sizeof storage;
    EXPECT_CODE(simp_ip_from_sockaddr((struct sockaddr *)&storage, size, &ip, &port), WSAEAFNOSUPPORT);
}

static void kinds_of_addresses_are_told_apart(void)
{
    simp_ip ip = {0, 0};
    EXPECT_TRUE(simp_ip_is_any(ip) && simp_ip_is_any(simp_ip_v4(0)));
    EXPECT_FALSE(simp_ip_is_any(simp_ip_v4(1)));
    EXPECT_TRUE(simp_ip_parse("127.1.2.3", &ip) && simp_ip_is_loopback(ip));
    EXPECT_TRUE(simp_ip_parse("::1", &ip) && simp_ip_is_loopback(ip));
    EXPECT_TRUE(simp_ip_parse("239.1.2.3", &ip) && simp_ip_is_multicast(ip));
    EXPECT_TRUE(simp_ip_parse("ff02::1", &ip) && simp_ip_is_multicast(ip));
    EXPECT_TRUE(simp_ip_parse("240.0.0.1", &ip) && !simp_ip_is_multicast(ip));
    EXPECT_TRUE(simp_ip_parse("255.255.255.255", &ip) && simp_ip_is_limited_broadcast(ip));
}

const test_case test_ip_address[] = {
    TEST(parse_v4_gives_mapped_form),
    TEST(parse_v6_gives_both_halves),
    TEST(parse_mapped_text_equals_v4),
    TEST(parse_loose_text_is_refused),
    TEST(parse_prefix_counts_bits_within_128),
    TEST(parse_prefix_without_slash_is_one_address),
    TEST(parse_prefix_bad_text_is_refused),
    TEST(match_compares_only_the_first_bits),
    TEST(text_is_what_was_parsed),
    TEST(text_in_a_short_buffer_is_empty),
    TEST(sockaddr_v4_goes_there_and_back),
    TEST(sockaddr_v6_takes_both_families),
    TEST(sockaddr_short_or_missing_is_a_fault),
    TEST(sockaddr_of_another_family_is_refused),
    TEST(kinds_of_addresses_are_told_apart),
    TEST_END,
};
