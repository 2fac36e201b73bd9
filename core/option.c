/* SPDX-License-Identifier: MIT
 *
 * Socket options and IOCtl: from the caller's numbers and layouts to the port's.
 *
 * An option may be given by the system's level and number, or by Winsock's (level 0xFFFF).  Lengths and
 * layouts are checked here once for all backends (OPT-1 to OPT-8).
 */
#include <string.h>

#include "core/engine.h"

enum { WINSOCK_SOL_SOCKET = 0xFFFF, WINSOCK_IPV6_V6ONLY = 27, WINSOCK_IP_TTL = 4 };

typedef enum shape {
    SHAPE_BOOL,
    SHAPE_BYTE,
    SHAPE_NOT_BOOL,
    SHAPE_INT,
    SHAPE_SMALL, /* an int, or its one byte */
    SHAPE_LINGER,
    SHAPE_JOIN, /* a cas_group; no option of the port */
    SHAPE_LEAVE
} shape;
enum { GET = 1, SET = 2, STREAM = 4, DATAGRAM = 8, BOTH = STREAM | DATAGRAM, ALL = GET | SET | BOTH };

typedef struct entry {
    int level; /* the system's */
    int system, winsock;
    cas_option option;
    shape layout;
    uint8_t use;
} entry;

static const entry entries[] = {
    {SOL_SOCKET, SO_DEBUG, 0x0001, CAS_OPT_DEBUG, SHAPE_BOOL, ALL},
    {SOL_SOCKET, SO_ACCEPTCONN, 0x0002, CAS_OPT_ACCEPTCONN, SHAPE_BOOL, GET | BOTH},
    {SOL_SOCKET, SO_REUSEADDR, 0x0004, CAS_OPT_REUSEADDR, SHAPE_BOOL, ALL},
    {SOL_SOCKET, SO_EXCLUSIVEADDRUSE, SO_EXCLUSIVEADDRUSE, CAS_OPT_EXCLUSIVEADDRUSE, SHAPE_BOOL, ALL},
    {SOL_SOCKET, SO_KEEPALIVE, 0x0008, CAS_OPT_KEEPALIVE, SHAPE_BYTE, GET | SET | STREAM},
    {SOL_SOCKET, SO_DONTROUTE, 0x0010, CAS_OPT_DONTROUTE, SHAPE_BYTE, ALL},
    {SOL_SOCKET, SO_BROADCAST, 0x0020, CAS_OPT_BROADCAST, SHAPE_BOOL, GET | SET | DATAGRAM},
    {SOL_SOCKET, SO_LINGER, 0x0080, CAS_OPT_LINGER, SHAPE_LINGER, GET | SET | STREAM},
    {SOL_SOCKET, SO_DONTLINGER, SO_DONTLINGER, CAS_OPT_LINGER, SHAPE_NOT_BOOL, GET | SET | STREAM},
    {SOL_SOCKET, SO_OOBINLINE, 0x0100, CAS_OPT_OOBINLINE, SHAPE_BOOL, GET | SET | STREAM},
    {SOL_SOCKET, SO_SNDBUF, 0x1001, CAS_OPT_SNDBUF, SHAPE_INT, ALL},
    {SOL_SOCKET, SO_RCVBUF, 0x1002, CAS_OPT_RCVBUF, SHAPE_INT, ALL},
    {SOL_SOCKET, SO_SNDTIMEO, 0x1005, CAS_OPT_SNDTIMEO, SHAPE_INT, ALL},
    {SOL_SOCKET, SO_RCVTIMEO, 0x1006, CAS_OPT_RCVTIMEO, SHAPE_INT, ALL},
    {SOL_SOCKET, SO_ERROR, 0x1007, CAS_OPT_ERROR, SHAPE_INT, ALL},
    {SOL_SOCKET, SO_TYPE, 0x1008, CAS_OPT_TYPE, SHAPE_INT, GET | BOTH},
    {SOL_SOCKET, SO_CONNECT_TIME, SO_CONNECT_TIME, CAS_OPT_CONNECT_TIME, SHAPE_INT, GET | BOTH},
    {IPPROTO_TCP, TCP_NODELAY, 1, CAS_OPT_NODELAY, SHAPE_BYTE, GET | SET | STREAM},
    {IPPROTO_IPV6, IPV6_V6ONLY, WINSOCK_IPV6_V6ONLY, CAS_OPT_V6ONLY, SHAPE_BYTE, ALL},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 4, CAS_OPT_TTL, SHAPE_INT, ALL},
    {IPPROTO_IPV6, IPV6_DONTFRAG, 14, CAS_OPT_DONT_FRAGMENT, SHAPE_BOOL, GET | SET | DATAGRAM},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, 9, CAS_OPT_MULTICAST_IF, SHAPE_INT, GET | SET | DATAGRAM},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 10, CAS_OPT_MULTICAST_TTL, SHAPE_INT, GET | SET | DATAGRAM},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 11, CAS_OPT_MULTICAST_LOOP, SHAPE_BOOL, GET | SET | DATAGRAM},
    {IPPROTO_IPV6, IPV6_JOIN_GROUP, 12, CAS_OPT_MULTICAST_IF, SHAPE_JOIN, SET | DATAGRAM},
    {IPPROTO_IPV6, IPV6_LEAVE_GROUP, 13, CAS_OPT_MULTICAST_IF, SHAPE_LEAVE, SET | DATAGRAM},
    {IPPROTO_IP, IP_TTL, WINSOCK_IP_TTL, CAS_OPT_TTL, SHAPE_INT, ALL},
    {IPPROTO_IP, IP_DONTFRAGMENT, 14, CAS_OPT_DONT_FRAGMENT, SHAPE_BOOL, GET | SET | DATAGRAM},
    {IPPROTO_IP, IP_MULTICAST_IF, 9, CAS_OPT_MULTICAST_IF, SHAPE_INT, GET | SET | DATAGRAM},
    {IPPROTO_IP, IP_MULTICAST_TTL, 10, CAS_OPT_MULTICAST_TTL, SHAPE_SMALL, GET | SET | DATAGRAM},
    {IPPROTO_IP, IP_MULTICAST_LOOP, 11, CAS_OPT_MULTICAST_LOOP, SHAPE_BOOL, GET | SET | DATAGRAM},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, 12, CAS_OPT_MULTICAST_IF, SHAPE_JOIN, SET | DATAGRAM},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, 13, CAS_OPT_MULTICAST_IF, SHAPE_LEAVE, SET | DATAGRAM},
};

