/* SPDX-License-Identifier: MIT
 *
 * An IP address of either family as one 128-bit number: IPv6, with IPv4 as ::ffff:a.b.c.d.
 */
#ifndef SIMNET_IP_ADDRESS_H
#define SIMNET_IP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

typedef struct simp_ip {
    uint64_t high, low;
} simp_ip;

#define SIMP_IP_V4_TOP 0x0000FFFF00000000u

static inline simp_ip simp_ip_v4(uint32_t address) { return (simp_ip){0, SIMP_IP_V4_TOP | address}; }
static inline bool simp_ip_is_v4(simp_ip a) { return a.high == 0 && a.low >> 32 == 0xFFFF; }
static inline bool simp_ip_equal(simp_ip a, simp_ip b) { return a.high == b.high && a.low == b.low; }
static inline uint32_t simp_ip_v4_of(simp_ip a) { return (uint32_t)a.low; }
/* 0.0.0.0 or :: */
static inline bool simp_ip_is_any(simp_ip a)
{
    return a.high == 0 && (a.low == 0 || a.low == SIMP_IP_V4_TOP);
}
static inline bool simp_ip_is_loopback(simp_ip a)
{
    return simp_ip_is_v4(a) ? (uint32_t)a.low >> 24 == 127 : a.high == 0 && a.low == 1;
}
static inline bool simp_ip_is_multicast(simp_ip a)
{
    return simp_ip_is_v4(a) ? (uint32_t)a.low >> 28 == 14 : a.high >> 56 == 0xFF;
}
/* 127.255.255.255, which every host has for itself */
static inline bool simp_ip_is_loopback_broadcast(simp_ip a)
{
    return a.high == 0 && a.low == (SIMP_IP_V4_TOP | 0x7FFFFFFFu);
}
static inline bool simp_ip_is_limited_broadcast(simp_ip a)
{
    return a.high == 0 && a.low == (SIMP_IP_V4_TOP | 0xFFFFFFFFu);
}

/* RFC 4007: an address or a group that means something on one link only.  A host tells its links apart by the
 * number of the interface, which it keeps where the second 16 bits of such an address are zero; on the link
 * they are. */
#define SIMP_IP_ZONE_MASK (UINT64_C(0xFFFF) << 32)
static inline bool simp_ip_is_link_local(simp_ip a) { return a.high >> 54 == 0x3FA; }
static inline bool simp_ip_has_zone(simp_ip a)
{
    uint64_t head = a.high >> 48;
    return simp_ip_is_link_local(a) || (head >> 8 == 0xFF && ((head & 0xF) == 1 || (head & 0xF) == 2));
}
static inline uint16_t simp_ip_zone(simp_ip a) /* 0: none */
{
    return simp_ip_has_zone(a) ? (uint16_t)(a.high >> 32) : 0;
}
static inline simp_ip simp_ip_in_zone(simp_ip a, uint16_t zone)
{
    if (simp_ip_has_zone(a))
        a.high = (a.high & ~SIMP_IP_ZONE_MASK) | (uint64_t)zone << 32;
    return a;
}

/* Are the first bits of a and b equal?  bits counts within the 128: an IPv4 /24 is 120. */
bool simp_ip_match(simp_ip a, simp_ip b, unsigned bits);

/* Numeric text, "10.0.0.1" or "fd00::1"; false if it is none. */
bool simp_ip_parse(const char *text, simp_ip *out);
/* "10.0.0.1/24": *bits within the 128; no slash: 128. */
bool simp_ip_parse_prefix(const char *text, size_t len, simp_ip *out, unsigned *bits);
/* Needs 46 bytes.  Returns buf. */
char *simp_ip_text(simp_ip, char *buf, size_t size);

/* Between sockaddrs and addresses; zones are scope identifiers there.  from: 0, WSAEFAULT (short),
 * WSAEAFNOSUPPORT. */
int simp_ip_from_sockaddr(const struct sockaddr *, int len, simp_ip *ip, uint16_t *port);
/* Writes as much as the family has; AF_INET6 takes an IPv4 address in its mapped form. */
void simp_ip_to_sockaddr(simp_ip, uint16_t port, int family, struct sockaddr_storage *out);

#endif
