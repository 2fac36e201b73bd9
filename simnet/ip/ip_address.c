/* SPDX-License-Identifier: MIT
 *
 * Addresses in text, in sockaddrs and under prefixes.
 *
 * Invariants:
 *  1. The two halves are numbers made from bytes one by one, so that the machine's byte order is nowhere.
 *  2. Outputs are untouched on failure.
 */
#include "simnet/ip/ip_address.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "castanet/winsock.h"

/* Longer than any address in text with its terminator; a scope or a name never fits a strict address. */
#define TEXT_MAX 64

static uint64_t number_of(const uint8_t bytes[8])
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

static simp_ip from_bytes(const uint8_t bytes[16])
{
    return (simp_ip){number_of(bytes), number_of(bytes + 8)};
}

static void to_bytes(simp_ip zoned, uint8_t bytes[16])
{
    simp_ip a = simp_ip_in_zone(zoned, 0);
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(a.high >> (56 - 8 * i));
        bytes[8 + i] = (uint8_t)(a.low >> (56 - 8 * i));
    }
}

/* A shift by 64 is undefined, so that no bits and all 64 are told apart first. */
bool simp_ip_match(simp_ip a, simp_ip b, unsigned bits)
{
    if (bits < 64)
        return bits == 0 || (a.high ^ b.high) >> (64 - bits) == 0;
    return a.high == b.high && (bits == 64 || (a.low ^ b.low) >> (128 - bits) == 0);
}

/* Four numbers up to 255 without leading zeros, as inet_pton takes them. */
static bool parse_v4(const char *text, size_t len, simp_ip *out)
{
    uint32_t address = 0;
    unsigned number = 0, digits = 0, dots = 0;
    for (const char *end = text + len; text < end; text++) {
        if (*text >= '0' && *text <= '9') {
            if (digits++ != 0 && number == 0)
                return false;
            number = number * 10 + (unsigned)(*text - '0');
            if (number > 255)
                return false;
        } else {
            if (*text != '.' || digits == 0)
                return false;
            address = address << 8 | number;
            number = digits = 0;
            dots++;
        }
    }
    if (dots != 3 || digits == 0)
        return false;
    *out = simp_ip_v4(address << 8 | number);
    return true;
}

/* Its bits, as it was written; 0: it is none. */
static unsigned parse_address(const char *text, size_t len, simp_ip *out)
{
    char copy[TEXT_MAX];
    uint8_t bytes[16];
    if (parse_v4(text, len, out))
        return 32;
    if (len >= sizeof copy || memchr(text, '\0', len) != NULL)
        return 0;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, bytes) != 1)
        return 0;
    *out = from_bytes(bytes);
    return 128;
}

bool simp_ip_parse(const char *text, simp_ip *out) { return parse_address(text, strlen(text), out) != 0; }

/* One to three digits, at most bits_max; strict, because strtoul would take signs and spaces. */
static bool parse_bits(const char *text, size_t len, unsigned bits_max, unsigned *out)
{
    unsigned bits = 0;
    if (len == 0 || len > 3)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(text[i] - '0');
    }
    if (bits > bits_max)
        return false;
    *out = bits;
    return true;
}

bool simp_ip_parse_prefix(const char *text, size_t len, simp_ip *out, unsigned *bits)
{
    const char *slash = memchr(text, '/', len);
    size_t address_len = slash != NULL ? (size_t)(slash - text) : len;
    simp_ip address;
    /* The way of writing decides how the bits are counted: ::ffff:10.0.0.0/104 is 10.0.0.0/8. */
    unsigned bits_max = parse_address(text, address_len, &address), found = bits_max;
    if (bits_max == 0)
        return false;
    if (slash != NULL && !parse_bits(slash + 1, len - address_len - 1, bits_max, &found))
        return false;
    found += 128 - bits_max;
    *out = address;
    *bits = found;
    return true;
}

char *simp_ip_text(simp_ip a, char *buf, size_t size)
{
    uint8_t bytes[16];
    to_bytes(a, bytes);
    const char *done = simp_ip_is_v4(a) ? inet_ntop(AF_INET, bytes + 12, buf, (socklen_t)size)
                                        : inet_ntop(AF_INET6, bytes, buf, (socklen_t)size);
    if (done == NULL && size > 0)
        buf[0] = '\0';
    return buf;
}

/* Copies, because a caller's storage need be neither aligned nor of the type it claims. */
int simp_ip_from_sockaddr(const struct sockaddr *address, int len, simp_ip *ip, uint16_t *port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    sa_family_t family;
    if (address == NULL || len < (int)(offsetof(struct sockaddr, sa_family) + sizeof family))
        return WSAEFAULT;
    memcpy(&family, (const char *)address + offsetof(struct sockaddr, sa_family), sizeof family);
    if (family == AF_INET) {
        if (len < (int)sizeof v4)
            return WSAEFAULT;
        memcpy(&v4, address, sizeof v4);
        *ip = simp_ip_v4(ntohl(v4.sin_addr.s_addr));
        *port = ntohs(v4.sin_port);
        return 0;
    }
    if (family == AF_INET6) {
        if (len < (int)sizeof v6)
            return WSAEFAULT;
        memcpy(&v6, address, sizeof v6);
        *ip = simp_ip_in_zone(from_bytes(v6.sin6_addr.s6_addr), (uint16_t)v6.sin6_scope_id);
        *port = ntohs(v6.sin6_port);
        return 0;
    }
    return WSAEAFNOSUPPORT;
}

void simp_ip_to_sockaddr(simp_ip ip, uint16_t port, int family, struct sockaddr_storage *out)
{
    if (family == AF_INET) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
        v4.sin_addr.s_addr = htonl(simp_ip_v4_of(ip));
        memcpy(out, &v4, sizeof v4);
    } else {
        struct sockaddr_in6 v6 = {
            .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = simp_ip_zone(ip)};
        to_bytes(ip, v6.sin6_addr.s6_addr);
        memcpy(out, &v6, sizeof v6);
    }
}