/* What is about groups speaks in addresses of the socket's own family. */
static bool is_of_family(const entry *e, const casp_sink *sink)
{
    bool grouped = e->option == CAS_OPT_MULTICAST_IF || e->option == CAS_OPT_MULTICAST_TTL ||
                   e->option == CAS_OPT_MULTICAST_LOOP;
    return !grouped || (e->level == IPPROTO_IPV6) == sink->ipv6;
}

static int find(const casp_sink *sink, int level, int name, int access, const entry **out)
{
    bool level_known = false;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        const entry *e = &entries[i];
        bool winsock = level == WINSOCK_SOL_SOCKET && e->level == SOL_SOCKET;
        if (e->level != level && !winsock)
            continue;
        level_known = true;
        if (name != (winsock ? e->winsock : e->system))
            continue;
        *out = e;
        bool fits = (e->use & access) != 0 && (e->use & (sink->datagram ? DATAGRAM : STREAM)) != 0 &&
                    is_of_family(e, sink);
        return fits ? 0 : casp_mistaken(CASP_MISTAKE_OPTION_UNKNOWN, WSAENOPROTOOPT);
    }
    return casp_mistaken(CASP_MISTAKE_OPTION_UNKNOWN, level_known ? WSAENOPROTOOPT : WSAEINVAL);
}

/* ---- from the caller ---- */

/* OPT-5: only the first byte counts, which is the lowest one where Winsock runs. */
static int read_low_byte(const void *value, int len, int *out)
{
    const uint16_t one = 1;
    bool is_little_endian = *(const unsigned char *)&one == 1;
    if (len <= 0)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    int width = len >= 4 ? 4 : len >= 2 ? 2 : 1;
    *out = ((const unsigned char *)value)[is_little_endian ? 0 : width - 1] != 0;
    return 0;
}

