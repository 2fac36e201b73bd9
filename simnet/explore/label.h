/* SPDX-License-Identifier: MIT
 *
 * Labels: the stable names of what happens, and how often each happened in a run.
 *
 * A label says where and what ("server/conn#2 OnReceive"); with its occurrence it names one event of a run.
 * The table outlives runs, because the runs of a scenario use the same names.
 *
 * Invariants:
 *  1. A label's number depends on the order of first use alone, and is not shown to anybody: what is compared
 *     or written is its hash or its text.
 *  2. The count of a label that was not met in the present run is 0.
 */
#ifndef SIMNET_LABEL_H
#define SIMNET_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/alloc.h"

typedef struct simp_label {
    uint64_t hash;
    char *text;
    uint32_t run;   /* that count is about */
    uint32_t count; /* times it happened */
} simp_label;

typedef struct simp_label_table {
    cas_allocator *memory;
    simp_label *labels; /* by number, from 1 */
    uint32_t *slots;    /* numbers, by hash; 0: free */
    uint32_t count, capacity, slot_count;
    uint32_t run;
} simp_label_table;

/* False: no memory. */
bool simp_labels_init(simp_label_table *, cas_allocator *);
void simp_labels_fini(simp_label_table *);
/* A run begins: all counts are 0. */
void simp_labels_begin(simp_label_table *);

/* The number of the label with that hash; 0: it is new. */
uint32_t simp_labels_find(const simp_label_table *, uint64_t hash);
/* Of a new one; the text is copied.  0: no memory. */
uint32_t simp_labels_add(simp_label_table *, uint64_t hash, const char *text);

static inline uint32_t simp_label_count(const simp_label_table *table, uint32_t number)
{
    const simp_label *label = &table->labels[number];
    return label->run == table->run ? label->count : 0;
}

/* It happens; the how manieth time. */
static inline uint32_t simp_label_happens(simp_label_table *table, uint32_t number)
{
    simp_label *label = &table->labels[number];
    label->count = label->run == table->run ? label->count + 1 : 1;
    label->run = table->run;
    return label->count;
}

#endif
