/* SPDX-License-Identifier: MIT
 *
 * CAsyncSocket, the class of MFC, mirrored in C name by name.
 *
 * A derived class is a struct whose first member is a CAsyncSocket; its virtual functions are a table of
 * pointers in which NULL means the base behaviour, which is to do nothing.
 *
 * Contract of the whole family:
 *  - A BOOL function returns nonzero on success; a counting function returns a count of bytes, or
 *    SOCKET_ERROR.  After a failure CAsyncSocket_GetLastError names the reason.  A failed call changed
 *    nothing.
 *  - No call waits, and no call makes a callback.  Callbacks come from the pump of the thread that owns the
 *    socket (castanet/thread.h), one at a time.
 *  - Inside a callback anything is allowed: close or destroy this socket or another, create sockets, pump
 *    again.
 *  - Every call can fail with WSANOTINITIALISED (no cas_thread_init on this thread) and WSAENOTSOCK (no
 *    handle, a handle of another thread, or a copied struct: a CAsyncSocket may not be copied or moved).
 *  - Every call that makes something, sends, or can owe a notification fails with WSAENOBUFS when memory is
 *    refused; made again with memory, it does what it would have done.
 *  - Addresses in text are numeric, IPv4 or IPv6; Connect and SendTo accept host names too.
 */
#ifndef CASTANET_CASYNCSOCKET_H
#define CASTANET_CASYNCSOCKET_H

#include <stddef.h>

#include "castanet/winsock.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CAsyncSocket CAsyncSocket;

/* Each slot may be NULL.  nErrorCode is the error of the event, 0 when none; GetLastError is unrelated to
 * it. */
typedef struct CAsyncSocketVtbl {
    void (*OnAccept)(CAsyncSocket *self, int nErrorCode);
    void (*OnClose)(CAsyncSocket *self, int nErrorCode);
    void (*OnConnect)(CAsyncSocket *self, int nErrorCode);
    void (*OnOutOfBandData)(CAsyncSocket *self, int nErrorCode);
    void (*OnReceive)(CAsyncSocket *self, int nErrorCode);
    void (*OnSend)(CAsyncSocket *self, int nErrorCode);
} CAsyncSocketVtbl;

struct CAsyncSocket {
    const CAsyncSocketVtbl *vtbl;
    SOCKET m_hSocket;       /* INVALID_SOCKET: not created, or closed.  Read it freely, never write it. */
    uint64_t m_nGeneration; /* private: which life of the handle this object owns */
};

enum { CAsyncSocket_receives = SD_RECEIVE, CAsyncSocket_sends = SD_SEND, CAsyncSocket_both = SD_BOTH };
#define CASYNCSOCKET_DEFAULT_EVENTS (FD_READ | FD_WRITE | FD_OOB | FD_ACCEPT | FD_CONNECT | FD_CLOSE)

/* Makes an object without a socket.  vtbl may be NULL (no callbacks) and must outlive the object. */
void CAsyncSocket_Construct(CAsyncSocket *, const CAsyncSocketVtbl *vtbl);

/* Closes the socket if there is one.  Afterwards the storage may be freed, also inside a callback. */
void CAsyncSocket_Destruct(CAsyncSocket *);

/* Socket, AsyncSelect(lEvent) and Bind in one.  nSocketPort 0 asks for an ephemeral port, lpszSocketAddress
 * NULL for the wildcard address.  On failure the object has no socket.
 * Errors: those of Socket and of Bind; WSAEINVAL if the object has a socket already. */
BOOL CAsyncSocket_Create(CAsyncSocket *, UINT nSocketPort, int nSocketType, long lEvent,
                         const char *lpszSocketAddress);

/* Makes a socket without binding it.  nAddressFormat is AF_INET or AF_INET6; nProtocolType 0 follows the
 * type, nSocketType 0 the protocol.
 * Errors: WSAEAFNOSUPPORT, WSAESOCKTNOSUPPORT, WSAEPROTONOSUPPORT, WSAEMFILE, WSAENOBUFS, WSAEINVAL. */
BOOL CAsyncSocket_Socket(CAsyncSocket *, int nSocketType, long lEvent, int nProtocolType, int nAddressFormat);

/* Takes over a handle: from Detach, or from the system.  Conditions that are true now are notified again.
 * Errors: WSA_INVALID_HANDLE for INVALID_SOCKET, WSAENOTSOCK, WSAEINVAL if either side is taken already. */
