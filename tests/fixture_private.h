/* SPDX-License-Identifier: MIT
 *
 * Between fixture.c and fixture_arena.c.
 */
#ifndef TESTS_FIXTURE_PRIVATE_H
#define TESTS_FIXTURE_PRIVATE_H

#include "tests/fixture.h"

/* The steps of a connection.  Each acts on the current thread, and its failure is fatal for the test. */

/* Constructs a listener, with this SO_RCVBUF unless it is 0; returns its port. */
UINT fixture_listen(CAsyncSocket *listener, int receive_buffer_bytes);
void fixture_begin_connect(recorder *client, const char *address, UINT port);
/* Accepts what has come, and destructs the listener. */
void fixture_accept(CAsyncSocket *listener, recorder *server);

/* Closes every arena of the test that is still open. */
void fixture_arena_close_all(void);

#endif
