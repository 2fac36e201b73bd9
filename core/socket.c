/* SPDX-License-Identifier: MIT
 *
 * The life of a socket: creation, attachment, closing, and the calls that change its state.
 *
 * Every entry point has the same four steps: find the sink, check the arguments, act through the port, report
 * through casp_finish.  A call that can open a latch reserves room for the message first, so that it fails
 * with WSAENOBUFS before anything changed.
 */
#include "core/addr.h"
#include "core/observe.h"

/* ---- helpers of all entry points ---- */

/* sink: what the calling thread knows by the object's handle, but the object is not its owner. */
static COLD casp_sink *refuse_object(const CAsyncSocket *self, const casp_sink *sink, int *error)
{
    casp_mistake mistake = CASP_MISTAKE_COPIED;
    if (self == NULL)
        mistake = CASP_MISTAKE_NO_OBJECT;
    else if (self->m_hSocket == INVALID_SOCKET)
        mistake = CASP_MISTAKE_NO_HANDLE;
    else if (sink == NULL)
        mistake = CASP_MISTAKE_OTHER_THREAD;
    *error = casp_mistaken(mistake, WSAENOTSOCK);
    return NULL;
}

static bool owns(const CAsyncSocket *self, const casp_sink *sink)
{
    return sink != NULL && sink->owner == self && sink->generation == self->m_nGeneration;
}

static APART casp_sink *find_sink(cas_thread *thread, const CAsyncSocket *self, int *error)
{
    casp_sink *sink = self == NULL ? NULL : casp_handle_map_get(&thread->handles, self->m_hSocket);
    if (!owns(self, sink))
        return refuse_object(self, sink, error);
    thread->recent = sink;
    *error = 0;
    return sink;
}

casp_sink *casp_sink_of(const CAsyncSocket *self, int *error)
{
    cas_thread *thread = cas_thread_current();
    if (thread == NULL) {
        *error = casp_mistaken(CASP_MISTAKE_NO_THREAD, WSANOTINITIALISED);
        return NULL;
    }
    casp_sink *sink = thread->recent;
    if (!owns(self, sink) || sink->handle != self->m_hSocket)
        return find_sink(thread, self, error);
    *error = 0;
    return sink;
}

/* The call failed, or somebody wants to hear all of it. */
static COLD int64_t finish_with_words(const char *name, SOCKET handle, int error, int64_t result,
                                      const void *bytes, int64_t asked)
{
    const cas_thread *thread = cas_thread_current();
    if (error != 0) {
        casp_set_last_error(error);
        casp_mistake_tell(name, handle, error);
    }
    if (thread == NULL)
        return result;
    if (casp_is_observed(thread))
        casp_tell_call(thread, name, handle, error, result, bytes, asked);
    casp_brief(thread, CAS_STEP_CALL, handle, error, (uint64_t)result);
    return result;
}

int64_t casp_finish_transfer(const char *name, SOCKET handle, int error, int64_t result, const void *bytes,
                             int64_t asked)
{
    const cas_thread *thread = cas_thread_current();
    if (error != 0 || casp_is_observed(thread))
        return finish_with_words(name, handle, error, result, bytes, asked);
    casp_brief(thread, CAS_STEP_CALL, handle, error, (uint64_t)result);
    return result;
}

int64_t casp_finish(const char *name, SOCKET handle, int error, int64_t result)
{
    return casp_finish_transfer(name, handle, error, result, NULL, 0);
}

/* Close or Detach begins. */
static void leave(const casp_sink *sink, const char *name)
{
    if (casp_is_observed(sink->thread))
        casp_tell_leave(sink->thread, name, sink->handle);
}

static BOOL finish_bool(const char *name, SOCKET handle, int error)
{
    return (BOOL)casp_finish(name, handle, error, error == 0 ? TRUE : FALSE);
}

static SOCKET handle_of(const CAsyncSocket *self) { return self == NULL ? INVALID_SOCKET : self->m_hSocket; }

/* ---- sinks ---- */

static casp_sink *sink_create(cas_thread *thread)
{
    casp_sink *sink = cas_alloc(thread->memory, sizeof *sink);
    if (sink != NULL)
        *sink = (casp_sink){.base = {casp_notify_report, &thread->profile}, .thread = thread};
    return sink;
}

static void sink_free(casp_sink *sink) { cas_free(sink->thread->memory, sink, sizeof *sink); }