static int read_bool(const entry *e, const void *value, int len, int *out)
{
    if (e->option == CAS_OPT_NODELAY)
        return read_low_byte(value, len, out);
    if (len != 0 && len != 1 && len != 2 && len < 4)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    unsigned char bytes[4] = {0};
    memcpy(bytes, value, (size_t)(len < 4 ? len : 4));
    *out = (bytes[0] | bytes[1] | bytes[2] | bytes[3]) != 0;
    return 0;
}

static int read_linger(const void *value, int len, int *out)
{
    if (len >= (int)sizeof(struct linger)) {
        struct linger system;
        memcpy(&system, value, sizeof system);
        *out = CAS_LINGER(system.l_onoff != 0, system.l_linger);
        return 0;
    }
    uint16_t winsock[2];
    if (len < (int)sizeof winsock)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    memcpy(winsock, value, sizeof winsock);
    *out = CAS_LINGER(winsock[0] != 0, winsock[1]);
    return 0;
}

static int read_value(const entry *e, const void *value, int len, int *out)
{
    if (value == NULL || len < 0)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    switch (e->layout) {
    case SHAPE_LINGER: return read_linger(value, len, out);
    case SHAPE_SMALL:
        if (len == 1) {
            *out = *(const unsigned char *)value;
            return 0;
        } /* fall through */
    case SHAPE_INT:
        if (len < (int)sizeof *out)
            return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
        memcpy(out, value, sizeof *out);
        return 0;
    default: return read_bool(e, value, len, out);
    }
}

static bool is_group(const entry *e) { return e->layout == SHAPE_JOIN || e->layout == SHAPE_LEAVE; }

static int change_membership(casp_sink *sink, const entry *e, const void *value, int len)
{
    cas_group group;
    cas_backend *backend = sink->thread->backend;
    size_t needed = sink->ipv6 ? sizeof group.v6 : sizeof group.v4;
    if (value == NULL || len < (int)needed)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    memcpy(&group, value, needed);
    return e->layout == SHAPE_JOIN ? backend->ops->join(backend, sink->port, &group)
                                   : backend->ops->leave(backend, sink->port, &group);
}

static int set_option(CAsyncSocket *self, int name, const void *value, int len, int level)
{
    int error, number = 0;
    const entry *e = NULL;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = find(sink, level, name, SET, &e);
    if (error == 0 && is_group(e))
        return change_membership(sink, e, value, len);
    if (error == 0)
        error = read_value(e, value, len, &number);
    if (error != 0)
        return error;
    cas_backend *backend = sink->thread->backend;
    if (e->layout == SHAPE_NOT_BOOL) { /* SO_DONTLINGER: the inverse of onoff, the seconds stay */
        int linger;
        error = backend->ops->get_option(backend, sink->port, CAS_OPT_LINGER, &linger);
        number = CAS_LINGER(number == 0, linger & 0xFFFF);
    }
    if (error == 0)
        error = backend->ops->set_option(backend, sink->port, e->option, number);
    if (error == 0 && e->option == CAS_OPT_OOBINLINE)
        casp_notify_evaluate(sink, FD_READ | FD_OOB); /* an urgent byte that waits has changed sides */
    return error;
}

BOOL CAsyncSocket_SetSockOpt(CAsyncSocket *self, int nOptionName, const void *lpOptionValue, int nOptionLen,
                             int nLevel)
{
    int error = set_option(self, nOptionName, lpOptionValue, nOptionLen, nLevel);
    return (BOOL)casp_finish("SetSockOpt", self == NULL ? INVALID_SOCKET : self->m_hSocket, error,
                             error == 0);
}

/* ---- to the caller ---- */

static int write_linger(int number, void *value, int *len)
{
    int onoff = number >> 16, seconds = number & 0xFFFF;
    if (*len >= (int)sizeof(struct linger)) {
        struct linger system = {.l_onoff = onoff, .l_linger = seconds};
        memcpy(value, &system, sizeof system);
        *len = (int)sizeof system;
        return 0;
    }
    uint16_t winsock[2] = {(uint16_t)onoff, (uint16_t)seconds};
    if (*len < (int)sizeof winsock)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    memcpy(value, winsock, sizeof winsock);
    *len = (int)sizeof winsock;
    return 0;
}