BOOL CAsyncSocket_Attach(CAsyncSocket *, SOCKET hSocket, long lEvent);

/* Gives the handle away, open and non-blocking; queued notifications are dropped.  INVALID_SOCKET on
 * failure. */
SOCKET CAsyncSocket_Detach(CAsyncSocket *);

/* The object that owns hSocket on the calling thread, or NULL. */
CAsyncSocket *CAsyncSocket_FromHandle(SOCKET hSocket);

/* The calling thread's last error: that of its last failed call. */
int CAsyncSocket_GetLastError(void);

/* Errors: WSAEADDRINUSE, WSAEACCES, WSAEADDRNOTAVAIL, WSAEINVAL (bound already, or no address in the text),
 * WSAEFAULT (NULL or short address), WSAEAFNOSUPPORT. */
BOOL CAsyncSocket_Bind(CAsyncSocket *, UINT nSocketPort, const char *lpszSocketAddress);
BOOL CAsyncSocket_BindAddr(CAsyncSocket *, const SOCKADDR *lpSockAddr, int nSockAddrLen);

/* A stream socket answers FALSE with WSAEWOULDBLOCK, and OnConnect brings the outcome.  A datagram socket
 * gets a default peer at once; AF_UNSPEC or the zero address dissolves it.
 * Errors: WSAEINVAL (no such host, or a listener), WSAEALREADY, WSAEISCONN, WSAEADDRNOTAVAIL, WSAENETUNREACH,
 * WSAEAFNOSUPPORT, WSAEFAULT, WSAENOBUFS. */
BOOL CAsyncSocket_Connect(CAsyncSocket *, const char *lpszHostAddress, UINT nHostPort);
BOOL CAsyncSocket_ConnectAddr(CAsyncSocket *, const SOCKADDR *lpSockAddr, int nSockAddrLen);

/* Errors: WSAEINVAL (unbound), WSAEISCONN, WSAEOPNOTSUPP (datagram).  Listening twice succeeds and changes
 * nothing. */
BOOL CAsyncSocket_Listen(CAsyncSocket *, int nConnectionBacklog);

/* Takes the oldest waiting connection into rConnectedSocket, which must have no socket; the new socket
 * inherits the listener's event mask.  lpSockAddr and lpSockAddrLen (bytes, in and out) may be NULL.
 * Errors: WSAEWOULDBLOCK, WSAEINVAL (not listening, or target in use), WSAEFAULT, WSAEOPNOTSUPP,
 * WSAENOBUFS. */
BOOL CAsyncSocket_Accept(CAsyncSocket *, CAsyncSocket *rConnectedSocket, SOCKADDR *lpSockAddr,
                         int *lpSockAddrLen);

/* Count of bytes, 0 at the graceful end of the stream or for an empty datagram, or SOCKET_ERROR.
 * nFlags: MSG_PEEK, MSG_OOB.  Re-arms FD_READ (FD_OOB with MSG_OOB), whatever its result.
 * Errors: WSAEWOULDBLOCK, WSAENOTCONN, WSAESHUTDOWN, WSAECONNRESET, WSAECONNABORTED, WSAEMSGSIZE (the rest
 * of the datagram is lost), WSAEINVAL, WSAEFAULT, WSAEOPNOTSUPP. */
int CAsyncSocket_Receive(CAsyncSocket *, void *lpBuf, int nBufLen, int nFlags);

/* As Receive, with the sender of a datagram.  Text outputs are written only on success, lpSockAddr also for a
 * datagram that was cut short (WSAEMSGSIZE); the text buffer must hold any address of the socket's family:
 * 16 bytes (INET_ADDRSTRLEN), or 46 for IPv6. */
int CAsyncSocket_ReceiveFrom(CAsyncSocket *, void *lpBuf, int nBufLen, char *rSocketAddress,
                             size_t nAddressSize, UINT *rSocketPort, int nFlags);
int CAsyncSocket_ReceiveFromAddr(CAsyncSocket *, void *lpBuf, int nBufLen, SOCKADDR *lpSockAddr,
                                 int *lpSockAddrLen, int nFlags);
int CAsyncSocket_ReceiveFromEx(CAsyncSocket *, void *lpBuf, int nBufLen, char *rSocketAddress,
                               size_t nAddressSize, UINT *rSocketPort, int nFlags);

