/* SPDX-License-Identifier: MIT
 *
 * Receiving and sending.
 *
 * Any receive re-arms FD_READ (with MSG_OOB: FD_OOB), whatever its result (R4, R5); of sends only the one
 * that found no room arms FD_WRITE (R6).
 */
#include "core/addr.h"
#include "core/engine.h"

static SOCKET handle_of(const CAsyncSocket *self) { return self == NULL ? INVALID_SOCKET : self->m_hSocket; }

/* ---- receive ---- */

static int receive(casp_sink *sink, void *buf, int len, int flags, SOCKADDR_STORAGE *from, cas_received *got)
{
    long event = (flags & MSG_OOB) != 0 ? FD_OOB : FD_READ;
    int error = casp_notify_reopen(sink, event);
    if (error != 0)
        return error;
    cas_backend *backend = sink->thread->backend;
    if (len < 0 || (buf == NULL && len > 0))
        error = casp_mistaken(CASP_MISTAKE_BUFFER, WSAEFAULT);
    else if ((flags & ~(MSG_PEEK | MSG_OOB)) != 0)
        error = WSAEOPNOTSUPP;
    else if (sink->datagram && (flags & MSG_OOB) != 0)
        error = WSAEOPNOTSUPP;
    else
        error = backend->ops->receive(backend, sink->port, buf, (size_t)len, flags, from, got);
    casp_notify_received(sink, event, got->drained);
    return error;
}

static int finish_receive(const char *name, const CAsyncSocket *self, int error, size_t count,
                          const void *buf, int len)
{
    return (int)casp_finish_transfer(name, handle_of(self), error,
                                     error == 0 ? (int64_t)count : SOCKET_ERROR, buf, len);
}

int CAsyncSocket_Receive(CAsyncSocket *self, void *lpBuf, int nBufLen, int nFlags)
{
    int error;
    cas_received got = {0};
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = receive(sink, lpBuf, nBufLen, nFlags, NULL, &got);
    return finish_receive("Receive", self, error, got.count, lpBuf, nBufLen);
}

/* The longest text an address of the socket's family can have, so that the size is judged before the
 * datagram is taken. */
static size_t text_needed(const casp_sink *sink) { return sink->ipv6 ? INET6_ADDRSTRLEN : INET_ADDRSTRLEN; }

/* The sender in text, on datagram sockets only; outputs are untouched on failure. */
static int receive_from_text(CAsyncSocket *self, void *buf, int len, char *text, size_t size, UINT *port,
                             int flags)
{
    int error;
    cas_received got = {0};
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL && sink->datagram && text != NULL && size < text_needed(sink))
        error = casp_mistaken(CASP_MISTAKE_ADDRESS_LENGTH, WSAEFAULT);
    if (sink != NULL && error == 0) {
        SOCKADDR_STORAGE from;
        error = receive(sink, buf, len, flags, &from, &got);
        if (error == 0 && sink->datagram)
            casp_addr_give_text(&from, text, size, port);
    }
    return finish_receive("ReceiveFrom", self, error, got.count, buf, len);
}

int CAsyncSocket_ReceiveFrom(CAsyncSocket *self, void *lpBuf, int nBufLen, char *rSocketAddress,
                             size_t nAddressSize, UINT *rSocketPort, int nFlags)
{
    return receive_from_text(self, lpBuf, nBufLen, rSocketAddress, nAddressSize, rSocketPort, nFlags);
}

int CAsyncSocket_ReceiveFromEx(CAsyncSocket *self, void *lpBuf, int nBufLen, char *rSocketAddress,
                               size_t nAddressSize, UINT *rSocketPort, int nFlags)
{
    return receive_from_text(self, lpBuf, nBufLen, rSocketAddress, nAddressSize, rSocketPort, nFlags);
}

int CAsyncSocket_ReceiveFromAddr(CAsyncSocket *self, void *lpBuf, int nBufLen, SOCKADDR *lpSockAddr,
                                 int *lpSockAddrLen, int nFlags)
{
    int error;
    cas_received got = {0};
    casp_sink *sink = casp_sink_of(self, &error);
    bool wanted = sink != NULL && sink->datagram && lpSockAddr != NULL;
    if (wanted &&
        (lpSockAddrLen == NULL || *lpSockAddrLen < casp_sockaddr_len(sink->ipv6 ? AF_INET6 : AF_INET)))
        error = casp_mistaken(CASP_MISTAKE_ADDRESS_LENGTH, WSAEFAULT);
    if (sink != NULL && error == 0) {
        SOCKADDR_STORAGE from;
        error = receive(sink, lpBuf, nBufLen, nFlags, &from, &got);
        if (wanted && (error == 0 || error == WSAEMSGSIZE)) /* a part came, and it has a sender too */
            casp_addr_give(&from, lpSockAddr, lpSockAddrLen);
    }
    return finish_receive("ReceiveFrom", self, error, got.count, lpBuf, nBufLen);
}

