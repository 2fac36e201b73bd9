/* SPDX-License-Identifier: MIT
 *
 * See addr.h.
 */
#include "core/addr.h"

#include <string.h>

#include <arpa/inet.h>

#include "core/mistake.h"

int casp_sockaddr_len(int family)
{
    if (family == AF_INET)
        return (int)sizeof(SOCKADDR_IN);
    return family == AF_INET6 ? (int)sizeof(SOCKADDR_IN6) : 0;
}

bool casp_text_is_ipv6(const char *text)
{
    struct in6_addr ignored;
    return text != NULL && inet_pton(AF_INET6, text, &ignored) == 1;
}

int casp_addr_parse(const char *text, UINT port, bool ipv6, SOCKADDR_STORAGE *out)
{
    SOCKADDR_IN in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    SOCKADDR_IN6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    int family = ipv6 ? AF_INET6 : AF_INET;
    void *address = ipv6 ? (void *)&in6.sin6_addr : (void *)&in.sin_addr;
    if (text != NULL && (inet_pton(family, text, address) != 1 || in.sin_addr.s_addr == INADDR_NONE))
        return casp_mistaken(CASP_MISTAKE_ADDRESS_TEXT, WSAEINVAL);
    if (ipv6)
        memcpy(out, &in6, sizeof in6);
    else
        memcpy(out, &in, sizeof in);
    return 0;
}

int casp_addr_check(const SOCKADDR *addr, int len, bool ipv6, bool unspec_allowed)
{
    if (addr == NULL || len < (int)sizeof(sa_family_t))
        return casp_mistaken(CASP_MISTAKE_ADDRESS_LENGTH, WSAEFAULT);
    if (addr->sa_family == AF_UNSPEC && unspec_allowed)
        return 0;
    int family = ipv6 ? AF_INET6 : AF_INET;
    bool stranger = addr->sa_family != family;
    if (len < casp_sockaddr_len(stranger ? AF_INET : family))
        return casp_mistaken(CASP_MISTAKE_ADDRESS_LENGTH, WSAEFAULT);
    return stranger ? casp_mistaken(CASP_MISTAKE_ADDRESS_FAMILY, WSAEAFNOSUPPORT) : 0;
}

int casp_addr_give(const SOCKADDR_STORAGE *from, SOCKADDR *addr, int *len)
{
    int needed = casp_sockaddr_len(from->ss_family);
    if (addr == NULL || len == NULL || *len < needed)
        return casp_mistaken(CASP_MISTAKE_ADDRESS_LENGTH, WSAEFAULT);
    if (from->ss_family == AF_INET)
        memcpy(addr, from, sizeof(SOCKADDR_IN));
    else
        memcpy(addr, from, (size_t)needed);
    *len = needed;
    return 0;
}

int casp_addr_give_text(const SOCKADDR_STORAGE *from, char *text, size_t size, UINT *port)
{
    char buf[CASP_ADDRESS_TEXT];
    uint16_t number;
    if (from->ss_family == AF_INET6) {
        const SOCKADDR_IN6 *in6 = (const SOCKADDR_IN6 *)from;
        inet_ntop(AF_INET6, &in6->sin6_addr, buf, sizeof buf);
        number = ntohs(in6->sin6_port);
    } else {
        const SOCKADDR_IN *in = (const SOCKADDR_IN *)from;
        inet_ntop(AF_INET, &in->sin_addr, buf, sizeof buf);
        number = ntohs(in->sin_port);
    }
    if (text != NULL) {
        size_t len = strlen(buf) + 1;
        if (len > size)
            return casp_mistaken(CASP_MISTAKE_ADDRESS_LENGTH, WSAEFAULT);
        memcpy(text, buf, len);
    }
    if (port != NULL)
        *port = number;
    return 0;
}
