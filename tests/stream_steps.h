/* SPDX-License-Identifier: MIT
 *
 * Steps on the two ends of a connection in an arena (arena_connect).  Those that take a thread return to the
 * one that was current.
 */
#ifndef TESTS_STREAM_STEPS_H
#define TESTS_STREAM_STEPS_H

#include "tests/fixture.h"

void stream_delete(arena *, arena_thread, recorder *);
/* Resets the connection, so that no port is left behind in TIME-WAIT. */
void stream_abort(arena *, arena_thread, recorder *);
void stream_select(arena *, arena_thread, recorder *, long mask);

/* On the current thread: bytes from .. from + len of an endless pattern, at most 131072 at once.  Return
 * what Send and Receive did; receive checks what it got. */
int stream_send(recorder *, size_t from, size_t len);
int stream_receive(recorder *, size_t from, size_t len);

#endif
