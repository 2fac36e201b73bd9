/* SPDX-License-Identifier: MIT
 *
 * Small programs that behave in one way each, for a peer that wants to see how it copes.
 */
#ifndef EXAMPLES_TUN_SERVICES_H
#define EXAMPLES_TUN_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

/* A stream service for one connection at a time. */
typedef struct tun_service {
    CAsyncSocket socket;
    const char *address; /* NULL: every IPv4 interface */
    UINT port;
    uint64_t pause_ns; /* slow: how long it does not read */
    int error;         /* why it could not start, or 0 */
    CAsyncSocket peer;
    bool open, awake;
    cas_timer timer;
    uint64_t bytes, sum; /* slow: what was read, and the sum of its octets */
} tun_service;

/* Reads nothing for pause_ns; then all, and at the end of the stream answers "BYTES SUM\n". */
void tun_slow_start(void *service);
/* Resets every connection with the first octet that it gets: SO_LINGER 0. */
void tun_abort_start(void *service);
void tun_service_stop(void *service);

/* Sends every datagram back. */
typedef struct tun_udp_echo {
    CAsyncSocket socket;
    const char *address;
    UINT port;
    int error;
} tun_udp_echo;
void tun_udp_echo_start(void *echo);
void tun_udp_echo_stop(void *echo);

/* Sends a datagram to host and port until there is an answer, or an error. */
typedef struct tun_udp_probe {
    CAsyncSocket socket;
    const char *host;
    UINT port;
    bool done;
    int error; /* of the answer; 0: it came back as it was sent */
    unsigned tries;
    cas_timer timer;
} tun_udp_probe;
void tun_udp_probe_start(void *probe);
void tun_udp_probe_stop(void *probe);

#endif
