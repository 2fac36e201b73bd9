/* SPDX-License-Identifier: MIT
 *
 * Real sockets of the operating system.
 */
#ifndef CASTANET_OS_H
#define CASTANET_OS_H

#include "castanet/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Linux sockets on epoll, edge triggered.  One backend serves one thread.  memory NULL: cas_allocator_system().
 * Returns 0, WSAENOBUFS or WSAEMFILE. */
int cas_epoll_backend_create(cas_allocator *memory, cas_backend **out);
/* Call after the thread is gone; handles that Detach left open stay open. */
void cas_epoll_backend_destroy(cas_backend *);

/* Initialises the calling thread on the system's sockets in one call, and undoes it. */
int cas_os_init(void);
void cas_os_fini(void);

#ifdef __cplusplus
}
#endif

#endif
