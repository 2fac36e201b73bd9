/* SPDX-License-Identifier: MIT
 *
 * The end of a stream behind bytes that are not read, seen with POSIX alone.
 *
 * FD_CLOSE is due at once, whatever is unread (R9), and poll(2) has no event for it.
 *
 *   UNWATCHED -> WATCHED     [casp_end_watch_begin: POLLIN will speak only of more bytes or of the end]
 *   UNWATCHED -> HIDDEN      [casp_end_watch_begin: that cannot be had]
 *   WATCHED -> UNWATCHED     [casp_end_has_come: more bytes came]
 *   WATCHED -> HIDDEN        [casp_end_has_come: it spoke for a reason that cannot be told]
 *   any -> UNWATCHED         [casp_stream_receive]
 *
 * A message costs six system calls for this: a look, FIONREAD, SO_RCVBUF, the low-water mark up, a question,
 * and the mark down again.
 *
 * Invariant: whoever waits for the first byte has a low-water mark of 1, which its owner keeps.
 */
#ifndef BACKENDS_STREAM_END_H
#define BACKENDS_STREAM_END_H

#include "backends/posix_socket.h"

/* False if the system refuses. */
bool casp_end_set_low_water(cas_port_socket *, int bytes);

/* wait is a number that is another one in each wait(). */

/* Bytes are unread: watches for the end behind them, if end_watch is then WATCHED. */
void casp_end_watch_begin(cas_port_socket *, unsigned wait);
/* POLLIN has spoken of a socket that is WATCHED: whether that was the end. */
bool casp_end_has_come(cas_port_socket *, unsigned wait);
/* Bytes have just come: begins to watch, and returns whether they brought the end with them.  The callback
 * that reads them must not come between the two notifications. */
bool casp_end_came_with_bytes(cas_port_socket *, unsigned wait);

#endif
