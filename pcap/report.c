/* SPDX-License-Identifier: MIT
 *
 * See report.h: the page itself, and the outputs of a trace that make it.
 */
#include "pcap/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "castanet/alloc.h"
#include "castanet/sim_lint.h"
#include "pcap/ladder.h"
#include "pcap/plot.h"
#include "pcap/recorder.h"
#include "simnet/host/host.h"

enum { ROWS_DEFAULT = 100000, TEXT_LINES = 200, DECISIONS_SHOWN = 100 };

typedef struct report {
    capp_sink sink; /* first */
    capp_out *out;
    capp_store *store;
    capp_plots *plots; /* NULL: of a run alone */
    cap_report_options options;
    bool is_page; /* else the data of a run alone */
} report;

void capp_print_html(capp_out *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        size_t plain = strcspn(text, "&<>\"'\r\v\f\x7f\x1b");
        if (plain > 0) {
            capp_out_write(out, text, plain);
            text += plain - 1;
        } else if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'') {
            capp_out_print(out, "&#%u;", c);
        } else {
            capp_out_print(out, "?");
        }
    }
}

/* ---- the head ---- */

static void print_text(capp_out *out, const char *before, const char *text, const char *behind)
{
    if (text == NULL || text[0] == '\0')
        return;
    capp_out_print(out, "%s", before);
    capp_print_html(out, text);
    capp_out_print(out, "%s", behind);
}

static void print_command(capp_out *out, const char *name, const char *command)
{
    if (command == NULL || command[0] == '\0')
        return;
    capp_out_print(out, "<dt>%s</dt><dd>", name);
    print_text(out, "<code>", command, "</code> <button class=\"copy\" hidden>copy</button></dd>\n");
}

/* What nobody told is what the world knows. */
static const char *outcome_of(const report *r, const sim_world *world)
{
    if (r->options.outcome != NULL)
        return r->options.outcome;
    return sim_world_failure(world) != NULL ? "failed" : "run";
}

static const char *message_of(const report *r, const sim_world *world)
{
    const char *failure = sim_world_failure(world);
    return r->options.message != NULL ? r->options.message : failure != NULL ? failure : "";
}

static void print_title(const report *r, capp_out *out, const sim_world *world)
{
    const cap_report_options *o = &r->options;
    bool passed = strcmp(outcome_of(r, world), "passed") == 0;
    const char *class = passed ? " passed" : "";
    capp_out_print(out, "<h1><span class=\"word%s\">", class);
    capp_print_html(out, outcome_of(r, world));
    print_text(out, "</span> ", o->about.scenario, "");
    capp_out_print(out, "</h1>\n");
    if (message_of(r, world)[0] == '\0')
        return;
    capp_out_print(out, "<p class=\"message%s\">", class);
    print_text(out, "", message_of(r, world), "</p>\n");
}

static void print_facts(const report *r, capp_out *out, const sim_world *world)
{
    const cap_report_options *o = &r->options;
    char profile[CAS_PROFILE_TEXT], fingerprint[33];
    sim_world_fingerprint_text(world, fingerprint);
    capp_out_print(out, "<dl>\n");
    print_command(out, "repeat it", o->about.command);
    print_command(out, "in gdb", o->debug);
    print_command(out, "in Wireshark", o->capture);
    print_text(out, "<dt>program</dt><dd>", o->about.program, "</dd>\n");
    if (o->about.has_seed)
        capp_out_print(out, "<dt>seed</dt><dd>%" PRIu64 "</dd>\n", o->about.seed);
    print_text(out, "<dt>profile</dt><dd>",
               cas_profile_text(sim_world_profile(world), profile, sizeof profile), "</dd>\n");
    capp_out_print(out,
                   "<dt>fingerprint</dt><dd><code>%s</code></dd>\n<dt>time</dt><dd>%" PRIu64 ".%09" PRIu64
                   " s of virtual time, %zu events",
                   fingerprint, sim_world_now(world) / UINT64_C(1000000000),
                   sim_world_now(world) % UINT64_C(1000000000), capp_store_len(r->store));
    if (capp_store_dropped(r->store) > 0)
        capp_out_print(out, "; %" PRIu64 " before them are not shown", capp_store_dropped(r->store));
    capp_out_print(out, "</dd>\n</dl>\n");
}