/* The map has room already. */
static void sink_adopt(casp_sink *sink, CAsyncSocket *owner, SOCKET handle)
{
    cas_thread *thread = sink->thread;
    sink->owner = owner;
    sink->handle = (uint32_t)handle;
    sink->generation = ++thread->generation_last;
    casp_handle_map_put(&thread->handles, handle, sink);
    thread->socket_count++;
    owner->m_hSocket = handle;
    owner->m_nGeneration = sink->generation;
}

static void close_parked(casp_sink *listener)
{
    casp_sink *parked = listener->parked;
    if (parked == NULL)
        return;
    listener->parked = NULL;
    parked->thread->backend->ops->close(parked->thread->backend, parked->port);
    sink_free(parked);
}

/* The owner may be overwritten by its user already; then it is not touched. */
static void sink_forget(casp_sink *sink)
{
    close_parked(sink);
    casp_handle_map_put(&sink->thread->handles, sink->handle, NULL);
    if (sink->thread->recent == sink)
        sink->thread->recent = NULL;
    sink->thread->socket_count--;
    casp_notify_end(sink);
    if (sink->owner->m_nGeneration == sink->generation)
        sink->owner->m_hSocket = INVALID_SOCKET;
    sink_free(sink);
}

int casp_sink_close(casp_sink *sink)
{
    cas_backend *backend = sink->thread->backend;
    int error = backend->ops->close(backend, sink->port);
    if (error != 0)
        backend->ops->detach(backend, sink->port); /* MFC forgets the handle all the same */
    sink_forget(sink);
    return error;
}

/* ---- construction ---- */

void CAsyncSocket_Construct(CAsyncSocket *self, const CAsyncSocketVtbl *vtbl)
{
    if (self != NULL)
        *self = (CAsyncSocket){.vtbl = vtbl, .m_hSocket = INVALID_SOCKET};
}

void CAsyncSocket_Destruct(CAsyncSocket *self)
{
    if (self != NULL)
        CAsyncSocket_Close(self);
}

/* type 0 follows the protocol, protocol 0 the type, and no family is AF_INET when there is a protocol
 * (SKT-01 to SKT-11). */
static int check_kind(int *type, int protocol, int *family)
{
    if (*family == AF_UNSPEC && protocol == 0)
        return WSAEINVAL;
    if (*family == AF_UNSPEC)
        *family = AF_INET;
    bool known_family = *family == AF_INET || *family == AF_INET6;
    if (*type == 0 && !known_family)
        return WSAEAFNOSUPPORT;
    if (*type == 0 && protocol == IPPROTO_UDP)
        *type = SOCK_DGRAM;
    else if (*type == 0 && (protocol == IPPROTO_TCP || protocol == 0))
        *type = SOCK_STREAM;
    if (*type != SOCK_STREAM && *type != SOCK_DGRAM)
        return WSAESOCKTNOSUPPORT;
    if (!known_family)
        return WSAEAFNOSUPPORT;
    if (protocol != 0 && protocol != (*type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP))
        return WSAEPROTONOSUPPORT;
    return 0;
}

/* If it fails the mask stays as it was, and a socket that was just made stays with its object (MFC). */
static int select_events(casp_sink *sink, long mask)
{
    cas_backend *backend = sink->thread->backend;
    int error = backend->ops->select == NULL ? 0 : backend->ops->select(backend, sink->port, mask);
    if (error == 0)
        casp_notify_select(sink, mask);
    return error;
}

/* Opens a port socket for self, all memory first; mask is selected by the caller. */
static int open_socket(CAsyncSocket *self, int type, int protocol, int family, long mask)
{
    cas_thread *thread = cas_thread_current();
    if (thread == NULL)
        return casp_mistaken(CASP_MISTAKE_NO_THREAD, WSANOTINITIALISED);
    if (self == NULL)
        return casp_mistaken(CASP_MISTAKE_NO_OBJECT, WSAEFAULT);
    if (self->m_hSocket != INVALID_SOCKET)
        return casp_mistaken(CASP_MISTAKE_HAS_HANDLE, WSAEINVAL);
    int error = check_kind(&type, protocol, &family);
    if (error != 0)
        return error;
    casp_sink *sink = sink_create(thread);
    if (sink == NULL || casp_reserve_socket(thread, mask) != 0) {
        error = WSAENOBUFS;
        goto fail;
    }
    sink->datagram = type == SOCK_DGRAM;
    sink->ipv6 = family == AF_INET6;
    cas_backend *backend = thread->backend;
    SOCKET handle;
    error = backend->ops->open(backend, family, type, &sink->base, &sink->port, &handle);
    if (error != 0)
        goto fail;
    error = casp_handle_map_reserve(&thread->handles, thread->memory, handle);
    if (error != 0) {
        backend->ops->close(backend, sink->port);
        goto fail;
    }
    sink_adopt(sink, self, handle);
    return 0;
fail:
    if (sink != NULL)
        sink_free(sink);
    return error;
}

