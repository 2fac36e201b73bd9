/* SPDX-License-Identifier: MIT
 *
 * See output.h.
 */
#include "tool/output.h"

#include <string.h>

#include "tool/nearest.h"
#include "tool/program.h"

enum { EXPORTS_MAX = 16, DRAWN = 4 };

/* Those that are no exports. */
static const char *const drawn[DRAWN] = {"pcapng", "pcap", "ladder", "report"};

static bool is_capture(const char *format) { return strncmp(format, "pcap", 4) == 0; }
static bool is_file(const char *format) { return is_capture(format) || strcmp(format, "report") == 0; }

/* The export of that name; EXPORTS_MAX: it is none. */
static unsigned find_export(const char *format)
{
    for (unsigned i = 0; cap_export_name(i) != NULL; i++) {
        if (strcmp(cap_export_name(i), format) == 0)
            return i;
    }
    return EXPORTS_MAX;
}

static bool is_format(const char *format)
{
    for (unsigned i = 0; i < DRAWN; i++) {
        if (strcmp(drawn[i], format) == 0)
            return true;
    }
    return find_export(format) != EXPORTS_MAX;
}

static void list_formats(char *text, size_t size)
{
    size_t used = 0;
    for (unsigned i = 0; i < DRAWN + EXPORTS_MAX && used < size; i++) {
        const char *name = i < DRAWN ? drawn[i] : cap_export_name(i - DRAWN);
        if (name == NULL)
            break;
        used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? "one of " : ", ", name);
    }
}

bool output_check(const char *format, const char *path)
{
    char formats[160];
    list_formats(formats, sizeof formats);
    if (!is_format(format)) {
        tool_complain(TOOL_USAGE, "no trace is written so", formats, "there is no format \"%s\"", format);
        return false;
    }
    if (!is_file(format) || path != NULL)
        return true;
    tool_complain(TOOL_USAGE, is_capture(format) ? "its bytes are for Wireshark" : "it is for a browser",
                  "name a file with --out",
                  is_capture(format) ? "a capture is not printed" : "a report is not printed");
    return false;
}

static int add_capture(cap_trace *trace, const tool_output *output, const cap_about *about, sim_error *error)
{
    cap_capture_options options = {.about = *about, .host = output->host};
    return strcmp(output->format, "pcap") == 0 ? cap_trace_add_pcap(trace, output->path, &options, error)
                                               : cap_trace_add_pcapng(trace, output->path, &options, error);
}

static int add_ladder(cap_trace *trace, const tool_output *output, sim_error *error)
{
    cap_ladder_options options = {.rows_max = output->rows_max};
    return output->path != NULL ? cap_trace_add_ladder(trace, output->path, &options, error)
                                : cap_trace_print_ladder(trace, output->stream, &options, error);
}

static int add_report(cap_trace *trace, const tool_output *output, const cap_about *about, sim_error *error)
{
    cap_report_options options = {.about = *about};
    if (output->report != NULL)
        options = *output->report;
    options.about = *about;
    return cap_trace_add_report(trace, output->path, &options, error);
}

int output_add(cap_trace *trace, const tool_output *output, const cap_about *about, sim_error *error)
{
    if (is_capture(output->format))
        return add_capture(trace, output, about, error);
    if (strcmp(output->format, "ladder") == 0)
        return add_ladder(trace, output, error);
    if (strcmp(output->format, "run") == 0)
        return cap_trace_add_run(trace, output->stream, 0, error);
    if (strcmp(output->format, "report") == 0)
        return add_report(trace, output, about, error);
    cap_export format = (cap_export)find_export(output->format);
    return output->path != NULL ? cap_trace_add_export(trace, format, output->path, about, error)
                                : cap_trace_print_export(trace, format, output->stream, about, error);
}
