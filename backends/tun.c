/* SPDX-License-Identifier: MIT
 *
 * See castanet/tun.h.
 */
#define _GNU_SOURCE /* ppoll */

#include "castanet/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/ioctl.h>

#include <linux/if.h>
#include <linux/if_tun.h>

#include "castanet/winsock.h"

typedef struct tun_port {
    cas_packet_port port; /* first: the port is the tun_port */
    cas_allocator *memory;
    int fd;
} tun_port;

static const uint64_t NS_PER_S = 1000000000u;

static uint64_t tun_now(cas_packet_port *port)
{
    struct timespec now;
    (void)port;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int tun_receive(cas_packet_port *port, uint8_t *packet, size_t capacity, size_t *len)
{
    ssize_t count = read(((tun_port *)port)->fd, packet, capacity);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? WSAEWOULDBLOCK : WSAENETDOWN;
    *len = (size_t)count;
    return 0;
}

static int tun_send(cas_packet_port *port, const uint8_t *packet, size_t len)
{
    ssize_t count = write(((tun_port *)port)->fd, packet, len);
    return count == (ssize_t)len ? 0 : WSAENETDOWN;
}

static void tun_wait(cas_packet_port *port, uint64_t until_ns)
{
    struct pollfd readable = {.fd = ((tun_port *)port)->fd, .events = POLLIN};
    uint64_t now_ns = tun_now(port), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec left = {(time_t)(left_ns / NS_PER_S), (long)(left_ns % NS_PER_S)};
    ppoll(&readable, 1, until_ns == UINT64_MAX ? NULL : &left, NULL);
}

static void tun_close(cas_packet_port *port)
{
    tun_port *tun = (tun_port *)port;
    close(tun->fd);
    cas_free(tun->memory, tun, sizeof *tun);
}

static const cas_packet_port_ops tun_ops = {tun_now, tun_receive, tun_send, tun_wait, tun_close};

static int open_error(int number)
{
    switch (number) {
    case EPERM:
    case EACCES: return WSAEACCES;
    case EBUSY: return WSAEADDRINUSE;
    case EMFILE:
    case ENFILE: return WSAEMFILE;
    case ENOMEM: return WSAENOBUFS;
    case EINVAL: return WSAEINVAL;
    default: return WSAEOPNOTSUPP;
    }
}

/* The descriptor, or minus a WSAE code. */
static int open_interface(const char *interface)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -open_error(errno);
    memcpy(request.ifr_name, interface, strlen(interface));
    if (ioctl(fd, TUNSETIFF, &request) == 0)
        return fd;
    int error = open_error(errno);
    close(fd);
    return -error;
}

int cas_tun_open(cas_allocator *memory, const char *interface, cas_packet_port **out)
{
    if (out == NULL || interface == NULL || *interface == '\0' || strlen(interface) >= IFNAMSIZ)
        return WSAEINVAL;
    if (memory == NULL)
        memory = cas_allocator_system();
    tun_port *tun = cas_alloc(memory, sizeof *tun);
    if (tun == NULL)
        return WSAENOBUFS;
    int fd = open_interface(interface);
    if (fd < 0) {
        cas_free(memory, tun, sizeof *tun);
        return -fd;
    }
    *tun = (tun_port){{&tun_ops}, memory, fd};
    *out = &tun->port;
    return 0;
}
