/* SPDX-License-Identifier: MIT
 *
 * The system's best backend for the calling thread: epoll where there is one, else poll.  What was not built
 * says so.
 */
#include "castanet/os.h"
#include "castanet/tun.h"

#ifdef CASTANET_EPOLL

static int create_backend(cas_backend **out) { return cas_epoll_backend_create(NULL, out); }
static void destroy_backend(cas_backend *backend) { cas_epoll_backend_destroy(backend); }

#else

static int create_backend(cas_backend **out) { return cas_poll_backend_create(NULL, out); }
static void destroy_backend(cas_backend *backend) { cas_poll_backend_destroy(backend); }

int cas_epoll_backend_create(cas_allocator *memory, cas_backend **out)
{
    (void)memory, (void)out;
    return WSAEOPNOTSUPP;
}

void cas_epoll_backend_destroy(cas_backend *backend) { (void)backend; }

#endif

#ifndef CASTANET_TUN

int cas_tun_open(cas_allocator *memory, const char *interface, cas_packet_port **out)
{
    (void)memory, (void)interface, (void)out;
    return WSAEOPNOTSUPP;
}

#endif

/* The backend that cas_os_init made for the calling thread. */
static _Thread_local cas_backend *thread_backend;

int cas_os_init(void)
{
    if (thread_backend != NULL)
        return WSAEINVAL;
    int error = create_backend(&thread_backend);
    if (error != 0)
        return error;
    error = cas_thread_init(thread_backend);
    if (error != 0) {
        destroy_backend(thread_backend);
        thread_backend = NULL;
    }
    return error;
}

void cas_os_fini(void)
{
    if (thread_backend == NULL)
        return;
    cas_thread_fini();
    destroy_backend(thread_backend);
    thread_backend = NULL;
}
