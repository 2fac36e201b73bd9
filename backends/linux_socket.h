/* SPDX-License-Identifier: MIT
 *
 * What only Linux has of sockets: descriptors that are born non-blocking, the queue of ICMP errors, and a
 * count of bytes behind an urgent mark.  Slots of casp_os_ops.
 */
#ifndef BACKENDS_LINUX_SOCKET_H
#define BACKENDS_LINUX_SOCKET_H

#include "backends/posix_socket.h"

int casp_linux_open(int family, int type);
int casp_linux_accept(int listener, SOCKADDR *peer, socklen_t *len);
void casp_linux_prepare_datagram(const cas_port_socket *);
void casp_linux_take_datagram_errors(cas_port_socket *, int number);
unsigned casp_linux_count_beyond_mark(const cas_port_socket *);

#endif
