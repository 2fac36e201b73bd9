/* SPDX-License-Identifier: MIT
 *
 * The names of a socket's two ends.
 */
#include "core/addr.h"
#include "core/engine.h"

typedef int (*port_name)(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);

/* The state is checked before the pointers (GPN-02 to GPN-04). */
static int name_of(CAsyncSocket *self, bool peer, SOCKADDR_STORAGE *out)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink == NULL)
        return error;
    cas_backend *backend = sink->thread->backend;
    port_name call = peer ? backend->ops->peer_name : backend->ops->local_name;
    return call(backend, sink->port, out);
}

static BOOL give(const char *call, CAsyncSocket *self, bool peer, SOCKADDR *addr, int *len)
{
    SOCKADDR_STORAGE name;
    int error = name_of(self, peer, &name);
    if (error == 0)
        error = casp_addr_give(&name, addr, len);
    return (BOOL)casp_finish(call, self == NULL ? INVALID_SOCKET : self->m_hSocket, error, error == 0);
}

static BOOL give_text(const char *call, CAsyncSocket *self, bool peer, char *text, size_t size, UINT *port)
{
    SOCKADDR_STORAGE name;
    int error = name_of(self, peer, &name);
    if (error == 0)
        error = casp_addr_give_text(&name, text, size, port);
    return (BOOL)casp_finish(call, self == NULL ? INVALID_SOCKET : self->m_hSocket, error, error == 0);
}

BOOL CAsyncSocket_GetPeerName(CAsyncSocket *self, char *rPeerAddress, size_t nAddressSize, UINT *rPeerPort)
{
    return give_text("GetPeerName", self, true, rPeerAddress, nAddressSize, rPeerPort);
}

BOOL CAsyncSocket_GetPeerNameEx(CAsyncSocket *self, char *rPeerAddress, size_t nAddressSize, UINT *rPeerPort)
{
    return give_text("GetPeerNameEx", self, true, rPeerAddress, nAddressSize, rPeerPort);
}

BOOL CAsyncSocket_GetPeerNameAddr(CAsyncSocket *self, SOCKADDR *lpSockAddr, int *lpSockAddrLen)
{
    return give("GetPeerName", self, true, lpSockAddr, lpSockAddrLen);
}

BOOL CAsyncSocket_GetSockName(CAsyncSocket *self, char *rSocketAddress, size_t nAddressSize,
                              UINT *rSocketPort)
{
    return give_text("GetSockName", self, false, rSocketAddress, nAddressSize, rSocketPort);
}

BOOL CAsyncSocket_GetSockNameEx(CAsyncSocket *self, char *rSocketAddress, size_t nAddressSize,
                                UINT *rSocketPort)
{
    return give_text("GetSockNameEx", self, false, rSocketAddress, nAddressSize, rSocketPort);
}

BOOL CAsyncSocket_GetSockNameAddr(CAsyncSocket *self, SOCKADDR *lpSockAddr, int *lpSockAddrLen)
{
    return give("GetSockName", self, false, lpSockAddr, lpSockAddrLen);
}
