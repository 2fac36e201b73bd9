/* SPDX-License-Identifier: MIT
 *
 * One list: code, name, sentence.
 */
#include "castanet/error.h"

#include <stddef.h>
#include <string.h>

#include "castanet/winsock.h"

static const struct {
    int code;
    const char *name, *text;
} errors[] = {
    {0, "0", "success"},
    {WSA_INVALID_HANDLE, "WSA_INVALID_HANDLE", "the handle is invalid"},
    {WSA_NOT_ENOUGH_MEMORY, "WSA_NOT_ENOUGH_MEMORY", "there is not enough memory"},
    {WSA_OPERATION_ABORTED, "WSA_OPERATION_ABORTED", "the operation was aborted"},
    {WSA_IO_PENDING, "WSA_IO_PENDING", "the operation will complete later"},
    {WSAEINTR, "WSAEINTR", "a blocking call was cancelled"},
    {WSAEBADF, "WSAEBADF", "the file handle is not valid"},
    {WSAEACCES, "WSAEACCES", "the access is not permitted"},
    {WSAEFAULT, "WSAEFAULT", "a pointer or a length is not valid"},
    {WSAEINVAL, "WSAEINVAL", "an argument, or the state of the socket, does not allow this"},
    {WSAEMFILE, "WSAEMFILE", "there are too many open sockets"},
    {WSAEWOULDBLOCK, "WSAEWOULDBLOCK", "the call would have to wait; a notification will follow"},
    {WSAEINPROGRESS, "WSAEINPROGRESS", "a blocking call is in progress"},
    {WSAEALREADY, "WSAEALREADY", "a connection attempt is pending already"},
    {WSAENOTSOCK, "WSAENOTSOCK", "this is not a socket of the calling thread"},
    {WSAEDESTADDRREQ, "WSAEDESTADDRREQ", "a destination address is needed"},
    {WSAEMSGSIZE, "WSAEMSGSIZE", "the datagram does not fit"},
    {WSAEPROTOTYPE, "WSAEPROTOTYPE", "the protocol does not fit the socket type"},
    {WSAENOPROTOOPT, "WSAENOPROTOOPT", "the option is unknown or not supported here"},
    {WSAEPROTONOSUPPORT, "WSAEPROTONOSUPPORT", "the protocol is not supported"},
    {WSAESOCKTNOSUPPORT, "WSAESOCKTNOSUPPORT", "the socket type is not supported"},
    {WSAEOPNOTSUPP, "WSAEOPNOTSUPP", "the socket does not support this operation"},
    {WSAEPFNOSUPPORT, "WSAEPFNOSUPPORT", "the protocol family is not supported"},
    {WSAEAFNOSUPPORT, "WSAEAFNOSUPPORT", "the address family is not supported here"},
    {WSAEADDRINUSE, "WSAEADDRINUSE", "the address is in use already"},
    {WSAEADDRNOTAVAIL, "WSAEADDRNOTAVAIL", "the address is not one of this host"},
    {WSAENETDOWN, "WSAENETDOWN", "the network is down"},
    {WSAENETUNREACH, "WSAENETUNREACH", "there is no route to that network"},
    {WSAENETRESET, "WSAENETRESET", "the connection was dropped by the network"},
    {WSAECONNABORTED, "WSAECONNABORTED", "the connection was aborted"},
    {WSAECONNRESET, "WSAECONNRESET", "the connection was reset by the peer"},
    {WSAENOBUFS, "WSAENOBUFS", "there is not enough buffer space or memory"},
    {WSAEISCONN, "WSAEISCONN", "the socket is connected already"},
    {WSAENOTCONN, "WSAENOTCONN", "the socket is not connected"},
    {WSAESHUTDOWN, "WSAESHUTDOWN", "that side of the socket was shut down"},
    {WSAETOOMANYREFS, "WSAETOOMANYREFS", "there are too many references"},
    {WSAETIMEDOUT, "WSAETIMEDOUT", "the attempt timed out"},
    {WSAECONNREFUSED, "WSAECONNREFUSED", "the connection was refused"},
    {WSAELOOP, "WSAELOOP", "the name cannot be translated"},
    {WSAENAMETOOLONG, "WSAENAMETOOLONG", "the name is too long"},
    {WSAEHOSTDOWN, "WSAEHOSTDOWN", "the host is down"},
    {WSAEHOSTUNREACH, "WSAEHOSTUNREACH", "there is no route to that host"},
    {WSAEPROCLIM, "WSAEPROCLIM", "there are too many processes"},
    {WSASYSNOTREADY, "WSASYSNOTREADY", "the network is not ready"},
    {WSAVERNOTSUPPORTED, "WSAVERNOTSUPPORTED", "this version is not supported"},
    {WSANOTINITIALISED, "WSANOTINITIALISED", "the thread was not initialised with cas_thread_init"},
    {WSAEDISCON, "WSAEDISCON", "the peer is shutting down"},
    {WSAHOST_NOT_FOUND, "WSAHOST_NOT_FOUND", "there is no such host"},
    {WSATRY_AGAIN, "WSATRY_AGAIN", "there is no answer now; try again"},
};

static size_t find(int code)
{
    size_t i = 0;
    while (i < sizeof errors / sizeof errors[0] && errors[i].code != code)
        i++;
    return i;
}

const char *cas_error_name(int code)
{
    size_t i = find(code);
    return i < sizeof errors / sizeof errors[0] ? errors[i].name : "unknown error";
}

int cas_error_code(const char *name)
{
    for (size_t i = 1; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].code;
    return 0;
}

const char *cas_error_text(int code)
{
    size_t i = find(code);
    return i < sizeof errors / sizeof errors[0] ? errors[i].text : "this number is none of Winsock's";
}

const char *cas_event_callback_name(long event)
{
    switch (event) {
    case FD_READ: return "OnReceive";
    case FD_WRITE: return "OnSend";
    case FD_OOB: return "OnOutOfBandData";
    case FD_ACCEPT: return "OnAccept";
    case FD_CONNECT: return "OnConnect";
    case FD_CLOSE: return "OnClose";
    default: return NULL;
    }
}
