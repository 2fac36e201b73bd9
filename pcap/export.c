/* SPDX-License-Identifier: MIT
 *
 * See export.h.
 */
#include "pcap/export.h"

#include <string.h>

#include "castanet/alloc.h"

static const capp_export_kind *const kinds[] = {
    [CAP_EXPORT_JSON] = &capp_export_json,       [CAP_EXPORT_CSV] = &capp_export_csv,
    [CAP_EXPORT_CHROME] = &capp_export_chrome,   [CAP_EXPORT_SHIVIZ] = &capp_export_shiviz,
    [CAP_EXPORT_MERMAID] = &capp_export_mermaid,
};

const char *cap_export_name(unsigned index)
{
    return index < sizeof kinds / sizeof *kinds ? kinds[index]->name : NULL;
}

/* ---- the sink ---- */

/* Hosts are known when the first thing happens, not before. */
static void begin(capp_export *e)
{
    if (!e->has_begun && e->kind->begin != NULL)
        e->kind->begin(e);
    e->has_begun = true;
}

static void on_event(capp_sink *sink, const capp_event *event)
{
    capp_export *e = (capp_export *)sink;
    begin(e);
    if (e->store != NULL)
        (void)capp_store_event(e->store, event);
    if (e->kind->event != NULL)
        e->kind->event(e, event);
}

static void on_arrival(capp_sink *sink, const capp_arrival *arrival)
{
    capp_export *e = (capp_export *)sink;
    if (e->store != NULL)
        capp_store_arrival(e->store, arrival);
    if (e->kind->arrival != NULL)
        e->kind->arrival(e, arrival);
}

static void on_lost(capp_sink *sink, uint64_t packet, sim_fate fate)
{
    capp_export *e = (capp_export *)sink;
    if (e->store != NULL)
        capp_store_lost(e->store, packet, fate);
    if (e->kind->lost != NULL)
        e->kind->lost(e, packet, fate);
}

static void flush(capp_sink *sink) { capp_out_flush(((capp_export *)sink)->out); }

static void release(capp_export *e)
{
    capp_store_destroy(e->store);
    cas_free(cas_allocator_system(), e, sizeof *e);
}

static int finish(capp_sink *sink, const sim_world *world, sim_error *error)
{
    capp_export *e = (capp_export *)sink;
    (void)world;
    begin(e);
    if (e->kind->end != NULL)
        e->kind->end(e);
    bool refused = e->refused || (e->store != NULL && capp_store_is_torn(e->store));
    int code = 0;
    if (refused)
        capp_out_discard(e->out);
    else
        code = capp_out_close(e->out, error);
    release(e);
    return refused ? capp_no_memory(error) : code;
}

static void discard(capp_sink *sink)
{
    capp_out_discard(((capp_export *)sink)->out);
    release((capp_export *)sink);
}

/* ---- adding ---- */

/* The copy, in a buffer that cuts it; NULL stays NULL. */
static const char *copy(char *buf, size_t size, const char *text)
{
    if (text == NULL)
        return NULL;
    snprintf(buf, size, "%s", text);
    return buf;
}

static void remember(capp_export *e, const cap_about *about)
{
    e->about = *about;
    e->about.program = copy(e->program, sizeof e->program, about->program);
    e->about.scenario = copy(e->scenario, sizeof e->scenario, about->scenario);
    e->about.schedule = copy(e->schedule, sizeof e->schedule, about->schedule);
    e->about.command = copy(e->command, sizeof e->command, about->command);
}

/* Takes the output over, whatever comes of it. */
static int add(cap_trace *trace, cap_export format, capp_out *out, const cap_about *about, sim_error *error)
{
    static const cap_about nothing;
    const capp_export_kind *kind = kinds[format];
    capp_export *e = cas_alloc(cas_allocator_system(), sizeof *e);
    capp_store *store = kind->rows_max == 0 ? NULL : capp_store_create(kind->rows_max);
    if (e == NULL || (kind->rows_max != 0 && store == NULL)) {
        capp_out_discard(out);
        capp_store_destroy(store);
        cas_free(cas_allocator_system(), e, sizeof *e);
        return capp_no_memory(error);
    }
    *e = (capp_export){.sink = {.event = on_event,
                                .arrival = on_arrival,
                                .lost = on_lost,
                                .flush = flush,
                                .finish = finish,
                                .discard = discard},
                       .kind = kind,
                       .out = out,
                       .store = store,
                       .world = trace->world};
    remember(e, about == NULL ? &nothing : about);
    capp_trace_add(trace, &e->sink);
    return 0;
}

static int check(cap_export format, sim_error *error)
{
    if ((unsigned)format < sizeof kinds / sizeof *kinds)
        return 0;
    if (error != NULL)
        *error = (sim_error){.code = WSAEINVAL,
                             .what = "there is no such export",
                             .why = "the number is none of cap_export",
                             .fix = "choose one of them"};
    return WSAEINVAL;
}

int cap_trace_add_export(cap_trace *trace, cap_export format, const char *path, const cap_about *about,
                         sim_error *error)
{
    capp_out *out;
    int code = check(format, error);
    if (code == 0)
        code = capp_out_open(path, &out, error);
    return code != 0 ? code : add(trace, format, out, about, error);
}

int cap_trace_print_export(cap_trace *trace, cap_export format, FILE *stream, const cap_about *about,
                           sim_error *error)
{
    capp_out *out;
    int code = check(format, error);
    if (code == 0)
        code = capp_out_wrap(stream, &out, error);
    return code != 0 ? code : add(trace, format, out, about, error);
}
