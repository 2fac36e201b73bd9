/* SPDX-License-Identifier: MIT
 *
 * Error codes in words.  Inside the library 0 is success and everything else is a WSAE code.
 */
#ifndef CASTANET_ERROR_H
#define CASTANET_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* "WSAECONNRESET"; "0" for success, "unknown error" for a number that is none of Winsock's.  Static
 * storage. */
const char *cas_error_name(int code);

/* 10054 for "WSAECONNRESET"; 0 for what is no name of an error.  name is not NULL. */
int cas_error_code(const char *name);

/* One sentence without a full stop, also for a number that is none of Winsock's.  Static storage. */
const char *cas_error_text(int code);

/* "OnReceive" for FD_READ and so on; NULL for anything but a single FD_ bit.  Static storage. */
const char *cas_event_callback_name(long event);

#ifdef __cplusplus
}
#endif

#endif
