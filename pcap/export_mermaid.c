/* SPDX-License-Identifier: MIT
 *
 * A sequence diagram of Mermaid, for a README: the lines of a ladder, in its shorter forms.  Readers take
 * 50 000 characters unless told otherwise, so 400 lines are the most.
 */
#include "pcap/export.h"

#include <inttypes.h>
#include <string.h>

#include "pcap/ladder.h"
#include "simnet/host/host.h"

enum { ROWS_MAX = 4000, LINES_MAX = 400 };

/* What would end a statement, or begin a mark-up, is written as its number. */
static void print_text(capp_out *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c > '~' || strchr("#;<>&\"`%", *text) != NULL)
            capp_out_print(out, "#%u;", c < ' ' || c > '~' ? '?' : c);
        else
            capp_out_print(out, "%c", *text);
    }
}

static void print_host(capp_out *out, const sim_host *host) { capp_out_print(out, "h%" PRIu32, host->index); }

static void print_packet(capp_export *e, const capp_layout *l, const capp_line *line)
{
    const sim_host *from = line->row->event.host, *to = capp_destination(l, line->row);
    sim_fate fate = capp_fate_of(line->row);
    bool is_lost = sim_fate_is_lost(fate);
    char label[CAPP_LADDER_WIDTH + 1];
    if (to == NULL || (line->kind == CAPP_LINE_SENT && !is_lost))
        return; /* it is drawn where it arrives */
    capp_out_print(e->out, "    ");
    print_host(e->out, from);
    capp_out_print(e->out, is_lost ? "-x" : "->>");
    print_host(e->out, to);
    capp_out_print(e->out, ": ");
    print_text(e->out, capp_packet_label(line->row, label, sizeof label));
    if (fate != SIM_FATE_SENT)
        capp_out_print(e->out, " (%s)", sim_fate_word(fate));
    capp_out_print(e->out, "\n");
}

static void print_note(capp_export *e, const capp_layout *l, const capp_line *line)
{
    char text[CAPP_LADDER_WIDTH + 1];
    const sim_host *host = line->row->event.host;
    capp_out_print(e->out, "    Note over ");
    print_host(e->out, host == NULL ? l->hosts[0] : host);
    capp_out_print(e->out, ": ");
    print_text(e->out, line->kind == CAPP_LINE_STEPS ? capp_steps_text(l, line, text, sizeof text)
                                                     : capp_say(&line->row->event, text, sizeof text));
    capp_out_print(e->out, "\n");
}

static void print_line(capp_export *e, const capp_layout *l, const capp_line *line)
{
    if (line->decisions > 0)
        capp_out_print(e->out, "    Note over h%" PRIu32 ": decision %u\n", l->hosts[0]->index,
                       line->decision);
    if (line->kind == CAPP_LINE_STEPS || line->kind == CAPP_LINE_WORDS)
        print_note(e, l, line);
    else
        print_packet(e, l, line);
}

static void print_participants(capp_export *e, const capp_lines *lines)
{
    for (uint32_t i = 0; i < e->world->host_count; i++) {
        const sim_host *host = e->world->hosts[i];
        bool occurs = false;
        for (size_t k = 0; k < lines->count && !occurs; k++)
            occurs = lines->lines[k].row->event.host == host || lines->lines[k].row->flight.to == host;
        if (!occurs)
            continue;
        capp_out_print(e->out, "    participant h%" PRIu32 " as ", i);
        print_text(e->out, host->name);
        capp_out_print(e->out, "\n");
    }
}

static void end(capp_export *e)
{
    capp_lines lines;
    capp_layout layout;
    capp_lines_make(&lines, e->store, LINES_MAX);
    e->refused = e->refused || lines.refused;
    capp_out_print(e->out, "sequenceDiagram\n");
    print_participants(e, &lines);
    capp_layout_make(&layout, e->store, &lines, e->world, false);
    if (lines.skipped > 0 && layout.columns > 0)
        capp_out_print(e->out, "    Note over h%" PRIu32 ": %zu earlier lines are left out\n",
                       layout.hosts[0]->index, lines.skipped);
    for (size_t i = 0; i < lines.count && layout.columns > 0; i++)
        print_line(e, &layout, &lines.lines[i]);
    capp_lines_fini(&lines);
}

const capp_export_kind capp_export_mermaid = {.name = "mermaid", .rows_max = ROWS_MAX, .end = end};
