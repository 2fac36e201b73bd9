/* SPDX-License-Identifier: MIT
 *
 * The report: one page of HTML that fetches nothing.
 *
 *   rows of the store  ->  report_data.c: a run as JSON  ->  report.c: head, ladder in text, data, script
 *
 * Invariants:
 *  1. Every text of the run goes through capp_print_html or capp_print_json_text: no name or payload is
 *     mark-up.
 *  2. The page is readable without its script: head, explanation and ladder are text.
 *  3. Its policy lets its own script and style run, known by their hashes, and nothing else.
 */
#ifndef PCAP_REPORT_H
#define PCAP_REPORT_H

#include "pcap/out.h"
#include "pcap/store.h"

/* Made at build time of the files in pcap/report; the hashes as a policy names them. */
extern const char capp_report_script[], capp_report_script_hash[];
extern const char capp_report_style[], capp_report_style_hash[];

void capp_print_html(capp_out *, const char *text);
/* {"hosts":[...],"skipped":0,"events":[...]}; report.js reads it. */
void capp_print_run(capp_out *, const capp_store *, const sim_world *);

#endif
