/* SPDX-License-Identifier: MIT
 *
 * A network interface of Linux, behind which a program stands instead of a network: the kernel's packets to
 * it come to the program, and what the program sends arrives at the kernel.
 */
#ifndef CASTANET_TUN_H
#define CASTANET_TUN_H

#include "castanet/packet_port.h"
#include "castanet/alloc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens the TUN interface of this name (at most 15 characters) in the network namespace of the caller, and
 * makes it if there is none; then it is gone with the port.  Its addresses, its mtu, and that it is up, are
 * set from elsewhere, as by ip(8).  The packets have no header of the interface: so the kernel completes
 * their checksums, and cuts none larger than the mtu.  The clock is CLOCK_MONOTONIC.
 *
 * memory is borrowed; NULL: cas_allocator_system().  Returns 0 with *out to be closed by
 * cas_packet_port_close, or: WSAEACCES, not permitted (it needs CAP_NET_ADMIN); WSAEOPNOTSUPP, no TUN here
 * (/dev/net/tun is missing, or it was not built for this system); WSAEADDRINUSE, another program has it;
 * WSAEINVAL; WSAEMFILE; WSAENOBUFS. */
int cas_tun_open(cas_allocator *memory, const char *interface, cas_packet_port **out);

#ifdef __cplusplus
}
#endif

#endif