/* Count of bytes taken, which on a stream may be smaller than nBufLen, or SOCKET_ERROR.  nFlags: MSG_OOB,
 * MSG_DONTROUTE.  Only WSAEWOULDBLOCK arms OnSend.
 * Errors: WSAEWOULDBLOCK, WSAENOTCONN, WSAESHUTDOWN, WSAECONNRESET, WSAECONNABORTED, WSAEMSGSIZE,
 * WSAEFAULT. */
int CAsyncSocket_Send(CAsyncSocket *, const void *lpBuf, int nBufLen, int nFlags);

/* A NULL host means the limited broadcast address (SendToEx: WSAEINVAL); on a connected stream the
 * destination is ignored.  Further errors: WSAEACCES (broadcast without SO_BROADCAST), WSAEADDRNOTAVAIL,
 * WSAEAFNOSUPPORT, WSAEINVAL (no such host). */
int CAsyncSocket_SendTo(CAsyncSocket *, const void *lpBuf, int nBufLen, UINT nHostPort,
                        const char *lpszHostAddress, int nFlags);
int CAsyncSocket_SendToAddr(CAsyncSocket *, const void *lpBuf, int nBufLen, const SOCKADDR *lpSockAddr,
                            int nSockAddrLen, int nFlags);
int CAsyncSocket_SendToEx(CAsyncSocket *, const void *lpBuf, int nBufLen, UINT nHostPort,
                          const char *lpszHostAddress, int nFlags);

/* nHow: CAsyncSocket_receives, _sends or _both.  Errors: WSAENOTCONN, WSAEINVAL. */
BOOL CAsyncSocket_ShutDown(CAsyncSocket *, int nHow);

/* Closes; no callback of this socket follows.  Does nothing without a socket. */
void CAsyncSocket_Close(CAsyncSocket *);

/* Replaces the event mask and notifies every condition in it that is true now, also what was notified before
 * (never FD_CONNECT).  0 stops further notifications; those queued already still come.  Errors: WSAEINVAL. */
BOOL CAsyncSocket_AsyncSelect(CAsyncSocket *, long lEvent);

/* Errors: WSAENOTCONN, WSAEFAULT (also: text buffer too small). */
BOOL CAsyncSocket_GetPeerName(CAsyncSocket *, char *rPeerAddress, size_t nAddressSize, UINT *rPeerPort);
BOOL CAsyncSocket_GetPeerNameAddr(CAsyncSocket *, SOCKADDR *lpSockAddr, int *lpSockAddrLen);
BOOL CAsyncSocket_GetPeerNameEx(CAsyncSocket *, char *rPeerAddress, size_t nAddressSize, UINT *rPeerPort);

/* Errors: WSAEINVAL (unbound), WSAEFAULT. */
BOOL CAsyncSocket_GetSockName(CAsyncSocket *, char *rSocketAddress, size_t nAddressSize, UINT *rSocketPort);
BOOL CAsyncSocket_GetSockNameAddr(CAsyncSocket *, SOCKADDR *lpSockAddr, int *lpSockAddrLen);
BOOL CAsyncSocket_GetSockNameEx(CAsyncSocket *, char *rSocketAddress, size_t nAddressSize, UINT *rSocketPort);

/* Winsock keeps SO_KEEPALIVE, SO_DONTROUTE, TCP_NODELAY and IPV6_V6ONLY in one byte: *lpOptionLen becomes 1,
 * and the rest of an int is cleared.  Errors: WSAEINVAL (unknown level), WSAENOPROTOOPT, WSAEFAULT. */
BOOL CAsyncSocket_GetSockOpt(CAsyncSocket *, int nOptionName, void *lpOptionValue, int *lpOptionLen,
                             int nLevel);
BOOL CAsyncSocket_SetSockOpt(CAsyncSocket *, int nOptionName, const void *lpOptionValue, int nOptionLen,
                             int nLevel);

/* FIONBIO, FIONREAD, SIOCATMARK, SIO_UDP_CONNRESET.  Errors: WSAEINVAL (also FIONBIO 0 under a mask, and
 * SIOCATMARK of a datagram socket), WSAEFAULT. */
BOOL CAsyncSocket_IOCtl(CAsyncSocket *, long lCommand, DWORD *lpArgument);

#ifdef __cplusplus
}
#endif

#endif
