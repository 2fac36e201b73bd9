/* SPDX-License-Identifier: MIT
 *
 * Addresses as the recording has them: by the names of the sockets that have them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "tests/golden_run.h"

static bool is_wildcard(const SOCKADDR_STORAGE *a)
{
    if (a->ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&((const SOCKADDR_IN6 *)a)->sin6_addr);
    return ((const SOCKADDR_IN *)a)->sin_addr.s_addr == htonl(INADDR_ANY);
}

static bool is_loopback(const SOCKADDR_STORAGE *a)
{
    if (a->ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const SOCKADDR_IN6 *)a)->sin6_addr);
    return ((const SOCKADDR_IN *)a)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static bool local_name(golden_socket *s, SOCKADDR_STORAGE *out)
{
    int len = (int)sizeof *out;
    *out = s->last_name;
    if (s->base.m_hSocket == INVALID_SOCKET)
        return out->ss_family != AF_UNSPEC;
    return CAsyncSocket_GetSockNameAddr(&s->base, (SOCKADDR *)out, &len);
}

bool golden_address_of(golden_socket *s, SOCKADDR_STORAGE *out)
{
    cas_thread *before = arena_enter(s->run->arena, s->thread);
    bool known = local_name(s, out);
    cas_thread_enter(before);
    if (known && is_wildcard(out)) {
        if (out->ss_family == AF_INET6)
            ((SOCKADDR_IN6 *)out)->sin6_addr = in6addr_loopback;
        else
            ((SOCKADDR_IN *)out)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    return known;
}

static bool same_address(const SOCKADDR_STORAGE *a, const SOCKADDR_STORAGE *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET6) {
        const SOCKADDR_IN6 *x = (const SOCKADDR_IN6 *)a, *y = (const SOCKADDR_IN6 *)b;
        return x->sin6_port == y->sin6_port && memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
    }
    const SOCKADDR_IN *x = (const SOCKADDR_IN *)a, *y = (const SOCKADDR_IN *)b;
    return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
}

/* ::ffff:127.0.0.1, as an IPv6 socket sees an IPv4 peer, is the same as 127.0.0.1. */
static SOCKADDR_STORAGE unmapped(const SOCKADDR_STORAGE *a)
{
    const SOCKADDR_IN6 *v6 = (const SOCKADDR_IN6 *)a;
    if (a->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return *a;
    SOCKADDR_STORAGE out = {0};
    SOCKADDR_IN *v4 = (SOCKADDR_IN *)&out;
    v4->sin_family = AF_INET;
    v4->sin_port = v6->sin6_port;
    memcpy(&v4->sin_addr, &v6->sin6_addr.s6_addr[12], sizeof v4->sin_addr);
    return out;
}

/* The socket that has the address, or NULL.  An accepted one shares its listener's, so the last one is
 * preferred. */
static const char *owner_of(golden_run *run, const SOCKADDR_STORAGE *a)
{
    SOCKADDR_STORAGE plain = unmapped(a), name;
    for (unsigned i = run->socket_count; i-- > 0;)
        if (golden_address_of(run->sockets[i], &name) && same_address(&name, &plain))
            return run->sockets[i]->name;
    return NULL;
}

static void name_address(golden_run *run, const SOCKADDR_STORAGE *a, char *buf, size_t size)
{
    const char *owner = owner_of(run, a);
    if (owner != NULL)
        snprintf(buf, size, "addr(%s)", owner);
    else
        snprintf(buf, size, "%s:port", is_loopback(a) ? "loopback" : is_wildcard(a) ? "any" : "elsewhere");
}

void golden_name_owner(golden_run *run, const SOCKADDR_STORAGE *a, char *buf, size_t size)
{
    const char *owner = owner_of(run, a);
    snprintf(buf, size, "%s", owner != NULL ? owner : "nobody");
}

void golden_ask_name(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    SOCKADDR_STORAGE name = {0};
    int len = (int)sizeof name;
    bool null = strcmp(e->args, "NULL") == 0;
    if (*e->args != '\0' && !null && sscanf(e->args, "length %d", &len) != 1) {
        golden_stop(run, "a name is asked for with these arguments");
        return;
    }
    bool peer = strcmp(e->name, "getpeername") == 0;
    SOCKADDR *to = null ? NULL : (SOCKADDR *)&name;
    golden_take_bool(out, peer ? CAsyncSocket_GetPeerNameAddr(&s->base, to, &len)
                               : CAsyncSocket_GetSockNameAddr(&s->base, to, &len));
    if (out->ret != 0)
        return;
    if (peer)
        name_address(run, &name, out->val, sizeof out->val);
    else
        snprintf(out->val, sizeof out->val, "%s:port",
                 is_loopback(&name)   ? "loopback"
                 : is_wildcard(&name) ? "any"
                                      : "elsewhere");
}
