/* SPDX-License-Identifier: MIT
 *
 * Recorded Winsock notification sequences in memory: a file has scenarios, a scenario has a log of entries.
 * tests/golden/README.md describes the format.
 *
 *  1. What a file holds is checked when it is read: every entry has what its kind needs, and every event
 *     follows a settle.
 *  2. Text is borrowed from the scenario's JSON value, which lives as long as the file.
 */
#ifndef TESTS_GOLDEN_MODEL_H
#define TESTS_GOLDEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>

typedef enum golden_kind {
    GOLDEN_CALL,
    GOLDEN_EVENT,
    GOLDEN_SETTLE,
    GOLDEN_WAIT,
    GOLDEN_CHECK,
    GOLDEN_NOTE
} golden_kind;

/* Text that the entry does not have is NULL. */
typedef struct golden_entry {
    golden_kind kind;
    const char *name;            /* the call, the event, or the words of what is neither */
    const char *socket;          /* calls and events */
    const char *args;            /* calls */
    const char *error;           /* failed calls; events, "0" for none */
    const char *val, *data;      /* what a call gave back */
    const char *from, *peer;     /* names of sockets, as created */
    const char *created, *type;  /* the new socket of an accept; what kind socket() made */
    const char *window, *number; /* events: of the second window, with the second message number */
    long ret;
    long len; /* of an option's value; -1: not said */
    bool in_handler, stale, check;
} golden_entry;

typedef struct golden_scenario {
    const char *id, *title;
    const char *differs, *basis; /* how Windows differs, and who says so; NULL: no known difference */
    bool per_socket;             /* only the order within one socket was stable */
    golden_entry *log;
    size_t count;
    void *json; /* owns the text */
} golden_scenario;

typedef struct golden_file {
    golden_scenario *scenarios;
    size_t count;
} golden_file;

/* False after a message on stderr that names file, line and column; then nothing is held. */
bool golden_read(const char *path, golden_file *out);
void golden_release(golden_file *);

/* An entry as the reviewed list writes it: "S.recv(10,0)", "FD_READ S 0", "settle quiet".  Returns buf. */
const char *golden_entry_text(const golden_entry *, char *buf, size_t size);

#endif
