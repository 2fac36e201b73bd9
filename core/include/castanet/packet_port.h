/* SPDX-License-Identifier: MIT
 *
 * A port for whole IP packets, and the clock beside it: how a virtual network meets an outside one.  The
 * simulator knows nothing of what is behind it, and what is behind it nothing of the simulator.
 *
 * cas_tun_open (castanet/tun.h) makes one for a network interface of Linux; tests make their own.
 */
#ifndef CASTANET_PACKET_PORT_H
#define CASTANET_PACKET_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cas_packet_port cas_packet_port;

#define CAS_PACKET_MAX 65535 /* octets of an IP packet */

/* Nothing but wait waits.  Functions that return int return 0 or a WSAE code. */
typedef struct cas_packet_port_ops {
    /* Monotonic, in ns from an arbitrary start. */
    uint64_t (*now_ns)(cas_packet_port *);
    /* One IPv4 or IPv6 packet, from its IP header on, without anything before it.  WSAEWOULDBLOCK: there is
     * none now.  Other codes: there will be none any more. */
    int (*receive)(cas_packet_port *, uint8_t *packet, size_t capacity, size_t *len);
    /* The packet is on its way, or lost as on a wire that is full.  A failure says that it is lost. */
    int (*send)(cas_packet_port *, const uint8_t *packet, size_t len);
    /* Returns when a packet may be there, when now_ns() is until_ns or later, or before that for no reason.
     * */
    void (*wait)(cas_packet_port *, uint64_t until_ns);
    void (*close)(cas_packet_port *);
} cas_packet_port_ops;

/* The first member of every port. */
struct cas_packet_port {
    const cas_packet_port_ops *ops;
};

/* Gives back all that it has; NULL: nothing. */
static inline void cas_packet_port_close(cas_packet_port *port)
{
    if (port != NULL)
        port->ops->close(port);
}

#ifdef __cplusplus
}
#endif

#endif
