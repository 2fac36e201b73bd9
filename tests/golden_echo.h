/* SPDX-License-Identifier: MIT
 *
 * The program behind the scenario "1 MiB echoed": the recording has its outcome as conditions, not its calls.
 * C sends, S sends back what it reads, C compares.
 */
#ifndef TESTS_GOLDEN_ECHO_H
#define TESTS_GOLDEN_ECHO_H

#include <stdbool.h>
#include <stddef.h>

#include "castanet/casyncsocket.h"

enum { GOLDEN_ECHO_BYTES = 1048576, GOLDEN_ECHO_CHUNK = 16384 };

typedef struct golden_echo {
    size_t sent, received;      /* by C */
    size_t pending;             /* read by S and not yet sent back */
    size_t pending_at;          /* where it begins in the chunk */
    bool read_owed;             /* an FD_READ came while something was pending */
    bool garbled;               /* a byte was not the one that was sent */
    unsigned blocked;           /* sends of C that found no room */
    unsigned writes_c, reads_s; /* notifications */
    unsigned others;            /* neither FD_READ nor FD_WRITE */
    unsigned char chunk[GOLDEN_ECHO_CHUNK];
} golden_echo;

/* A notification of C or S. */
void golden_echo_event(golden_echo *, CAsyncSocket *socket, bool is_client, long event);
bool golden_echo_is_complete(const golden_echo *);
/* Is the text a condition about this program?  Then *value is its value. */
bool golden_echo_check(const golden_echo *, const char *text, bool *value);

#endif
