/* SPDX-License-Identifier: MIT
 *
 * A log with vector clocks, for ShiViz.  Its parser is told
 *
 *     (?<host>\S+) (?<clock>\{.*\})\n(?<event>.*)
 *
 * An event of a host counts its clock up; an arrival takes over what the sender knew.  The newest 2 000
 * events are written: more is no picture.
 */
#include "pcap/export.h"

#include <inttypes.h>
#include <string.h>

#include "castanet/alloc.h"
#include "pcap/json_text.h"
#include "simnet/host/host.h"

enum { ROWS_MAX = 2000 };

/* Rows: hosts; then packets, by their rows in the store.  Columns: hosts. */
typedef struct clocks {
    uint32_t *counts;
    size_t hosts, rows;
} clocks;

static uint32_t *clock_of(const clocks *c, size_t row) { return &c->counts[row * c->hosts]; }

static void print_clock(capp_export *e, const clocks *c, const sim_host *host)
{
    const uint32_t *clock = clock_of(c, host->index);
    bool first = true;
    capp_out_print(e->out, "%s {", host->name);
    for (size_t i = 0; i < c->hosts; i++) {
        if (clock[i] == 0)
            continue;
        capp_out_print(e->out, first ? "" : ", ");
        capp_print_json_text(e->out, e->world->hosts[i]->name);
        capp_out_print(e->out, ":%" PRIu32, clock[i]);
        first = false;
    }
    capp_out_print(e->out, "}\n");
}

/* One line, without breaks. */
static void print_words(capp_out *out, const char *text)
{
    for (; *text != '\0'; text++)
        capp_out_print(out, "%c", (unsigned char)*text < ' ' ? ' ' : *text);
    capp_out_print(out, "\n");
}

static void take_over(const clocks *c, const sim_host *host, size_t packet_row)
{
    uint32_t *own = clock_of(c, host->index), *theirs = clock_of(c, c->hosts + packet_row);
    for (size_t i = 0; i < c->hosts; i++)
        own[i] = own[i] > theirs[i] ? own[i] : theirs[i];
}

static void write_arrivals(capp_export *e, const clocks *c, uint64_t before)
{
    for (size_t i = 0; i < capp_store_len(e->store); i++) {
        const capp_row *row = capp_store_row(e->store, i);
        if (row->event.kind != CAPP_PACKET || row->flight.arrivals == 0 ||
            row->flight.arrived_before != before)
            continue;
        take_over(c, row->flight.to, i);
        clock_of(c, row->flight.to->index)[row->flight.to->index]++;
        print_clock(e, c, row->flight.to);
        capp_out_print(e->out, "arrival of ev=%" PRIu64 "\n", row->event.number);
    }
}

static void write_event(capp_export *e, const clocks *c, size_t index)
{
    const capp_row *row = capp_store_row(e->store, index);
    const sim_host *host = row->event.host;
    capp_event event = row->event;
    char said[640];
    if (host == NULL)
        return;
    event.data = &row->flight.head;
    clock_of(c, host->index)[host->index]++;
    print_clock(e, c, host);
    capp_out_print(e->out, "ev=%" PRIu64 " ", event.number);
    print_words(e->out, capp_say(&event, said, sizeof said));
    if (event.kind == CAPP_PACKET)
        memcpy(clock_of(c, c->hosts + index), clock_of(c, host->index), c->hosts * sizeof *c->counts);
}

static void end(capp_export *e)
{
    cas_allocator *memory = cas_allocator_system();
    clocks c = {.hosts = e->world->host_count, .rows = e->world->host_count + capp_store_len(e->store)};
    size_t size = c.hosts * c.rows * sizeof *c.counts;
    uint64_t last = 0;
    c.counts = size == 0 ? NULL : cas_alloc(memory, size);
    e->refused = size != 0 && c.counts == NULL;
    if (c.counts == NULL)
        return;
    memset(c.counts, 0, size);
    for (size_t i = 0; i < capp_store_len(e->store); i++) {
        uint64_t number = capp_store_row(e->store, i)->event.number;
        write_arrivals(e, &c, number);
        write_event(e, &c, i);
        last = number;
    }
    write_arrivals(e, &c, last + 1);
    cas_free(memory, c.counts, size);
}

const capp_export_kind capp_export_shiviz = {.name = "shiviz", .rows_max = ROWS_MAX, .end = end};
