/* SPDX-License-Identifier: MIT
 *
 * What a run is written down as: a format, and where it goes.
 */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "castanet/trace.h"

typedef struct tool_output {
    const char *format; /* "pcapng", "pcap", "ladder", "report", "run" for one, or an export */
    const char *path;   /* NULL: stream */
    FILE *stream;
    const char *host;                 /* captures: only what this one sees; NULL: all */
    unsigned rows_max;                /* ladders; 0: 200 */
    const cap_report_options *report; /* reports; NULL: nothing is known beside the events */
} tool_output;

/* Is it a format; may it go to a terminal?  False: it was said what is wrong. */
bool output_check(const char *format, const char *path);
/* 0 or a WSAE code, with the reason in error. */
int output_add(cap_trace *, const tool_output *, const cap_about *, sim_error *error);

#endif
