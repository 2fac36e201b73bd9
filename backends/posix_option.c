/* SPDX-License-Identifier: MIT
 *
 * Socket options with Winsock's meaning.
 *
 * Most go straight to the kernel.  A shadow answers where the kernel would answer something else than what
 * was set (it doubles buffer sizes and rounds times), has no such option, or must not be told: a linger
 * time other than 0 would make close(2) wait, so the kernel gets it only when a handle leaves
 * (casp_option_release).
 */

#include <errno.h>
#include <poll.h>

#include <sys/time.h>

#include "backends/posix_socket.h"

/* ---- to and from the kernel ---- */

static int kernel_get(const cas_port_socket *s, int level, int name, int *value)
{
    int read = 0;
    socklen_t len = sizeof read;
    if (getsockopt(s->fd, level, name, &read, &len) != 0)
        return casp_wsa_from_errno(errno);
    *value = read;
    return 0;
}

static int kernel_get_flag(const cas_port_socket *s, int level, int name, int *value)
{
    int error = kernel_get(s, level, name, value);
    if (error == 0)
        *value = *value != 0;
    return error;
}

static int kernel_set(const cas_port_socket *s, int level, int name, int value)
{
    return setsockopt(s->fd, level, name, &value, sizeof value) == 0 ? 0 : casp_wsa_from_errno(errno);
}

static int kernel_set_time(const cas_port_socket *s, int name, int ms)
{
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    return setsockopt(s->fd, SOL_SOCKET, name, &time, sizeof time) == 0 ? 0 : casp_wsa_from_errno(errno);
}

static int kernel_set_linger(const cas_port_socket *s, int value)
{
    struct linger linger = {.l_onoff = value >> 16, .l_linger = value & 0xFFFF};
    int failed = setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    return failed == 0 ? 0 : casp_wsa_from_errno(errno);
}

/* ---- options with more to them ---- */

/* Only the reset, 1/0, is the kernel's affair. */
static int set_linger(cas_port_socket *s, int value)
{
    int error = kernel_set_linger(s, value == CAS_LINGER(1, 0) ? value : CAS_LINGER(0, 0));
    if (error == 0)
        s->shadow.linger = value;
    return error;
}

/* REU-16: whichever comes second fails. */
static int set_reuseaddr(cas_port_socket *s, bool on)
{
    if (on && s->shadow.exclusiveaddruse)
        return WSAEINVAL;
    /* A listener needs the kernel's flag in any case. */
    int error = s->phase == CASP_LISTENING ? 0 : kernel_set(s, SOL_SOCKET, SO_REUSEADDR, on);
    if (error == 0)
        s->shadow.reuseaddr = on;
    return error;
}

static int set_exclusiveaddruse(cas_port_socket *s, bool on)
{
    if (on && s->shadow.reuseaddr)
        return WSAEINVAL;
    s->shadow.exclusiveaddruse = on;
    return 0;
}

