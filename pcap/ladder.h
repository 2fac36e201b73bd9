/* SPDX-License-Identifier: MIT
 *
 * The ladder: hosts as columns, time downwards, a line for what happened.
 *
 *   rows of the store  ->  ladder_lines.c: which lines  ->  ladder_draw.c: what stands in one  ->  ladder.c
 *
 * Invariants:
 *  1. A line has at most 100 columns, whatever hosts are called; without utf8 it is ASCII.
 *  2. Only hosts that occur have a column, in the order of their creation; if they are too many, the last
 *     column is shared, and what stands there names its host.
 *  3. What does not fit into rows_max lines is told shorter first, and then the oldest is left out.
 */
#ifndef PCAP_LADDER_H
#define PCAP_LADDER_H

#include "pcap/out.h"
#include "pcap/store.h"

enum { CAPP_LADDER_COLUMNS = 5, CAPP_LADDER_WIDTH = 100 };

/* ---- lines ---- */

typedef enum capp_line_kind {
    CAPP_LINE_SENT,    /* a packet leaves */
    CAPP_LINE_WHOLE,   /* and arrives before anything else happens */
    CAPP_LINE_ARRIVED, /* it arrives later */
    CAPP_LINE_STEPS,   /* calls and callbacks of one host at one instant */
    CAPP_LINE_WORDS    /* a fault, a report, a failure */
} capp_line_kind;

typedef struct capp_line {
    capp_line_kind kind;
    uint64_t at_ns;
    const capp_row *row;
    size_t first, count;          /* steps: rows of the store from there, those of other kinds passed over */
    unsigned decision, decisions; /* taken right before it: the first number, from 1, and how many */
} capp_line;

typedef struct capp_lines {
    capp_line *lines;
    size_t count, capacity;
    size_t skipped; /* lines before them */
    unsigned decisions;
    bool refused; /* memory */
} capp_lines;

void capp_lines_make(capp_lines *, const capp_store *, size_t rows_max);
void capp_lines_fini(capp_lines *);
/* Does a step belong to a line of steps? */
bool capp_is_step(const capp_row *);

/* ---- drawing ---- */

typedef struct capp_layout {
    const capp_store *store;
    const capp_lines *lines;
    const sim_world *world;
    const sim_host *hosts[CAPP_LADDER_COLUMNS]; /* of the shared column: its first one */
    unsigned columns, column_width;
    bool has_others; /* the last column is shared */
    bool has_nanoseconds;
    bool has_sockets[CAPP_LADDER_COLUMNS]; /* more than one socket lives in the column: name it */
    bool utf8;
} capp_layout;

void capp_layout_make(capp_layout *, const capp_store *, const capp_lines *, const sim_world *, bool utf8);
void capp_draw_heading(const capp_layout *, capp_out *);
void capp_draw_line(const capp_layout *, const capp_line *, capp_out *);
/* "data 32 FIN", "OnReceive(0): Receive=32": returns buf. */
char *capp_packet_label(const capp_row *, char *buf, size_t size);
char *capp_steps_text(const capp_layout *, const capp_line *, char *buf, size_t size);
/* In the end. */
sim_fate capp_fate_of(const capp_row *);
/* Where a packet was going; NULL: to nobody known. */
const sim_host *capp_destination(const capp_layout *, const capp_row *);

#endif
