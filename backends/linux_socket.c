/* SPDX-License-Identifier: MIT
 *
 * See linux_socket.h.
 *
 * With IP_RECVERR the kernel queues every ICMP error, also of sockets without a peer, and fails the next call
 * besides.  What a failing call says is then only a hint: what counts is taken from the queue.  While the
 * queue is not empty, POLLERR holds, so that a send need not look into it.
 */
#define _GNU_SOURCE /* accept4, and the kernel's own flags */

#include "backends/linux_socket.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h>

int casp_linux_open(int family, int type) { return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int casp_linux_accept(int listener, SOCKADDR *peer, socklen_t *len)
{
    return accept4(listener, peer, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

unsigned casp_linux_count_beyond_mark(const cas_port_socket *s)
{
    ssize_t beyond = recv(s->fd, NULL, INT_MAX, MSG_PEEK | MSG_TRUNC);
    return beyond > 0 ? (unsigned)beyond : 0;
}

/* ---- ICMP errors ---- */

void casp_linux_prepare_datagram(const cas_port_socket *s)
{
    casp_socket_set_flag(s, IPPROTO_IP, IP_RECVERR, 1);
    if (s->family == AF_INET6)
        casp_socket_set_flag(s, IPPROTO_IPV6, IPV6_RECVERR, 1);
}

static void count_error(cas_port_socket *s, const struct sock_extended_err *e)
{
    enum { V4_UNREACHABLE = 3, V4_PORT = 3, V4_EXCEEDED = 11 };
    enum { V6_UNREACHABLE = 1, V6_PORT = 4, V6_EXCEEDED = 3 };
    bool v4 = e->ee_origin == SO_EE_ORIGIN_ICMP, v6 = e->ee_origin == SO_EE_ORIGIN_ICMP6;
    bool reset = (v4 && e->ee_type == V4_UNREACHABLE && e->ee_code == V4_PORT) ||
                 (v6 && e->ee_type == V6_UNREACHABLE && e->ee_code == V6_PORT);
    bool expiry = (v4 && e->ee_type == V4_EXCEEDED) || (v6 && e->ee_type == V6_EXCEEDED);
    if (reset)
        casp_datagram_count_reset(s);
    if (expiry && s->expiries < UINT16_MAX)
        s->expiries++;
}

/* False when the kernel's queue is empty. */
static bool take_error_message(cas_port_socket *s)
{
    union {
        struct cmsghdr align;
        char bytes[512];
    } control;
    struct msghdr message = {.msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    if (recvmsg(s->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
        bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
        struct sock_extended_err error;
        if (!v4 && !v6)
            continue;
        memcpy(&error, CMSG_DATA(c), sizeof error);
        count_error(s, &error);
    }
    return true;
}

void casp_linux_take_datagram_errors(cas_port_socket *s, int number)
{
    enum { ERRORS_MAX = 1024 };
    for (unsigned i = 0; i < ERRORS_MAX && take_error_message(s); i++)
        continue;
    if (number == 0)
        (void)casp_socket_take_error(s);
}
