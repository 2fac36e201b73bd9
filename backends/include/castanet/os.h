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

/* Linux sockets on epoll; a SOCKET is a file descriptor.  One backend serves one thread at a time.  memory is
 * borrowed and must outlive the backend; NULL: cas_allocator_system().
 *
 * The handles are non-blocking and close on exec.  A child of fork must not use the backend.  Host names are
 * looked up by the system's resolver, which may wait.
 *
 * Returns 0, WSAENOBUFS, WSAEMFILE, or WSAEOPNOTSUPP where it was not built (CASTANET_EPOLL); *out is
 * untouched on failure. */
int cas_epoll_backend_create(cas_allocator *memory, cas_backend **out);
/* Call after the thread is gone; handles that Detach left stay open.  NULL: nothing. */
void cas_epoll_backend_destroy(cas_backend *);

/* The same on POSIX poll(2), for systems without epoll; wait() takes time for each socket that is open, and
 * there is no descriptor for another event loop (cas_pump_descriptor gives -1).  It cannot see two things:
 * an ICMP error of a datagram socket without a peer, and, when much is unread or an urgent byte stands in the
 * way, the end of a stream before what is unread was read.  While bytes are unread it uses SO_RCVLOWAT.
 *
 * Returns 0 or WSAENOBUFS; *out is untouched on failure. */
int cas_poll_backend_create(cas_allocator *memory, cas_backend **out);
void cas_poll_backend_destroy(cas_backend *);

/* Initialises the calling thread on a backend of its own, epoll if it was built, else poll; and undoes it.
 * The first returns 0, WSAEINVAL if the thread was initialised before, WSAENOBUFS or WSAEMFILE; the second
 * does nothing without it. */
int cas_os_init(void);
void cas_os_fini(void);

#ifdef __cplusplus
}
#endif

#endif
