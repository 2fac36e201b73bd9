/* SPDX-License-Identifier: MIT
 *
 * How few facts the broken form of a bug takes, and which: by hand.
 */
#ifndef TESTS_MUSEUM_OPTIMUM_H
#define TESTS_MUSEUM_OPTIMUM_H

#include <stddef.h>

typedef struct museum_optimum {
    const char *id;
    size_t facts;
    const char *which; /* waits, until when */
} museum_optimum;

/* NULL: nobody has thought about that bug so far. */
const museum_optimum *museum_find_optimum(const char *id);

#endif