/* ---- send ---- */

static int send_bytes(casp_sink *sink, const void *buf, int len, int flags, const SOCKADDR *to, int to_len,
                      size_t *count)
{
    if (len < 0 || (buf == NULL && len > 0))
        return casp_mistaken(CASP_MISTAKE_BUFFER, WSAEFAULT);
    if ((flags & ~(MSG_OOB | MSG_DONTROUTE)) != 0 || (sink->datagram && (flags & MSG_OOB) != 0))
        return WSAEOPNOTSUPP;
    int error = casp_reserve(sink, FD_WRITE);
    if (error != 0)
        return error;
    cas_backend *backend = sink->thread->backend;
    error = backend->ops->send(backend, sink->port, buf, (size_t)len, flags, to, to_len, count);
    if (error == WSAEWOULDBLOCK)
        casp_notify_open(sink, FD_WRITE);
    return error;
}

static int finish_send(const char *name, const CAsyncSocket *self, int error, size_t count, const void *buf,
                       int len)
{
    return (int)casp_finish_transfer(name, handle_of(self), error,
                                     error == 0 ? (int64_t)count : SOCKET_ERROR, buf, len);
}

int CAsyncSocket_Send(CAsyncSocket *self, const void *lpBuf, int nBufLen, int nFlags)
{
    int error;
    size_t count = 0;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL)
        error = send_bytes(sink, lpBuf, nBufLen, nFlags, NULL, 0, &count);
    return finish_send("Send", self, error, count, lpBuf, nBufLen);
}

int CAsyncSocket_SendToAddr(CAsyncSocket *self, const void *lpBuf, int nBufLen, const SOCKADDR *lpSockAddr,
                            int nSockAddrLen, int nFlags)
{
    int error;
    size_t count = 0;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL &&
        (!sink->datagram || lpSockAddr == NULL)) /* TSR-01: a stream ignores the destination */
        error = send_bytes(sink, lpBuf, nBufLen, nFlags, NULL, 0, &count);
    else if (sink != NULL) {
        error = casp_addr_check(lpSockAddr, nSockAddrLen, sink->ipv6, false);
        if (error == 0)
            error = send_bytes(sink, lpBuf, nBufLen, nFlags, lpSockAddr, nSockAddrLen, &count);
    }
    return finish_send("SendTo", self, error, count, lpBuf, nBufLen);
}

/* NULL: the limited broadcast address, which IPv6 has not. */
static int destination(casp_sink *sink, const char *host, UINT port, SOCKADDR_STORAGE *out)
{
    if (host == NULL && sink->ipv6)
        return casp_mistaken(CASP_MISTAKE_HOST_TEXT, WSAEINVAL);
    cas_backend *backend = sink->thread->backend;
    if (host == NULL)
        host = "255.255.255.255";
    return backend->ops->resolve(backend, host, (uint16_t)port, sink->ipv6 ? AF_INET6 : AF_INET, out) != 0
               ? casp_mistaken(CASP_MISTAKE_HOST_TEXT, WSAEINVAL)
               : 0;
}

int CAsyncSocket_SendTo(CAsyncSocket *self, const void *lpBuf, int nBufLen, UINT nHostPort,
                        const char *lpszHostAddress, int nFlags)
{
    int error;
    size_t count = 0;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL && !sink->datagram)
        error = send_bytes(sink, lpBuf, nBufLen, nFlags, NULL, 0, &count);
    else if (sink != NULL) {
        SOCKADDR_STORAGE to;
        error = destination(sink, lpszHostAddress, nHostPort, &to);
        if (error == 0)
            error = send_bytes(sink, lpBuf, nBufLen, nFlags, (SOCKADDR *)&to, casp_sockaddr_len(to.ss_family),
                               &count);
    }
    return finish_send("SendTo", self, error, count, lpBuf, nBufLen);
}

int CAsyncSocket_SendToEx(CAsyncSocket *self, const void *lpBuf, int nBufLen, UINT nHostPort,
                          const char *lpszHostAddress, int nFlags)
{
    int error;
    casp_sink *sink = casp_sink_of(self, &error);
    if (sink != NULL && lpszHostAddress == NULL)
        return finish_send("SendToEx", self, WSAEINVAL, 0, lpBuf, nBufLen);
    return CAsyncSocket_SendTo(self, lpBuf, nBufLen, nHostPort, lpszHostAddress, nFlags);
}
