/* SPDX-License-Identifier: MIT
 *
 * Addresses: a socket's two names, and host names.
 *
 * The peer's name is kept here, because the kernel forgets it while an attempt is under way and when a
 * connection has ended, and Winsock knows it in both (CNG-04, SHU-14).
 */

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netdb.h>

#include "backends/posix_socket.h"

int casp_address_len(int family)
{
    return family == AF_INET6 ? (int)sizeof(SOCKADDR_IN6) : (int)sizeof(SOCKADDR_IN);
}

void casp_address_keep(casp_address *to, const SOCKADDR *from, int len)
{
    size_t size = len < (int)sizeof *to ? (size_t)len : sizeof *to;
    *to = (casp_address){.v6 = {0}};
    memcpy(to, from, size);
}

bool casp_address_is_any(const SOCKADDR *addr)
{
    if (addr->sa_family == AF_INET6) {
        SOCKADDR_IN6 v6;
        memcpy(&v6, addr, sizeof v6);
        return IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr);
    }
    SOCKADDR_IN v4;
    memcpy(&v4, addr, sizeof v4);
    return v4.sin_addr.s_addr == INADDR_ANY;
}

void casp_address_make_any(SOCKADDR *addr)
{
    if (addr->sa_family == AF_INET6)
        ((SOCKADDR_IN6 *)(void *)addr)->sin6_addr = in6addr_any;
    else
        ((SOCKADDR_IN *)(void *)addr)->sin_addr.s_addr = INADDR_ANY;
}

/* The port is at the same place in both families. */
uint16_t casp_address_port(const SOCKADDR *addr)
{
    SOCKADDR_IN v4;
    memcpy(&v4, addr, sizeof v4);
    return ntohs(v4.sin_port);
}

int casp_posix_local_name(cas_backend *backend, cas_port_socket *s, SOCKADDR_STORAGE *out)
{
    (void)backend;
    return s->bound && casp_socket_local(s, out) ? 0 : WSAEINVAL;
}

int casp_posix_peer_name(cas_backend *backend, cas_port_socket *s, SOCKADDR_STORAGE *out)
{
    (void)backend;
    if (s->phase != CASP_CONNECTED && s->phase != CASP_CONNECTING)
        return WSAENOTCONN;
    memset(out, 0, sizeof *out);
    memcpy(out, &s->peer, sizeof s->peer);
    return 0;
}

/* ---- host names ---- */

static bool resolve_numeric(const char *host, uint16_t port, int family, SOCKADDR_STORAGE *out)
{
    SOCKADDR_STORAGE parsed;
    memset(&parsed, 0, sizeof parsed);
    SOCKADDR_IN *v4 = (SOCKADDR_IN *)&parsed;
    SOCKADDR_IN6 *v6 = (SOCKADDR_IN6 *)&parsed;
    if (family != AF_INET6 && inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
    } else if (family != AF_INET && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
    } else {
        return false;
    }
    *out = parsed;
    return true;
}

int casp_posix_resolve(cas_backend *backend, const char *host, uint16_t port, int family,
                       SOCKADDR_STORAGE *out)
{
    (void)backend;
    if (resolve_numeric(host, port, family, out))
        return 0;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int error = getaddrinfo(host, service, &hints, &list);
    if (error != 0)
        return error == EAI_AGAIN ? WSATRY_AGAIN : error == EAI_MEMORY ? WSAENOBUFS : WSAHOST_NOT_FOUND;
    memset(out, 0, sizeof *out);
    memcpy(out, list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    return 0;
}
