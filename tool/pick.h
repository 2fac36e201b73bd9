/* SPDX-License-Identifier: MIT
 *
 * The picking debugger: it lists what may happen next, and the user chooses.
 *
 * Commands, one a line: a number chooses, an empty line takes what is due first; c goes on in default order,
 * b LABEL does so until that label is possible, u undoes the last choice, q asks no more.
 */
#ifndef TOOL_PICK_H
#define TOOL_PICK_H

#include <stdio.h>

#include "castanet/sim_explore.h"

typedef struct pick_answer {
    uint32_t value;
    bool was_asked; /* of the user */
} pick_answer;

typedef enum pick_mode { PICK_ASKS, PICK_GOES_ON, PICK_SEEKS, PICK_SILENT } pick_mode;

typedef struct picker {
    sim_asked asked; /* first */
    FILE *in, *out;
    pick_answer *answers; /* of this run and, when it is repeated, to be given again */
    size_t count, capacity, next;
    pick_mode mode;
    char sought[160]; /* the label of b */
    bool was_undone;  /* the run is to be made again with the answers that are left */
    bool out_of_memory;
} picker;

void picker_init(picker *, FILE *in, FILE *out);
void picker_fini(picker *);

/* Runs the scenario as the user wants it, as often as he undoes something.  The order's strategy becomes the
 * picker; 0 or a WSAE code. */
int picker_run(picker *, sim_order *, const sim_scenario *, uint64_t seed, sim_result *);

#endif
