/* SPDX-License-Identifier: MIT
 *
 * Winsock's types, constants and error numbers under their Winsock names.
 *
 * Values are those of Winsock on every platform, except where a header of the operating system owns
 * the name (SOCK_STREAM, SOL_SOCKET, SO_LINGER, FIONREAD ...): there the system's value stands, and the
 * library translates.  Socket options may also be given by their Winsock numbers at level 0xFFFF.
 */
#ifndef CASTANET_WINSOCK_H
#define CASTANET_WINSOCK_H

#include <stdint.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#if defined(__linux__)
#include <asm/sockios.h> /* SIOCATMARK, whatever feature macros say */
#endif

/* Portable libraries (libpcap) define some of Winsock's names as macros where there is no Winsock. */
#undef SOCKET
#undef INVALID_SOCKET
#undef SOCKET_ERROR

typedef uintptr_t SOCKET;
#define SOCKET SOCKET /* so that a header that asks with #ifndef leaves it alone */
typedef int BOOL;
typedef unsigned int UINT;
typedef uint32_t DWORD;
typedef struct sockaddr SOCKADDR;
typedef struct sockaddr_in SOCKADDR_IN;
typedef struct sockaddr_in6 SOCKADDR_IN6;
typedef struct sockaddr_storage SOCKADDR_STORAGE;

/* For IP_ADD_MEMBERSHIP and IP_DROP_MEMBERSHIP; glibc hides it from programs that ask for POSIX only. */
#if defined(__GLIBC__) && !defined(__USE_MISC)
struct ip_mreq {
    struct in_addr imr_multiaddr;
    struct in_addr imr_interface; /* an address of the interface, or 0.0.0.index; 0.0.0.0: any */
};
#endif
typedef struct ip_mreq IP_MREQ;
typedef struct ipv6_mreq IPV6_MREQ;

#define TRUE 1
#define FALSE 0

#define INVALID_SOCKET (~(SOCKET)0)
#define SOCKET_ERROR (-1)

/* Notifications: one message carries exactly one of these. */
#define FD_READ 0x01
#define FD_WRITE 0x02
#define FD_OOB 0x04
#define FD_ACCEPT 0x08
#define FD_CONNECT 0x10
#define FD_CLOSE 0x20

#define SD_RECEIVE 0
#define SD_SEND 1
#define SD_BOTH 2

/* Options and commands that exist in Winsock only. */
#define SO_EXCLUSIVEADDRUSE (~0x0004)
#define SO_DONTLINGER (~0x0080)
#define SO_CONNECT_TIME 0x700C
#define SIO_UDP_CONNRESET 0x9800000CL
#define IP_DONTFRAGMENT 14
#ifndef SIOCATMARK
#define SIOCATMARK 0x40047307L
#endif
#ifndef FIONREAD
#define FIONREAD 0x4004667FL
#endif
#ifndef FIONBIO
#define FIONBIO 0x8004667EL
#endif

#ifndef INADDR_NONE
#define INADDR_NONE 0xFFFFFFFFu
#endif

/* Errors.  cas_error_name and cas_error_text (castanet/error.h) turn them into words. */
#define WSA_INVALID_HANDLE 6
#define WSA_NOT_ENOUGH_MEMORY 8
#define WSA_OPERATION_ABORTED 995
#define WSA_IO_PENDING 997
#define WSAEINTR 10004
#define WSAEBADF 10009
#define WSAEACCES 10013
#define WSAEFAULT 10014
#define WSAEINVAL 10022
#define WSAEMFILE 10024
#define WSAEWOULDBLOCK 10035
#define WSAEINPROGRESS 10036
#define WSAEALREADY 10037
#define WSAENOTSOCK 10038
#define WSAEDESTADDRREQ 10039
#define WSAEMSGSIZE 10040
#define WSAEPROTOTYPE 10041
#define WSAENOPROTOOPT 10042
#define WSAEPROTONOSUPPORT 10043
#define WSAESOCKTNOSUPPORT 10044
#define WSAEOPNOTSUPP 10045
#define WSAEPFNOSUPPORT 10046
#define WSAEAFNOSUPPORT 10047
#define WSAEADDRINUSE 10048
#define WSAEADDRNOTAVAIL 10049
#define WSAENETDOWN 10050
#define WSAENETUNREACH 10051
#define WSAENETRESET 10052
#define WSAECONNABORTED 10053
#define WSAECONNRESET 10054
#define WSAENOBUFS 10055
#define WSAEISCONN 10056
#define WSAENOTCONN 10057
#define WSAESHUTDOWN 10058
#define WSAETOOMANYREFS 10059
#define WSAETIMEDOUT 10060
#define WSAECONNREFUSED 10061
#define WSAELOOP 10062
#define WSAENAMETOOLONG 10063
#define WSAEHOSTDOWN 10064
#define WSAEHOSTUNREACH 10065
#define WSAEPROCLIM 10067
#define WSASYSNOTREADY 10091
#define WSAVERNOTSUPPORTED 10092
#define WSANOTINITIALISED 10093
#define WSAEDISCON 10101
#define WSAHOST_NOT_FOUND 11001
#define WSATRY_AGAIN 11002

#endif
