/* SPDX-License-Identifier: MIT
 *
 * The ladder as an output of a trace: it keeps events, and is drawn when the trace is closed.
 */
#include "pcap/ladder.h"

#include <inttypes.h>
#include <string.h>

#include "castanet/alloc.h"
#include "pcap/recorder.h"
#include "simnet/host/host.h"

enum { LINES_DEFAULT = 200, EVENTS_PER_LINE = 16, DECISIONS_SHOWN = 20 };

typedef struct ladder {
    capp_sink sink; /* first */
    capp_out *out;
    capp_store *store;
    size_t rows_max;
    bool utf8;
} ladder;

static void on_event(capp_sink *sink, const capp_event *event)
{
    (void)capp_store_event(((ladder *)sink)->store, event);
}

static void on_arrival(capp_sink *sink, const capp_arrival *arrival)
{
    capp_store_arrival(((ladder *)sink)->store, arrival);
}

static void on_lost(capp_sink *sink, uint64_t packet, sim_fate fate)
{
    capp_store_lost(((ladder *)sink)->store, packet, fate);
}

/* ---- printing ---- */

/* What the run depends on, besides the program; threads with another profile than the world's are named. */
static void print_circumstances(const sim_world *world, capp_out *out)
{
    char text[CAS_PROFILE_TEXT], other[CAS_PROFILE_TEXT];
    cas_profile_text(sim_world_profile(world), text, sizeof text);
    capp_out_print(out, "(seed %" PRIu64 ", profile %s)\n", sim_world_seed(world), text);
    for (uint32_t i = 0; i < world->host_count; i++) {
        for (const simp_task *task = world->hosts[i]->tasks; task != NULL; task = task->next) {
            cas_profile_text(cas_thread_profile(task->thread), other, sizeof other);
            if (strcmp(text, other) != 0)
                capp_out_print(out, "(a thread of %s: profile %s)\n", sim_host_name(world->hosts[i]), other);
        }
    }
}

/* "(3) hold server/conn#1 OnReceive#3 until client->server FIN#1", "(4) choose link lan a> loss#3 = 1". */
static void print_decision(const capp_event *event, unsigned number, capp_out *out)
{
    capp_out_print(out, "  (%u) %s %s", number, event->what, event->about);
    if (event->number_of != 0)
        capp_out_print(out, "#%" PRIu64 " = %" PRIu32, event->number_of, event->value);
    capp_out_print(out, "\n");
}

static void print_decisions(const capp_store *store, unsigned count, capp_out *out)
{
    unsigned number = 0;
    if (count > 0)
        capp_out_print(out, "decisions\n");
    for (size_t i = 0; i < capp_store_len(store) && number < DECISIONS_SHOWN; i++) {
        const capp_event *event = &capp_store_row(store, i)->event;
        if (event->kind == CAPP_CHOICE)
            print_decision(event, ++number, out);
    }
    if (count > number)
        capp_out_print(out, "  and %u more\n", count - number);
}

static void print(const ladder *l, const capp_lines *lines, const sim_world *world)
{
    capp_layout layout;
    uint64_t before = capp_store_dropped(l->store);
    capp_layout_make(&layout, l->store, lines, world, l->utf8);
    print_circumstances(world, l->out);
    if (before > 0)
        capp_out_print(l->out, "(%" PRIu64 " earlier events were not kept)\n", before);
    if (lines->skipped > 0)
        capp_out_print(l->out, "(%zu earlier rows are left out)\n", lines->skipped);
    capp_draw_heading(&layout, l->out);
    for (size_t i = 0; i < lines->count; i++)
        capp_draw_line(&layout, &lines->lines[i], l->out);
    print_decisions(l->store, lines->decisions, l->out);
}

/* ---- the sink ---- */

static void release(ladder *l)
{
    capp_store_destroy(l->store);
    cas_free(cas_allocator_system(), l, sizeof *l);
}

static int finish(capp_sink *sink, const sim_world *world, sim_error *error)
{
    ladder *l = (ladder *)sink;
    capp_lines lines;
    capp_lines_make(&lines, l->store, l->rows_max);
    bool refused = lines.refused || capp_store_is_torn(l->store);
    if (lines.count == 0 && !refused)
        capp_out_print(l->out, "(nothing happened)\n");
    else if (!refused)
        print(l, &lines, world);
    capp_lines_fini(&lines);
    int code = capp_out_close(l->out, error);
    release(l);
    return refused ? capp_no_memory(error) : code;
}

static void discard(capp_sink *sink)
{
    ladder *l = (ladder *)sink;
    capp_out_discard(l->out);
    release(l);
}

/* Takes the output over, whatever comes of it. */
static int add_ladder(cap_trace *trace, capp_out *out, const cap_ladder_options *options, sim_error *error)
{
    static const cap_ladder_options usual;
    options = options == NULL ? &usual : options;
    size_t rows_max = options->rows_max == 0 ? LINES_DEFAULT : options->rows_max;
    ladder *l = cas_alloc(cas_allocator_system(), sizeof *l);
    capp_store *store = capp_store_create(rows_max * EVENTS_PER_LINE);
    if (l == NULL || store == NULL) {
        capp_out_discard(out);
        capp_store_destroy(store);
        cas_free(cas_allocator_system(), l, sizeof *l);
        return capp_no_memory(error);
    }
    *l = (ladder){.sink = {.event = on_event,
                           .arrival = on_arrival,
                           .lost = on_lost,
                           .finish = finish,
                           .discard = discard},
                  .out = out,
                  .store = store,
                  .rows_max = rows_max,
                  .utf8 = options->utf8};
    capp_trace_add(trace, &l->sink);
    return 0;
}

int cap_trace_add_ladder(cap_trace *trace, const char *path, const cap_ladder_options *options,
                         sim_error *error)
{
    capp_out *out;
    int code = capp_out_open(path, &out, error);
    return code != 0 ? code : add_ladder(trace, out, options, error);
}

int cap_trace_print_ladder(cap_trace *trace, FILE *stream, const cap_ladder_options *options,
                           sim_error *error)
{
    capp_out *out;
    int code = capp_out_wrap(stream, &out, error);
    return code != 0 ? code : add_ladder(trace, out, options, error);
}