static void print_decisions(const report *r, capp_out *out)
{
    unsigned count = 0;
    for (size_t i = 0; i < capp_store_len(r->store); i++) {
        const capp_event *event = &capp_store_row(r->store, i)->event;
        char text[700];
        if (event->kind != CAPP_CHOICE || count++ >= DECISIONS_SHOWN)
            continue;
        if (count == 1)
            capp_out_print(out,
                           "<h2>Decisions that differ from the usual order</h2>\n<ol class=\"decisions\">\n");
        capp_out_print(out, "<li><a data-decision=\"%u\"><code>", count);
        capp_print_html(out, capp_say_what(event, text, sizeof text));
        capp_out_print(out, "</code></a></li>\n");
    }
    if (count > 0)
        capp_out_print(out, "</ol>\n");
    if (count > DECISIONS_SHOWN)
        capp_out_print(out, "<p>and %u more</p>\n", count - DECISIONS_SHOWN);
}

static void print_line(void *context, const char *line) { print_text(context, "", line, "\n"); }

/* Of a run in which nothing is left to happen. */
static void print_stall(const report *r, capp_out *out, const sim_world *world)
{
    if (strcmp(outcome_of(r, world), "stalled") != 0)
        return;
    capp_out_print(out, "<h2>What waits for what</h2>\n<pre class=\"words\">");
    sim_world_explain_stall(world, NULL, print_line, out);
    capp_out_print(out, "</pre>\n");
}

/* ---- the ladder in text ---- */

static void draw_ladder(const report *r, capp_out *text, const sim_world *world)
{
    capp_lines lines;
    capp_layout layout;
    capp_lines_make(&lines, r->store, TEXT_LINES);
    capp_layout_make(&layout, r->store, &lines, world, true);
    if (lines.skipped > 0)
        capp_out_print(text, "(%zu earlier rows are left out)\n", lines.skipped);
    capp_draw_heading(&layout, text);
    for (size_t i = 0; i < lines.count; i++)
        capp_draw_line(&layout, &lines.lines[i], text);
    capp_lines_fini(&lines);
}

/* Drawn as text first, since a line is no mark-up. */
static void print_ladder(const report *r, capp_out *out, const sim_world *world)
{
    char piece[4096];
    size_t len;
    capp_out *text;
    FILE *stream = tmpfile();
    if (stream == NULL || capp_out_wrap(stream, &text, NULL) != 0) {
        capp_out_break(out, ENOMEM);
        if (stream != NULL)
            fclose(stream);
        return;
    }
    draw_ladder(r, text, world);
    capp_out_close(text, NULL);
    rewind(stream);
    capp_out_print(out, "<details id=\"text\" open><summary>as text</summary>\n<pre>");
    while ((len = fread(piece, 1, sizeof piece - 1, stream)) > 0) {
        piece[len] = '\0';
        capp_print_html(out, piece);
    }
    capp_out_print(out, "</pre></details>\n");
    fclose(stream);
}

/* ---- the page ---- */

static void copy_stream(capp_out *out, FILE *stream)
{
    char piece[8192];
    size_t len;
    rewind(stream);
    while ((len = fread(piece, 1, sizeof piece, stream)) > 0)
        capp_out_write(out, piece, len);
}

static void print_data(const report *r, capp_out *out, const sim_world *world)
{
    capp_out_print(out, "<script type=\"application/json\" id=\"data\">{\"failed\":");
    capp_print_run(out, r->store, world);
    capp_out_print(out, ",\n\"passed\":");
    if (r->options.passing != NULL)
        copy_stream(out, r->options.passing);
    else
        capp_out_print(out, "null");
    capp_out_print(out, ",\n\"plots\":");
    capp_print_plots(out, r->plots);
    capp_out_print(out, "}</script>\n");
}