BOOL CAsyncSocket_Socket(CAsyncSocket *self, int nSocketType, long lEvent, int nProtocolType,
                         int nAddressFormat)
{
    int error = open_socket(self, nSocketType, nProtocolType, nAddressFormat, lEvent);
    if (error == 0) {
        casp_sink *sink = casp_sink_of(self, &error);
        error = select_events(sink, lEvent);
    }
    return finish_bool("Socket", handle_of(self), error);
}

static int bind_text(casp_sink *sink, UINT port, const char *text)
{
    SOCKADDR_STORAGE addr;
    int error = casp_addr_parse(text, port, sink->ipv6, &addr);
    if (error != 0)
        return error;
    cas_backend *backend = sink->thread->backend;
    return backend->ops->bind(backend, sink->port, (SOCKADDR *)&addr, casp_sockaddr_len(addr.ss_family));
}

BOOL CAsyncSocket_Create(CAsyncSocket *self, UINT nSocketPort, int nSocketType, long lEvent,
                         const char *lpszSocketAddress)
{
    int family = casp_text_is_ipv6(lpszSocketAddress) ? AF_INET6 : AF_INET;
    /* Events are selected after the bind, so that one that fails leaves no message behind. */
    int error = open_socket(self, nSocketType, 0, family, lEvent);
    SOCKET handle = handle_of(self);
    if (error == 0) {
        casp_sink *sink = casp_sink_of(self, &error);
        error = bind_text(sink, nSocketPort, lpszSocketAddress);
        if (error == 0)
            error = select_events(sink, lEvent);
        else
            casp_sink_close(sink);
    }
    return finish_bool("Create", handle, error);
}

/* ---- attachment ---- */

static int attach(CAsyncSocket *self, SOCKET handle, long mask)
{
    cas_thread *thread = cas_thread_current();
    if (thread == NULL)
        return casp_mistaken(CASP_MISTAKE_NO_THREAD, WSANOTINITIALISED);
    if (handle == INVALID_SOCKET)
        return casp_mistaken(CASP_MISTAKE_INVALID_HANDLE, WSA_INVALID_HANDLE);
    if (self == NULL)
        return casp_mistaken(CASP_MISTAKE_NO_OBJECT, WSAEFAULT);
    if (self->m_hSocket != INVALID_SOCKET)
        return casp_mistaken(CASP_MISTAKE_HAS_HANDLE, WSAEINVAL);
    if (casp_handle_map_get(&thread->handles, handle) != NULL)
        return casp_mistaken(CASP_MISTAKE_ATTACHED_TWICE, WSAEINVAL);
    int error = casp_handle_map_reserve(&thread->handles, thread->memory, handle);
    if (error != 0)
        return error == WSAEMFILE ? WSAENOTSOCK : error;
    casp_sink *sink = sink_create(thread);
    if (sink == NULL)
        return WSAENOBUFS;
    cas_backend *backend = thread->backend;
    int family = AF_INET, type = SOCK_STREAM;
    error = casp_reserve_socket(thread, mask);
    if (error == 0)
        error = backend->ops->attach(backend, handle, &sink->base, &sink->port, &family, &type);
    if (error != 0) {
        sink_free(sink);
        return error;
    }
    sink->datagram = type == SOCK_DGRAM;
    sink->ipv6 = family == AF_INET6;
    sink_adopt(sink, self, handle);
    return select_events(sink, mask);
}

BOOL CAsyncSocket_Attach(CAsyncSocket *self, SOCKET hSocket, long lEvent)
{
    return finish_bool("Attach", hSocket, attach(self, hSocket, lEvent));
}

SOCKET CAsyncSocket_Detach(CAsyncSocket *self)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    SOCKET handle = handle_of(self);
    if (sink != NULL) {
        leave(sink, "Detach");
        error = select_events(sink, 0);
    }
    if (error == 0) {
        sink->thread->backend->ops->detach(sink->thread->backend, sink->port);
        sink_forget(sink);
    }
    finish_bool("Detach", handle, error);
    return error == 0 ? handle : INVALID_SOCKET;
}

