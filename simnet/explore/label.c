/* SPDX-License-Identifier: MIT
 *
 * See label.h.
 */
#include "simnet/explore/label.h"

#include <string.h>

#include "core/limits.h"

static size_t bytes_of_labels(const simp_label_table *t) { return t->capacity * sizeof *t->labels; }
static size_t bytes_of_slots(const simp_label_table *t) { return t->slot_count * sizeof *t->slots; }

static void free_arrays(simp_label_table *table)
{
    cas_free(table->memory, table->labels, bytes_of_labels(table));
    cas_free(table->memory, table->slots, bytes_of_slots(table));
}

/* Slots are at most half full. */
static bool allocate(simp_label_table *table, uint32_t capacity)
{
    table->capacity = capacity;
    table->slot_count = capacity * 2;
    table->labels = cas_alloc(table->memory, bytes_of_labels(table));
    table->slots = cas_alloc(table->memory, bytes_of_slots(table));
    if (table->labels == NULL || table->slots == NULL) {
        free_arrays(table);
        return false;
    }
    memset(table->slots, 0, bytes_of_slots(table));
    return true;
}

bool simp_labels_init(simp_label_table *table, cas_allocator *memory)
{
    *table = (simp_label_table){.memory = memory, .count = 1, .run = 1};
    if (!allocate(table, CASP_LIMIT(64, 2)))
        return false;
    table->labels[0] = (simp_label){0};
    return true;
}

void simp_labels_fini(simp_label_table *table)
{
    for (uint32_t i = 1; i < table->count; i++)
        cas_free(table->memory, table->labels[i].text, strlen(table->labels[i].text) + 1);
    free_arrays(table);
}

void simp_labels_begin(simp_label_table *table) { table->run++; }

static uint32_t *slot_of(const simp_label_table *table, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (table->slot_count - 1);
    while (table->slots[at] != 0 && table->labels[table->slots[at]].hash != hash)
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

uint32_t simp_labels_find(const simp_label_table *table, uint64_t hash) { return *slot_of(table, hash); }

static bool grow(simp_label_table *table)
{
    simp_label_table grown = *table;
    if (!allocate(&grown, table->capacity * 2))
        return false;
    memcpy(grown.labels, table->labels, table->count * sizeof *grown.labels);
    for (uint32_t i = 1; i < grown.count; i++)
        *slot_of(&grown, grown.labels[i].hash) = i;
    free_arrays(table);
    *table = grown;
    return true;
}

uint32_t simp_labels_add(simp_label_table *table, uint64_t hash, const char *text)
{
    if (table->count == table->capacity && !grow(table))
        return 0;
    size_t size = strlen(text) + 1;
    char *copy = cas_alloc(table->memory, size);
    if (copy == NULL)
        return 0;
    memcpy(copy, text, size);
    table->labels[table->count] = (simp_label){.hash = hash, .text = copy};
    *slot_of(table, hash) = table->count;
    return table->count++;
}
