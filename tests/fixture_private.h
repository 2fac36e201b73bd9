/* SPDX-License-Identifier: MIT
 *
 * Between fixture.c and fixture_arena.c.
 */
#ifndef TESTS_FIXTURE_PRIVATE_H
#define TESTS_FIXTURE_PRIVATE_H

/* Closes every arena of the test that is still open. */
void fixture_arena_close_all(void);

#endif