CAsyncSocket *CAsyncSocket_FromHandle(SOCKET hSocket)
{
    cas_thread *thread = cas_thread_current();
    casp_sink *sink = thread == NULL ? NULL : casp_handle_map_get(&thread->handles, hSocket);
    if (sink != NULL && sink->owner->m_nGeneration == sink->generation)
        return sink->owner;
    casp_mistake_tell("FromHandle", hSocket, casp_mistaken(CASP_MISTAKE_STRANGER, WSAENOTSOCK));
    return NULL;
}

void CAsyncSocket_Close(CAsyncSocket *self)
{
    SOCKET handle = handle_of(self);
    if (handle == INVALID_SOCKET)
        return;
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL) {
        leave(sink, "Close");
        error = casp_sink_close(sink);
    }
    finish_bool("Close", handle, error);
}

/* ---- state ---- */

BOOL CAsyncSocket_AsyncSelect(CAsyncSocket *self, long lEvent)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    cas_thread *thread = cas_thread_current();
    /* A thread that never had a socket has no window to notify (MFC-25). */
    if (error == WSAENOTSOCK && thread->socket_count == 0 && handle_of(self) != INVALID_SOCKET)
        error = WSAEINVAL;
    if (sink != NULL)
        error = casp_reserve_select(sink, lEvent);
    if (error == 0)
        error = select_events(sink, lEvent);
    return finish_bool("AsyncSelect", handle_of(self), error);
}

BOOL CAsyncSocket_Bind(CAsyncSocket *self, UINT nSocketPort, const char *lpszSocketAddress)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = bind_text(sink, nSocketPort, lpszSocketAddress);
    return finish_bool("Bind", handle_of(self), error);
}

BOOL CAsyncSocket_BindAddr(CAsyncSocket *self, const SOCKADDR *lpSockAddr, int nSockAddrLen)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = casp_addr_check(lpSockAddr, nSockAddrLen, sink->ipv6, false);
    if (error == 0)
        error = sink->thread->backend->ops->bind(sink->thread->backend, sink->port, lpSockAddr, nSockAddrLen);
    return finish_bool("Bind", handle_of(self), error);
}

/* R8, R13: an attempt opens what its outcome will post. */
static int connect_to(casp_sink *sink, const SOCKADDR *addr, int len)
{
    cas_backend *backend = sink->thread->backend;
    int error = casp_reserve(sink, CASP_EVENTS);
    if (error != 0)
        return error;
    error = backend->ops->connect(backend, sink->port, addr, len);
    if (sink->datagram) {
        if (error == 0)
            casp_notify_rearm(sink, FD_WRITE);
    } else if (error == 0 || error == WSAEWOULDBLOCK) {
        casp_notify_open(sink, CASP_EVENTS);
    }
    return error;
}

BOOL CAsyncSocket_Connect(CAsyncSocket *self, const char *lpszHostAddress, UINT nHostPort)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL) {
        cas_backend *backend = sink->thread->backend;
        SOCKADDR_STORAGE addr;
        /* A name that cannot be resolved is WSAEINVAL for this class, not WSAHOST_NOT_FOUND. */
        if (lpszHostAddress == NULL || backend->ops->resolve(backend, lpszHostAddress, (uint16_t)nHostPort,
                                                             sink->ipv6 ? AF_INET6 : AF_INET, &addr) != 0)
            error = casp_mistaken(CASP_MISTAKE_HOST_TEXT, WSAEINVAL);
        else
            error = connect_to(sink, (SOCKADDR *)&addr, casp_sockaddr_len(addr.ss_family));
    }
    return finish_bool("Connect", handle_of(self), error);
}

BOOL CAsyncSocket_ConnectAddr(CAsyncSocket *self, const SOCKADDR *lpSockAddr, int nSockAddrLen)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = casp_addr_check(lpSockAddr, nSockAddrLen, sink->ipv6, sink->datagram);
    if (error == 0)
        error = connect_to(sink, lpSockAddr, nSockAddrLen);
    return finish_bool("Connect", handle_of(self), error);
}

/* The class's documentation: 1 to 5, the nearest one is taken silently. */
static int clamp_backlog(const cas_profile *profile, int backlog)
{
    if (profile->backlog_max == 0)
        return backlog;
    return backlog < 1 ? 1 : backlog > profile->backlog_max ? profile->backlog_max : backlog;
}

