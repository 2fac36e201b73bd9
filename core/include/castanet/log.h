/* SPDX-License-Identifier: MIT
 *
 * Mistakes of the program in words.  A call that fails because it was used wrongly (after Close, on another
 * thread, with lengths that are too short ...) returns its documented error; whoever sets a log is told one
 * line as well: what failed, why, and how to mend it.  The library itself never prints.
 *
 *     CAsyncSocket_Accept on socket 4 fails with WSAEINVAL; the target object has a socket already; close or
 *     detach it first
 */
#ifndef CASTANET_LOG_H
#define CASTANET_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

/* line has no newline, and is valid during the call, in which the API may not be used. */
typedef void (*cas_log)(void *context, const char *line);

/* For the calling thread of the operating system, whichever cas_thread it enters.  NULL: nobody is told, the
 * default. */
void cas_set_log(cas_log log, void *context);

#ifdef __cplusplus
}
#endif

#endif
