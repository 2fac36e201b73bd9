/* SPDX-License-Identifier: MIT
 *
 * Changes of a program of the museum that have nothing to do with its bug, as its author may make them next
 * month.  A schedule that was recorded before should still find the bug.
 *
 * An edited scenario builds the program as it is, and adds to its world: hosts, connections, datagrams,
 * timers.  What is added ends by itself, and is not asked what it found.
 */
#ifndef TESTS_MUSEUM_EDIT_H
#define TESTS_MUSEUM_EDIT_H

#include "tests/museum/museum.h"

typedef enum museum_edit_kind {
    MUSEUM_EDIT_CONNECTION_FIRST, /* a connection that is made before all others */
    MUSEUM_EDIT_NEW_KIND,         /* an event of a new kind somewhere: a datagram */
    MUSEUM_EDIT_FIRST_EVENTS,     /* a new first event of each host: a timer goes off as it starts */
    MUSEUM_EDIT_REMOVED,          /* an unrelated event is gone, which was there when the run was recorded */
    MUSEUM_EDIT_REVERSED,         /* hosts are made in the opposite order */
    MUSEUM_EDIT_UNRELATED_SOCKET, /* events of the same kinds on another socket of the server */
    /* Events of the same kinds from the same client, so that occurrences move: a segment that comes twice
     * (even seeds), or a connection more. */
    MUSEUM_EDIT_INVOLVED,
    MUSEUM_EDIT_COUNT
} museum_edit_kind;

const char *museum_edit_name(museum_edit_kind);

typedef struct museum_edit museum_edit;

/* The program with the change, at a place that the seed chooses; and the program to record the schedule with,
 * which is the scenario itself but for MUSEUM_EDIT_REMOVED.  NULL: no memory. */
museum_edit *museum_edit_create(const sim_scenario *, museum_edit_kind, uint64_t seed);
void museum_edit_destroy(museum_edit *);
const sim_scenario *museum_edit_before(const museum_edit *);
const sim_scenario *museum_edit_after(const museum_edit *);

#endif