BOOL CAsyncSocket_Listen(CAsyncSocket *self, int nConnectionBacklog)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL) {
        cas_backend *backend = sink->thread->backend;
        int backlog = clamp_backlog(&sink->thread->profile, nConnectionBacklog);
        error = backend->ops->listen(backend, sink->port, backlog);
    }
    return finish_bool("Listen", handle_of(self), error);
}

static int check_accept(const casp_sink *listener, const CAsyncSocket *target, const SOCKADDR *addr,
                        const int *len)
{
    if (target == NULL)
        return casp_mistaken(CASP_MISTAKE_NO_TARGET, WSAEFAULT);
    if (target->m_hSocket != INVALID_SOCKET)
        return casp_mistaken(CASP_MISTAKE_TARGET_HAS_HANDLE, WSAEINVAL);
    bool wanted = addr != NULL && len != NULL; /* ACC-06: an address without a length is left alone */
    if (wanted && *len < casp_sockaddr_len(listener->ipv6 ? AF_INET6 : AF_INET))
        return casp_mistaken(CASP_MISTAKE_ADDRESS_LENGTH, WSAEFAULT);
    return 0;
}

/* Takes a connection from the backend and parks it with the listener. */
static int take_connection(casp_sink *listener)
{
    cas_backend *backend = listener->thread->backend;
    casp_sink *sink = sink_create(listener->thread);
    if (sink == NULL)
        return WSAENOBUFS;
    sink->ipv6 = listener->ipv6;
    SOCKET handle = INVALID_SOCKET;
    int error = backend->ops->accept(backend, listener->port, &sink->base, &sink->port, &handle);
    if (error != 0) {
        sink_free(sink);
        return error;
    }
    sink->handle = (uint32_t)handle;
    listener->parked = sink;
    return 0;
}

/* R12: the new socket has the listener's mask and fresh latches.  Its handle is known only when the backend
 * has given it away; if then there is no memory for it, it stays parked for the next Accept, and no
 * connection is lost. */
static int accept_into(casp_sink *listener, CAsyncSocket *target)
{
    cas_thread *thread = listener->thread;
    int error = casp_reserve_accept(listener);
    if (error == 0 && listener->parked == NULL)
        error = take_connection(listener);
    if (error == 0)
        error = casp_handle_map_reserve(&thread->handles, thread->memory, listener->parked->handle);
    if (error != 0)
        return error;
    casp_sink *sink = listener->parked;
    listener->parked = NULL;
    sink_adopt(sink, target, sink->handle);
    casp_notify_select(sink, listener->mask);
    return 0;
}

static void give_peer(casp_sink *sink, SOCKADDR *addr, int *len)
{
    SOCKADDR_STORAGE peer;
    cas_backend *backend = sink->thread->backend;
    if (addr != NULL && len != NULL && backend->ops->peer_name(backend, sink->port, &peer) == 0)
        casp_addr_give(&peer, addr, len);
}

BOOL CAsyncSocket_Accept(CAsyncSocket *self, CAsyncSocket *rConnectedSocket, SOCKADDR *lpSockAddr,
                         int *lpSockAddrLen)
{
    int error;
    casp_sink *listener = casp_sink_of(self, &error);
    if (listener != NULL) {
        error = casp_reserve(listener, FD_ACCEPT);
        if (error == 0) {
            error = check_accept(listener, rConnectedSocket, lpSockAddr, lpSockAddrLen);
            if (error == 0)
                error = accept_into(listener, rConnectedSocket);
            if (error == 0)
                give_peer(casp_sink_of(rConnectedSocket, &error), lpSockAddr, lpSockAddrLen);
            casp_notify_rearm(listener, FD_ACCEPT); /* R7: any outcome */
        }
    }
    return finish_bool("Accept", handle_of(self), error);
}

BOOL CAsyncSocket_ShutDown(CAsyncSocket *self, int nHow)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL && nHow != SD_RECEIVE && nHow != SD_SEND && nHow != SD_BOTH)
        error = casp_mistaken(CASP_MISTAKE_SHUTDOWN_HOW, WSAEINVAL);
    if (error == 0)
        error = sink->thread->backend->ops->shutdown(sink->thread->backend, sink->port, nHow);
    if (error == 0 && nHow != SD_RECEIVE)
        casp_notify_shut(sink, FD_WRITE); /* nothing can be sent any more, so room is no news */
    return finish_bool("ShutDown", handle_of(self), error);
}
