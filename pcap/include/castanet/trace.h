/* SPDX-License-Identifier: MIT
 *
 * Traces: what happens in a world, written down while it runs.
 *
 * A trace is an observer.  Outputs are added to it, each a format and a place; all tell of the same events
 * with the same numbers, so that frame 31 of a capture is event 31 everywhere.  A run is the same with every
 * output and with none.  The bytes depend on the run and on what the outputs were told: no clock, path, user
 * or address of the machine is among them.
 *
 * Files are written as "<path>.part", and get their name when they are complete.
 */
#ifndef CASTANET_TRACE_H
#define CASTANET_TRACE_H

#include <stdio.h>

#include "castanet/sim_observer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Virtual time 0 in captures: 2000-01-01T00:00:00Z. */
#define CAP_EPOCH_S 946684800

typedef struct cap_trace cap_trace;

/* 0 or WSAENOBUFS; error, if not NULL, receives what, why and fix, here and below. */
int cap_trace_open(sim_world *, cap_trace **out, sim_error *error);
/* Completes what was added, and frees the trace; call before the world is destroyed.  Of outputs that could
 * not be written the first is told; the others are complete.  NULL is ignored. */
int cap_trace_close(cap_trace *, sim_error *error);
/* Frees it; the files of its outputs are gone. */
void cap_trace_discard(cap_trace *);
/* Hands over what is buffered, in whole records; happens by itself when the scenario fails.  For captures it
 * is async-signal-safe. */
void cap_trace_flush(cap_trace *);

/* ---- captures ---- */

/* What a capture says of itself; each may be NULL or 0, and is left out then.  Copied. */
typedef struct cap_about {
    const char *program, *scenario;
    const char *schedule; /* its fingerprint or name */
    const char *command;  /* that repeats the run */
    uint64_t seed;
    bool has_seed;
} cap_about;

typedef struct cap_capture_options {
    cap_about about;
    const char *host;  /* only what this host's own system would capture, in and out; NULL: each packet of
                           the world once, when it is put on the wire */
    uint32_t snap_len; /* bytes kept of a frame; 0: all */
} cap_capture_options;

/* pcapng: one Ethernet interface for each interface of each host, with names, addresses and speed; comments
 * on packets that a fault touched; calls, notifications, faults, states, choices and failures as rows of
 * their own ("systemd Journal" in Wireshark).  options NULL: all zero.  Returns 0 or a WSAE code. */
int cap_trace_add_pcapng(cap_trace *, const char *path, const cap_capture_options *, sim_error *error);
/* Classic pcap with nanoseconds, by libpcap, for tools that read nothing else: packets only. */
int cap_trace_add_pcap(cap_trace *, const char *path, const cap_capture_options *, sim_error *error);
/* Either, by the path's ending: ".pcap" is classic, all else pcapng. */
int cap_trace_add_capture(cap_trace *, const char *path, const cap_capture_options *, sim_error *error);

/* ---- the ladder ---- */

typedef struct cap_ladder_options {
    unsigned rows_max; /* lines of what happened; 0: 200.  What does not fit is told shorter first, and then
                          the oldest is left out */
    bool utf8;         /* lines and arrows are drawn, not made of letters */
} cap_ladder_options;

/* Hosts as columns, virtual time downwards, at most 100 columns wide: packets as arrows, calls and callbacks
 * with results, decisions numbered.  It is written when the trace is closed.  options NULL: all zero. */
int cap_trace_add_ladder(cap_trace *, const char *path, const cap_ladder_options *, sim_error *error);
/* To a stream, which stays the caller's. */
int cap_trace_print_ladder(cap_trace *, FILE *stream, const cap_ladder_options *, sim_error *error);

/* ---- exports ---- */

typedef enum cap_export {
    CAP_EXPORT_JSON,    /* "json": a line for each event; docs/trace.md */
    CAP_EXPORT_CSV,     /* "csv": the same as a table, with what TCP knows: cwnd, srtt, queues */
    CAP_EXPORT_CHROME,  /* "chrome": trace events for chrome://tracing and Perfetto */
    CAP_EXPORT_SHIVIZ,  /* "shiviz": a log with vector clocks, of the newest 2 000 events */
    CAP_EXPORT_MERMAID  /* "mermaid": a sequence diagram for a README, of the newest 400 lines */
} cap_export;

/* "json" ...; NULL: there are no more. */
const char *cap_export_name(unsigned index);

int cap_trace_add_export(cap_trace *, cap_export, const char *path, const cap_about *, sim_error *error);
/* To a stream, which stays the caller's. */
int cap_trace_print_export(cap_trace *, cap_export, FILE *stream, const cap_about *, sim_error *error);

/* ---- the report ---- */

/* What the page says beside the events; each may be NULL or 0.  Borrowed until the trace is closed. */
typedef struct cap_report_options {
    cap_about about; /* command: how to repeat the run */
    const char *outcome, *message;
    const char *debug;       /* the command for a debugger */
    const char *capture;     /* the command that opens the capture of the same run */
    const char *explanation; /* as sim_schedule_explain says it */
    const char *schedule;    /* its text */
    FILE *passing;           /* what cap_trace_add_run wrote of another run, to be shown beside it */
    unsigned rows_max;       /* the newest events are shown; 0: 100 000 */
} cap_report_options;

/* One page of HTML without anything beside it: what failed, why, the decisions, the run as a picture and as
 * text.  It fetches nothing, and is readable without its script.  It is written when the trace is closed. */
int cap_trace_add_report(cap_trace *, const char *path, const cap_report_options *, sim_error *error);
/* A run's events, for the report of another one. */
int cap_trace_add_run(cap_trace *, FILE *stream, unsigned rows_max, sim_error *error);

#ifdef __cplusplus
}
#endif

#endif
