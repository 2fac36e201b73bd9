/* SPDX-License-Identifier: MIT
 *
 * Which lines a ladder has.  Of four levels of detail the first is taken that fits: every step a line; a
 * callback and its calls on a line, if nothing came between them; the same without ACKs that only
 * acknowledge; and with several callbacks on a line.
 */
#include "pcap/ladder.h"

#include <stdlib.h>
#include <string.h>

#include "castanet/alloc.h"

enum { STEP_WIDTH = 10, JOINED_MAX = 64 };

typedef enum detail { DETAIL_ALL, DETAIL_JOINED, DETAIL_NO_ACKS, DETAIL_PACKED, DETAILS } detail;

bool capp_is_step(const capp_row *row)
{
    capp_kind kind = row->event.kind;
    return kind == CAPP_CALL || kind == CAPP_CALLBACK || kind == CAPP_DROP;
}

/* ---- collecting ---- */

static void add(capp_lines *lines, const capp_line *line)
{
    cas_allocator *memory = cas_allocator_system();
    size_t size = sizeof *lines->lines, more = lines->capacity * 2 + 64;
    if (lines->count == lines->capacity) {
        void *larger = memory->resize(memory, lines->lines, lines->capacity * size, more * size);
        if (larger == NULL) {
            lines->refused = true;
            return;
        }
        lines->lines = larger;
        lines->capacity = more;
    }
    lines->lines[lines->count++] = *line;
}

/* The same call again, with the same result, right behind it. */
static bool repeats(const capp_row *a, const capp_row *b)
{
    const capp_event *x = &a->event, *y = &b->event;
    return x->kind == CAPP_CALL && y->kind == CAPP_CALL && x->host == y->host && x->handle == y->handle &&
           x->at_ns == y->at_ns && x->what == y->what && x->result == y->result && x->error == y->error &&
           x->depth == y->depth;
}

/* What a step takes on its line, about. */
static size_t width_of(const capp_row *row) { return strlen(row->event.what) + STEP_WIDTH; }

/* May the row stand on the line that ends with the row before, and has so many letters? */
static bool joins(const capp_line *line, const capp_row *before, const capp_row *row, detail how,
                  size_t width)
{
    if (row->after_arrival || line->row->event.host != row->event.host)
        return false;
    if (repeats(before, row))
        return true;
    if (how == DETAIL_ALL || (how != DETAIL_PACKED && row->event.kind != CAPP_CALL))
        return false;
    return line->at_ns == row->event.at_ns && width + width_of(row) <= JOINED_MAX;
}

static bool is_plain_ack(const capp_row *row)
{
    const struct sim_packet *head = &row->flight.head;
    return simp_packet_has_tcp(head) && head->length == 0 && head->tcp.flags == SIMP_ACK &&
           head->tcp.window != 0 && row->event.fate == SIM_FATE_SENT && row->flight.lost_before == 0;
}

static void add_packet(capp_lines *lines, const capp_row *row, detail how)
{
    const capp_flight *flight = &row->flight;
    if (how >= DETAIL_NO_ACKS && is_plain_ack(row))
        return;
    add(lines, &(capp_line){.kind = CAPP_LINE_SENT, .at_ns = row->event.at_ns, .row = row});
    if (flight->arrivals > 0 && !lines->refused)
        add(lines, &(capp_line){.kind = CAPP_LINE_ARRIVED, .at_ns = flight->arrived_ns, .row = row});
}

/* What stands behind the arrivals of its time, since it has a number that they came before. */
static uint64_t key_of(const capp_line *line)
{
    return line->kind == CAPP_LINE_ARRIVED ? line->row->flight.arrived_before * 2 - 1
                                           : line->row->event.number * 2;
}

static int compare(const void *a, const void *b)
{
    const capp_line *x = a, *y = b;
    uint64_t kx = key_of(x), ky = key_of(y), nx = x->row->event.number, ny = y->row->event.number;
    return kx != ky ? (kx < ky ? -1 : 1) : nx < ny ? -1 : nx > ny;
}

/* ---- arrows, decisions ---- */

/* What arrives right after it was sent is one arrow. */
static void make_whole(capp_lines *lines)
{
    size_t kept = 0;
    for (size_t i = 0; i < lines->count; i++) {
        const capp_line *line = &lines->lines[i];
        bool is_next = line->kind == CAPP_LINE_ARRIVED && kept > 0 &&
                       lines->lines[kept - 1].kind == CAPP_LINE_SENT &&
                       lines->lines[kept - 1].row == line->row;
        if (is_next)
            lines->lines[kept - 1].kind = CAPP_LINE_WHOLE;
        else
            lines->lines[kept++] = *line;
    }
    lines->count = kept;
}

/* Each goes to the first line behind it. */
static void number_decisions(capp_lines *lines, const capp_store *store)
{
    size_t at = 0;
    for (size_t i = 0; i < capp_store_len(store); i++) {
        const capp_row *row = capp_store_row(store, i);
        if (row->event.kind != CAPP_CHOICE)
            continue;
        lines->decisions++;
        while (at + 1 < lines->count && key_of(&lines->lines[at]) < row->event.number * 2)
            at++;
        if (at < lines->count && lines->lines[at].decisions++ == 0)
            lines->lines[at].decision = lines->decisions;
    }
}

/* ---- all of it ---- */

static void collect(capp_lines *lines, const capp_store *store, detail how)
{
    const capp_row *before = NULL; /* the last step of the line that may still grow; NULL: none may */
    size_t width = 0;              /* of that line, the last one */
    lines->count = 0;
    for (size_t i = 0; i < capp_store_len(store) && !lines->refused; i++) {
        const capp_row *row = capp_store_row(store, i);
        capp_line *last = lines->count == 0 ? NULL : &lines->lines[lines->count - 1];
        if (row->event.kind == CAPP_CHOICE)
            before = NULL;
        if (row->event.kind == CAPP_CHOICE || row->event.kind == CAPP_STATE)
            continue;
        bool is_step = capp_is_step(row);
        if (is_step && before != NULL && joins(last, before, row, how, width)) {
            width += repeats(before, row) ? 0 : width_of(row);
            last->count = i + 1 - last->first;
        } else if (row->event.kind == CAPP_PACKET) {
            add_packet(lines, row, how);
        } else {
            width = width_of(row);
            add(lines, &(capp_line){.kind = is_step ? CAPP_LINE_STEPS : CAPP_LINE_WORDS,
                                    .at_ns = row->event.at_ns,
                                    .row = row,
                                    .first = i,
                                    .count = 1});
        }
        before = is_step ? row : NULL;
    }
    if (lines->count > 1)
        qsort(lines->lines, lines->count, sizeof *lines->lines, compare);
    make_whole(lines);
}

void capp_lines_make(capp_lines *lines, const capp_store *store, size_t rows_max)
{
    *lines = (capp_lines){.lines = NULL};
    for (detail how = DETAIL_ALL; how < DETAILS; how++) {
        collect(lines, store, how);
        if (lines->count <= rows_max)
            break;
    }
    number_decisions(lines, store);
    if (lines->count > rows_max) {
        lines->skipped = lines->count - rows_max;
        for (size_t i = 0; i < rows_max; i++)
            lines->lines[i] = lines->lines[lines->skipped + i];
        lines->count = rows_max;
    }
}

void capp_lines_fini(capp_lines *lines)
{
    cas_free(cas_allocator_system(), lines->lines, lines->capacity * sizeof *lines->lines);
}
