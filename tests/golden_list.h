/* SPDX-License-Identifier: MIT
 *
 * The reviewed list of differences.  An entry explains a scenario on some backends by naming every difference
 * in full: one more, one less, or another one is not explained.
 *
 *     ID,ID... BACKEND,BACKEND... KIND
 *       why: the row of the specification that decides, and a sentence;
 *            lines that are indented further go on with it
 *       8: wanted FD_CLOSE S 0, got WSAECONNABORTED
 *
 * BACKEND is the name of one, "real" (every one on real sockets) or "all"; a question mark behind the last
 * says that there the scenario agrees on some hosts.  Lines that begin with # are remarks.
 */
#ifndef TESTS_GOLDEN_LIST_H
#define TESTS_GOLDEN_LIST_H

#include "tests/arena.h"
#include "tests/golden_diff.h"

typedef enum golden_reason {
    GOLDEN_RECORDING, /* the recording itself says that Windows differs */
    GOLDEN_CLASS,     /* the class differs from the calls below it */
    GOLDEN_ORDER,     /* between sockets, which nothing orders */
    GOLDEN_SPEC,      /* the specification says so, and the recording knows of no difference */
    GOLDEN_SYSTEM,    /* the system below the backend shows through */
    GOLDEN_OPEN,      /* no source settles it */
    GOLDEN_REASONS
} golden_reason;

const char *golden_reason_name(golden_reason);

typedef struct golden_explanation {
    unsigned line;
    char *ids;         /* separated by commas */
    unsigned backends; /* bits */
    bool may_agree;    /* the host decides whether it differs */
    golden_reason reason;
    char *why;
    char **differences;
    size_t count;
} golden_explanation;

typedef struct golden_list {
    golden_explanation *explanations;
    size_t count;
} golden_list;

/* False after a message on stderr; then nothing is held. */
bool golden_list_read(const char *path, golden_list *out);
void golden_list_release(golden_list *);

/* The entry for a scenario on a backend, or NULL. */
const golden_explanation *golden_list_find(const golden_list *, const char *id, arena_backend);
/* The one line "agrees" instead of differences: the scenario agrees, though the recording says that Windows
 * differs. */
bool golden_explains_agreement(const golden_explanation *);
/* The first difference that the explanation (NULL: none) does not name, or NULL. */
const golden_difference *golden_unexplained(const golden_explanation *, const golden_findings *);
/* The first difference that it names and that did not show, or NULL. */
const char *golden_unneeded(const golden_explanation *, const golden_findings *);

/* Calls back for each id of each entry that holds for the backend. */
typedef void (*golden_list_visit)(void *context, const golden_explanation *, const char *id);
void golden_list_for_each(const golden_list *, arena_backend, golden_list_visit visit, void *context);

#endif