static int set_oobinline(cas_port_socket *s, bool on)
{
    bool pending = on && s->urgent_seen && (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0;
    int error = kernel_set(s, SOL_SOCKET, SO_OOBINLINE, on);
    if (error != 0)
        return error;
    if (s->phase == CASP_CONNECTED && on != s->oob_inline && s->readable != CASP_READABLE_YES)
        s->readable = CASP_READABLE_MAYBE; /* the urgent byte has just changed sides */
    s->oob_inline = on;
    s->inline_changed = true;
    s->mark_stands = pending;
    if (on)
        casp_stream_skip_taken(s);
    return 0;
}

static int set_broadcast(cas_port_socket *s, bool on)
{
    int error = kernel_set(s, SOL_SOCKET, SO_BROADCAST, on);
    if (error == 0) {
        s->shadow.broadcast = on;
        s->broadcast_lent = false;
    }
    return error;
}

static int connect_time(cas_backend *backend, const cas_port_socket *s)
{
    const uint64_t ns_per_s = 1000000000u;
    if (s->datagram || s->phase != CASP_CONNECTED)
        return -1;
    return (int)((casp_posix_now(backend) - s->connected_ns) / ns_per_s);
}

static int buffer_size(const cas_port_socket *s, int name, int shadow, int *value)
{
    if (shadow < 0)
        return kernel_get(s, SOL_SOCKET, name, value);
    *value = shadow;
    return 0;
}

/* The kernel cuts what is too large, and doubles the rest for its own needs. */
static int set_buffer(const cas_port_socket *s, int name, int value, int *shadow)
{
    if (value < 0)
        return WSAEINVAL;
    int error = kernel_set(s, SOL_SOCKET, name, value);
    if (error == 0)
        *shadow = value;
    return error;
}

static int set_time(const cas_port_socket *s, int name, int value, int *shadow)
{
    int error = kernel_set_time(s, name, value < 0 ? 0 : value);
    if (error == 0)
        *shadow = value;
    return error;
}

static int time_to_live(const cas_port_socket *s, int *value, bool set)
{
    int level = s->family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    int name = s->family == AF_INET6 ? IPV6_UNICAST_HOPS : IP_TTL;
    return set ? kernel_set(s, level, name, *value) : kernel_get(s, level, name, value);
}

/* Windows says "do not fragment"; Linux asks how far the path's MTU is to be discovered. */
static int dont_fragment(const cas_port_socket *s, int *value, bool set)
{
#if defined(IP_MTU_DISCOVER) && defined(IP_PMTUDISC_DO)
    bool v6 = s->family == AF_INET6;
    int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, name = v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER;
    int mode = *value != 0 ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
    int error = set ? kernel_set(s, level, name, mode) : kernel_get(s, level, name, &mode);
    *value = mode == IP_PMTUDISC_DO;
    return error;
#else
    (void)s, (void)value, (void)set;
    return WSAENOPROTOOPT;
#endif
}

/* ---- groups ---- */

static int membership(const cas_port_socket *s, int v4_name, int v6_name, const cas_group *group)
{
    bool v6 = s->family == AF_INET6;
    int failed = v6 ? setsockopt(s->fd, IPPROTO_IPV6, v6_name, &group->v6, sizeof group->v6)
                    : setsockopt(s->fd, IPPROTO_IP, v4_name, &group->v4, sizeof group->v4);
    if (failed == 0)
        return 0;
    bool no_interface = errno == ENODEV || errno == ENXIO;
    return no_interface ? WSAEADDRNOTAVAIL : casp_wsa_from_errno(errno);
}

int casp_posix_join(cas_backend *backend, cas_port_socket *s, const cas_group *group)
{
    (void)backend;
    return membership(s, IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP, group);
}

int casp_posix_leave(cas_backend *backend, cas_port_socket *s, const cas_group *group)
{
    (void)backend;
    return membership(s, IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP, group);
}

/* How the kernel knows an option about groups. */
static void group_option(const cas_port_socket *s, cas_option option, int *level, int *name)
{
    bool v6 = s->family == AF_INET6;
    *level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    if (option == CAS_OPT_MULTICAST_IF)
        *name = v6 ? IPV6_MULTICAST_IF : IP_MULTICAST_IF;
    else if (option == CAS_OPT_MULTICAST_TTL)
        *name = v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL;
    else
        *name = v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP;
}

static int get_group_option(const cas_port_socket *s, cas_option option, int *value)
{
    int level, name;
    group_option(s, option, &level, &name);
    return kernel_get(s, level, name, value);
}

static int set_group_option(const cas_port_socket *s, cas_option option, int value)
{
    int level, name;
    group_option(s, option, &level, &name);
    int error = kernel_set(s, level, name, value);
    return error == WSAEINVAL && option == CAS_OPT_MULTICAST_IF ? WSAEADDRNOTAVAIL : error;
}

/* ---- the two slots ---- */

/* size: table */
int casp_posix_get_option(cas_backend *backend, cas_port_socket *s, cas_option option, int *value)
{
    const casp_shadow *shadow = &s->shadow;
    switch (option) {
    case CAS_OPT_DEBUG: *value = shadow->debug; return 0;
    case CAS_OPT_ACCEPTCONN: *value = s->phase == CASP_LISTENING; return 0;
    case CAS_OPT_REUSEADDR: *value = shadow->reuseaddr; return 0;
    case CAS_OPT_EXCLUSIVEADDRUSE: *value = shadow->exclusiveaddruse; return 0;
    case CAS_OPT_KEEPALIVE: return kernel_get_flag(s, SOL_SOCKET, SO_KEEPALIVE, value);
    case CAS_OPT_DONTROUTE: return kernel_get_flag(s, SOL_SOCKET, SO_DONTROUTE, value);
    case CAS_OPT_BROADCAST: *value = shadow->broadcast; return 0;
    case CAS_OPT_LINGER:
        if (s->datagram)
            return WSAENOPROTOOPT; /* OPT-8 */
        *value = shadow->linger;
        return 0;
    case CAS_OPT_OOBINLINE: *value = s->oob_inline; return 0;
    case CAS_OPT_SNDBUF: return buffer_size(s, SO_SNDBUF, shadow->sndbuf, value);
    case CAS_OPT_RCVBUF: return buffer_size(s, SO_RCVBUF, shadow->rcvbuf, value);
    case CAS_OPT_SNDTIMEO: *value = shadow->sndtimeo; return 0;
    case CAS_OPT_RCVTIMEO: *value = shadow->rcvtimeo; return 0;
    case CAS_OPT_ERROR: *value = shadow->error; return 0;
    case CAS_OPT_TYPE: *value = s->datagram ? SOCK_DGRAM : SOCK_STREAM; return 0;
    case CAS_OPT_CONNECT_TIME: *value = connect_time(backend, s); return 0;
    case CAS_OPT_NODELAY:
        return s->datagram ? WSAENOPROTOOPT : kernel_get_flag(s, IPPROTO_TCP, TCP_NODELAY, value);
    case CAS_OPT_V6ONLY: return kernel_get_flag(s, IPPROTO_IPV6, IPV6_V6ONLY, value);
    case CAS_OPT_TTL: return time_to_live(s, value, false);
    case CAS_OPT_DONT_FRAGMENT: return dont_fragment(s, value, false);
    case CAS_OPT_MULTICAST_IF:
    case CAS_OPT_MULTICAST_TTL:
    case CAS_OPT_MULTICAST_LOOP: return get_group_option(s, option, value);
    default: return WSAENOPROTOOPT;
    }
}

/* size: table */
int casp_posix_set_option(cas_backend *backend, cas_port_socket *s, cas_option option, int value)
{
    (void)backend;
    casp_shadow *shadow = &s->shadow;
    bool on = value != 0;
    switch (option) {
    case CAS_OPT_DEBUG: shadow->debug = on; return 0;
    case CAS_OPT_REUSEADDR: return set_reuseaddr(s, on);
    case CAS_OPT_EXCLUSIVEADDRUSE: return set_exclusiveaddruse(s, on);
    case CAS_OPT_KEEPALIVE: return kernel_set(s, SOL_SOCKET, SO_KEEPALIVE, on);
    case CAS_OPT_DONTROUTE: return kernel_set(s, SOL_SOCKET, SO_DONTROUTE, on);
    case CAS_OPT_BROADCAST: return s->datagram ? set_broadcast(s, on) : WSAENOPROTOOPT;
    case CAS_OPT_LINGER: return s->datagram ? WSAENOPROTOOPT : set_linger(s, value);
    case CAS_OPT_OOBINLINE: return s->datagram ? WSAENOPROTOOPT : set_oobinline(s, on);
    case CAS_OPT_SNDBUF: return set_buffer(s, SO_SNDBUF, value, &shadow->sndbuf);
    case CAS_OPT_RCVBUF: return set_buffer(s, SO_RCVBUF, value, &shadow->rcvbuf);
    case CAS_OPT_SNDTIMEO: return set_time(s, SO_SNDTIMEO, value, &shadow->sndtimeo);
    case CAS_OPT_RCVTIMEO: return set_time(s, SO_RCVTIMEO, value, &shadow->rcvtimeo);
    case CAS_OPT_ERROR: shadow->error = value; return 0; /* OPT-3 */
    case CAS_OPT_NODELAY: return s->datagram ? WSAENOPROTOOPT : kernel_set(s, IPPROTO_TCP, TCP_NODELAY, on);
    case CAS_OPT_V6ONLY: return kernel_set(s, IPPROTO_IPV6, IPV6_V6ONLY, on);
    case CAS_OPT_TTL: return time_to_live(s, &value, true);
    case CAS_OPT_DONT_FRAGMENT: return dont_fragment(s, &value, true);
    case CAS_OPT_MULTICAST_IF:
    case CAS_OPT_MULTICAST_TTL:
    case CAS_OPT_MULTICAST_LOOP: return set_group_option(s, option, value);
    default: return WSAENOPROTOOPT; /* ACCEPTCONN, TYPE, CONNECT_TIME can only be read */
    }
}

/* ---- handles that come and go ---- */

static int adopted_time(const cas_port_socket *s, int name)
{
    struct timeval time = {0};
    socklen_t len = sizeof time;
    if (getsockopt(s->fd, SOL_SOCKET, name, &time, &len) != 0)
        return 0;
    return (int)(time.tv_sec * 1000 + time.tv_usec / 1000);
}

static bool adopted_flag(const cas_port_socket *s, int name)
{
    int value = 0;
    return kernel_get(s, SOL_SOCKET, name, &value) == 0 && value != 0;
}

void casp_option_adopt(cas_port_socket *s)
{
    struct linger linger = {0};
    socklen_t len = sizeof linger;
    s->shadow.sndtimeo = adopted_time(s, SO_SNDTIMEO);
    s->shadow.rcvtimeo = adopted_time(s, SO_RCVTIMEO);
    s->shadow.reuseaddr = adopted_flag(s, SO_REUSEADDR);
    if (s->datagram) {
        s->shadow.broadcast = adopted_flag(s, SO_BROADCAST);
        return;
    }
    s->oob_inline = adopted_flag(s, SO_OOBINLINE);
    s->inline_changed = s->phase == CASP_LISTENING; /* for all that is known */
    if (getsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger, &len) == 0)
        set_linger(s, CAS_LINGER(linger.l_onoff != 0, linger.l_linger));
}

void casp_option_recall(cas_port_socket *s, const casp_shadow *known)
{
    casp_shadow asked = s->shadow; /* others may have set these meanwhile */
    s->shadow = *known;
    s->shadow.sndtimeo = asked.sndtimeo;
    s->shadow.rcvtimeo = asked.rcvtimeo;
    s->shadow.linger = asked.linger;
}

void casp_option_release(const cas_port_socket *s)
{
    if (!s->datagram && s->shadow.linger >> 16 != 0)
        kernel_set_linger(s, s->shadow.linger);
}
