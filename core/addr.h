/* SPDX-License-Identifier: MIT
 *
 * Addresses between text, sockaddr and the caller's buffers.
 */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "castanet/winsock.h"

/* Enough for "ffff:...:255.255.255.255" and its terminator. */
enum { CASP_ADDRESS_TEXT = INET6_ADDRSTRLEN };

/* Bytes of a sockaddr of this family; 0 for a family that is neither AF_INET nor AF_INET6. */
int casp_sockaddr_len(int family);

/* Does the numeric text name an IPv6 address? */
bool casp_text_is_ipv6(const char *text);

/* Numeric text or NULL (the wildcard) in the family of the socket; of *out as much is written as that
 * family's sockaddr has.  WSAEINVAL if the text is no such address; as in MFC "255.255.255.255" is refused
 * too, since inet_addr cannot tell it from an error. */
int casp_addr_parse(const char *text, UINT port, bool ipv6, SOCKADDR_STORAGE *out);

/* 0, WSAEFAULT (NULL or short) or WSAEAFNOSUPPORT (not the family of the socket; AF_UNSPEC passes if
 * allowed). */
int casp_addr_check(const SOCKADDR *addr, int len, bool ipv6, bool unspec_allowed);

/* Copies to the caller: whole or not at all.  WSAEFAULT for NULL pointers or too small a buffer. */
int casp_addr_give(const SOCKADDR_STORAGE *from, SOCKADDR *addr, int *len);

/* The numeric text and the port, whole or not at all; either output may be NULL.  WSAEFAULT: text does not
 * fit. */
int casp_addr_give_text(const SOCKADDR_STORAGE *from, char *text, size_t size, UINT *port);

#endif