/* A BOOL that Winsock keeps in one byte says so; who looks at the whole int finds the same value. */
static int write_byte(int number, void *value, int *len)
{
    if (*len < 1)
        return WSAEFAULT;
    memset(value, 0, (size_t)(*len < (int)sizeof number ? *len : (int)sizeof number));
    *(unsigned char *)value = number != 0;
    *len = 1;
    return 0;
}

static int write_value(const entry *e, int number, void *value, int *len)
{
    if (e->layout == SHAPE_LINGER)
        return write_linger(number, value, len);
    if (e->layout == SHAPE_BYTE)
        return write_byte(number, value, len);
    if (e->layout == SHAPE_NOT_BOOL)
        number = number >> 16 == 0;
    if (e->layout != SHAPE_INT && (*len == 1 || *len == 2)) {
        memset(value, 0, (size_t)*len);
        *(unsigned char *)value = number != 0;
        return 0;
    }
    if (*len < (int)sizeof number)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    memcpy(value, &number, sizeof number);
    *len = (int)sizeof number;
    return 0;
}

static int get_option(CAsyncSocket *self, int name, void *value, int *len, int level)
{
    int error, number = 0;
    const entry *e = NULL;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = find(sink, level, name, GET, &e);
    if (error == 0 && (value == NULL || len == NULL))
        error = casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    if (error == 0)
        error = sink->thread->backend->ops->get_option(sink->thread->backend, sink->port, e->option, &number);
    return error != 0 ? error : write_value(e, number, value, len);
}

BOOL CAsyncSocket_GetSockOpt(CAsyncSocket *self, int nOptionName, void *lpOptionValue, int *lpOptionLen,
                             int nLevel)
{
    int error = get_option(self, nOptionName, lpOptionValue, lpOptionLen, nLevel);
    return (BOOL)casp_finish("GetSockOpt", self == NULL ? INVALID_SOCKET : self->m_hSocket, error,
                             error == 0);
}

/* ---- commands ---- */

/* Winsock's numbers do not fit a 32-bit long as positive values: compare the low 32 bits. */
static bool is_command(long given, long system, uint32_t winsock)
{
    return (uint32_t)(unsigned long)given == winsock || given == system;
}

static int control(casp_sink *sink, long command, DWORD *argument)
{
    cas_backend *backend = sink->thread->backend;
    if (argument == NULL)
        return casp_mistaken(CASP_MISTAKE_OPTION_LENGTH, WSAEFAULT);
    if (is_command(command, FIONBIO, 0x8004667E)) {
        /* Calls never wait here, so there is no mode to change; Winsock refuses the change under a mask
         * (NBI-04). */
        bool refused = *argument == 0 && sink->mask != 0;
        return refused ? casp_mistaken(CASP_MISTAKE_BLOCKING, WSAEINVAL) : 0;
    }
    if (is_command(command, SIO_UDP_CONNRESET, 0x9800000C))
        return sink->datagram ? backend->ops->set_udp_connreset(backend, sink->port, *argument != 0)
                              : WSAEINVAL;
    unsigned value = 0;
    int error = WSAEINVAL;
    if (is_command(command, FIONREAD, 0x4004667F))
        error = backend->ops->query(backend, sink->port, CAS_QUERY_READ_COUNT, &value);
    else if (is_command(command, SIOCATMARK, 0x40047307) && !sink->datagram)
        error = backend->ops->query(backend, sink->port, CAS_QUERY_AT_MARK, &value);
    if (error == 0)
        *argument = value;
    return error;
}

BOOL CAsyncSocket_IOCtl(CAsyncSocket *self, long lCommand, DWORD *lpArgument)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = control(sink, lCommand, lpArgument);
    return (BOOL)casp_finish("IOCtl", self == NULL ? INVALID_SOCKET : self->m_hSocket, error, error == 0);
}