static void print_page(const report *r, capp_out *out, const sim_world *world)
{
    const cap_report_options *o = &r->options;
    capp_out_print(out,
                   "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                   "script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
                   capp_report_script_hash, capp_report_style_hash);
    print_text(out, "", o->about.scenario, " ");
    capp_print_html(out, outcome_of(r, world));
    capp_out_print(out, "</title>\n<style>");
    capp_out_write(out, capp_report_style, strlen(capp_report_style));
    capp_out_print(out, "</style></head>\n<body>\n");
    print_title(r, out, world);
    print_facts(r, out, world);
    print_text(out, "<h2>Why</h2>\n<pre class=\"words\">", o->explanation, "</pre>\n");
    print_stall(r, out, world);
    print_decisions(r, out);
    capp_out_print(out, "<h2>What happened</h2>\n<div id=\"picture\"></div>\n");
    print_ladder(r, out, world);
    print_text(out, "<details><summary>the schedule</summary>\n<pre>", o->schedule, "</pre></details>\n");
    print_data(r, out, world);
    capp_out_print(out, "<script>");
    capp_out_write(out, capp_report_script, strlen(capp_report_script));
    capp_out_print(out, "</script>\n</body></html>\n");
}

/* ---- the sink ---- */

static void on_event(capp_sink *sink, const capp_event *event)
{
    report *r = (report *)sink;
    (void)capp_store_event(r->store, event);
    if (r->plots != NULL)
        capp_plots_sent(r->plots, event);
}

static void on_arrival(capp_sink *sink, const capp_arrival *arrival)
{
    report *r = (report *)sink;
    capp_store_arrival(r->store, arrival);
    if (r->plots != NULL)
        capp_plots_arrived(r->plots, arrival);
}

static void on_lost(capp_sink *sink, uint64_t packet, sim_fate fate)
{
    capp_store_lost(((report *)sink)->store, packet, fate);
}

static void release(report *r)
{
    capp_store_destroy(r->store);
    capp_plots_destroy(r->plots);
    cas_free(cas_allocator_system(), r, sizeof *r);
}

static int finish(capp_sink *sink, const sim_world *world, sim_error *error)
{
    report *r = (report *)sink;
    bool refused = capp_store_is_torn(r->store) || (r->plots != NULL && capp_plots_is_torn(r->plots));
    int code = 0;
    if (refused) {
        capp_out_discard(r->out);
        code = capp_no_memory(error);
    } else {
        if (r->is_page)
            print_page(r, r->out, world);
        else
            capp_print_run(r->out, r->store, world);
        code = capp_out_close(r->out, error);
    }
    release(r);
    return code;
}

static void discard(capp_sink *sink)
{
    capp_out_discard(((report *)sink)->out);
    release((report *)sink);
}

/* Takes the output over, whatever comes of it. */
static int add(cap_trace *trace, capp_out *out, const cap_report_options *options, bool is_page,
               sim_error *error)
{
    report *r = cas_alloc(cas_allocator_system(), sizeof *r);
    capp_store *store = capp_store_create(options->rows_max == 0 ? ROWS_DEFAULT : options->rows_max);
    capp_plots *plots = is_page ? capp_plots_create() : NULL;
    if (r == NULL || store == NULL || (is_page && plots == NULL)) {
        capp_out_discard(out);
        capp_store_destroy(store);
        capp_plots_destroy(plots);
        cas_free(cas_allocator_system(), r, sizeof *r);
        return capp_no_memory(error);
    }
    *r = (report){.sink = {.event = on_event,
                           .arrival = on_arrival,
                           .lost = on_lost,
                           .finish = finish,
                           .discard = discard},
                  .out = out,
                  .store = store,
                  .plots = plots,
                  .options = *options,
                  .is_page = is_page};
    capp_trace_add(trace, &r->sink);
    return 0;
}

int cap_trace_add_report(cap_trace *trace, const char *path, const cap_report_options *options,
                         sim_error *error)
{
    static const cap_report_options usual;
    capp_out *out;
    int code = capp_out_open(path, &out, error);
    return code != 0 ? code : add(trace, out, options == NULL ? &usual : options, true, error);
}

int cap_trace_add_run(cap_trace *trace, FILE *stream, unsigned rows_max, sim_error *error)
{
    capp_out *out;
    int code = capp_out_wrap(stream, &out, error);
    return code != 0 ? code : add(trace, out, &(cap_report_options){.rows_max = rows_max}, false, error);
}
