/* SPDX-License-Identifier: MIT
 *
 * Every function of the class with arguments that it must refuse, on the sockets of a stage.
 */
#ifndef TESTS_BAD_CALLS_H
#define TESTS_BAD_CALLS_H

#include "tests/fixture_stage.h"

typedef struct bad_call {
    const char *name;      /* the function, and after a comma what is bad: "Bind, empty text" */
    long (*make)(stage *); /* what the function returned */
    int error;             /* the documented one */
} bad_call;

/* The last one has no name. */
extern const bad_call bad_calls[];

#endif
